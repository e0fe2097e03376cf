/* SPDX-License-Identifier: MIT */
#include "compose/project/merge.h"

#include <string.h>

#include "base/map.h"
#include "base/own.h"
#include "base/text.h"

enum { MAPPED = 16 }; /* from so many keys on a mapping's keys are looked up by hash */

typedef struct node *merge_function(struct arena *arena, const struct row *row,
				    const struct node *base, const struct node *over);

static struct node *merge_value(struct arena *arena, const struct row *row, const struct node *base,
				const struct node *over);

/* The keys of a mapping that grows, by place. */
struct keys {
	struct node *node;
	struct map map;
};

static void keys_drop(struct keys *keys)
{
	map_drop(&keys->map);
}

static struct node_entry *keys_find(struct keys *keys, const char *key)
{
	struct node *node = keys->node;

	if (node->mapping.len < MAPPED)
		return node_entry(node, key);
	while (keys->map.len < node->mapping.len)
		map_set(&keys->map, node->mapping.entries[keys->map.len].key,
			(void *)(keys->map.len + 1));
	size_t place = (size_t)map_get(&keys->map, key);
	return place ? &node->mapping.entries[place - 1] : NULL;
}

static struct node *copy_head(struct arena *arena, enum node_kind kind, const struct node *base,
			      const struct node *over)
{
	struct node *out = node_new(arena, kind, base ? base->at : over->at);

	out->index = base ? base->index : over->index;
	return out;
}

static const struct node *of_kind(const struct node *node, enum node_kind kind)
{
	return node && node->kind == kind ? node : NULL;
}

/* --- mappings */

/* The row that rules one key of a mapping with such a row. */
struct rule {
	const struct schema *schema; /* each key has its own row; NULL: all have the one below */
	const struct row *row;       /* NULL: anything */
};

static const struct row *row_of(const struct rule *rule, const char *key)
{
	/* A file's own x- are kept apart from what is merged, as docker compose has it. */
	static const struct row extension = {.shape = SHAPE_ANY, .merge = MERGE_REPLACE};

	if (!rule->schema)
		return rule->row;
	const struct row *row = schema_row(rule->schema, key);
	return row || rule->schema != &schema_project ? row : &extension;
}

/* Null says nothing, but where null is a value of its own: a variable's, a command's, a network's.
 */
static bool null_counts(const struct row *row, const struct node *base)
{
	return !base || (row && row->shape == SHAPE_COMMAND);
}

/* base's entries that over does not reset, merged with over's. */
static struct node *merge_entries(struct arena *arena, const struct rule *rule,
				  const struct node *base, const struct node *over)
{
	struct node *out = copy_head(arena, NODE_MAPPING, base, over);
	CLEANUP(keys_drop) struct keys keys = {.node = out};
	CLEANUP(map_drop) struct map resets = {0};

	for (size_t i = 0; i < over->mapping.len; i++)
		if (over->mapping.entries[i].value->tag == NODE_RESET)
			map_set(&resets, over->mapping.entries[i].key, out);
	for (size_t i = 0; base && i < base->mapping.len; i++) {
		const struct node_entry *entry = &base->mapping.entries[i];

		if (!map_has(&resets, entry->key))
			node_add(arena, out, entry->key, entry->value, entry->at);
	}
	for (size_t i = 0; i < over->mapping.len; i++) {
		const struct node_entry *entry = &over->mapping.entries[i];

		if (entry->value->tag == NODE_RESET)
			continue;
		const struct row *row = row_of(rule, entry->key);
		struct node_entry *there = base ? keys_find(&keys, entry->key) : NULL;
		struct node *value =
			merge_value(arena, row, there ? there->value : NULL, entry->value);
		if (!there)
			node_add(arena, out, entry->key, value, entry->at);
		else if (there->value != value)
			*there = (struct node_entry){there->key, entry->at, value};
	}
	return out;
}

struct node *merge_object(struct arena *arena, const struct schema *schema, const struct node *base,
			  const struct node *over)
{
	const struct rule rule = {.schema = schema};

	return merge_entries(arena, &rule, of_kind(base, NODE_MAPPING), over);
}

static struct node *merge_row_object(struct arena *arena, const struct row *row,
				     const struct node *base, const struct node *over)
{
	return merge_object(arena, row->of, base, over);
}

static struct node *merge_map(struct arena *arena, const struct row *row, const struct node *base,
			      const struct node *over)
{
	const struct row item = {.shape = SHAPE_OBJECT, .of = row->of};
	const struct rule rule = {.row = &item};

	return merge_entries(arena, &rule, base, over);
}

