/* SPDX-License-Identifier: MIT */
#include "tests/reference/judge.h"

#include <ctype.h>
#include <string.h>

#include "base/own.h"

static bool refuse(struct text *why, const struct node *node, const char *reason, const char *what)
{
	text_printf(why, "%s:%u:%u: %s %s\n", node->at.file, node->at.line, node->at.column, reason,
		    what);
	return false;
}

static bool is_type(const struct node *node, const char *type)
{
	static const char *const names[] = {
		[NODE_NULL] = "null",      [NODE_BOOL] = "boolean",  [NODE_INT] = "integer",
		[NODE_FLOAT] = "number",   [NODE_STRING] = "string", [NODE_SEQUENCE] = "array",
		[NODE_MAPPING] = "object",
	};

	return strcmp(names[node->kind], type) == 0 ||
	       (node->kind == NODE_INT && strcmp(type, "number") == 0);
}

static bool judge_type(const cJSON *types, const struct node *node, struct text *why)
{
	const cJSON *type = NULL;

	if (cJSON_IsString(types))
		return is_type(node, types->valuestring) ||
		       refuse(why, node, "is no", types->valuestring);
	cJSON_ArrayForEach (type, types)
		if (is_type(node, type->valuestring))
			return true;
	return refuse(why, node, "has none of the types", "");
}

/* The three patterns that are used. */
static bool matches(const char *pattern, const char *text)
{
	if (strcmp(pattern, "^x-") == 0)
		return strncmp(text, "x-", 2) == 0;
	if (strcmp(pattern, "\\$") == 0)
		return strchr(text, '$') != NULL;
	bool good = strcmp(pattern, "^[a-zA-Z0-9._-]+$") == 0 && *text;
	for (; *text; text++)
		good &= isalnum((unsigned char)*text) || strchr("._-", *text);
	return good;
}

static bool judge_entry(const cJSON *schema, const struct node_entry *entry, struct text *why)
{
	const cJSON *known = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(schema, "properties"), entry->key);
	const cJSON *other = cJSON_GetObjectItemCaseSensitive(schema, "additionalProperties");
	const cJSON *pattern = NULL;

	if (known)
		return judge(known, entry->value, why);
	cJSON_ArrayForEach (pattern, cJSON_GetObjectItemCaseSensitive(schema, "patternProperties"))
		if (matches(pattern->string, entry->key))
			return judge(pattern, entry->value, why);
	if (cJSON_IsFalse(other))
		return refuse(why, entry->value, "unknown:", entry->key);
	return !other || judge(other, entry->value, why);
}

static bool judge_enum(const cJSON *list, const struct node *node, struct text *why)
{
	const cJSON *one = NULL;

	cJSON_ArrayForEach (one, list)
		if (node->kind == NODE_STRING && strcmp(one->valuestring, node->text) == 0)
			return true;
	return refuse(why, node, "is not allowed:", node->kind < NODE_SEQUENCE ? node->text : "");
}

static bool judge_any(const cJSON *list, const struct node *node, struct text *why)
{
	const cJSON *one = NULL;
	size_t len = why->len;

	cJSON_ArrayForEach (one, list)
		if (judge(one, node, why)) {
			text_remove(why, len, why->len - len);
			return true;
		}
	return false;
}

static bool judge_required(const cJSON *list, const struct node *node, struct text *why)
{
	const cJSON *one = NULL;

	if (node->kind != NODE_MAPPING)
		return true;
	cJSON_ArrayForEach (one, list)
		if (!node_get(node, one->valuestring))
			return refuse(why, node, "lacks", one->valuestring);
	return true;
}

static bool judge_children(const cJSON *schema, const struct node *node, struct text *why)
{
	const cJSON *items = cJSON_GetObjectItemCaseSensitive(schema, "items");
	bool good = true;

	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->mapping.len; i++)
		good &= judge_entry(schema, &node->mapping.entries[i], why);
	for (size_t i = 0; items && node->kind == NODE_SEQUENCE && i < node->sequence.len; i++)
		good &= judge(items, node->sequence.items[i], why);
	return good;
}

bool judge(const cJSON *schema, const struct node *node, struct text *why)
{
	static const char *const others[] = {
		"$schema",
		"title",
		"description",
		"properties",
		"patternProperties",
		"additionalProperties",
		"items",
	};
	const cJSON *word = NULL;
	bool good = true;

	if (node->tag == NODE_RESET)
		return true;
	cJSON_ArrayForEach (word, schema) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_LEN(others); i++)
			known |= strcmp(word->string, others[i]) == 0;
		if (strcmp(word->string, "type") == 0)
			good &= judge_type(word, node, why);
		else if (strcmp(word->string, "enum") == 0)
			good &= judge_enum(word, node, why);
		else if (strcmp(word->string, "anyOf") == 0)
			good &= judge_any(word, node, why);
		else if (strcmp(word->string, "required") == 0)
			good &= judge_required(word, node, why);
		else if (strcmp(word->string, "pattern") == 0)
			good &= node->kind == NODE_STRING && matches(word->valuestring, node->text);
		else if (!known)
			good = refuse(why, node, "the schema has an unknown word:", word->string);
	}
	return good & judge_children(schema, node, why);
}
