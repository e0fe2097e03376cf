/* SPDX-License-Identifier: MIT */
#include "compose/project/node.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "compose/project/scalar.h"

struct node *node_new(struct arena *arena, enum node_kind kind, struct position at)
{
	struct node *node = arena_alloc(arena, sizeof(*node));

	node->kind = kind;
	node->at = at;
	node->lead = NODE_FAR;
	if (kind < NODE_SEQUENCE)
		node->text = "";
	return node;
}

struct node *node_string(struct arena *arena, const char *text, struct position at)
{
	struct node *node = node_new(arena, NODE_STRING, at);

	node->text = arena_copy(arena, text);
	return node;
}

struct node *node_int(struct arena *arena, int64_t value, struct position at)
{
	struct node *node = node_new(arena, NODE_INT, at);

	node->integer = value;
	node->text = arena_format(arena, "%lld", (long long)value);
	return node;
}

struct node *node_bool(struct arena *arena, bool value, struct position at)
{
	struct node *node = node_new(arena, NODE_BOOL, at);

	node->boolean = value;
	node->text = value ? "true" : "false";
	return node;
}

struct node *node_real(struct arena *arena, double value, struct position at)
{
	CLEANUP(text_drop) struct text text = {0};
	struct node *node = node_new(arena, NODE_FLOAT, at);

	scalar_add_real(&text, value);
	node->real = value;
	node->text = arena_copy(arena, text_string(&text));
	return node;
}

struct node *node_copy(struct arena *arena, const struct node *node)
{
	struct node *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *node;
	if (node->kind == NODE_SEQUENCE) {
		copy->sequence.items =
			arena_alloc(arena, node->sequence.len * sizeof(struct node *));
		copy->sequence.cap = node->sequence.len;
		for (size_t i = 0; i < node->sequence.len; i++)
			copy->sequence.items[i] = node_copy(arena, node->sequence.items[i]);
	} else if (node->kind == NODE_MAPPING) {
		copy->mapping.entries =
			arena_alloc(arena, node->mapping.len * sizeof(struct node_entry));
		copy->mapping.cap = node->mapping.len;
		for (size_t i = 0; i < node->mapping.len; i++) {
			copy->mapping.entries[i] = node->mapping.entries[i];
			copy->mapping.entries[i].value =
				node_copy(arena, node->mapping.entries[i].value);
		}
	}
	return copy;
}

struct node_entry *node_entry(const struct node *mapping, const char *key)
{
	if (!mapping || mapping->kind != NODE_MAPPING)
		return NULL;
	/* Most keys differ in their first letter: this is the most frequent thing done here. */
	for (size_t i = 0; i < mapping->mapping.len; i++) {
		struct node_entry *entry = &mapping->mapping.entries[i];

		if (entry->key[0] == key[0] && strcmp(entry->key, key) == 0)
			return entry;
	}
	return NULL;
}

struct node *node_get(const struct node *mapping, const char *key)
{
	struct node_entry *entry = node_entry(mapping, key);

	return entry ? entry->value : NULL;
}

/* Room for one more of len elements; the old array stays in the arena. */
static void *grow(struct arena *arena, void *old, uint32_t len, uint32_t *cap, size_t size)
{
	if (len < *cap)
		return old;
	*cap = *cap ? *cap + *cap / 2 + 1 : 4;
	void *items = arena_alloc(arena, *cap * size);
	if (len > 0)
		memcpy(items, old, len * size);
	return items;
}

void node_room(struct arena *arena, struct node *node, size_t count)
{
	if (count == 0)
		return;
	if (node->kind == NODE_SEQUENCE) {
		node->sequence.items = arena_alloc(arena, count * sizeof(struct node *));
		node->sequence.cap = (uint32_t)count;
	} else {
		node->mapping.entries = arena_alloc(arena, count * sizeof(struct node_entry));
		node->mapping.cap = (uint32_t)count;
	}
}

void node_add(struct arena *arena, struct node *mapping, const char *key, struct node *value,
	      struct position at)
{
	mapping->mapping.entries = grow(arena, mapping->mapping.entries, mapping->mapping.len,
					&mapping->mapping.cap, sizeof(struct node_entry));
	mapping->mapping.entries[mapping->mapping.len++] = (struct node_entry){key, at, value};
}

void node_set(struct arena *arena, struct node *mapping, const char *key, struct node *value,
	      struct position at)
{
	struct node_entry *entry = node_entry(mapping, key);

	if (!entry) {
		node_add(arena, mapping, arena_copy(arena, key), value, at);
		return;
	}
	entry->value = value;
	entry->at = at;
}

void node_remove(struct node *mapping, const char *key)
{
	struct node_entry *entry = node_entry(mapping, key);

	if (!entry)
		return;
	struct node_entry *end = mapping->mapping.entries + mapping->mapping.len--;
	memmove(entry, entry + 1, (size_t)((char *)end - (char *)(entry + 1)));
}

