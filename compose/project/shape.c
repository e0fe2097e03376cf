/* SPDX-License-Identifier: MIT */
#include "compose/project/shape.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/advice.h"
#include "compose/project/form.h"
#include "compose/project/merge.h"

static struct diagnostic *find(struct shaper *shaper, enum severity severity, struct position at,
			       const struct trail *trail, const char *format, va_list args)
{
	CLEANUP(text_drop) struct text message = {0};
	CLEANUP(text_drop) struct text path = {0};

	text_vprintf(&message, format, args);
	trail_add(trail, &path);
	return diagnostics_add(shaper->diagnostics, severity, at, text_string(&path), "%s",
			       text_string(&message));
}

struct diagnostic *shape_complain(struct shaper *shaper, struct position at,
				  const struct trail *trail, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct diagnostic *d = find(shaper, SEVERITY_ERROR, at, trail, format, args);
	va_end(args);
	return d;
}

struct diagnostic *shape_warn(struct shaper *shaper, struct position at, const struct trail *trail,
			      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct diagnostic *d = find(shaper, SEVERITY_WARNING, at, trail, format, args);
	va_end(args);
	return d;
}

/* "must be <wanted>, not a list" */
static struct diagnostic *refuse(struct shaper *shaper, const struct node *in,
				 const struct trail *trail, const char *wanted)
{
	static const char *const names[] = {
		[NODE_NULL] = "empty",        [NODE_BOOL] = "a boolean",
		[NODE_INT] = "a number",      [NODE_FLOAT] = "a number",
		[NODE_STRING] = "a string",   [NODE_SEQUENCE] = "a list",
		[NODE_MAPPING] = "a mapping",
	};

	return shape_complain(shaper, in->at, trail, "%smust be %s, not %s",
			      trail ? "" : "a Compose file ", wanted, names[in->kind]);
}

struct node *shape_refuse(struct shaper *shaper, const struct node *in, const struct trail *trail,
			  const char *wanted)
{
	advise_kind(refuse(shaper, in, trail, wanted), in, trail, wanted);
	return NULL;
}

bool shape_is_open(const struct shaper *shaper, const struct node *in)
{
	return in->lost ||
	       (shaper->no_interpolate && in->kind == NODE_STRING && strchr(in->text, '$'));
}

bool shape_is_whole(const struct shaper *shaper, const struct node *in)
{
	unsigned open = 0;

	if (!shape_is_open(shaper, in))
		return false;
	for (const char *c = in->text; *c; c++) {
		if (c[0] == '$' && c[1] == '{')
			open++;
		else if (*c == '}' && open > 0)
			open--;
		else if (*c == ':' && open > 0)
			return true;
	}
	return false;
}

static struct node *shape_value(struct shaper *shaper, const struct row *row, struct node *in,
				const struct trail *trail);

/* --- objects */

static bool is_extension(const char *key)
{
	return text_starts(key, "x-");
}

static void refuse_key(struct shaper *shaper, const struct schema *schema,
		       const struct node_entry *entry, const struct trail *trail)
{
	struct diagnostic *d =
		shape_complain(shaper, entry->at, trail, "\"%s\" is not an attribute of %s",
			       entry->key, schema->what);

	if (!diagnostics_full(shaper->diagnostics))
		advise_key(d, schema, entry, trail);
}

/* Rows that need no look at the value: false where nothing more is to be done with the attribute.
 */
static bool is_wanted(struct shaper *shaper, const struct row *row, const struct node_entry *entry,
		      const struct trail *trail)
{
	CLEANUP(text_drop) struct text path = {0};
	struct diagnostic *d = NULL;

	if (entry->value->tag == NODE_RESET)
		return true;
	if (!(row->flags & (ROW_IGNORED | ROW_OBSOLETE)))
		return true;
	trail_add(trail, &path);
	/* It is looked at all the same, as docker compose does. */
	if (row->flags & ROW_OBSOLETE && entry->value->kind != NODE_STRING) {
		diagnostic_hint(diagnostics_add(shaper->diagnostics, SEVERITY_ERROR,
						entry->value->at, text_string(&path),
						"\"%s\" is obsolete, and must be a string",
						entry->key),
				"remove the line");
		return false;
	}
	d = diagnostics_add(shaper->diagnostics, SEVERITY_WARNING, entry->at, text_string(&path),
			    row->flags & ROW_OBSOLETE ? "\"%s\" is obsolete and ignored"
						      : "\"%s\" has no effect outside of a swarm",
			    entry->key);
	if (row->flags & ROW_OBSOLETE)
		diagnostic_hint(d, "remove it");
	return !(row->flags & ROW_OBSOLETE);
}

