/* SPDX-License-Identifier: MIT */
#include "compose/project/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/comment.h"
#include "compose/project/origin.h"
#include "compose/project/problem.h"
#include "compose/project/tag.h"

enum {
	DEPTH_MAX = 200,
	ALIASES_MAX = 10000,
	ALIASED_NODES_MAX = 100000,
	ALIASED_BYTES_MAX = 64 * 1024 * 1024,
	MAPPED = 16, /* from so many keys on a mapping's keys are looked up by hash */
};

/* How much a node is with all that is below it, what aliases bring included. */
struct extent {
	size_t nodes;
	size_t bytes;    /* of scalars */
	unsigned height; /* levels below */
};

/* A collection that is being read. */
struct frame {
	struct node *node;
	const char *key; /* mapping: read and waiting for its value */
	struct position key_at;
	bool merging; /* the key is << and stands for what is merged */
	bool skip;    /* the value of a refused key is read and thrown away */
	char *anchor; /* or NULL */
	struct extent extent;
	struct map keys;     /* of a large mapping: position in entries, plus one */
	struct node *merges; /* a sequence of what << names, or NULL */
};

/* Where the collections of one depth grow, one after the other: a complete one is copied into the
 * arena at its size. */
struct spare {
	struct node_entry *entries;
	struct node **items;
	size_t entry_room;
	size_t item_room;
};

struct anchor {
	struct node *node; /* NULL: still being read */
	struct extent extent;
	struct position end;
};

struct reader {
	struct arena *arena;
	const char *file;
	struct documents *ret;
	struct diagnostics *diagnostics;
	yaml_parser_t parser;
	struct frame frames[DEPTH_MAX];
	struct spare spares[DEPTH_MAX];
	size_t depth;
	struct map anchors; /* struct anchor in the arena */
	size_t aliases;
	size_t aliased_nodes;
	size_t aliased_bytes;
	struct node *root;
	bool merging; /* the last scalar was a plain << */
	struct comments comments;
};