void node_settle(struct arena *arena, struct node *node)
{
	const struct node made = *node;

	if (node->kind == NODE_SEQUENCE && made.sequence.len > 0) {
		node_room(arena, node, made.sequence.len);
		memcpy(node->sequence.items, made.sequence.items,
		       made.sequence.len * sizeof(*made.sequence.items));
	} else if (node->kind == NODE_MAPPING && made.mapping.len > 0) {
		node_room(arena, node, made.mapping.len);
		memcpy(node->mapping.entries, made.mapping.entries,
		       made.mapping.len * sizeof(*made.mapping.entries));
	}
}

void node_append(struct arena *arena, struct node *sequence, struct node *item)
{
	sequence->sequence.items = grow(arena, sequence->sequence.items, sequence->sequence.len,
					&sequence->sequence.cap, sizeof(struct node *));
	sequence->sequence.items[sequence->sequence.len++] = item;
}

const char *node_text(const struct node *node)
{
	if (!node || node->kind == NODE_NULL || node->kind >= NODE_SEQUENCE)
		return NULL;
	return node->text;
}

bool node_is_true(const struct node *node)
{
	return node && node->kind == NODE_BOOL && node->boolean;
}

static int by_key(const void *a, const void *b)
{
	const struct node_entry *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

/* The entries in the order of their keys' bytes; yours. */
static const struct node_entry **sorted(const struct node *mapping)
{
	size_t len = mapping->mapping.len;
	const struct node_entry **entries = memory_alloc(len * sizeof(*entries));

	for (size_t i = 0; i < len; i++)
		entries[i] = &mapping->mapping.entries[i];
	qsort(entries, len, sizeof(*entries), by_key);
	return entries;
}

static bool same_mapping(const struct node *a, const struct node *b)
{
	if (a->mapping.len != b->mapping.len)
		return false;
	CLEANUP(memory_free) const struct node_entry **x = sorted(a);
	CLEANUP(memory_free) const struct node_entry **y = sorted(b);
	for (size_t i = 0; i < a->mapping.len; i++)
		if (strcmp(x[i]->key, y[i]->key) != 0 || !node_same(x[i]->value, y[i]->value))
			return false;
	return true;
}

bool node_same(const struct node *a, const struct node *b)
{
	if (a == b)
		return true;
	if (!a || !b)
		return false;
	/* 1.0 and 1 are one number. */
	if (a->kind == NODE_INT && b->kind == NODE_FLOAT)
		return (double)a->integer == b->real;
	if (a->kind == NODE_FLOAT && b->kind == NODE_INT)
		return a->real == (double)b->integer;
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case NODE_NULL:
		return true;
	case NODE_BOOL:
		return a->boolean == b->boolean;
	case NODE_INT:
		return a->integer == b->integer;
	case NODE_FLOAT:
		return a->real == b->real || (a->real != a->real && b->real != b->real);
	case NODE_STRING:
		return strcmp(a->text, b->text) == 0;
	case NODE_SEQUENCE:
		if (a->sequence.len != b->sequence.len)
			return false;
		for (size_t i = 0; i < a->sequence.len; i++)
			if (!node_same(a->sequence.items[i], b->sequence.items[i]))
				return false;
		return true;
	case NODE_MAPPING:
		return same_mapping(a, b);
	}
	return false;
}

/* A whole number goes out digit by digit: a double would round it. */
static cJSON *json_number(const struct node *node)
{
	CLEANUP(text_drop) struct text text = {0};

	if (node->kind == NODE_INT)
		text_printf(&text, "%lld", (long long)node->integer);
	else
		text_printf(&text, "%.17g", node->real);
	if (node->kind == NODE_FLOAT) {
		text_clear(&text);
		scalar_add_real(&text, node->real);
		if (text.data[strspn(text.data, "-")] == '.')
			return cJSON_CreateString(text.data);
	}
	return cJSON_CreateRaw(text_string(&text));
}

cJSON *node_to_json(const struct node *node)
{
	cJSON *json = NULL;

	switch (node->kind) {
	case NODE_NULL:
		return cJSON_CreateNull();
	case NODE_BOOL:
		return cJSON_CreateBool(node->boolean);
	case NODE_INT:
	case NODE_FLOAT:
		return json_number(node);
	case NODE_STRING:
		return cJSON_CreateString(node->text);
	case NODE_SEQUENCE:
		json = cJSON_CreateArray();
		for (size_t i = 0; i < node->sequence.len; i++)
			cJSON_AddItemToArray(json, node_to_json(node->sequence.items[i]));
		return json;
	case NODE_MAPPING:
		break;
	}
	json = cJSON_CreateObject();
	CLEANUP(memory_free) const struct node_entry **entries = sorted(node);
	for (size_t i = 0; i < node->mapping.len; i++)
		cJSON_AddItemToObject(json, entries[i]->key, node_to_json(entries[i]->value));
	return json;
}
