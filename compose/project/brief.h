/* SPDX-License-Identifier: MIT */
/* brief -- short forms of one string, and what makes two items of a list the same one
 *
 * Functions for the tables of schema.h. Ports and mounts have modules of their own.
 */
#pragma once

#include <stdbool.h>

#include "compose/project/schema.h"

/* source[:target[:permissions]] */
bool brief_device(struct shaper *shaper, const struct node *brief, const struct trail *trail,
		  struct node *items);
/* all */
bool brief_gpu(struct shaper *shaper, const struct node *brief, const struct trail *trail,
	       struct node *items);

/* In the arena; NULL: the item has nothing to go by. */
char *brief_path(struct arena *arena, const struct node *item);
char *brief_target(struct arena *arena, const struct node *item);
char *brief_subnet(struct arena *arena, const struct node *item);
char *brief_secret(struct arena *arena,
		   const struct node *item); /* target, else /run/secrets/ and source */
char *brief_config(struct arena *arena, const struct node *item); /* target, else / and source */
