/* SPDX-License-Identifier: MIT */
#include "compose/supervise/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/supervise/home.h"

#define RECORD_VERSION 1
#define RECORD_MAX     (64u << 20)

static cJSON *names_json(char *const *names, size_t count)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < count; i++)
		cJSON_AddItemToArray(array, cJSON_CreateString(names[i]));
	return array;
}

static bool is_written(const char *path, const char *printed)
{
	CLEANUP(error_drop) struct error *ignored = NULL;
	CLEANUP(text_drop) struct text there = {0};

	return file_read(path, RECORD_MAX, &there, &ignored) == 0 &&
	       text_same(text_string(&there), printed);
}

int record_write(const struct home_project *home, const struct record *record, struct error **err)
{
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();

	json_set_int(json, "version", RECORD_VERSION);
	json_set_string(json, "driver", record->driver);
	json_set_string(json, "address", record->address);
	json_set_string(json, "tls_folder", record->tls_folder);
	json_set_bool(json, "tls_skip_verify", record->tls_skip_verify);
	json_set_string(json, "engine_id", record->engine_id);
	cJSON_AddItemToObject(json, "services",
			      names_json(record->services.items, record->services.len));
	cJSON_AddItemToObject(json, "holds", names_json(record->holds.items, record->holds.len));
	cJSON_AddItemToObject(json, "owed", names_json(record->owed.items, record->owed.len));
	CLEANUP(memory_free) char *saved = project_save(record->project);
	cJSON_AddItemToObject(json, "project", cJSON_CreateRaw(saved));
	CLEANUP(memory_free) char *printed = json_print(json);
	/* Writing waits for the disk, twice. */
	if (is_written(home->record, printed))
		return 0;
	if (file_write(home->record, printed, strlen(printed), true, err) < 0)
		return error_wrap(err, "the record of what the project should be");
	return 0;
}

static int read_engine(const cJSON *json, struct record *record, struct error **err)
{
	if (json_int(json, "version", 0) != RECORD_VERSION || !json_get(json, "project"))
		return error_set(err, ERROR_NOT_FOUND, "the record is of another version");
	record->driver = memory_copy(json_string(json, "driver"));
	record->address = memory_copy(json_string(json, "address"));
	record->tls_folder = memory_copy(json_string(json, "tls_folder"));
	record->tls_skip_verify = json_bool(json, "tls_skip_verify");
	record->engine_id = memory_copy(json_string(json, "engine_id"));
	return 0;
}

static int read_fields(const cJSON *json, struct record *record, struct error **err)
{
	const cJSON *project = json_get(json, "project");

	if (read_engine(json, record, err) < 0)
		return (*err)->code;
	const cJSON *name;
	cJSON_ArrayForEach (name, json_get(json, "services")) {
		if (cJSON_IsString(name))
			array_push(&record->services, memory_copy(name->valuestring));
	}
	cJSON_ArrayForEach (name, json_get(json, "holds")) {
		if (cJSON_IsString(name))
			array_push(&record->holds, memory_copy(name->valuestring));
	}
	cJSON_ArrayForEach (name, json_get(json, "owed")) {
		if (cJSON_IsString(name))
			array_push(&record->owed, memory_copy(name->valuestring));
	}
	CLEANUP(memory_free) char *saved = json_print(project);
	return project_restore(saved, strlen(saved), &record->project, err);
}

static int read_with(const struct home_project *home, struct record *record,
		     int (*fields)(const cJSON *json, struct record *record, struct error **err),
		     struct error **err)
{
	CLEANUP(record_drop) struct record found = {0};
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(json_drop) cJSON *json = NULL;

	if (file_read(home->record, RECORD_MAX, &text, err) < 0)
		return (*err)->code;
	if (json_parse(text.data, text.len, home->record, &json, err) < 0 ||
	    fields(json, &found, err) < 0)
		return (*err)->code;
	*record = found;
	found = (struct record){0};
	return 0;
}

int record_read(const struct home_project *home, struct record *record, struct error **err)
{
	return read_with(home, record, read_fields, err);
}

int record_read_engine(const struct home_project *home, struct record *record, struct error **err)
{
	return read_with(home, record, read_engine, err);
}

int record_remove(const struct home_project *home, struct error **err)
{
	return file_remove(home->record, err);
}

void record_drop(struct record *record)
{
	project_drop(&record->project);
	free(record->driver);
	free(record->address);
	free(record->tls_folder);
	free(record->engine_id);
	ARRAY_FOR_EACH (char *, name, &record->holds)
		free(*name);
	array_drop(&record->holds);
	ARRAY_FOR_EACH (char *, name, &record->owed)
		free(*name);
	array_drop(&record->owed);
	ARRAY_FOR_EACH (char *, name, &record->services)
		free(*name);
	array_drop(&record->services);
	*record = (struct record){0};
}
