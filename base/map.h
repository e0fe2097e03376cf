/* SPDX-License-Identifier: MIT */
/* map -- strings to pointers, in the order of insertion
 *
 * The zero value is an empty map. Keys are copied; values are the caller's. Look-up is by hash
 * (seeded per process, so that a file cannot be made to collide); a small map is searched in line.
 * A removed key's place is closed up.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_entry {
	char *key;
	void *value;
	uint32_t hash;
};

struct map {
	struct map_entry *entries; /* len of them, in order */
	size_t len;
	size_t cap;
	uint32_t *slots; /* 1 + index into entries, 0: free; NULL for a small map */
	size_t slot_count;
};

void *map_get(const struct map *map, const char *key); /* NULL: absent, or its value is NULL */
bool map_has(const struct map *map, const char *key);
void *map_set(struct map *map, const char *key,
	      void *value); /* gives the value that was there before, or NULL */
void *map_remove(struct map *map, const char *key); /* gives its value, or NULL */
void map_drop(struct map *map);                     /* frees keys and tables, not values */
void map_drop_with(
	struct map *map,
	void (*drop)(void *value)); /* ... and calls drop for each value (free will do) */

#define MAP_FOR_EACH(it, map)                                                                      \
	for (struct map_entry *it = (map)->entries; it && it < (map)->entries + (map)->len; it++)
