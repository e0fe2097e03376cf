/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

void json_drop(cJSON **json)
{
	cJSON_Delete(*json);
	*json = NULL;
}

int json_parse(const char *bytes, size_t len, const char *what, cJSON **ret, struct error **err)
{
	const char *end = bytes;
	cJSON *json = len ? cJSON_ParseWithLengthOpts(bytes, len, &end, false) : NULL;

	if (!json)
		return error_set(err, ERROR_INVALID, "%s: not JSON at byte %zu", what,
				 len ? (size_t)(end - bytes) : 0);
	while (end < bytes + len && memchr(" \t\r\n", *end, 4))
		end++;
	if (end < bytes + len) {
		cJSON_Delete(json);
		return error_set(err, ERROR_INVALID, "%s: something follows the JSON at byte %zu",
				 what, (size_t)(end - bytes));
	}
	*ret = json;
	return 0;
}

/* --- printing: our own, since cJSON indents with tabs and writes 1e15 in a form that no whole
 * number's reader takes */

static void print_string(struct text *out, const char *string)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	text_add_char(out, '"');
	for (const char *c = string ? string : ""; *c; c++) {
		size_t plain = strcspn(
			c, "\"\\\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
			   "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f");
		const char *letter = NULL;

		text_add_n(out, c, plain);
		c += plain;
		if (!*c)
			break;
		for (size_t i = 0; i < sizeof(letters) - 1 && !letter; i += 2)
			if (letters[i] == *c)
				letter = &letters[i + 1];
		if (letter)
			text_printf(out, "\\%c", *letter);
		else
			text_printf(out, "\\u%04x", (unsigned char)*c);
	}
	text_add_char(out, '"');
}

static void print_number(struct text *out, double value)
{
	char number[40];

	if (!isfinite(value)) {
		text_add(out, "null");
	} else if (fabs(value) < 9.2e18 && value == (double)(int64_t)value) {
		text_printf(out, "%" PRId64, (int64_t)value);
	} else {
		/* The shorter form where it reads back as the same number. */
		snprintf(number, sizeof(number), "%.15g", value);
		if (strtod(number, NULL) != value)
			snprintf(number, sizeof(number), "%.17g", value);
		text_add(out, number);
	}
}

/* indent is the depth, or -1 for the compact form. */
static void line(struct text *out, int indent)
{
	if (indent < 0)
		return;
	text_add_char(out, '\n');
	text_add_repeat(out, ' ', 2 * (size_t)indent);
}

static void print(struct text *out, const cJSON *json, int indent)
{
	bool object = cJSON_IsObject(json);
	int inner = indent < 0 ? -1 : indent + 1;

	if (cJSON_IsString(json)) {
		print_string(out, json->valuestring);
	} else if (cJSON_IsNumber(json)) {
		print_number(out, json->valuedouble);
	} else if (cJSON_IsBool(json)) {
		text_add(out, cJSON_IsTrue(json) ? "true" : "false");
	} else if (cJSON_IsRaw(json)) {
		text_add(out, json->valuestring);
	} else if (!object && !cJSON_IsArray(json)) {
		text_add(out, "null");
	} else if (!json->child) {
		text_add(out, object ? "{}" : "[]");
	} else {
		text_add_char(out, object ? '{' : '[');
		for (const cJSON *item = json->child; item; item = item->next) {
			line(out, inner);
			if (object) {
				print_string(out, item->string);
				text_add(out, indent < 0 ? ":" : ": ");
			}
			print(out, item, inner);
			if (item->next)
				text_add_char(out, ',');
		}
		line(out, indent);
		text_add_char(out, object ? '}' : ']');
	}
}

char *json_print(const cJSON *json)
{
	struct text out = {0};

	print(&out, json, -1);
	return text_steal(&out);
}

char *json_print_pretty(const cJSON *json)
{
	struct text out = {0};

	print(&out, json, 0);
	return text_steal(&out);
}

/* --- reading */

const cJSON *json_get(const cJSON *object, const char *key)
{
	const cJSON *item =
		cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;

	return cJSON_IsNull(item) ? NULL : item;
}

const char *json_string(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(json_get(object, key));
}

double json_double(const cJSON *object, const char *key, double fallback)
{
	const cJSON *item = json_get(object, key);

	return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

int64_t json_int(const cJSON *object, const char *key, int64_t fallback)
{
	const cJSON *item = json_get(object, key);

	if (!cJSON_IsNumber(item) || isnan(item->valuedouble))
		return fallback;
	/* 2^63 itself is a double and does not fit. */
	if (item->valuedouble >= 0x1p63)
		return INT64_MAX;
	if (item->valuedouble < -0x1p63)
		return INT64_MIN;
	return (int64_t)item->valuedouble;
}

bool json_bool(const cJSON *object, const char *key)
{
	return cJSON_IsTrue(json_get(object, key));
}

const cJSON *json_path(const cJSON *object, const char *path)
{
	char key[128];

	while (object) {
		size_t len = strcspn(path, ".");

		if (len >= sizeof(key))
			return NULL;
		memcpy(key, path, len);
		key[len] = '\0';
		object = json_get(object, key);
		if (!path[len])
			break;
		path += len + 1;
	}
	return object;
}

/* --- making */

cJSON *json_strings(const char *const *vector)
{
	if (!vector)
		return NULL;
	cJSON *array = cJSON_CreateArray();

	for (; *vector; vector++)
		cJSON_AddItemToArray(array, cJSON_CreateString(*vector));
	return array;
}

char **json_vector(const cJSON *array)
{
	if (!cJSON_IsArray(array))
		return NULL;
	char **vector = memory_zero((size_t)cJSON_GetArraySize(array) + 1, sizeof(*vector));
	char **next = vector;

	for (const cJSON *item = array->child; item; item = item->next)
		if (cJSON_IsString(item))
			*next++ = memory_copy(item->valuestring);
	return vector;
}

static void set(cJSON *object, const char *key, cJSON *value)
{
	if (cJSON_GetObjectItemCaseSensitive(object, key))
		cJSON_ReplaceItemInObjectCaseSensitive(object, key, value);
	else
		cJSON_AddItemToObject(object, key, value);
}

void json_set_string(cJSON *object, const char *key, const char *value)
{
	if (value)
		set(object, key, cJSON_CreateString(value));
}

void json_set_int(cJSON *object, const char *key, int64_t value)
{
	set(object, key, cJSON_CreateNumber((double)value));
}

void json_set_bool(cJSON *object, const char *key, bool value)
{
	set(object, key, cJSON_CreateBool(value));
}
