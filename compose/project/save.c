/* SPDX-License-Identifier: MIT */
/* project_save and project_restore: the canonical tree with its positions as JSON.
 *
 *	{"format": 1, "name", "folder", "files", "env_files", "profiles", "disabled", "places":
 *[file ...], "root": node} node: [kind, place + 1, line, column, text | [node ...] | [[key, place +
 *1, line, column, node] ...]]
 *
 * Scalars keep their text, so that no number is rounded.
 */
#include "compose/project/project.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/bind.h"
#include "compose/project/scalar.h"

enum { FORMAT = 1 };

/* --- saving */

struct writer {
	struct text out;
	struct map places; /* file -> its number + 1 */
};

static void write_string(struct text *out, const char *string)
{
	text_add_char(out, '"');
	for (const unsigned char *c = (const unsigned char *)string; *c; c++) {
		if (*c == '"' || *c == '\\')
			text_printf(out, "\\%c", *c);
		else if (*c < 0x20)
			text_printf(out, "\\u%04x", *c);
		else
			text_add_char(out, (char)*c);
	}
	text_add_char(out, '"');
}

static void write_position(struct writer *writer, struct position at)
{
	size_t place = 0;

	if (at.file) {
		place = (size_t)map_get(&writer->places, at.file);
		if (place == 0) {
			place = writer->places.len + 1;
			map_set(&writer->places, at.file, (void *)place);
		}
	}
	text_printf(&writer->out, "%zu,%u,%u,", place, at.line, at.column);
}

static void write_node(struct writer *writer, const struct node *node)
{
	text_printf(&writer->out, "[%d,", (int)node->kind);
	write_position(writer, node->at);
	if (node->kind == NODE_SEQUENCE) {
		text_add_char(&writer->out, '[');
		for (size_t i = 0; i < node->sequence.len; i++) {
			if (i > 0)
				text_add_char(&writer->out, ',');
			write_node(writer, node->sequence.items[i]);
		}
		text_add_char(&writer->out, ']');
	} else if (node->kind == NODE_MAPPING) {
		text_add_char(&writer->out, '[');
		for (size_t i = 0; i < node->mapping.len; i++) {
			const struct node_entry *entry = &node->mapping.entries[i];

			text_add(&writer->out, i > 0 ? ",[" : "[");
			write_string(&writer->out, entry->key);
			text_add_char(&writer->out, ',');
			write_position(writer, entry->at);
			write_node(writer, entry->value);
			text_add_char(&writer->out, ']');
		}
		text_add_char(&writer->out, ']');
	} else {
		write_string(&writer->out, node->text);
	}
	text_add_char(&writer->out, ']');
}

static void write_strings(struct writer *writer, const char *key, const struct strings *strings)
{
	text_printf(&writer->out, ",\"%s\":[", key);
	for (size_t i = 0; i < strings->len; i++) {
		if (i > 0)
			text_add_char(&writer->out, ',');
		write_string(&writer->out, strings->items[i]);
	}
	text_add_char(&writer->out, ']');
}

char *project_save(const struct project *project)
{
	struct writer writer = {0};

	text_printf(&writer.out, "{\"format\":%d,\"name\":", FORMAT);
	write_string(&writer.out, project->name);
	text_add(&writer.out, ",\"folder\":");
	write_string(&writer.out, project->folder);
	write_strings(&writer, "files", &project->files);
	write_strings(&writer, "env_files", &project->env_files);
	write_strings(&writer, "profiles", &project->profiles);
	write_strings(&writer, "disabled", &project->disabled);
	text_add(&writer.out, ",\"root\":");
	write_node(&writer, project->root);
	struct strings places = {0};
	CLEANUP(memory_free)
	const char **items = memory_alloc((writer.places.len + 1) * sizeof(*items));
	for (; places.len < writer.places.len; places.len++)
		items[places.len] = writer.places.entries[places.len].key;
	places.items = items;
	write_strings(&writer, "places", &places);
	text_add_char(&writer.out, '}');
	map_drop(&writer.places);
	return text_steal(&writer.out);
}

/* --- restoring */

struct reader {
	struct arena *arena;
	struct strings places;
};

static struct strings read_strings(struct arena *arena, const cJSON *array)
{
	struct strings strings = {0};
	const cJSON *item = NULL;
	size_t count = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;

	strings.items = arena_alloc(arena, (count + 1) * sizeof(*strings.items));
	strings.cap = count;
	cJSON_ArrayForEach (item, array)
		if (cJSON_IsString(item) && strings.len < count)
			strings.items[strings.len++] = arena_copy(arena, item->valuestring);
	return strings;
}

