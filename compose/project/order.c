/* SPDX-License-Identifier: MIT */
#include "compose/project/order.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

/* --- what must be there */

static struct diagnostic *complain(struct diagnostics *diagnostics, struct position at,
				   const struct trail *trail, const char *format, const char *name)
{
	CLEANUP(text_drop) struct text path = {0};
	CLEANUP(text_drop) struct text message = {0};

	trail_add(trail, &path);
	for (; *format; format++) {
		if (*format == '@')
			text_add(&message, name);
		else
			text_add_char(&message, *format);
	}
	return diagnostics_add(diagnostics, SEVERITY_ERROR, at, text_string(&path), "%s",
			       text_string(&message));
}

static void ask_for(struct diagnostics *diagnostics, const struct node *node,
		    const struct trail *trail, const struct row *row)
{
	struct diagnostic *d =
		complain(diagnostics, node->at, trail, "\"@\" is missing", row->name);
	CLEANUP(text_drop) struct text words = {0};

	for (size_t i = 0; row->words && row->words[i]; i++)
		text_printf(&words, "%s%s", i ? ", " : "", row->words[i]);
	if (words.len > 0)
		diagnostic_hint(d, "%s: %s", row->name, words.data);
	else
		diagnostic_hint(d, "add %s: to it", row->name);
}

static void check_distinct(const struct node *list, const struct trail *trail,
			   struct diagnostics *diagnostics)
{
	CLEANUP(map_drop) struct map seen = {0};

	for (size_t i = 0; i < list->sequence.len; i++) {
		const struct node *item = list->sequence.items[i];
		struct trail at = {trail, NULL, i};
		const struct node *first = map_set(&seen, item->text, (void *)item);

		if (first)
			diagnostic_hint(complain(diagnostics, item->at, &at, "\"@\" is there twice",
						 item->text),
					"the other is at %s:%u", first->at.file, first->at.line);
	}
}

static void check_value(const struct row *row, const struct node *value, const struct trail *trail,
			struct diagnostics *diagnostics)
{
	if (row->flags & ROW_DISTINCT && value->kind == NODE_SEQUENCE)
		check_distinct(value, trail, diagnostics);
	if (row->shape == SHAPE_OBJECT && value->kind == NODE_MAPPING) {
		order_check(row->of, value, trail, diagnostics);
	} else if (row->shape == SHAPE_MAP && value->kind == NODE_MAPPING) {
		for (size_t i = 0; i < value->mapping.len; i++) {
			const struct node_entry *entry = &value->mapping.entries[i];
			struct trail at = {trail, entry->key, 0};

			if (entry->value->kind == NODE_MAPPING)
				order_check(row->of, entry->value, &at, diagnostics);
			else if (!(row->flags & ROW_NULL_ITEM))
				diagnostic_hint(complain(diagnostics, entry->at, &at, "@ is empty",
							 row->of->what),
						"say what it is below its name, or remove it");
		}
	} else if (row->shape == SHAPE_ITEMS && value->kind == NODE_SEQUENCE) {
		for (size_t i = 0; i < value->sequence.len; i++) {
			struct trail at = {trail, NULL, i};

			order_check(row->of, value->sequence.items[i], &at, diagnostics);
		}
	}
}

void order_check(const struct schema *schema, const struct node *node, const struct trail *trail,
		 struct diagnostics *diagnostics)
{
	if (node->kind != NODE_MAPPING)
		return;
	for (size_t i = 0; i < schema->len; i++)
		if ((schema->rows[i].flags & ROW_REQUIRED) && !node_get(node, schema->rows[i].name))
			ask_for(diagnostics, node, trail, &schema->rows[i]);
	for (size_t i = 0; i < node->mapping.len; i++) {
		const struct node_entry *entry = &node->mapping.entries[i];
		const struct row *row = schema_row(schema, entry->key);
		struct trail at = {trail, entry->key, 0};

		if (row && entry->value->kind == NODE_NULL && !(row->flags & ROW_NULL))
			diagnostic_hint(complain(diagnostics, entry->at, &at, "\"@\" has no value",
						 entry->key),
					"give it one, or remove the line");
		else if (row)
			check_value(row, entry->value, &at, diagnostics);
	}
}