static struct node *brief_object(struct shaper *shaper, const struct schema *schema,
				 struct node *in)
{
	struct node *out = node_new(shaper->arena, NODE_MAPPING, in->at);

	node_add(shaper->arena, out, schema->brief, in, in->at);
	return out;
}

struct node *shape_object(struct shaper *shaper, const struct schema *schema, struct node *in,
			  const struct trail *trail)
{
	if (in->kind == NODE_STRING && schema->brief)
		return brief_object(shaper, schema, in);
	if (in->kind != NODE_MAPPING && (!trail || schema->brief || schema->expand))
		return shape_refuse(shaper, in, trail,
				    schema->brief ? "a string or a mapping" : "a mapping");
	if (in->kind != NODE_MAPPING) {
		advise_object(refuse(shaper, in, trail, "a mapping"), schema, in, trail);
		return NULL;
	}
	struct node *out = node_new(shaper->arena, NODE_MAPPING, in->at);
	/* Two more for defaults that are set later. */
	node_room(shaper->arena, out, in->mapping.len + 2);
	for (size_t i = 0; i < in->mapping.len; i++) {
		struct node_entry *entry = &in->mapping.entries[i];
		const struct row *row = schema_row(schema, entry->key);
		struct trail at = {trail, entry->key, 0};
		struct node *value = entry->value;

		if (!row && (schema->closed || !is_extension(entry->key))) {
			refuse_key(shaper, schema, entry, &at);
			continue;
		}
		if (row && !is_wanted(shaper, row, entry, &at))
			continue;
		if (row)
			value = shape_value(shaper, row, value, &at);
		if (value)
			node_add(shaper->arena, out, entry->key, value, entry->at);
	}
	return out;
}

static struct node *form_object(struct shaper *shaper, const struct row *row, struct node *in,
				const struct trail *trail)
{
	return shape_object(shaper, row->of, in, trail);
}

/* --- what is there twice */

static void tell_twice(struct shaper *shaper, const struct node *first, const struct node *item,
		       const struct trail *trail)
{
	struct diagnostic *d =
		shape_complain(shaper, item->at, trail, "\"%s\" is there twice", item->text);

	if (first->at.line == item->at.line)
		diagnostic_hint(d, "remove one");
	else
		diagnostic_hint(d, "remove it here or in line %u", first->at.line);
}

/* Findings about what is in a list twice, word by word. */
static void check_distinct(struct shaper *shaper, const struct node *in, const struct trail *trail)
{
	CLEANUP(map_drop) struct map seen = {0};

	for (size_t i = 0; i < in->sequence.len; i++) {
		const struct node *item = in->sequence.items[i];
		struct trail at = {trail, NULL, i};

		if (item->kind == NODE_NULL || item->kind >= NODE_SEQUENCE)
			continue;
		const struct node *first = map_set(&seen, item->text, (void *)item);
		if (first)
			tell_twice(shaper, first, item, &at);
	}
}

/* --- maps of named objects */

static bool is_name(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}

static void refuse_name(struct shaper *shaper, struct position at, const char *name,
			const struct trail *trail)
{
	diagnostic_hint(shape_complain(shaper, at, trail, "\"%s\" is not a name", name),
			"names are made of letters, digits, \".\", \"_\" and \"-\"");
}

/* What a name in a list stands for: nothing said; a dependency has its defaults. */
static struct node *named(struct shaper *shaper, const struct row *row, struct position at)
{
	if (row->flags & ROW_NULL_ITEM)
		return node_new(shaper->arena, NODE_NULL, at);
	struct node *out = node_new(shaper->arena, NODE_MAPPING, at);
	node_room(shaper->arena, out, 2);
	node_add(shaper->arena, out, "condition", node_string(shaper->arena, "service_started", at),
		 at);
	node_add(shaper->arena, out, "required", node_bool(shaper->arena, true, at), at);
	return out;
}

