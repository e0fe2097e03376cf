/* SPDX-License-Identifier: MIT */
/* guard -- who clears up after a launcher that is killed
 *
 * A second process that does nothing but wait for the first one's end. If that comes before guard_leave, it kills all
 * that is in the control group and removes the group: mounts and namespaces end with the processes in them.
 */
#pragma once

struct error;
struct guard;

/* Watches over the control group of that path, which is not there yet. */
int guard_begin(const char *cgroup_path, struct guard **ret, struct error **err);
/* The group is nobody's matter but its own: the guard ends. */
void guard_leave(struct guard **guard);