/* A whole number up to max; gives what follows it, NULL: it is wrong. */
static const cJSON *next_whole(const cJSON *item, unsigned max, unsigned *ret)
{
	if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > max ||
	    item->valuedouble != floor(item->valuedouble))
		return NULL;
	*ret = (unsigned)item->valuedouble;
	return item->next;
}

/* Three numbers; gives what follows them, NULL: it is wrong. */
static const cJSON *read_position(const struct reader *reader, const cJSON *item,
				  struct position *at)
{
	unsigned place = 0;

	*at = (struct position){0};
	item = next_whole(item, (unsigned)reader->places.len, &place);
	item = next_whole(item, UINT_MAX, &at->line);
	item = next_whole(item, UINT_MAX, &at->column);
	at->file = place ? reader->places.items[place - 1] : NULL;
	return item;
}

static bool read_scalar(struct node *node, enum node_kind kind, const char *text)
{
	node->text = text;
	node->kind = NODE_STRING;
	if (kind != NODE_STRING)
		scalar_resolve(node);
	return node->kind == kind || (kind == NODE_FLOAT && scalar_real(text, &node->real) &&
				      ((node->kind = NODE_FLOAT), true));
}

static struct node *read_node(const struct reader *reader, const cJSON *json);

static bool read_entries(const struct reader *reader, struct node *node, const cJSON *list)
{
	const cJSON *item = NULL;

	cJSON_ArrayForEach (item, list) {
		const cJSON *key = cJSON_IsArray(item) ? item->child : NULL;
		struct position at;

		if (!cJSON_IsString(key))
			return false;
		const cJSON *value = read_position(reader, key->next, &at);
		struct node *child = value ? read_node(reader, value) : NULL;
		if (!child)
			return false;
		node_add(reader->arena, node, arena_copy(reader->arena, key->valuestring), child,
			 at);
	}
	return true;
}

static struct node *read_node(const struct reader *reader, const cJSON *json)
{
	struct node *node = arena_alloc(reader->arena, sizeof(*node));
	const cJSON *item = cJSON_IsArray(json) ? json->child : NULL;
	unsigned kind = 0;

	item = next_whole(item, NODE_MAPPING, &kind);
	item = item ? read_position(reader, item, &node->at) : NULL;
	if (!item)
		return NULL;
	if (kind < NODE_SEQUENCE)
		return cJSON_IsString(item) &&
				       read_scalar(node, (enum node_kind)kind,
						   arena_copy(reader->arena, item->valuestring))
			       ? node
			       : NULL;
	node->kind = (enum node_kind)kind;
	if (!cJSON_IsArray(item))
		return NULL;
	if (node->kind == NODE_MAPPING)
		return read_entries(reader, node, item) ? node : NULL;
	const cJSON *child = NULL;
	cJSON_ArrayForEach (child, item) {
		struct node *value = read_node(reader, child);

		if (!value)
			return NULL;
		node_append(reader->arena, node, value);
	}
	return node;
}

int project_restore(const char *json, size_t len, struct project **ret, struct error **err)
{
	CLEANUP(json_drop) cJSON *document = NULL;
	CLEANUP(project_drop) struct project *project = memory_zero(1, sizeof(*project));

	int status = json_parse(json, len, "the saved project", &document, err);
	if (status < 0)
		return status;
	if (json_int(document, "format", 0) != FORMAT)
		return error_set(err, ERROR_INVALID,
				 "the saved project has a format that this version does not know");
	struct reader reader = {.arena = &project->arena};
	reader.places = read_strings(&project->arena, json_get(document, "places"));
	project->name = arena_copy(&project->arena, json_string(document, "name"));
	project->folder = arena_copy(&project->arena, json_string(document, "folder"));
	project->files = read_strings(&project->arena, json_get(document, "files"));
	project->env_files = read_strings(&project->arena, json_get(document, "env_files"));
	project->profiles = read_strings(&project->arena, json_get(document, "profiles"));
	project->disabled = read_strings(&project->arena, json_get(document, "disabled"));
	project->root = read_node(&reader, json_get(document, "root"));
	if (!project->root || project->root->kind != NODE_MAPPING || !project->name ||
	    !project->folder)
		return error_set(err, ERROR_INVALID, "the saved project is damaged");
	bind_project(project);
	*ret = steal(&project);
	return 0;
}