static struct node *map_of_names(struct shaper *shaper, const struct row *row, struct node *in,
				 const struct trail *trail)
{
	static const struct row list = {.shape = SHAPE_STRINGS};
	struct node *out = node_new(shaper->arena, NODE_MAPPING, in->at);
	struct node *names = form_strings(shaper, &list, in, trail);
	CLEANUP(map_drop) struct map seen = {0};

	node_room(shaper->arena, out, names->sequence.len);
	for (size_t i = 0; i < names->sequence.len; i++) {
		struct node *name = names->sequence.items[i];
		struct trail at = {trail, NULL, i};

		if (!is_name(name->text) && !shape_is_open(shaper, name))
			refuse_name(shaper, name->at, name->text, &at);
		else if (map_has(&seen, name->text))
			tell_twice(shaper, map_get(&seen, name->text), name, &at);
		else
			node_add(shaper->arena, out, name->text, named(shaper, row, name->at),
				 name->at);
		map_set(&seen, name->text, name);
	}
	return out;
}

static struct node *form_map(struct shaper *shaper, const struct row *row, struct node *in,
			     const struct trail *trail)
{
	if (in->kind == NODE_SEQUENCE && (row->flags & ROW_NAMES))
		return map_of_names(shaper, row, in, trail);
	if (in->kind != NODE_MAPPING && row->flags & ROW_NAMES)
		return shape_refuse(shaper, in, trail, "a mapping or a list of names");
	if (in->kind != NODE_MAPPING) {
		advise_names(refuse(shaper, in, trail, "a mapping"), row->of, in);
		return NULL;
	}
	struct node *out = node_new(shaper->arena, NODE_MAPPING, in->at);
	node_room(shaper->arena, out, in->mapping.len);
	for (size_t i = 0; i < in->mapping.len; i++) {
		struct node_entry *entry = &in->mapping.entries[i];
		struct trail at = {trail, entry->key, 0};
		struct node *value = entry->value;

		if (!is_name(entry->key)) {
			refuse_name(shaper, entry->at, entry->key, &at);
			continue;
		}
		if (value->tag != NODE_RESET && value->kind != NODE_NULL) {
			enum node_tag tag = value->tag;

			value = value->lost ? NULL : shape_object(shaper, row->of, value, &at);
			/* What was refused keeps its name, so that others may refer to it. */
			if (!value)
				value = node_new(shaper->arena, NODE_MAPPING, entry->at);
			value->tag = tag;
		}
		node_add(shaper->arena, out, entry->key, value, entry->at);
	}
	return out;
}

/* --- lists of objects and of their short forms */

static void add_short_or_long(struct shaper *shaper, const struct schema *schema, struct node *item,
			      const struct trail *trail, struct node *out)
{
	struct node *value = NULL;

	if (item->lost)
		return;
	if (item->kind < NODE_SEQUENCE && schema->expand) {
		if (item->kind == NODE_STRING && shape_is_open(shaper, item) &&
		    (!schema->parted || shape_is_whole(shaper, item)))
			node_append(shaper->arena, out, item);
		else if (item->kind == NODE_STRING || (item->kind == NODE_INT && schema->numbers))
			schema->expand(shaper, item, trail, out);
		else
			diagnostic_hint(refuse(shaper, item, trail, "a string or a mapping"), "%s",
					item->kind == NODE_NULL
						? "give it a value, or remove the line"
						: "a text, which is the short form, or a mapping");
		return;
	}
	value = shape_object(shaper, schema, item, trail);
	if (value)
		node_append(shaper->arena, out, value);
}

/* The i-th that is written, which may stand for several. */
static void add_item(struct shaper *shaper, const struct schema *schema, struct node *item,
		     size_t i, const struct trail *trail, struct node *out)
{
	size_t first = out->sequence.len;

	add_short_or_long(shaper, schema, item, trail, out);
	for (; first < out->sequence.len; first++)
		if (out->sequence.items[first]->kind == NODE_MAPPING)
			out->sequence.items[first]->index = (uint32_t)i;
}

/* Where one of several ports is left open, docker compose shows all short forms as they are. */
static bool has_open(const struct shaper *shaper, const struct node *list)
{
	for (size_t i = 0; i < list->sequence.len; i++)
		if (shape_is_open(shaper, list->sequence.items[i]))
			return true;
	return false;
}

