/* SPDX-License-Identifier: MIT */
#include "tests/reference/outline.h"

#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/rule.h"
#include "compose/project/schema.h"
#include "tests/reference/engines.h"
#include "tests/reference/words.h"

/* What a shape admits: a value that is wholly a variable may stand for any scalar. */
struct look {
	const char *types;  /* of JSON, with blanks between */
	const char *items;  /* of a list's items */
	const char *values; /* of a mapping's values */
	const char *said;   /* for people */
};

static const struct look looks[] = {
	[SHAPE_ANY] = {NULL, NULL, NULL, "anything"},
	[SHAPE_STRING] = {"string", NULL, NULL, "text"},
	[SHAPE_TEXT] = {"string number", NULL, NULL, "text or number"},
	[SHAPE_INT] = {"integer string", NULL, NULL, "whole number"},
	[SHAPE_NUMBER] = {"number string", NULL, NULL, "number"},
	[SHAPE_BOOL] = {"boolean string", NULL, NULL, "true or false"},
	[SHAPE_BYTES] = {"integer string", NULL, NULL, "amount of memory"},
	[SHAPE_DURATION] = {"string", NULL, NULL, "duration"},
	[SHAPE_MODE] = {"string integer", NULL, NULL, "octal mode"},
	[SHAPE_STRINGS] = {"array", "string", NULL, "list"},
	[SHAPE_TEXTS] = {"array", "string number", NULL, "list"},
	[SHAPE_ONE_OR_MORE] = {"string array", "string", NULL, "text or list"},
	[SHAPE_PAIRS] = {"object array", "string", "string number boolean null",
			 "mapping, or list of KEY=VALUE"},
	[SHAPE_LABELS] = {"object array", "string", "string number boolean null",
			  "mapping, or list of KEY=VALUE"},
	[SHAPE_OPTIONS] = {"object", NULL, "string number", "mapping"},
	[SHAPE_ADDRESSES] = {"object", NULL, "string", "mapping"},
	[SHAPE_HOSTS] = {"object array", "string", "string array",
			 "mapping, or list of host=address"},
	[SHAPE_COMMAND] = {"null string array", "string", NULL, "line or list"},
	[SHAPE_TEST] = {"string array", "string", NULL, "line or list"},
	[SHAPE_ULIMITS] = {"object", NULL, NULL, "mapping of numbers or {soft, hard}"},
	[SHAPE_EXTERNAL] = {"boolean string object", NULL, NULL, "true or false"},
	[SHAPE_OBJECT] = {"object", NULL, NULL, "mapping"},
	[SHAPE_MAP] = {"object", NULL, NULL, "mapping by name"},
	[SHAPE_ITEMS] = {"array", NULL, NULL, "list"},
	[SHAPE_SWITCH] = {"boolean string", NULL, NULL, "true, false or text"},
	[SHAPE_COUNT] = {"integer string", NULL, NULL, "whole number, or `all`"},
	[SHAPE_LISTS] = {"object", NULL, "string number boolean array",
			 "mapping of texts or lists"},
	[SHAPE_SSH] = {"object array", "string", "string null", "mapping, or list of id=path"},
};

static const struct look *look_of(const struct row *row)
{
	return (size_t)row->shape < ARRAY_LEN(looks) ? &looks[row->shape] : &looks[SHAPE_ANY];
}

/* --- the schema */

struct outline {
	struct text *missing;
};

static void set_types(cJSON *schema, const char *types, const char *more)
{
	CLEANUP(memory_free) char *all = memory_format("%s%s", types, more);
	cJSON *list = cJSON_CreateArray();

	for (const char *at = all; *at;) {
		size_t len = strcspn(at, " ");
		CLEANUP(memory_free) char *one = memory_copy_n(at, len);

		cJSON_AddItemToArray(list, cJSON_CreateString(one));
		at += len + (at[len] == ' ');
	}
	cJSON_DeleteItemFromObject(schema, "type");
	if (cJSON_GetArraySize(list) == 1)
		cJSON_AddItemToObject(schema, "type", cJSON_DetachItemFromArray(list, 0));
	else
		cJSON_AddItemToObject(schema, "type", cJSON_Duplicate(list, true));
	cJSON_Delete(list);
}

static cJSON *typed(const char *types)
{
	cJSON *schema = cJSON_CreateObject();

	set_types(schema, types, "");
	return schema;
}

static cJSON *row_schema(struct outline *outline, const struct row *row, const char *path);

static void add_rows(struct outline *outline, cJSON *into, const struct schema *of,
		     const char *path)
{
	cJSON *properties = cJSON_AddObjectToObject(into, "properties");
	cJSON *required = cJSON_CreateArray();

	for (size_t i = 0; i < of->len; i++) {
		CLEANUP(memory_free)
		char *below = memory_format("%s%s%s", path, *path ? "." : "", of->rows[i].name);

		cJSON_AddItemToObject(properties, of->rows[i].name,
				      row_schema(outline, &of->rows[i], below));
		if (of->rows[i].flags & ROW_REQUIRED)
			cJSON_AddItemToArray(required, cJSON_CreateString(of->rows[i].name));
	}
	if (cJSON_GetArraySize(required) > 0)
		cJSON_AddItemToObject(into, "required", required);
	else
		cJSON_Delete(required);
	if (!of->closed)
		cJSON_AddItemToObject(cJSON_AddObjectToObject(into, "patternProperties"), "^x-",
				      cJSON_CreateObject());
	cJSON_AddFalseToObject(into, "additionalProperties");
}

