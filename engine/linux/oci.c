/* SPDX-License-Identifier: MIT */
#include "engine/linux/oci.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/linux/oci.shape.h"

/* What every ARRAY begins with. */
struct any_array {
	void *items;
	size_t len, cap;
};

#define MOST_ITEMS 65536
#define HIGHEST_ID 4294967294.0 /* 2^32 - 1 means "no change" to the kernel */
#define EXACT      9007199254740992.0

/* --- reading */

static int read_shape(const cJSON *json, const char *path, const struct oci_shape *shape, char *at,
		      struct error **err);

static int wrong(struct error **err, const char *path, const char *is)
{
	return error_set(err, ERROR_INVALID, "%s is no %s", path, is);
}

static int read_int(const cJSON *json, const char *path, double low, double high, int64_t *ret,
		    struct error **err)
{
	double value = json->valuedouble;

	if (!cJSON_IsNumber(json) || value != floor(value) || value < low || value > high)
		return error_set(err, ERROR_INVALID, "%s is no whole number of %.0f to %.0f", path,
				 low, high);
	*ret = (int64_t)value;
	return 0;
}

static int read_unsigned(const cJSON *json, const char *path, uint64_t *ret, struct error **err)
{
	double value = json->valuedouble;

	if (!cJSON_IsNumber(json) || value != floor(value) || value < 0 ||
	    value > 18446744073709551616.0)
		return wrong(err, path, "whole number of 64 bits");
	/* The highest of them are not exact in JSON's doubles; "none" (2^64 - 1) is the only one that is used. */
	*ret = value >= 18446744073709549568.0 ? UINT64_MAX : (uint64_t)value;
	return 0;
}

static int read_strings(const cJSON *json, const char *path, char ***ret, struct error **err)
{
	const cJSON *item;

	if (!cJSON_IsArray(json))
		return wrong(err, path, "list");
	cJSON_ArrayForEach (item, json)
		if (!cJSON_IsString(item))
			return wrong(err, path, "list of strings");
	*ret = json_vector(json);
	return 0;
}

static int read_caps(const cJSON *json, const char *path, uint64_t *ret, struct error **err)
{
	const cJSON *item;
	uint64_t set = 0;

	if (!cJSON_IsArray(json))
		return wrong(err, path, "list");
	cJSON_ArrayForEach (item, json) {
		int number = cJSON_IsString(item) ? oci_capability_named(item->valuestring) : -1;

		if (number < 0)
			return error_set(err, ERROR_INVALID, "%s: %s is no capability", path,
					 cJSON_IsString(item) ? item->valuestring
							      : "what is no string");
		set |= UINT64_C(1) << number;
	}
	*ret = set;
	return 0;
}

static int read_pairs(const cJSON *json, const char *path, oci_pairs *ret, struct error **err)
{
	const cJSON *item;

	if (!cJSON_IsObject(json))
		return wrong(err, path, "object");
	cJSON_ArrayForEach (item, json) {
		if (!cJSON_IsString(item))
			return wrong(err, path, "object of strings");
		struct oci_pair *pair = array_add(ret);

		pair->name = memory_copy(item->string);
		pair->value = memory_copy(item->valuestring);
	}
	return 0;
}

static int read_ids(const cJSON *json, const char *path, struct any_array *ret, struct error **err)
{
	const cJSON *item;

	if (!cJSON_IsArray(json) || cJSON_GetArraySize(json) > MOST_ITEMS)
		return wrong(err, path, "list of ids");
	cJSON_ArrayForEach (item, json) {
		int64_t *id = array_add_(&ret->items, &ret->len, &ret->cap, sizeof(*id));

		if (read_int(item, path, 0, HIGHEST_ID, id, err))
			return (*err)->code;
	}
	return 0;
}

static int read_list(const cJSON *json, const char *path, const struct oci_shape *shape,
		     struct any_array *ret, struct error **err)
{
	const cJSON *item;
	size_t i = 0;

	if (!cJSON_IsArray(json) || cJSON_GetArraySize(json) > MOST_ITEMS)
		return wrong(err, path, "list");
	cJSON_ArrayForEach (item, json) {
		CLEANUP(memory_free) char *inner = memory_format("%s[%zu]", path, i++);
		char *element = array_add_(&ret->items, &ret->len, &ret->cap, shape->size);

		if (read_shape(item, inner, shape, element, err))
			return (*err)->code;
	}
	return 0;
}

