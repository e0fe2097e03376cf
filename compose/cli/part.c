/* SPDX-License-Identifier: MIT */
#include "compose/cli/part.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/cli.h"
#include "compose/cli/table.h"
#include "compose/project/mention.h"

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A service after what it depends on; where the consistency was not checked there may be a cycle.
 */
static void visit(const struct project *project, const struct service *service, bool *seen,
		  struct text *out)
{
	if (!service || seen[service->index])
		return;
	seen[service->index] = true;
	ARRAY_FOR_EACH (const struct dependency, need, &service->dependencies)
		visit(project, project_service(project, need->service), seen, out);
	text_printf(out, "%s\n", service->name);
}

static int print_services(const struct project *project, const char *argument, struct text *out,
			  struct error **err)
{
	CLEANUP(memory_free) bool *seen = memory_zero(project->services.len + 1, sizeof(*seen));

	(void)argument;
	(void)err;
	ARRAY_FOR_EACH (const struct service, service, &project->services)
		visit(project, service, seen, out);
	return 0;
}

static int print_volumes(const struct project *project, const char *argument, struct text *out,
			 struct error **err)
{
	(void)argument;
	(void)err;
	ARRAY_FOR_EACH (const struct volume, volume, &project->volumes)
		text_printf(out, "%s\n", volume->key);
	return 0;
}

static int print_networks(const struct project *project, const char *argument, struct text *out,
			  struct error **err)
{
	(void)argument;
	(void)err;
	ARRAY_FOR_EACH (const struct network, network, &project->networks)
		text_printf(out, "%s\n", network->key);
	return 0;
}

static int print_models(const struct project *project, const char *argument, struct text *out,
			struct error **err)
{
	const struct node *models = node_get(project->root, "models");

	(void)argument;
	(void)err;
	for (size_t i = 0; models && models->kind == NODE_MAPPING && i < models->mapping.len; i++) {
		const char *model = node_text(node_get(models->mapping.entries[i].value, "model"));

		if (model)
			text_printf(out, "%s\n", model);
	}
	return 0;
}

static int print_images(const struct project *project, const char *argument, struct text *out,
			struct error **err)
{
	(void)argument;
	(void)err;
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		if (service->image)
			text_printf(out, "%s\n", service->image);
	}
	return 0;
}

static int print_profiles(const struct project *project, const char *argument, struct text *out,
			  struct error **err)
{
	struct strings names = {0};

	(void)argument;
	(void)err;
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		for (size_t i = 0; i < service->profiles.len; i++)
			array_push(&names, service->profiles.items[i]);
	}
	if (names.len)
		qsort(names.items, names.len, sizeof(*names.items), compare);
	for (size_t i = 0; i < names.len; i++) {
		if (!i || strcmp(names.items[i], names.items[i - 1]) != 0)
			text_printf(out, "%s\n", names.items[i]);
	}
	array_drop(&names);
	return 0;
}

static int print_environment(const struct project *project, const char *argument, struct text *out,
			     struct error **err)
{
	const struct map *map = &project->environment;
	CLEANUP(memory_free) const char **names = memory_zero(map->len + 1, sizeof(*names));

	(void)argument;
	(void)err;
	for (size_t i = 0; i < map->len; i++)
		names[i] = map->entries[i].key;
	qsort(names, map->len, sizeof(*names), compare);
	for (size_t i = 0; i < map->len; i++)
		text_printf(out, "%s=%s\n", names[i], (const char *)map_get(map, names[i]));
	return 0;
}

/* --- hashes */

static void drop_names(struct strings *names)
{
	for (size_t i = 0; i < names->len; i++)
		free((char *)names->items[i]);
	array_drop(names);
}

/* A name that is given twice is printed twice. */
static void split(const char *list, struct strings *names)
{
	for (;; list++) {
		size_t len = strcspn(list, ",");

		array_push(names, memory_copy_n(list, len));
		list += len;
		if (!*list)
			break;
	}
	qsort(names->items, names->len, sizeof(*names->items), compare);
}

static int print_hash(const struct project *project, const char *list, struct text *out,
		      struct error **err)
{
	CLEANUP(drop_names) struct strings names = {0};

