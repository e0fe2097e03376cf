/* SPDX-License-Identifier: MIT */
#include "compose/supervise/operation.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"

enum kind { FLAG, NUMBER, COUNT, TIME, STRING, STRINGS, GOAL };

/* Every field that travels, by its name in the JSON. */
static const struct field {
	const char *name;
	enum kind kind;
	size_t offset;
} fields[] = {
#define FIELD(kind, member)                                                                        \
	{                                                                                          \
#member, kind, offsetof(struct operation, member)                                  \
	}
	FIELD(COUNT, parallel),
	FIELD(TIME, wait_timeout),
	FIELD(FLAG, keep),
	FIELD(FLAG, dry_run),
	FIELD(GOAL, plan.goal),
	FIELD(STRINGS, plan.services),
	FIELD(FLAG, plan.force_recreate),
	FIELD(FLAG, plan.no_recreate),
	FIELD(FLAG, plan.always_recreate_deps),
	FIELD(FLAG, plan.no_start),
	FIELD(FLAG, plan.no_deps),
	FIELD(FLAG, plan.remove_orphans),
	FIELD(FLAG, plan.ignore_orphans),
	FIELD(FLAG, plan.renew_volumes),
	FIELD(FLAG, plan.wait),
	FIELD(FLAG, plan.remove_volumes),
	FIELD(STRING, plan.remove_images),
	FIELD(FLAG, plan.stop_first),
	FIELD(STRING, plan.signal),
	FIELD(NUMBER, plan.timeout),
	FIELD(FLAG, plan.supervised),
	FIELD(FLAG, plan.quick),
	FIELD(STRING, plan.one_off),
	FIELD(STRINGS, plan.held),
#undef FIELD
};

static void field_write(cJSON *json, const struct field *field, const void *at)
{
	switch (field->kind) {
	case FLAG:
		json_set_bool(json, field->name, *(const bool *)at);
		return;
	case NUMBER:
		json_set_int(json, field->name, *(const int *)at);
		return;
	case COUNT:
		json_set_int(json, field->name, *(const unsigned *)at);
		return;
	case TIME:
		json_set_int(json, field->name, (int64_t) * (const uint64_t *)at);
		return;
	case STRING:
		json_set_string(json, field->name, *(const char *const *)at);
		return;
	case STRINGS: {
		cJSON *strings = json_strings(*(const char *const *const *)at);
		if (strings)
			cJSON_AddItemToObject(json, field->name, strings);
		return;
	}
	case GOAL:
		json_set_int(json, field->name, *(const enum plan_goal *)at);
		return;
	}
}

static void field_read(const cJSON *json, const struct field *field, void *at)
{
	switch (field->kind) {
	case FLAG:
		*(bool *)at = json_bool(json, field->name);
		return;
	case NUMBER:
		*(int *)at = (int)json_int(json, field->name, -1);
		return;
	case COUNT:
		*(unsigned *)at = (unsigned)json_int(json, field->name, 0);
		return;
	case TIME:
		*(uint64_t *)at = (uint64_t)json_int(json, field->name, 0);
		return;
	case STRING:
		*(const char **)at = memory_copy(json_string(json, field->name));
		return;
	case STRINGS: {
		const cJSON *array = json_get(json, field->name);
		*(char ***)at = array ? json_vector(array) : NULL;
		return;
	}
	case GOAL:
		*(enum plan_goal *)at = (enum plan_goal)json_int(json, field->name, PLAN_UP);
		return;
	}
}

cJSON *operation_json(const struct operation *operation)
{
	cJSON *json = cJSON_CreateObject();
	const struct project *project = operation->project;
	CLEANUP(memory_free) char *saved = project->root ? project_save(project) : NULL;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		field_write(json, &fields[i], (const char *)operation + fields[i].offset);
	if (saved)
		cJSON_AddItemToObject(json, "project", cJSON_CreateRaw(saved));
	else
		json_set_string(json, "name", project->name);
	return json;
}

static int read_project(const cJSON *json, struct project **ret, struct error **err)
{
	static const struct observed nothing = {0};
	const cJSON *project = json_get(json, "project");
	const char *name = json_string(json, "name");

	if (project) {
		CLEANUP(memory_free) char *saved = json_print(project);
		return project_restore(saved, strlen(saved), ret, err);
	}
	if (name)
		return plan_skeleton(name, &nothing, ret, err);
	return error_set(err, ERROR_INVALID, "the operation has no project");
}

int operation_read(const cJSON *json, struct operation *operation, struct error **err)
{
	CLEANUP(operation_drop) struct operation read = {0};

	if (read_project(json, &read.project, err) < 0)
		return (*err)->code;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		field_read(json, &fields[i], (char *)&read + fields[i].offset);
	*operation = read;
	read = (struct operation){0};
	return 0;
}

void operation_drop(struct operation *operation)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		void *at = (char *)operation + fields[i].offset;

		if (fields[i].kind == STRING)
			free(*(char **)at);
		else if (fields[i].kind == STRINGS)
			memory_free_vector((char ***)at);
	}
	project_drop(&operation->project);
	*operation = (struct operation){0};
}