static cJSON *object_schema(struct outline *outline, const struct schema *of, const char *path,
			    const char *more)
{
	cJSON *schema = cJSON_CreateObject();
	const char *brief = of->expand ? " string integer" : of->brief ? " string" : "";
	CLEANUP(memory_free) char *also = memory_format("%s%s", brief, more);

	set_types(schema, "object", also);
	add_rows(outline, schema, of, path);
	return schema;
}

static void add_named(struct outline *outline, cJSON *schema, const struct row *row,
		      const char *path)
{
	bool may_be_null = row->flags & ROW_NULL_ITEM;

	cJSON_AddItemToObject(cJSON_AddObjectToObject(schema, "patternProperties"),
			      "^[a-zA-Z0-9._-]+$",
			      object_schema(outline, row->of, path, may_be_null ? " null" : ""));
	cJSON_AddFalseToObject(schema, "additionalProperties");
	if (row->flags & ROW_NAMES)
		cJSON_AddItemToObject(schema, "items", typed("string"));
}

static void add_limits(cJSON *schema)
{
	cJSON *limit = typed("integer string object");
	cJSON *properties = cJSON_AddObjectToObject(limit, "properties");

	cJSON_AddItemToObject(properties, "soft", typed("integer string"));
	cJSON_AddItemToObject(properties, "hard", typed("integer string"));
	cJSON_AddItemToObject(schema, "additionalProperties", limit);
}

/* The values that are allowed, or what holds a variable. */
static void add_words(cJSON *schema, const char *const *words)
{
	cJSON *any = cJSON_AddArrayToObject(schema, "anyOf");
	cJSON *listed = cJSON_CreateObject();
	cJSON *open = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(listed, "enum");

	for (size_t i = 0; words[i]; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(words[i]));
	json_set_string(open, "pattern", "\\$");
	cJSON_AddItemToArray(any, listed);
	cJSON_AddItemToArray(any, open);
}

static const char *more_types(const struct row *row)
{
	if (row->flags & ROW_NULL)
		return row->flags & ROW_NAMES ? " array null" : " null";
	if (row->shape == SHAPE_ITEMS && row->flags & ROW_SINGLE)
		return " string";
	return row->flags & ROW_NAMES ? " array" : "";
}

static void add_shape(struct outline *outline, cJSON *schema, const struct row *row,
		      const char *path)
{
	const struct look *look = look_of(row);
	const char *values = look->values;
	const char *types = look->types;

	/* A number may be a variable in a text, with --no-interpolate. */
	if (row->flags & ROW_STRICT && row->shape == SHAPE_BYTES)
		types = "string";
	if (row->shape == SHAPE_OPTIONS && row->flags & ROW_NULL_ITEM)
		values = "string number null";
	if (types && row->shape != SHAPE_OBJECT)
		set_types(schema, types, strstr(types, "null") ? "" : more_types(row));
	if (look->items)
		cJSON_AddItemToObject(schema, "items", typed(look->items));
	if (values)
		cJSON_AddItemToObject(schema, "additionalProperties", typed(values));
	if (row->words)
		add_words(schema, row->words);
	if (row->shape == SHAPE_ULIMITS)
		add_limits(schema);
	else if (row->shape == SHAPE_MAP)
		add_named(outline, schema, row, path);
	else if (row->shape == SHAPE_ITEMS)
		cJSON_AddItemToObject(schema, "items", object_schema(outline, row->of, path, ""));
}

static cJSON *row_schema(struct outline *outline, const struct row *row, const char *path)
{
	bool object = row->shape == SHAPE_OBJECT;
	cJSON *schema = object ? object_schema(outline, row->of, path, more_types(row))
			       : cJSON_CreateObject();
	const char *line = words_of(path);
	const char *also = row->flags & ROW_IGNORED    ? " (no effect outside of a swarm)"
			   : row->flags & ROW_OBSOLETE ? " (remove it)"
						       : "";

	if (!line)
		text_printf(outline->missing, "%s\n", path);
	CLEANUP(memory_free) char *description = memory_format("%s%s", line ? line : "", also);
	json_set_string(schema, "description", description);
	if (!object)
		add_shape(outline, schema, row, path);
	return schema;
}

cJSON *outline_schema(struct text *missing)
{
	struct outline outline = {missing};
	cJSON *schema = cJSON_CreateObject();

	json_set_string(schema, "$schema", "http://json-schema.org/draft-07/schema#");
	json_set_string(schema, "title", "A Compose project file for wincompose");
	json_set_string(schema, "type", "object");
	add_rows(&outline, schema, &schema_project, "");
	return schema;
}