	if (strcmp(list, "*") != 0)
		split(list, &names);
	else
		ARRAY_FOR_EACH (const struct service, service, &project->services)
			array_push(&names, memory_copy(service->name));
	for (size_t i = 0; i < names.len; i++) {
		char *const named[] = {(char *)names.items[i], NULL};

		if (!*named[0])
			return error_set(err, ERROR_INVALID, "--hash: a name is missing in \"%s\"",
					 list);
		if (cli_check_services(project, named, err) < 0)
			return error_wrap(err, "--hash");
		text_printf(out, "%s %s\n", named[0], project_service(project, named[0])->hash);
	}
	return 0;
}

/* --- variables */

static void print_yaml(const struct mentions *mentions, struct text *out)
{
	struct arena arena = {0};
	struct node *root = node_new(&arena, NODE_MAPPING, (struct position){0});

	ARRAY_FOR_EACH (const struct mention, it, &mentions->list) {
		struct node *one = node_new(&arena, NODE_MAPPING, root->at);

		node_add(&arena, one, "name", node_string(&arena, it->name, root->at), root->at);
		node_add(&arena, one, "defaultvalue", node_string(&arena, it->fallback, root->at),
			 root->at);
		node_add(&arena, one, "presencevalue", node_string(&arena, it->alternate, root->at),
			 root->at);
		node_add(&arena, one, "required", node_bool(&arena, it->required, root->at),
			 root->at);
		node_add(&arena, root, it->name, one, root->at);
	}
	node_to_yaml(root, out);
	arena_drop(&arena);
}

static cJSON *row_of(const struct mention *it)
{
	cJSON *row = cJSON_CreateObject();

	json_set_string(row, "Name", it->name);
	json_set_string(row, "DefaultValue", it->fallback);
	json_set_string(row, "PresenceValue", it->alternate);
	json_set_bool(row, "Required", it->required);
	return row;
}

static void print_json(const struct mentions *mentions, struct text *out)
{
	CLEANUP(json_drop) cJSON *object = cJSON_CreateObject();

	ARRAY_FOR_EACH (const struct mention, it, &mentions->list)
		cJSON_AddItemToObject(object, it->name, row_of(it));
	CLEANUP(memory_free) char *printed = json_print_pretty(object);
	text_printf(out, "%s\n", printed);
}

static int print_table(const struct mentions *mentions, const char *format, struct text *out,
		       struct error **err)
{
	static const struct table_column columns[] = {{"NAME", "Name"},
						      {"REQUIRED", "Required"},
						      {"DEFAULT VALUE", "DefaultValue"},
						      {"ALTERNATE VALUE", "PresenceValue"},
						      {0}};
	static const struct table table = {.columns = columns, .min_width = 20};
	CLEANUP(json_drop) cJSON *rows = cJSON_CreateArray();

	ARRAY_FOR_EACH (const struct mention, it, &mentions->list)
		cJSON_AddItemToArray(rows, row_of(it));
	return table_print(&table, rows, format, out, err);
}

static int print_variables(const struct project *project, const char *format, struct text *out,
			   struct error **err)
{
	CLEANUP(mentions_drop) struct mentions mentions = {0};
	bool is_known = !format || strcmp(format, "json") == 0 || strcmp(format, "yaml") == 0 ||
			text_starts(format, "table") || strstr(format, "{{");

	if (!is_known)
		return error_set(err, ERROR_INVALID,
				 "--format: \"%s\" is none of table, json, yaml or a template",
				 format);
	/* The name is no part of what is interpolated: it was made before. */
	for (size_t i = 0; i < project->root->mapping.len; i++) {
		const struct node_entry *entry = &project->root->mapping.entries[i];

		if (strcmp(entry->key, "name") != 0)
			mentions_add(&mentions, (struct arena *)&project->arena, entry->value);
	}
	mentions_sort(&mentions);
	if (format && strcmp(format, "json") == 0)
		print_json(&mentions, out);
	else if (format && strcmp(format, "yaml") == 0)
		print_yaml(&mentions, out);
	else
		return print_table(&mentions, format, out, err);
	return 0;
}

const struct part part_services = {.print = print_services};
const struct part part_volumes = {.print = print_volumes};
const struct part part_networks = {.print = print_networks};
const struct part part_models = {.print = print_models};
const struct part part_hash = {.with_env = true, .print = print_hash};
const struct part part_profiles = {
	.every_profile = true, .with_services = true, .print = print_profiles};
const struct part part_images = {.with_services = true, .print = print_images};
const struct part part_variables = {
	.every_profile = true, .with_services = true, .raw = true, .print = print_variables};
const struct part part_environment = {.with_env = true, .print = print_environment};