/* --- the final form */

struct ranked {
	struct node_entry entry;
	size_t rank;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return strcmp(x->entry.key, y->entry.key);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct node_entry *)a)->key, ((const struct node_entry *)b)->key);
}

static int by_text(const void *a, const void *b)
{
	const struct node *const *x = a, *const *y = b;

	return strcmp((*x)->text, (*y)->text);
}

static bool says_nothing(const struct row *row, const struct node *node)
{
	switch (node->kind) {
	case NODE_NULL:
		return true;
	case NODE_BOOL:
		return !node->boolean;
	case NODE_INT:
		return node->integer == 0;
	case NODE_FLOAT:
		return node->real == 0;
	case NODE_STRING:
		return !*node->text ||
		       (row->shape == SHAPE_BYTES && strcmp(node->text, "0") == 0) ||
		       (row->shape == SHAPE_DURATION && strcmp(node->text, "0s") == 0);
	case NODE_SEQUENCE:
		return node->sequence.len == 0;
	case NODE_MAPPING:
		return node->mapping.len == 0;
	}
	return false;
}

static void sort_names(struct node *node)
{
	if (node->mapping.len > 1)
		qsort(node->mapping.entries, node->mapping.len, sizeof(struct node_entry), by_name);
}

void order_names(struct node *node)
{
	if (node->kind == NODE_MAPPING) {
		sort_names(node);
		for (size_t i = 0; i < node->mapping.len; i++)
			order_names(node->mapping.entries[i].value);
	} else if (node->kind == NODE_SEQUENCE) {
		for (size_t i = 0; i < node->sequence.len; i++)
			order_names(node->sequence.items[i]);
	}
}

static void finish_value(const struct row *row, struct node *node)
{
	if (!row || row->shape == SHAPE_ANY) {
		order_names(node);
	} else if (row->shape == SHAPE_OBJECT) {
		order_finish(row->of, node);
	} else if (row->shape == SHAPE_ITEMS && node->kind == NODE_SEQUENCE) {
		for (size_t i = 0; i < node->sequence.len; i++)
			order_finish(row->of, node->sequence.items[i]);
	} else if (node->kind == NODE_MAPPING) {
		sort_names(node);
		for (size_t i = 0; row->shape == SHAPE_MAP && i < node->mapping.len; i++)
			order_finish(row->of, node->mapping.entries[i].value);
	} else if ((row->flags & ROW_SORTED) && node->kind == NODE_SEQUENCE &&
		   node->sequence.len > 1) {
		qsort(node->sequence.items, node->sequence.len, sizeof(struct node *), by_text);
	}
}

void order_finish(const struct schema *schema, struct node *node)
{
	if (node->kind != NODE_MAPPING || node->mapping.len == 0)
		return;
	size_t kept = 0;
	struct ranked *ranked = memory_alloc(node->mapping.len * sizeof(*ranked));

	for (size_t i = 0; i < node->mapping.len; i++) {
		struct node_entry *entry = &node->mapping.entries[i];
		const struct row *row = schema_row(schema, entry->key);

		finish_value(row, entry->value);
		if (row && says_nothing(row, entry->value) &&
		    (!(row->flags & ROW_KEEP) || entry->value->kind == NODE_NULL))
			continue;
		ranked[kept++] =
			(struct ranked){*entry, row ? (size_t)(row - schema->rows) : schema->len};
	}
	qsort(ranked, kept, sizeof(*ranked), by_rank);
	for (size_t i = 0; i < kept; i++)
		node->mapping.entries[i] = ranked[i].entry;
	node->mapping.len = kept;
	free(ranked);
}