static struct position place(const struct reader *reader, yaml_mark_t mark)
{
	return (struct position){reader->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

static void path_of(const struct reader *reader, struct text *out)
{
	for (size_t i = 0; i < reader->depth; i++) {
		const struct frame *frame = &reader->frames[i];

		if (frame->node->kind == NODE_SEQUENCE)
			text_printf(out, "[%u]", frame->node->sequence.len);
		else if (frame->key)
			text_printf(out, "%s%s", out->len > 0 ? "." : "", frame->key);
	}
}

static struct diagnostic *complain(struct reader *reader, struct position at, const char *message)
{
	CLEANUP(text_drop) struct text path = {0};

	path_of(reader, &path);
	return diagnostics_add(reader->diagnostics, SEVERITY_ERROR, at, text_string(&path), "%s",
			       message);
}

/* --- keys */

static struct node_entry *find_key(struct frame *frame, const char *key)
{
	struct node *node = frame->node;

	if (frame->keys.len == 0 && node->mapping.len >= MAPPED)
		for (size_t i = 0; i < node->mapping.len; i++)
			map_set(&frame->keys, node->mapping.entries[i].key, (void *)(i + 1));
	if (frame->keys.len == 0)
		return node_entry(node, key);
	size_t found = (size_t)map_get(&frame->keys, key);
	return found ? &node->mapping.entries[found - 1] : NULL;
}

static void add_key(struct reader *reader, struct frame *frame, const char *key, struct node *value,
		    struct position at)
{
	struct spare *spare = &reader->spares[frame - reader->frames];
	struct node *node = frame->node;

	if (node->mapping.len == spare->entry_room) {
		spare->entry_room = spare->entry_room * 2 + 8;
		spare->entries =
			memory_grow(spare->entries, spare->entry_room, sizeof(*spare->entries));
	}
	node->mapping.entries = spare->entries;
	node->mapping.entries[node->mapping.len++] = (struct node_entry){key, at, value};
	if (frame->keys.len > 0)
		map_set(&frame->keys, key, (void *)(size_t)node->mapping.len);
}

static void add_item(struct reader *reader, struct frame *frame, struct node *item)
{
	struct spare *spare = &reader->spares[frame - reader->frames];
	struct node *node = frame->node;

	if (node->sequence.len == spare->item_room) {
		spare->item_room = spare->item_room * 2 + 8;
		spare->items = memory_grow(spare->items, spare->item_room, sizeof(*spare->items));
	}
	node->sequence.items = spare->items;
	node->sequence.items[node->sequence.len++] = item;
}

/* An item of a list called ports: - 80: 80. */
static bool is_port(const struct reader *reader)
{
	const struct frame *above = reader->depth > 2 ? &reader->frames[reader->depth - 3] : NULL;

	return above && above->key && strcmp(above->key, "ports") == 0;
}

static void take_key(struct reader *reader, struct frame *frame, const struct node *key)
{
	char message[256];

	frame->key = key->text;
	frame->key_at = key->at;
	frame->skip = false;
	if (key->kind != NODE_STRING || key->date) {
		snprintf(message, sizeof(message), "the key %.100s is not a string",
			 *key->text ? key->text : "(null)");
		frame->key = NULL;
		struct diagnostic *d = complain(reader, key->at, message);
		if (key->kind == NODE_INT && is_port(reader))
			diagnostic_hint(d, "a port is one word, in quotes: \"%.100s:...\"",
					key->text);
		else
			diagnostic_hint(d, "write it in quotes: \"%.100s\"", key->text);
		frame->key = key->text;
		frame->skip = true;
		return;
	}
	frame->merging = reader->merging;
	const struct node_entry *there = find_key(frame, key->text);
	const struct position *first = there ? &there->at : NULL;
	if (frame->merging)
		first = frame->merges ? &frame->merges->at : NULL;
	if (!first)
		return;
	unsigned line = first->line;
	snprintf(message, sizeof(message), "the key \"%.100s\" is written twice, first in line %u",
		 key->text, line);
	frame->key = NULL;
	struct diagnostic *d = complain(reader, key->at, message);
	if (frame->merging)
		diagnostic_hint(d, "write one with a list: <<: [*a, *b]");
	else if (line == key->at.line)
		diagnostic_hint(d, "remove one of the two, or put them together");
	else
		diagnostic_hint(d, "remove one of lines %u and %u, or put them together", line,
				key->at.line);
	frame->key = key->text;
	frame->skip = true;
}

/* --- merge keys */

static void merge_mapping(struct reader *reader, struct frame *frame, const struct node *from)
{
	for (size_t i = 0; i < from->mapping.len; i++) {
		const struct node_entry *entry = &from->mapping.entries[i];

		if (!find_key(frame, entry->key))
			add_key(reader, frame, entry->key, entry->value, entry->at);
	}
}

/* Own keys win over merged ones, an earlier mapping over a later one. */
static void merge_all(struct reader *reader, struct frame *frame)
{
	for (size_t i = 0; frame->merges && i < frame->merges->sequence.len; i++) {
		const struct node *from = frame->merges->sequence.items[i];

		if (from->kind == NODE_MAPPING) {
			merge_mapping(reader, frame, from);
			continue;
		}
		bool wrong = from->kind != NODE_SEQUENCE;
		for (size_t j = 0; !wrong && j < from->sequence.len; j++) {
			wrong = from->sequence.items[j]->kind != NODE_MAPPING;
			if (!wrong)
				merge_mapping(reader, frame, from->sequence.items[j]);
		}
		if (wrong)
			diagnostic_hint(complain(reader, from->at,
						 "<< takes a mapping or a list of mappings"),
					"for example: <<: *defaults");
	}
}

/* --- values */

/* A value is complete: it goes into the collection that is open, or is the document. */
static void take_value(struct reader *reader, struct node *value, struct extent extent)
{
	if (reader->depth == 0) {
		reader->root = value;
		return;
	}
	struct frame *frame = &reader->frames[reader->depth - 1];
	frame->extent.nodes += extent.nodes;
	frame->extent.bytes += extent.bytes;
	if (frame->extent.height < extent.height + 1)
		frame->extent.height = extent.height + 1;
	if (frame->node->kind == NODE_SEQUENCE) {
		add_item(reader, frame, value);
		return;
	}
	if (!frame->key) {
		/* A key is always a scalar or an alias of one here; take_scalar and take_alias see
		 * to it. */
		take_key(reader, frame, value);
		return;
	}
	if (frame->skip) {
		frame->key = NULL;
		return;
	}
	if (frame->merging) {
		if (!frame->merges)
			frame->merges = node_new(reader->arena, NODE_SEQUENCE, frame->key_at);
		node_append(reader->arena, frame->merges, value);
	} else {
		add_key(reader, frame, frame->key, value, frame->key_at);
	}
	frame->key = NULL;
}

static bool wants_key(const struct reader *reader)
{
	if (reader->depth == 0)
		return false;
	const struct frame *frame = &reader->frames[reader->depth - 1];
	return frame->node->kind == NODE_MAPPING && !frame->key;
}

static void set_anchor(struct reader *reader, const char *name, struct node *node,
		       struct extent extent, struct position end)
{
	if (!name)
		return;
	struct anchor *anchor = map_get(&reader->anchors, name);
	if (!anchor) {
		anchor = arena_alloc(reader->arena, sizeof(*anchor));
		map_set(&reader->anchors, name, anchor);
	}
	*anchor = (struct anchor){node, extent, end};
}

static const char *nearest_anchor(const struct reader *reader, const char *name)
{
	CLEANUP(memory_free)
	const char **names = memory_alloc((reader->anchors.len + 1) * sizeof(*names));

	for (size_t i = 0; i < reader->anchors.len; i++)
		names[i] = reader->anchors.entries[i].key;
	return text_nearest(name, names, reader->anchors.len);
}

/* False: a finding says that the aliases bring too much. */
static bool spend_alias(struct reader *reader, const struct extent *extent, struct position at)
{
	const char *message = NULL;

	reader->aliases++;
	reader->aliased_nodes += extent->nodes;
	reader->aliased_bytes += extent->bytes;
	if (reader->aliases > ALIASES_MAX)
		message = "there are more than 10000 aliases (*)";
	else if (reader->aliased_nodes > ALIASED_NODES_MAX)
		message = "the aliases (*) bring more than 100000 nodes";
	else if (reader->aliased_bytes > ALIASED_BYTES_MAX)
		message = "the aliases (*) bring more than 64 MiB of text";
	if (message)
		diagnostic_hint(complain(reader, at, message),
				"a file is refused that grows without bound when its aliases are "
				"followed");
	return !message;
}

/* For findings in what it brings. */
static void keep_alias(struct reader *reader, const char *name, const struct anchor *anchor,
		       struct position at)
{
	struct origins *origins = reader->diagnostics->origins;
	const struct alias alias = {at, anchor->node->at, anchor->end,
				    arena_copy(reader->arena, name)};

	if (origins)
		array_push(&origins->aliases, alias);
}

static bool take_alias(struct reader *reader, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	const struct anchor *anchor = map_get(&reader->anchors, name);
	struct position at = place(reader, event->start_mark);
	char message[256];

	if (!anchor) {
		snprintf(message, sizeof(message), "there is no anchor &%.100s above", name);
		struct diagnostic *d = complain(reader, at, message);
		const char *near = nearest_anchor(reader, name);
		if (near)
			diagnostic_hint(d, "did you mean *%s?", near);
		else
			diagnostic_hint(d,
					"an anchor stands before its first use; a text that begins "
					"with * needs quotes");
		return false;
	}
	if (!anchor->node) {
		snprintf(message, sizeof(message), "*%.100s stands inside of what &%.100s names",
			 name, name);
		diagnostic_hint(complain(reader, at, message), "it would be without end");
		return false;
	}
	if (wants_key(reader) && anchor->node->kind >= NODE_SEQUENCE) {
		complain(reader, at, "a key must be a string");
		return false;
	}
	if (!spend_alias(reader, &anchor->extent, at))
		return false;
	if (reader->depth + anchor->extent.height >= DEPTH_MAX) {
		complain(reader, at, "the file is nested deeper than 200 levels");
		return false;
	}
	keep_alias(reader, name, anchor, at);
	take_value(reader, anchor->node, anchor->extent);
	return true;
}

static enum node_tag tag_of(struct reader *reader, const yaml_char_t *tag, struct position at)
{
	const char *name = (const char *)tag;

	if (!name || strcmp(name, "!") == 0 || text_starts(name, "tag:yaml.org,2002:"))
		return NODE_PLAIN;
	bool reset = strcmp(name, "!reset") == 0;
	if (reset || strcmp(name, "!override") == 0) {
		reader->ret->marks = true;
		return reset ? NODE_RESET : NODE_OVERRIDE;
	}
	CLEANUP(text_drop) struct text path = {0};
	path_of(reader, &path);
	diagnostic_hint(diagnostics_add(reader->diagnostics, SEVERITY_WARNING, at,
					text_string(&path),
					"the tag %.100s is not known and ignored", name),
			"Compose knows !reset and !override");
	return NODE_PLAIN;
}

/* << merges where it is plain or says so itself; in quotes it is a key like others. */
static bool is_merge(const yaml_event_t *event)
{
	const char *tag = (const char *)event->data.scalar.tag;

	if (strcmp((const char *)event->data.scalar.value, "<<") != 0)
		return false;
	return tag ? strcmp(tag, "tag:yaml.org,2002:merge") == 0
		   : event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool take_scalar(struct reader *reader, const yaml_event_t *event)
{
	const char *anchor = (const char *)event->data.scalar.anchor;
	struct node *node = arena_alloc(reader->arena, sizeof(*node));
	const struct extent extent = {.nodes = 1, .bytes = event->data.scalar.length};

	node->at = place(reader, event->start_mark);
	node->text = arena_copy_n(reader->arena, (const char *)event->data.scalar.value,
				  event->data.scalar.length);
	if (strlen(node->text) != event->data.scalar.length) {
		complain(reader, node->at, "the text has a NUL character in it");
		return false;
	}
	node->tag = tag_of(reader, event->data.scalar.tag, node->at);
	node->lead = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? 0 : 1;
	if (event->start_mark.line != event->end_mark.line || event->data.scalar.tag ||
	    event->data.scalar.anchor)
		node->lead = NODE_FAR;
	if (!tag_apply(reader->arena, node, (const char *)event->data.scalar.tag,
		       event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE))
		complain(reader, node->at, "the value does not fit its tag");
	if (node->kind == NODE_NULL && !*node->text)
		comment_keep(&reader->comments, reader->arena, node);
	set_anchor(reader, anchor, node, extent, place(reader, event->end_mark));
	reader->merging = is_merge(event);
	take_value(reader, node, extent);
	reader->merging = false;
	return true;
}

static bool open_frame(struct reader *reader, enum node_kind kind, const yaml_event_t *event,
		       const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct position at = place(reader, event->start_mark);

	if (reader->depth >= DEPTH_MAX) {
		diagnostics_add(reader->diagnostics, SEVERITY_ERROR, at, NULL,
				"the file is nested deeper than %d levels", DEPTH_MAX);
		return false;
	}
	if (wants_key(reader)) {
		diagnostic_hint(complain(reader, at, "a key must be a string, not a collection"),
				"a text that begins with { or [ needs quotes");
		return false;
	}
	struct node *node = node_new(reader->arena, kind, at);
	node->tag = tag_of(reader, tag, at);
	set_anchor(reader, (const char *)anchor, NULL, (struct extent){0}, at);
	reader->frames[reader->depth++] = (struct frame){
		.node = node,
		.anchor = memory_copy((const char *)anchor),
		.extent = {.nodes = 1},
	};
	return true;
}

static void drop_frame(struct frame *frame)
{
	map_drop(&frame->keys);
	free(frame->anchor);
	frame->anchor = NULL;
}

static void close_frame(struct reader *reader, const yaml_event_t *event)
{
	struct frame *frame = &reader->frames[reader->depth - 1];

	merge_all(reader, frame);
	node_settle(reader->arena, frame->node);
	/* Where something within it has the same name, that is the later one. */
	const struct anchor *anchor =
		frame->anchor ? map_get(&reader->anchors, frame->anchor) : NULL;
	if (anchor && !anchor->node)
		set_anchor(reader, frame->anchor, frame->node, frame->extent,
			   place(reader, event->end_mark));
	drop_frame(frame);
	struct frame done = *frame;
	reader->depth--;
	take_value(reader, done.node, done.extent);
}

/* Anchors live on: docker compose lets a later document use them. */
static void end_document(struct reader *reader)
{
	if (reader->root && reader->root->kind == NODE_NULL)
		diagnostic_hint(complain(reader, reader->root->at, "the document is empty"),
				"remove the line --- before it, or write {}");
	else if (reader->root)
		array_push(&reader->ret->list, reader->root);
	reader->root = NULL;
}

static bool take_event(struct reader *reader, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(reader, event);
	case YAML_ALIAS_EVENT:
		return take_alias(reader, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_frame(reader, NODE_SEQUENCE, event, event->data.sequence_start.anchor,
				  event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return open_frame(reader, NODE_MAPPING, event, event->data.mapping_start.anchor,
				  event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_frame(reader, event);
		return true;
	case YAML_DOCUMENT_END_EVENT:
		end_document(reader);
		return true;
	default:
		return true;
	}
}

static void tell_problem(struct reader *reader, const char *bytes, size_t len)
{
	CLEANUP(text_drop) struct text path = {0};

	path_of(reader, &path);
	problem_tell(&reader->parser, reader->file, bytes, len, text_string(&path),
		     reader->diagnostics);
}

static bool read_events(struct reader *reader, const char *bytes, size_t len)
{
	bool more = true;

	while (more) {
		yaml_event_t event;

		if (!yaml_parser_parse(&reader->parser, &event)) {
			tell_problem(reader, bytes, len);
			return false;
		}
		more = event.type != YAML_STREAM_END_EVENT;
		bool well = take_event(reader, &event);
		yaml_event_delete(&event);
		if (!well)
			return false;
	}
	return true;
}

bool document_read(struct arena *arena, const char *file, const char *bytes, size_t len,
		   struct documents *ret, struct diagnostics *diagnostics)
{
	if (len > DOCUMENT_MAX) {
		diagnostics_add(diagnostics, SEVERITY_ERROR, (struct position){file, 0, 0}, NULL,
				"the file is larger than 10 MiB");
		return false;
	}
	struct reader *reader = memory_zero(1, sizeof(*reader));
	reader->arena = arena;
	reader->file = arena_copy(arena, file);
	reader->ret = ret;
	reader->diagnostics = diagnostics;
	reader->comments = (struct comments){bytes, bytes + len, 1, 1};
	bool well = yaml_parser_initialize(&reader->parser);
	if (well) {
		yaml_parser_set_input_string(&reader->parser, (const unsigned char *)bytes, len);
		well = read_events(reader, bytes, len);
		yaml_parser_delete(&reader->parser);
	} else {
		complain(reader, (struct position){reader->file, 0, 0}, "out of memory");
	}
	while (reader->depth > 0)
		drop_frame(&reader->frames[--reader->depth]);
	for (size_t i = 0; i < DEPTH_MAX; i++) {
		free(reader->spares[i].entries);
		free(reader->spares[i].items);
	}
	map_drop(&reader->anchors);
	free(reader);
	return well;
}
