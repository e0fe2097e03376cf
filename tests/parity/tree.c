/* SPDX-License-Identifier: MIT */
#include "tests/parity/tree.h"

#include <string.h>

#include "base/own.h"

enum { KEPT = 32, FLOW = 40, ANCHORED = 12, ALIASED = 25 };

struct writer {
	struct chance *chance;
	struct text *out;
	struct tree *anchored[KEPT];
	unsigned anchors;
};

struct tree *tree_new(struct arena *arena, enum tree_kind kind)
{
	struct tree *tree = arena_alloc(arena, sizeof(*tree));

	tree->kind = kind;
	return tree;
}

struct tree *tree_scalar(struct arena *arena, const char *scalar)
{
	struct tree *tree = tree_new(arena, TREE_SCALAR);

	tree->scalar = scalar;
	return tree;
}

void tree_set(struct tree *map, const char *key, struct tree *value)
{
	value->key = key;
	ARRAY_FOR_EACH (struct tree *, one, &map->below) {
		if (strcmp((*one)->key, key) == 0) {
			tree_drop(*one);
			*one = value;
			return;
		}
	}
	array_push(&map->below, value);
}

void tree_push(struct tree *list, struct tree *item)
{
	array_push(&list->below, item);
}

void tree_drop(struct tree *tree)
{
	ARRAY_FOR_EACH (struct tree *, one, &tree->below)
		tree_drop(*one);
	array_drop(&tree->below);
}

static void write_flow(struct writer *writer, const struct tree *tree)
{
	struct text *out = writer->out;

	if (tree->kind == TREE_SCALAR) {
		text_add(out, tree->scalar);
		return;
	}
	text_add(out, tree->kind == TREE_LIST ? "[" : "{");
	for (size_t i = 0; i < tree->below.len; i++) {
		const struct tree *one = tree->below.items[i];

		text_printf(out, "%s%s%s", i ? ", " : "", one->key ? one->key : "",
			    one->key ? ": " : "");
		write_flow(writer, one);
	}
	text_add(out, tree->kind == TREE_LIST ? "]" : "}");
}

/* An earlier value of the same attribute and kind. */
static struct tree *like(struct writer *writer, const struct tree *tree)
{
	unsigned kept = writer->anchors < KEPT ? writer->anchors : KEPT;

	for (unsigned i = 0; i < kept; i++) {
		struct tree *other = writer->anchored[i];

		if (other && other->kind == tree->kind && text_same(other->key, tree->key))
			return other;
	}
	return NULL;
}

static void write_value(struct writer *writer, struct tree *tree, unsigned depth);

static void write_block(struct writer *writer, struct tree *tree, unsigned depth)
{
	const struct tree *base = tree->kind == TREE_MAP && tree->key && depth > 1 &&
						  chance_of(writer->chance, ALIASED)
					  ? like(writer, tree)
					  : NULL;

	if (base && base != tree) {
		text_add_char(writer->out, '\n');
		text_add_repeat(writer->out, ' ', depth * 2);
		text_printf(writer->out, "<<: *a%u", base->anchor);
	}
	ARRAY_FOR_EACH (struct tree *, one, &tree->below) {
		text_add_char(writer->out, '\n');
		text_add_repeat(writer->out, ' ', depth * 2);
		if (tree->kind == TREE_LIST)
			text_add(writer->out, "- ");
		else
			text_printf(writer->out, "%s: ", (*one)->key);
		write_value(writer, *one, depth + 1);
	}
}

static void write_value(struct writer *writer, struct tree *tree, unsigned depth)
{
	bool flow = tree->below.len == 0 || (depth > 2 && chance_of(writer->chance, FLOW));
	const struct tree *other = depth > 2 && tree->key && chance_of(writer->chance, ALIASED)
					   ? like(writer, tree)
					   : NULL;

	if (other) {
		text_printf(writer->out, "*a%u", other->anchor);
		return;
	}
	/* Below a list a block of a map would have to begin in the same line. */
	flow |= !tree->key;
	bool anchor = depth > 1 && tree->key && tree->kind != TREE_SCALAR && tree->below.len > 0 &&
		      writer->anchors < KEPT && chance_of(writer->chance, ANCHORED);
	if (anchor) {
		/* The place is taken before what is within may take one. */
		tree->anchor = ++writer->anchors;
		text_printf(writer->out, "&a%u ", tree->anchor);
	}
	if (flow)
		write_flow(writer, tree);
	else
		write_block(writer, tree, depth);
	if (anchor)
		writer->anchored[tree->anchor - 1] = tree;
}

void tree_write(struct tree *root, struct chance *chance, struct text *out)
{
	struct writer writer = {.chance = chance, .out = out};

	ARRAY_FOR_EACH (struct tree *, one, &root->below) {
		text_printf(out, "%s: ", (*one)->key);
		write_value(&writer, *one, 1);
		text_add_char(out, '\n');
	}
}
