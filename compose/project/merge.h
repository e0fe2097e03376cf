/* SPDX-License-Identifier: MIT */
/* merge -- a later document is laid over what was merged so far, both canonical
 *
 * By the rows of schema.h: mappings meet by key, lists are appended (an item that is the same one
 * is replaced in its place), scalars are replaced, null keeps what was there. !reset removes a key,
 * !override replaces its value whole. The result is a new tree of mappings and lists; neither side
 * is changed.
 */
#pragma once

#include "base/arena.h"
#include "compose/project/schema.h"

/* Leaves one of each in a list that the row rules, the last, in the place of the first. Pairs
 * may be one as they are written. May give the list itself, and what is none. */
struct node *merge_unique(struct arena *arena, const struct row *row, struct node *list);

/* base NULL: the document alone, its marks applied and its lists made unique. */
struct node *merge_object(struct arena *arena, const struct schema *schema, const struct node *base,
			  const struct node *over);
