/* SPDX-License-Identifier: MIT */
/* privilege -- what a container's process may do, taken from itself before it becomes the user's program
 *
 * Two halves around the wait for the start: privilege_lower takes the user, the groups and the bounding set, and keeps
 * what the second half needs. privilege_seal loads the filter and takes the rest; after it only execve is left. So
 * the filter need allow nothing but capset, prctl and execve, whatever its profile says.
 */
#pragma once

#include <stdint.h>

#include "engine/linux/filter.h"
#include "engine/linux/oci.h"

struct error;

int privilege_lower(const struct oci_process *process, struct error **err);
int privilege_seal(const struct oci_process *process, const struct filter *filter,
		   struct error **err);

/* Opens the working folder as the container's user, inside root and through no magic link (/proc/self/fd/N), and
 * goes there. */
int privilege_enter(int root, const char *cwd, struct error **err);

/* Replaces the process. Looks in PATH of the environment where the name has no slash. Returns only on failure:
 * ERROR_NOT_FOUND (exit code 127) or another (126), as a shell has it. */
int privilege_exec(char *const *args, char *const *env, struct error **err);

/* Resource limits. What is above the present ones the launcher raises, as a user namespace has no rights for that;
 * the process sets them itself in the end, when it needs no more than they allow. */
int privilege_raise(int pid, const struct oci_process *process, struct error **err);
int privilege_limit(const struct oci_process *process, struct error **err);

/* The home folder that /etc/passwd inside root names for a user, or "/"; yours. */
char *privilege_home(int root, int64_t uid);