static bool is_empty(const cJSON *json)
{
	return (cJSON_IsString(json) && !*json->valuestring) || cJSON_IsFalse(json) ||
	       (cJSON_IsNumber(json) && json->valuedouble == 0) ||
	       ((cJSON_IsArray(json) || cJSON_IsObject(json)) && !json->child);
}

static int read_field(const cJSON *json, const char *path, const struct oci_field *field, char *at,
		      struct error **err)
{
	switch (field->kind) {
	case OCI_STRING:
		if (!cJSON_IsString(json))
			return wrong(err, path, "string");
		*(char **)at = memory_copy(json->valuestring);
		return 0;
	case OCI_BOOL:
		if (!cJSON_IsBool(json))
			return wrong(err, path, "true or false");
		*(bool *)at = cJSON_IsTrue(json);
		return 0;
	case OCI_INT:
	case OCI_ALWAYS:
		return read_int(json, path, -EXACT, EXACT, (int64_t *)at, err);
	case OCI_ID:
		return read_int(json, path, 0, HIGHEST_ID, (int64_t *)at, err);
	case OCI_UNSIGNED:
		return read_unsigned(json, path, (uint64_t *)at, err);
	case OCI_OPTIONAL:
		((struct oci_int *)at)->set = true;
		return read_int(json, path, -EXACT, EXACT, &((struct oci_int *)at)->value, err);
	case OCI_STRINGS:
		return read_strings(json, path, (char ***)at, err);
	case OCI_IDS:
		return read_ids(json, path, (struct any_array *)at, err);
	case OCI_CAPS:
		return read_caps(json, path, (uint64_t *)at, err);
	case OCI_PAIRS:
		return read_pairs(json, path, (oci_pairs *)at, err);
	case OCI_OBJECT:
		return read_shape(json, path, field->shape, at, err);
	case OCI_LIST:
		return read_list(json, path, field->shape, (struct any_array *)at, err);
	case OCI_REFUSED:
		if (is_empty(json))
			return 0;
		return error_set(err, ERROR_UNSUPPORTED,
				 "%s: this launcher cannot do it; name another runtime", path);
	}
	return 0;
}

static int read_shape(const cJSON *json, const char *path, const struct oci_shape *shape, char *at,
		      struct error **err)
{
	if (!cJSON_IsObject(json))
		return wrong(err, path, "object");
	for (const struct oci_field *field = shape->fields; field->name; field++) {
		const cJSON *value = json_get(json, field->name);

		if (!value)
			continue;
		CLEANUP(memory_free)
		char *inner =
			memory_format(strchr(path, ':') ? "%s.%s" : "%s: %s", path, field->name);

		if (read_field(value, inner, field, at + field->offset, err))
			return (*err)->code;
	}
	return 0;
}

/* --- dropping */

static void drop_shape(const struct oci_shape *shape, char *at);

static void drop_field(const struct oci_field *field, char *at)
{
	struct any_array *array = (struct any_array *)at;
	oci_pairs *pairs = (oci_pairs *)at;

	switch (field->kind) {
	case OCI_STRING:
		free(*(char **)at);
		break;
	case OCI_STRINGS:
		memory_free_vector((char ***)at);
		break;
	case OCI_PAIRS:
		ARRAY_FOR_EACH (struct oci_pair, pair, pairs) {
			free(pair->name);
			free(pair->value);
		}
		free(pairs->items);
		break;
	case OCI_OBJECT:
		drop_shape(field->shape, at);
		break;
	case OCI_LIST:
		for (size_t i = 0; i < array->len; i++)
			drop_shape(field->shape, (char *)array->items + i * field->shape->size);
		free(array->items);
		break;
	case OCI_IDS:
		free(array->items);
		break;
	default:
		break;
	}
}

static void drop_shape(const struct oci_shape *shape, char *at)
{
	for (const struct oci_field *field = shape->fields; field->name; field++)
		drop_field(field, at + field->offset);
}

/* --- writing */

static cJSON *write_shape(const struct oci_shape *shape, const char *at);

static cJSON *write_caps(uint64_t set)
{
	cJSON *list = cJSON_CreateArray();

	for (int i = 0; i < 64; i++)
		if (set >> i & 1 && oci_capability_name(i))
			cJSON_AddItemToArray(list, cJSON_CreateString(oci_capability_name(i)));
	return list;
}

static cJSON *write_list(const struct oci_shape *shape, const struct any_array *array)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < array->len; i++) {
		if (shape)
			cJSON_AddItemToArray(
				list, write_shape(shape, (char *)array->items + i * shape->size));
		else
			cJSON_AddItemToArray(
				list, cJSON_CreateNumber((double)((int64_t *)array->items)[i]));
	}
	return list;
}

