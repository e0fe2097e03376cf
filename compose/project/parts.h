/* SPDX-License-Identifier: MIT */
/* parts -- canonical nodes to those parts of a project that are structures of their own
 *
 * All is in the arena. A node that is NULL gives nothing.
 */
#pragma once

#include "compose/project/project.h"

struct build *parts_build(struct arena *arena, const struct node *node);
/* Appends; capability is added to each request's own, NULL: none. */
void parts_devices(struct arena *arena, const struct node *node, const char *capability,
		   struct device_requests *to);
void parts_blkio(struct arena *arena, const struct node *node, struct blkio *to);
void parts_watches(struct arena *arena, const struct node *develop, struct service *to);
void parts_ulimits(struct arena *arena, const struct node *node, struct ulimits *to);
/* target: what stands before a target that is not absolute, NULL: a target is left as it is. */
void parts_files(struct arena *arena, const struct node *node, const char *folder,
		 struct service_files *to);
/* host:ip, as engines want it, of the canonical host=ip. */
struct strings parts_hosts(struct arena *arena, const struct node *node);