static bool has_marks(const struct node *mapping)
{
	for (size_t i = 0; i < mapping->mapping.len; i++)
		if (mapping->mapping.entries[i].value->tag != NODE_PLAIN)
			return true;
	return false;
}

/* Keys with plain values: the later value wins, null too where it is one. */
static struct node *merge_pairs(struct arena *arena, const struct row *row, const struct node *base,
				const struct node *over)
{
	const struct row item = {.shape = row->shape == SHAPE_PAIRS ? SHAPE_COMMAND : SHAPE_STRING,
				 .merge = MERGE_REPLACE};
	const struct rule rule = {.row = &item};

	if (!base && over->tag == NODE_PLAIN && !has_marks(over))
		return (struct node *)over;
	return merge_entries(arena, &rule, base, over);
}

static struct node *merge_anything(struct arena *arena, const struct row *row,
				   const struct node *base, const struct node *over)
{
	const struct rule rule = {0};

	(void)row;
	return merge_entries(arena, &rule, base, over);
}

static struct node *merge_logging(struct arena *arena, const struct row *row,
				  const struct node *base, const struct node *over)
{
	const char *a = node_text(node_get(base, "driver"));
	const char *b = node_text(node_get(over, "driver"));

	if (a && b && strcmp(a, b) != 0)
		base = NULL;
	return merge_object(arena, row->of, base, over);
}

/* --- lists */

static bool is_unique(const struct row *row)
{
	if (!row || row->merge == MERGE_ITEMS)
		return false;
	return row->shape == SHAPE_ITEMS ? row->of->identity != NULL
					 : row->shape == SHAPE_HOSTS || row->flags & ROW_UNIQUE;
}

static const char *identity_of(struct arena *arena, const struct row *row, const struct node *item)
{
	const char *text = node_text(item);
	const char *equals = text && row->flags & ROW_UNIQUE ? strchr(text, '=') : NULL;

	if (item->kind == NODE_MAPPING && row->of)
		return row->of->identity(arena, item);
	return equals ? arena_copy_n(arena, text, (size_t)(equals - text)) : text;
}

static struct node *merge_list(struct arena *arena, const struct row *row, const struct node *base,
			       const struct node *over)
{
	struct node *out = copy_head(arena, NODE_SEQUENCE, base, over);
	CLEANUP(map_drop) struct map seen = {0};
	const struct node *const both[] = {base, over};
	if (!base && over->tag == NODE_PLAIN && over->sequence.len < 2)
		return (struct node *)over;
	bool unique = is_unique(row);

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		for (size_t j = 0; both[i] && j < both[i]->sequence.len; j++) {
			struct node *item = both[i]->sequence.items[j];
			const char *key = NULL;

			if (item->tag == NODE_RESET)
				continue;
			if (unique)
				key = identity_of(arena, row, item);
			size_t place = key ? (size_t)map_get(&seen, key) : 0;
			if (place) {
				out->sequence.items[place - 1] = item;
				continue;
			}
			node_append(arena, out, item);
			if (key)
				map_set(&seen, key, (void *)(size_t)out->sequence.len);
		}
	}
	return out;
}

struct node *merge_unique(struct arena *arena, const struct row *row, struct node *list)
{
	static const struct row pairs = {.shape = SHAPE_STRINGS, .flags = ROW_UNIQUE};

	if (list->kind != NODE_SEQUENCE || list->sequence.len < 2)
		return list;
	if (row->shape == SHAPE_PAIRS || row->shape == SHAPE_LABELS)
		row = &pairs;
	return is_unique(row) ? merge_list(arena, row, NULL, list) : list;
}

/* The place of base's item that over's is the same one as; the number of items: there is none. */
static size_t place_of(struct arena *arena, const struct row *row, const struct node *base,
		       const struct node *item)
{
	const char *identity = row->of->identity(arena, item);
	size_t i = 0;

	while (i < base->sequence.len &&
	       !text_same(row->of->identity(arena, base->sequence.items[i]), identity))
		i++;
	return i;
}

/* Items are merged with those of the same identity, and nothing in one list meets another in it. */
static struct node *merge_items(struct arena *arena, const struct row *row, const struct node *base,
				const struct node *over)
{
	if (!base || base->kind != NODE_SEQUENCE || over->kind != NODE_SEQUENCE)
		return merge_list(arena, row, base, over);
	struct node *out = merge_list(arena, row, NULL, base);

	for (size_t i = 0; i < over->sequence.len; i++) {
		struct node *item = over->sequence.items[i];
		size_t place = place_of(arena, row, base, item);

		if (place == base->sequence.len)
			node_append(arena, out, item);
		else
			out->sequence.items[place] =
				merge_object(arena, row->of, base->sequence.items[place], item);
	}
	return out;
}

/* --- pairs as they are written: in lists, or in a list and a mapping */