static cJSON *write_pairs(const oci_pairs *pairs)
{
	cJSON *object = cJSON_CreateObject();

	ARRAY_FOR_EACH (struct oci_pair, pair, pairs)
		json_set_string(object, pair->name, pair->value);
	return object;
}

static cJSON *write_unsigned(uint64_t value)
{
	char digits[24];

	/* As its digits: a double's own form (1.8e19) is no whole number to other readers. */
	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	return cJSON_CreateRaw(digits);
}

/* NULL: it was not said. */
static cJSON *write_field(const struct oci_field *field, const char *at)
{
	const struct any_array *array = (const struct any_array *)at;
	const struct oci_int *number = (const struct oci_int *)at;
	cJSON *object;

	switch (field->kind) {
	case OCI_STRING:
		return *(char *const *)at ? cJSON_CreateString(*(char *const *)at) : NULL;
	case OCI_BOOL:
		return *(const bool *)at ? cJSON_CreateTrue() : NULL;
	case OCI_INT:
		return *(const int64_t *)at ? cJSON_CreateNumber((double)*(const int64_t *)at)
					    : NULL;
	case OCI_ALWAYS:
	case OCI_ID:
		return cJSON_CreateNumber((double)*(const int64_t *)at);
	case OCI_UNSIGNED:
		return write_unsigned(*(const uint64_t *)at);
	case OCI_OPTIONAL:
		return number->set ? cJSON_CreateNumber((double)number->value) : NULL;
	case OCI_STRINGS:
		return *(char **const *)at ? json_strings(*(const char *const *const *)at) : NULL;
	case OCI_CAPS:
		return write_caps(*(const uint64_t *)at);
	case OCI_PAIRS:
		return array->len ? write_pairs((const oci_pairs *)at) : NULL;
	case OCI_IDS:
	case OCI_LIST:
		return array->len ? write_list(field->shape, array) : NULL;
	case OCI_OBJECT:
		object = write_shape(field->shape, at);
		if (!object->child)
			json_drop(&object);
		return object;
	case OCI_REFUSED:
		return NULL;
	}
	return NULL;
}

static cJSON *write_shape(const struct oci_shape *shape, const char *at)
{
	cJSON *object = cJSON_CreateObject();

	for (const struct oci_field *field = shape->fields; field->name; field++) {
		cJSON *value = write_field(field, at + field->offset);

		if (value)
			cJSON_AddItemToObject(object, field->name, value);
	}
	return object;
}

/* --- the contract */

void oci_drop(struct oci *oci)
{
	drop_shape(&oci_shape, (char *)oci);
	*oci = (struct oci){0};
}

void oci_process_drop(struct oci_process *process)
{
	drop_shape(&oci_process_shape, (char *)process);
	*process = (struct oci_process){0};
}

void oci_seccomp_drop(struct oci_seccomp *seccomp)
{
	drop_shape(&oci_seccomp_shape, (char *)seccomp);
	*seccomp = (struct oci_seccomp){0};
}

int oci_parse(const struct cJSON *json, const char *what, struct oci *ret, struct error **err)
{
	CLEANUP(oci_drop) struct oci oci = {0};

	if (read_shape(json, what, &oci_shape, (char *)&oci, err))
		return (*err)->code;
	*ret = oci;
	oci = (struct oci){0};
	return 0;
}

int oci_parse_process(const struct cJSON *json, const char *what, struct oci_process *ret,
		      struct error **err)
{
	CLEANUP(oci_process_drop) struct oci_process process = {0};

	if (read_shape(json, what, &oci_process_shape, (char *)&process, err))
		return (*err)->code;
	*ret = process;
	process = (struct oci_process){0};
	return 0;
}

struct cJSON *oci_write(const struct oci *oci)
{
	return write_shape(&oci_shape, (const char *)oci);
}

char *oci_seccomp_text(const struct oci_seccomp *seccomp)
{
	CLEANUP(json_drop) cJSON *json = write_shape(&oci_seccomp_shape, (const char *)seccomp);

	return json_print(json);
}

const struct oci_namespace *oci_namespace(const struct oci *oci, const char *type)
{
	ARRAY_FOR_EACH (const struct oci_namespace, it, &oci->linux_.namespaces)
		if (text_same(it->type, type))
			return it;
	return NULL;
}
