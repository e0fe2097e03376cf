/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"

enum { SMALL = 8 }; /* up to here a map has no table of hashes */

static uint64_t rotate(uint64_t v, int by)
{
	return v << by | v >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

/* SipHash-1-3 (Aumasson and Bernstein, 2012): its key, made once a process, keeps collisions out of
 * an attacker's reach. The order of the bytes in a word is the host's: hashes never leave the
 * process. */
static uint32_t hash_of(const char *key)
{
	static uint64_t seed[2];
	size_t len = strlen(key);
	uint64_t word;

	while (!seed[0])
		digest_random(seed, sizeof(seed));
	uint64_t v[4] = {
		seed[0] ^ UINT64_C(0x736f6d6570736575), seed[1] ^ UINT64_C(0x646f72616e646f6d),
		seed[0] ^ UINT64_C(0x6c7967656e657261), seed[1] ^ UINT64_C(0x7465646279746573)};

	for (size_t left = len; left >= 8; left -= 8, key += 8) {
		memcpy(&word, key, 8);
		sip_word(v, word);
	}
	word = 0;
	memcpy(&word, key, len % 8);
	sip_word(v, word | (uint64_t)len << 56);
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	word = v[0] ^ v[1] ^ v[2] ^ v[3];
	return (uint32_t)(word ^ word >> 32);
}

/* The slot that holds key, or the free one where it belongs. */
static size_t slot_of(const struct map *map, const char *key, uint32_t hash)
{
	size_t mask = map->slot_count - 1;
	size_t slot = hash & mask;

	for (; map->slots[slot]; slot = (slot + 1) & mask) {
		const struct map_entry *entry = &map->entries[map->slots[slot] - 1];

		if (entry->hash == hash && strcmp(entry->key, key) == 0)
			break;
	}
	return slot;
}

static struct map_entry *find(const struct map *map, const char *key)
{
	if (map->slots) {
		size_t slot = slot_of(map, key, hash_of(key));

		return map->slots[slot] ? &map->entries[map->slots[slot] - 1] : NULL;
	}
	MAP_FOR_EACH (entry, map)
		if (strcmp(entry->key, key) == 0)
			return entry;
	return NULL;
}

void *map_get(const struct map *map, const char *key)
{
	const struct map_entry *entry = find(map, key);

	return entry ? entry->value : NULL;
}

bool map_has(const struct map *map, const char *key)
{
	return find(map, key) != NULL;
}

/* Makes a table of count slots, a power of two, at most half of them used. */
static void rebuild(struct map *map, size_t count)
{
	/* The entries of a small map were not hashed yet. */
	if (!map->slots)
		MAP_FOR_EACH (entry, map)
			entry->hash = hash_of(entry->key);
	free(map->slots);
	map->slots = memory_zero(count, sizeof(*map->slots));
	map->slot_count = count;
	for (size_t i = 0; i < map->len; i++) {
		size_t slot = map->entries[i].hash & (count - 1);

		while (map->slots[slot])
			slot = (slot + 1) & (count - 1);
		map->slots[slot] = i + 1;
	}
}

void *map_set(struct map *map, const char *key, void *value)
{
	struct map_entry *entry = find(map, key);

	if (entry) {
		void *before = entry->value;

		entry->value = value;
		return before;
	}
	if (map->len == map->cap) {
		map->cap = map->cap ? map->cap * 2 : 4;
		map->entries = memory_grow(map->entries, map->cap, sizeof(*map->entries));
	}
	if (map->len >= SMALL && (map->len + 1) * 2 > map->slot_count)
		rebuild(map, map->slot_count ? map->slot_count * 2 : SMALL * 4);
	entry = &map->entries[map->len];
	*entry = (struct map_entry){.key = memory_copy(key), .value = value};
	if (map->slots) {
		entry->hash = hash_of(key);
		map->slots[slot_of(map, key, entry->hash)] = map->len + 1;
	}
	map->len++;
	return NULL;
}

/* Frees a slot and moves up the ones behind it that stand away from their home because of it. */
static void free_slot(struct map *map, size_t slot)
{
	size_t mask = map->slot_count - 1;
	size_t hole = slot;

	for (size_t at = (hole + 1) & mask; map->slots[at]; at = (at + 1) & mask) {
		size_t home = map->entries[map->slots[at] - 1].hash & mask;

		if (((at - home) & mask) >= ((at - hole) & mask)) {
			map->slots[hole] = map->slots[at];
			hole = at;
		}
	}
	map->slots[hole] = 0;
}

void *map_remove(struct map *map, const char *key)
{
	struct map_entry *entry = find(map, key);

	if (!entry)
		return NULL;
	void *value = entry->value;
	size_t index = entry - map->entries;

	if (map->slots) {
		free_slot(map, slot_of(map, key, entry->hash));
		for (size_t i = 0; index + 1 < map->len && i < map->slot_count; i++)
			if (map->slots[i] > index + 1)
				map->slots[i]--;
	}
	free(entry->key);
	map->len--;
	memmove(entry, entry + 1, (map->len - index) * sizeof(*entry));
	return value;
}

void map_drop(struct map *map)
{
	map_drop_with(map, NULL);
}

void map_drop_with(struct map *map, void (*drop)(void *value))
{
	MAP_FOR_EACH (entry, map) {
		free(entry->key);
		if (drop)
			drop(entry->value);
	}
	free(map->entries);
	free(map->slots);
	*map = (struct map){0};
}
