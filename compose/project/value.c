/* SPDX-License-Identifier: MIT */
#include "compose/project/value.h"

#include <stdlib.h>

#include "compose/project/unit.h"

size_t value_items(const struct node *node)
{
	return node && node->kind == NODE_SEQUENCE ? node->sequence.len : 0;
}

size_t value_entries(const struct node *node)
{
	return node && node->kind == NODE_MAPPING ? node->mapping.len : 0;
}

bool value_bool(const struct node *node, bool fallback)
{
	return node && node->kind == NODE_BOOL ? node->boolean : fallback;
}

int64_t value_int(const struct node *node, int64_t fallback)
{
	return node && node->kind == NODE_INT ? node->integer : fallback;
}

double value_real(const struct node *node)
{
	if (node && node->kind == NODE_INT)
		return (double)node->integer;
	return node && node->kind == NODE_FLOAT ? node->real : 0;
}

int64_t value_duration(const struct node *node, int64_t fallback)
{
	const char *text = node_text(node);
	int64_t value = 0;

	return text && unit_duration(text, &value) ? value : fallback;
}

int64_t value_bytes(const struct node *node)
{
	const char *text = node_text(node);
	int64_t value = 0;

	return text && unit_bytes(text, &value) ? value : 0;
}

struct strings value_strings(struct arena *arena, const struct node *node)
{
	struct strings strings = {0};

	VALUE_ROOM(arena, &strings, value_items(node));
	for (size_t i = 0; i < value_items(node); i++)
		if (node_text(node->sequence.items[i]))
			strings.items[strings.len++] = node->sequence.items[i]->text;
	return strings;
}

/* NULL-ended; NULL where nothing is written. */
char **value_vector(struct arena *arena, const struct node *node)
{
	if (!node || node->kind != NODE_SEQUENCE)
		return NULL;
	struct strings strings = value_strings(arena, node);
	char **vector = arena_alloc(arena, (strings.len + 1) * sizeof(*vector));
	for (size_t i = 0; i < strings.len; i++)
		vector[i] = (char *)strings.items[i];
	return vector;
}

struct pairs value_pairs(struct arena *arena, const struct node *node)
{
	struct pairs pairs = {0};

	VALUE_ROOM(arena, &pairs, value_entries(node));
	for (size_t i = 0; i < value_entries(node); i++) {
		const struct node_entry *entry = &node->mapping.entries[i];

		pairs.items[pairs.len++] = (struct pair){entry->key, node_text(entry->value)};
	}
	return pairs;
}

uint32_t value_mode(const struct node *node)
{
	const char *text = node_text(node);

	if (node && node->kind == NODE_INT)
		return (uint32_t)node->integer;
	return text ? (uint32_t)strtoul(text, NULL, 8) : 0;
}
