/* SPDX-License-Identifier: MIT */
/* value -- canonical nodes read as the types that the program works with
 *
 * A node that is absent or of another kind gives the fallback, or nothing. What is made is in the
 * arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compose/project/project.h"

/* Gives an array room for count elements in the arena. */
#define VALUE_ROOM(arena, array, count)                                                            \
	((array)->items = arena_alloc(arena, (count) * sizeof(*(array)->items)),                   \
	 (array)->cap = (count), (array)->len = 0)

size_t value_items(const struct node *node);   /* of a sequence; 0 for all else */
size_t value_entries(const struct node *node); /* of a mapping; 0 for all else */
bool value_bool(const struct node *node, bool fallback);
int64_t value_int(const struct node *node, int64_t fallback);
double value_real(const struct node *node);                        /* 0: none */
int64_t value_duration(const struct node *node, int64_t fallback); /* nanoseconds */
int64_t value_bytes(const struct node *node);                      /* 0: none */
uint32_t value_mode(const struct node *node); /* octal text or a number; 0: none */
struct strings value_strings(struct arena *arena, const struct node *node);
char **value_vector(struct arena *arena, const struct node *node); /* NULL-ended; NULL: no list */
struct pairs value_pairs(struct arena *arena, const struct node *node);
