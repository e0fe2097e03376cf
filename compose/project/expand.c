/* SPDX-License-Identifier: MIT */
#include "compose/project/expand.h"

#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "compose/project/interpolate.h"
#include "compose/project/origin.h"
#include "compose/project/trail.h"

enum { TOTAL_MAX = 64 * 1024 * 1024 };

/* One scalar, while it is interpolated. */
struct scalar {
	struct expand *expand;
	const struct node *node;
	const struct trail *trail;
	struct expansion made;
	bool unknown;     /* it has a variable that may be set or not */
	size_t offset;    /* of the last place that was asked for, and */
	unsigned columns; /* the characters before it */
};

static const char *look(const char *name, void *payload)
{
	struct scalar *scalar = payload;
	const struct setting **settings = scalar->made.settings;
	const struct setting *setting = variables_setting(scalar->expand->variables, name);
	size_t i = 0;

	while (i < ARRAY_LEN(scalar->made.settings) && settings[i] && settings[i] != setting)
		i++;
	if (i < ARRAY_LEN(scalar->made.settings))
		settings[i] = setting;
	const char *value = variables_get(scalar->expand->variables, name);
	scalar->unknown |= !value && scalar->expand->variables->partial;
	return value;
}

/* Where the character at an offset of the text stands. Mostly they come in their order. */
static struct position place(struct scalar *scalar, size_t offset)
{
	const struct node *node = scalar->node;
	struct position at = node->at;

	if (node->lead == NODE_FAR)
		return at;
	if (offset < scalar->offset)
		scalar->offset = scalar->columns = 0;
	for (; scalar->offset < offset; scalar->offset++)
		scalar->columns += ((unsigned char)node->text[scalar->offset] & 0xc0) != 0x80;
	at.column += node->lead + scalar->columns;
	return at;
}

/* Told once for each variable, where it is used first. */
static void unset(const char *name, size_t offset, void *payload)
{
	struct scalar *scalar = payload;
	CLEANUP(text_drop) struct text path = {0};

	if (scalar->unknown || map_set(&scalar->expand->unset, name, scalar->expand))
		return;
	trail_add(scalar->trail, &path);
	diagnostic_hint(
		diagnostics_add(scalar->expand->diagnostics, SEVERITY_WARNING,
				place(scalar, offset), text_string(&path),
				"the variable %s is not set: it is taken as empty", name),
		"${%s:-} says that this is meant, ${%s:?} makes it an error, $$ is a dollar", name,
		name);
}

static const char required[] = "the required variable";

static void wrong(const char *problem, size_t offset, void *payload)
{
	struct scalar *scalar = payload;
	CLEANUP(text_drop) struct text path = {0};

	if (scalar->unknown && text_starts(problem, required))
		return;
	trail_add(scalar->trail, &path);
	struct diagnostic *d =
		diagnostics_add(scalar->expand->diagnostics, SEVERITY_ERROR, place(scalar, offset),
				text_string(&path), "%s", problem);
	if (text_starts(problem, required))
		diagnostic_hint(d, "set it in the environment, in .env or in a file of --env-file");
	else if (text_ends(problem, "write $$ for a dollar"))
		diagnostic_hint(d, "${NAME}, ${NAME:-default}, ${NAME:?message} or "
				   "${NAME:+value}; a name has letters, digits and _");
}

/* The text as it is written, of which nothing more is to be said. */
static struct node *lose(struct expand *expand, const struct node *node)
{
	struct node *copy = arena_alloc(expand->arena, sizeof(*copy));

	*copy = *node;
	copy->lost = true;
	return copy;
}

static void doubt(const struct scalar *scalar)
{
	CLEANUP(text_drop) struct text path = {0};

	trail_add(scalar->trail, &path);
	diagnostics_doubt(scalar->expand->diagnostics, scalar->node->at.file, text_string(&path));
}

static struct node *expand_scalar(struct expand *expand, struct node *node,
				  const struct trail *trail)
{
	struct scalar scalar = {.expand = expand, .node = node, .trail = trail};
	const struct interpolate how = {look, unset, wrong, &scalar};
	CLEANUP(text_drop) struct text out = {0};

	if (expand->total > TOTAL_MAX || !strchr(node->text, '$'))
		return node;
	bool well = interpolate(&how, node->text, &out);
	if (scalar.unknown)
		doubt(&scalar);
	if (!well || scalar.unknown)
		return lose(expand, node);
	expand->total += out.len;
	if (expand->total > TOTAL_MAX) {
		if (expand->total - out.len <= TOTAL_MAX)
			diagnostics_add(expand->diagnostics, SEVERITY_ERROR, node->at, NULL,
					"the variables make the file larger than 64 MiB");
		return node;
	}
	struct node *copy = node_string(expand->arena, text_string(&out), node->at);
	copy->tag = node->tag;
	scalar.made.at = node->at;
	scalar.made.before = node->text;
	scalar.made.after = copy->text;
	if (expand->diagnostics->origins)
		array_push(&expand->diagnostics->origins->expansions, scalar.made);
	return copy;
}

static struct node *expand_node(struct expand *expand, struct node *node,
				const struct trail *trail);

static struct node *expand_sequence(struct expand *expand, struct node *node,
				    const struct trail *trail)
{
	struct node *copy = NULL;

	for (size_t i = 0; i < node->sequence.len; i++) {
		struct trail at = {trail, NULL, i};
		struct node *old = node->sequence.items[i];
		struct node *item = expand_node(expand, old, &at);

		if (item == old)
			continue;
		if (!copy) {
			copy = node_new(expand->arena, NODE_SEQUENCE, node->at);
			copy->tag = node->tag;
			copy->sequence.len = copy->sequence.cap = node->sequence.len;
			copy->sequence.items = arena_alloc(
				expand->arena, node->sequence.len * sizeof(struct node *));
			memcpy(copy->sequence.items, node->sequence.items,
			       node->sequence.len * sizeof(struct node *));
		}
		copy->sequence.items[i] = item;
	}
	return copy ? copy : node;
}

static struct node *expand_mapping(struct expand *expand, struct node *node,
				   const struct trail *trail)
{
	struct node *copy = NULL;

	for (size_t i = 0; i < node->mapping.len; i++) {
		struct trail at = {trail, node->mapping.entries[i].key, 0};
		struct node *old = node->mapping.entries[i].value;
		struct node *value = expand_node(expand, old, &at);

		if (value == old)
			continue;
		if (!copy) {
			copy = node_new(expand->arena, NODE_MAPPING, node->at);
			copy->tag = node->tag;
			copy->mapping.len = copy->mapping.cap = node->mapping.len;
			copy->mapping.entries = arena_alloc(
				expand->arena, node->mapping.len * sizeof(struct node_entry));
			memcpy(copy->mapping.entries, node->mapping.entries,
			       node->mapping.len * sizeof(struct node_entry));
		}
		copy->mapping.entries[i].value = value;
	}
	return copy ? copy : node;
}

static struct node *expand_node(struct expand *expand, struct node *node, const struct trail *trail)
{
	if (node->kind == NODE_STRING)
		return expand_scalar(expand, node, trail);
	if (node->kind == NODE_SEQUENCE)
		return expand_sequence(expand, node, trail);
	return node->kind == NODE_MAPPING ? expand_mapping(expand, node, trail) : node;
}

struct node *expand_tree(struct expand *expand, struct node *node)
{
	return expand_node(expand, node, NULL);
}
