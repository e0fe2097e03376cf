/* SPDX-License-Identifier: MIT */
/* mention -- the variables that a file mentions: what one must set, and what stands where one does
 * not
 *
 * Read from a tree that was not interpolated (project_options.no_interpolate). Keys are no values:
 * what looks like a variable in one is none.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/map.h"
#include "compose/project/node.h"

struct mention {
	const char *name;
	bool required;         /* ${N:?...} somewhere */
	const char *fallback;  /* T of the first ${N:-T} that has one, else "" */
	const char *alternate; /* T of the first ${N:+T} that has one, else "" */
};

struct mentions {
	ARRAY(struct mention) list; /* by name, after mentions_sort */
	struct map places;          /* name -> its place in the list and one more */
};

/* Adds what a tree mentions; the strings are in the arena. */
void mentions_add(struct mentions *mentions, struct arena *arena, const struct node *node);
void mentions_sort(struct mentions *mentions);
void mentions_drop(struct mentions *mentions);
