/* SPDX-License-Identifier: MIT */
/* ls -- the projects on an engine, by the labels of their containers */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/cli.h"
#include "compose/cli/table.h"
#include "compose/cli/verb.h"

struct values {
	bool all, quiet;
	const char *format;
	struct flag_strings filter;
};

#define AT(member) offsetof(struct values, member)

static const struct flag flags[] = {
	{'a', "all", FLAG_SET, AT(all), NULL, "Also those of which nothing runs"},
	{0, "filter", FLAG_STRINGS, AT(filter), "name=TEXT", "Only with this in their names"},
	{0, "format", FLAG_STRING, AT(format), "FORMAT", "table or json (default table)"},
	{'q', "quiet", FLAG_SET, AT(quiet), NULL, "Only names"},
	{0},
};

static const struct table table = {
	.columns = (const struct table_column[]){{"NAME", "Name"},
						 {"STATUS", "Status"},
						 {"CONFIG FILES", "ConfigFiles"},
						 {0}},
	.min_width = 20,
};

struct stack {
	const char *name;
	unsigned counts[CONTAINER_DEAD + 1]; /* containers by state */
	struct map files;
};

static void stack_drop(void *value)
{
	struct stack *stack = value;

	map_drop(&stack->files);
	free(stack);
}

/* A label may list several files; each is named once. */
static void add_files(struct stack *stack, const char *files)
{
	while (files && *files) {
		size_t len = strcspn(files, ",");
		CLEANUP(memory_free) char *file = memory_copy_n(files, len);

		map_set(&stack->files, file, stack);
		files += len + (files[len] == ',');
	}
}

static void count(struct map *stacks, const struct container *container, bool all)
{
	const struct labels *labels = &container->labels;
	const char *name = labels_get(labels, "com.docker.compose.project");
	bool runs = container->state == CONTAINER_RUNNING || container->state == CONTAINER_PAUSED ||
		    container->state == CONTAINER_RESTARTING;

	if (!name || !labels_get(labels, "com.docker.compose.config-hash") || (!runs && !all))
		return;
	struct stack *stack = map_get(stacks, name);
	if (!stack) {
		stack = memory_zero(1, sizeof(*stack));
		stack->name = name;
		map_set(stacks, name, stack);
	}
	stack->counts[container->state]++;
	add_files(stack, labels_get(labels, "com.docker.compose.project.config_files"));
}

static int compare_names(const void *left, const void *right)
{
	const struct map_entry *const *a = left;
	const struct map_entry *const *b = right;

	return strcmp((*a)->key, (*b)->key);
}

/* "exited(1), running(2)": states in the order of their names. */
static cJSON *row(const struct stack *stack)
{
	static const enum container_state order[] = {
		CONTAINER_CREATED,  CONTAINER_DEAD,       CONTAINER_EXITED,  CONTAINER_PAUSED,
		CONTAINER_REMOVING, CONTAINER_RESTARTING, CONTAINER_RUNNING,
	};
	CLEANUP(text_drop) struct text status = {0};
	CLEANUP(text_drop) struct text files = {0};
	cJSON *json = cJSON_CreateObject();

	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		if (stack->counts[order[i]])
			text_printf(&status, "%s%s(%u)", status.len ? ", " : "",
				    container_state_name(order[i]), stack->counts[order[i]]);
	}
	MAP_FOR_EACH (file, &stack->files)
		text_printf(&files, "%s%s", files.len ? "," : "", file->key);
	json_set_string(json, "Name", stack->name);
	json_set_string(json, "Status", text_string(&status));
	json_set_string(json, "ConfigFiles", text_string(&files));
	return json;
}

static bool matches(const struct flag_strings *filter, const char *name)
{
	for (const char **item = filter->items; item && *item; item++) {
		if (strstr(name, *item + strlen("name=")))
			return true;
	}
	return !filter->len;
}

static int print(struct cli *cli, const struct values *values, const struct map *stacks,
		 struct error **err)
{
	CLEANUP(memory_free)
	const struct map_entry **sorted = memory_zero(stacks->len + 1, sizeof(*sorted));
	CLEANUP(json_drop) cJSON *rows = cJSON_CreateArray();
	CLEANUP(text_drop) struct text out = {0};

	for (size_t i = 0; i < stacks->len; i++)
		sorted[i] = &stacks->entries[i];
	qsort(sorted, stacks->len, sizeof(*sorted), compare_names);
	for (size_t i = 0; i < stacks->len; i++) {
		if (!matches(&values->filter, sorted[i]->key))
			continue;
		if (values->quiet)
			text_printf(&out, "%s\n", sorted[i]->key);
		else
			cJSON_AddItemToArray(rows, row(sorted[i]->value));
	}
	if (!values->quiet && table_print(&table, rows, values->format, &out, err) < 0)
		return (*err)->code;
	return cli_print(cli, out.data, out.len, err);
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(observed_drop) struct observed observed = {0};
	struct engine_filter filter = {.containers = true};
	struct map stacks = {0};

	(void)exit_code;
	if (arguments[0])
		return error_set(err, ERROR_INVALID, "ls takes no arguments");
	for (const char **item = values->filter.items; item && *item; item++) {
		if (!text_starts(*item, "name="))
			return error_set(err, ERROR_INVALID,
					 "--filter: \"%s\" is not of the form name=TEXT", *item);
	}
	if (cli_engine(cli, NULL, err) < 0 || cli_observe(cli, &filter, &observed, err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (const struct container, container, &observed.containers)
		count(&stacks, container, values->all);
	int status = print(cli, values, &stacks, err);
	map_drop_with(&stacks, stack_drop);
	return status;
}

const struct verb verb_ls = {
	.name = "ls",
	.arguments = "",
	.summary = "List projects",
	.flags = flags,
	.values_size = sizeof(struct values),
	.run = run,
};