static struct node *form_items(struct shaper *shaper, const struct row *row, struct node *in,
			       const struct trail *trail)
{
	struct node *out = node_new(shaper->arena, NODE_SEQUENCE, in->at);

	if (in->kind == NODE_STRING && (row->flags & ROW_SINGLE)) {
		add_item(shaper, row->of, in, 0, trail, out);
		return out;
	}
	if (in->kind != NODE_SEQUENCE)
		return shape_refuse(shaper, in, trail,
				    row->of == &schema_gpu    ? "\"all\" or a list"
				    : row->flags & ROW_SINGLE ? "a string or a list"
							      : "a list");
	node_room(shaper->arena, out, in->sequence.len);
	bool brief = shaper->written && row->of->numbers && has_open(shaper, in);
	for (size_t i = 0; i < in->sequence.len; i++) {
		struct trail at = {trail, NULL, i};

		if (brief && in->sequence.items[i]->kind < NODE_SEQUENCE)
			node_append(shaper->arena, out, in->sequence.items[i]);
		else
			add_item(shaper, row->of, in->sequence.items[i], i, &at, out);
	}
	return out;
}

static struct node *form_any(struct shaper *shaper, const struct row *row, struct node *in,
			     const struct trail *trail)
{
	(void)shaper;
	(void)row;
	(void)trail;
	return in;
}

/* external: {name: x} is the old way to write external: true and name: x; normal.c puts it right.
 */
static struct node *form_external(struct shaper *shaper, const struct row *row, struct node *in,
				  const struct trail *trail)
{
	static const struct row rows[] = {{.name = "name", .shape = SHAPE_STRING}};
	static const struct schema old = {.what = "external", .rows = rows, .len = 1};

	return in->kind == NODE_MAPPING ? shape_object(shaper, &old, in, trail)
					: form_bool(shaper, row, in, trail);
}

static form_function *const forms[] = {
	[SHAPE_ANY] = form_any,           [SHAPE_STRING] = form_string,
	[SHAPE_TEXT] = form_text,         [SHAPE_INT] = form_int,
	[SHAPE_NUMBER] = form_number,     [SHAPE_BOOL] = form_bool,
	[SHAPE_BYTES] = form_bytes,       [SHAPE_DURATION] = form_duration,
	[SHAPE_MODE] = form_mode,         [SHAPE_STRINGS] = form_strings,
	[SHAPE_TEXTS] = form_strings,     [SHAPE_ONE_OR_MORE] = form_strings,
	[SHAPE_PAIRS] = form_pairs,       [SHAPE_LABELS] = form_pairs,
	[SHAPE_OPTIONS] = form_options,   [SHAPE_ADDRESSES] = form_options,
	[SHAPE_HOSTS] = form_hosts,       [SHAPE_COMMAND] = form_command,
	[SHAPE_TEST] = form_test,         [SHAPE_ULIMITS] = form_ulimits,
	[SHAPE_EXTERNAL] = form_external, [SHAPE_OBJECT] = form_object,
	[SHAPE_MAP] = form_map,           [SHAPE_ITEMS] = form_items,
	[SHAPE_SWITCH] = form_switch,     [SHAPE_COUNT] = form_count,
	[SHAPE_LISTS] = form_lists,       [SHAPE_SSH] = form_ssh,
};

/* Objects, and short forms of them, have one form always. */
static bool stays(const struct shaper *shaper, const struct row *row)
{
	return shaper->written && row->shape < SHAPE_SSH && !(row->flags & ROW_FORMED);
}

/* Nulls and !reset go through as they are: merging decides what they mean. What is lost is not there. */
static struct node *shape_value(struct shaper *shaper, const struct row *row, struct node *in,
				const struct trail *trail)
{
	if (in->tag == NODE_RESET || in->kind == NODE_NULL)
		return in;
	if (in->lost)
		return NULL;
	if (in->kind == NODE_SEQUENCE && row->flags & ROW_DISTINCT)
		check_distinct(shaper, in, trail);
	struct node *out = forms[row->shape](shaper, row, in, trail);
	if (out && stays(shaper, row))
		return merge_unique(shaper->arena, row,
				    in->kind >= NODE_SEQUENCE ? node_copy(shaper->arena, in) : in);
	if (out && out->kind == NODE_SEQUENCE && row->merge != MERGE_REPLACE &&
	    row->shape != SHAPE_ANY)
		out = merge_unique(shaper->arena, row, out);
	if (out && out != in)
		out->tag = in->tag;
	return out;
}