/* --- the tables */

/* What one engine does with it; nothing: it obeys. */
static void add_engine(struct text *out, const struct row *row, const char *path,
		       enum reference_engine engine)
{
	enum severity severity = SEVERITY_WARNING;
	const char *attribute = text_starts(path, "services.") ? path + strlen("services.") : "";
	const char *sentence = rule_sentence(attribute, engine == ON_WINDOWS, &severity);
	const char *note = engines_note(path, engine);

	if (row->flags & ROW_IGNORED)
		text_add(out, "no effect outside of a swarm");
	else if (row->flags & ROW_OBSOLETE)
		text_add(out, "obsolete");
	else if (sentence)
		text_printf(out, "%s%s", severity == SEVERITY_ERROR ? "error: " : "", sentence);
	else if (note)
		text_add(out, note);
}

/* The cells of both engines. above: what they say of the nearest attribute above it, or empty. */
static void add_engines(struct text *out, const struct row *row, const char *path,
			const struct text above[ENGINES_LEN])
{
	for (int engine = 0; engine < ENGINES_LEN; engine++) {
		size_t len = out->len;

		add_engine(out, row, path, engine);
		if (out->len == len && above)
			text_add(out, text_string(&above[engine]));
		text_add(out, engine + 1 < ENGINES_LEN ? " | " : " |\n");
	}
}

static void add_value(struct text *out, const struct row *row)
{
	if (!row->words) {
		bool brief = row->of && (row->of->brief || row->of->expand);

		text_add(out, look_of(row)->said);
		if (brief)
			text_add(out,
				 row->shape == SHAPE_ITEMS ? " of texts or mappings" : " or text");
		else if (row->flags & ROW_NAMES)
			text_add(out, " or list of names");
		return;
	}
	for (size_t i = 0; row->words[i]; i++)
		text_printf(out, "%s`%s`", i ? ", " : "", row->words[i]);
}

/* What is below an attribute and has no rows of its own. */
static void add_parts(struct text *out, const struct row *row, const char *name,
		      const struct text above[ENGINES_LEN])
{
	static const struct {
		enum shape shape;
		const char *name, *value, *line;
	} parts[] = {
		{SHAPE_ULIMITS, "soft", "whole number",
		 "The limit, which a process may raise up to hard"},
		{SHAPE_ULIMITS, "hard", "whole number", "The most that it may be raised to"},
		{SHAPE_EXTERNAL, "name", "text",
		 "Old: its name on the engine; write name beside external: true"},
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (parts[i].shape == row->shape)
			text_printf(out, "| `%s.%s` | %s | %s | %s | %s |\n", name, parts[i].name,
				    parts[i].value, parts[i].line, text_string(&above[ON_LINUX]),
				    text_string(&above[ON_WINDOWS]));
	}
}

/* skip: what the section's heading says already of the path. above: see add_engines. */
static void add_table(struct text *out, const struct schema *of, const char *path, size_t skip,
		      const struct text above[ENGINES_LEN])
{
	for (size_t i = 0; i < of->len; i++) {
		const struct row *row = &of->rows[i];
		CLEANUP(memory_free) char *below = memory_format("%s.%s", path, row->name);
		const char *line = words_of(below);
		struct text said[ENGINES_LEN] = {0};

		text_printf(out, "| `%s` | ", below + skip);
		add_value(out, row);
		text_printf(out, " | %s | ", line ? line : "");
		add_engines(out, row, below, above);
		for (int engine = 0; engine < ENGINES_LEN; engine++) {
			add_engine(&said[engine], row, below, engine);
			if (said[engine].len > 0) {
				text_drop(&said[engine]);
				text_printf(&said[engine], "see `%s`", below + skip);
			} else if (above) {
				text_add(&said[engine], text_string(&above[engine]));
			}
		}
		add_parts(out, row, below + skip, said);
		if (row->of)
			add_table(out, row->of, below, skip, said);
		for (int engine = 0; engine < ENGINES_LEN; engine++)
			text_drop(&said[engine]);
	}
}

static const char head[] =
	"| attribute | value | what it is for | Docker on Linux | Docker on Windows |\n"
	"| --- | --- | --- | --- | --- |\n";

void outline_tables(struct text *out)
{
	text_printf(out, "### The top\n\n%s", head);
	for (size_t i = 0; i < schema_project.len; i++) {
		const struct row *row = &schema_project.rows[i];

		text_printf(out, "| `%s` | ", row->name);
		add_value(out, row);
		text_printf(out, " | %s | ", words_of(row->name));
		add_engines(out, row, row->name, NULL);
	}
	for (size_t i = 0; i < schema_project.len; i++) {
		const struct row *row = &schema_project.rows[i];

		if (!row->of || row->of->len == 0)
			continue;
		text_printf(out, "\n### %s\n\n%s", row->name, head);
		add_table(out, row->of, row->name, strlen(row->name) + 1, NULL);
	}
}