static struct node *listed(struct arena *arena, const struct node *pairs)
{
	if (pairs->kind != NODE_MAPPING)
		return (struct node *)pairs;
	struct node *out = node_new(arena, NODE_SEQUENCE, pairs->at);
	for (size_t i = 0; i < pairs->mapping.len; i++) {
		const struct node_entry *entry = &pairs->mapping.entries[i];
		const char *value = entry->value->kind < NODE_SEQUENCE ? entry->value->text : "";

		if (entry->value->tag == NODE_RESET)
			continue;
		node_append(arena, out,
			    node_string(arena,
					entry->value->kind == NODE_NULL
						? entry->key
						: arena_format(arena, "%s=%s", entry->key, value),
					entry->at));
	}
	return out;
}

static struct node *merge_listed(struct arena *arena, const struct node *base,
				 const struct node *over)
{
	static const struct row row = {.shape = SHAPE_STRINGS, .flags = ROW_UNIQUE};

	return merge_list(arena, &row, listed(arena, base), listed(arena, over));
}

static bool is_pairs(const struct row *row)
{
	return row && (row->shape == SHAPE_PAIRS || row->shape == SHAPE_LABELS ||
		       row->shape == SHAPE_HOSTS);
}

/* --- any value */

static const struct {
	enum node_kind kind; /* of both sides, for the function to be asked */
	merge_function *merge;
} merges[] = {
	[SHAPE_STRINGS] = {NODE_SEQUENCE, merge_list},
	[SHAPE_TEXTS] = {NODE_SEQUENCE, merge_list},
	[SHAPE_ONE_OR_MORE] = {NODE_SEQUENCE, merge_list},
	[SHAPE_HOSTS] = {NODE_SEQUENCE, merge_list},
	[SHAPE_SSH] = {NODE_SEQUENCE, merge_list},
	[SHAPE_ITEMS] = {NODE_SEQUENCE, merge_list},
	[SHAPE_PAIRS] = {NODE_MAPPING, merge_pairs},
	[SHAPE_LABELS] = {NODE_MAPPING, merge_pairs},
	[SHAPE_OPTIONS] = {NODE_MAPPING, merge_pairs},
	[SHAPE_ADDRESSES] = {NODE_MAPPING, merge_pairs},
	[SHAPE_ULIMITS] = {NODE_MAPPING, merge_pairs},
	[SHAPE_LISTS] = {NODE_MAPPING, merge_pairs},
	[SHAPE_OBJECT] = {NODE_MAPPING, merge_row_object},
	[SHAPE_MAP] = {NODE_MAPPING, merge_map},
};

static struct node *plain(struct arena *arena, const struct node *node)
{
	if (node->tag == NODE_PLAIN)
		return (struct node *)node;
	struct node *out = arena_alloc(arena, sizeof(*out));
	*out = *node;
	out->tag = NODE_PLAIN;
	return out;
}

static struct node *merge_value(struct arena *arena, const struct row *row, const struct node *base,
				const struct node *over)
{
	merge_function *merge = NULL;

	if (over->tag == NODE_OVERRIDE)
		base = NULL;
	if (over->kind == NODE_NULL)
		return (struct node *)(null_counts(row, base) ? plain(arena, over) : base);
	if (row && row->merge == MERGE_REPLACE && over->kind != NODE_MAPPING)
		return plain(arena, over);
	if (row && row->merge == MERGE_REPLACE)
		base = NULL;
	/* external: true does not take a name away. */
	if (row && row->shape == SHAPE_EXTERNAL && of_kind(base, NODE_MAPPING) &&
	    node_is_true(over))
		return (struct node *)base;
	if (row && row->merge == MERGE_ITEMS)
		return merge_items(arena, row, base, over);
	if (row && row->merge == MERGE_LOGGING && over->kind == NODE_MAPPING)
		return merge_logging(arena, row, base, over);
	if (is_pairs(row) && base && base->kind >= NODE_SEQUENCE && over->kind >= NODE_SEQUENCE &&
	    (base->kind != over->kind ||
	     (over->kind == NODE_SEQUENCE && row->shape != SHAPE_HOSTS)))
		return merge_listed(arena, base, over);
	if (row && row->shape < ARRAY_LEN(merges) && merges[row->shape].kind == over->kind)
		merge = merges[row->shape].merge;
	else if ((!row || row->shape == SHAPE_ANY) && over->kind >= NODE_SEQUENCE)
		merge = over->kind == NODE_SEQUENCE ? merge_list : merge_anything;
	if (!merge)
		return plain(arena, over);
	return merge(arena, row && row->shape != SHAPE_ANY ? row : NULL, of_kind(base, over->kind),
		     over);
}
