/* SPDX-License-Identifier: MIT */
/* mount -- the short form of volumes: [source:]target[:options]
 *
 * A colon behind a single letter at the beginning of a part is a drive's. The source is a path (a
 * bind mount) where it begins with . / ~ \\ or a drive; else it names a volume. Options: ro rw
 * nocopy z Z and the propagations.
 */
#pragma once

#include <stdbool.h>

#include "compose/project/schema.h"

bool mount_expand(struct shaper *shaper, const struct node *brief, const struct trail *trail,
		  struct node *items);

/* Whether it is the path of a named pipe of Windows: \\.\pipe\NAME, with either slash. */
bool mount_is_pipe(const char *path);
