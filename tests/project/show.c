/* SPDX-License-Identifier: MIT */
/* show [OPTION]... FOLDER -- loads the project in a folder and prints what it became, for golden
 *files and comparisons
 *
 *	-f FILE, -p NAME, --profile NAME, --env-file FILE, --env K=V, --service NAME: as often as
 *wanted
 *	--windows --no-interpolate --no-normalize --all-resources
 *	--yaml: as YAML; --order: the services with their levels; --save: saved, restored, saved
 *again and compared
 *	--hash: each service's hash
 *	--quiet: nothing but findings; --environment: the process's own environment is seen too
 * Findings go to stderr; the exit code is 1 if one is an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/graph.h"
#include "compose/project/project.h"

extern char **environ;

struct list {
	ARRAY(const char *) list;
};

struct show {
	struct list files, profiles, env_files, environment, services;
	struct project_options options;
	bool yaml, order, save, hash, quiet;
};

static const char *const *ended(struct list *list)
{
	if (list->list.len == 0)
		return NULL;
	array_push(&list->list, NULL);
	return list->list.items;
}

static bool take_flag(struct show *show, const char *word)
{
	const struct {
		const char *word;
		bool *flag;
	} flags[] = {
		{"--windows", &show->options.windows},
		{"--no-interpolate", &show->options.no_interpolate},
		{"--no-normalize", &show->options.no_normalize},
		{"--all-resources", &show->options.all_resources},
		{"--yaml", &show->yaml},
		{"--order", &show->order},
		{"--save", &show->save},
		{"--hash", &show->hash},
		{"--quiet", &show->quiet},
	};

	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (strcmp(word, flags[i].word) == 0)
			return *flags[i].flag = true;
	return false;
}

static bool take_value(struct show *show, const char *word, const char *value)
{
	const struct {
		const char *word;
		struct list *list;
	} lists[] = {
		{"-f", &show->files},
		{"--profile", &show->profiles},
		{"--env-file", &show->env_files},
		{"--env", &show->environment},
		{"--service", &show->services},
	};

	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (strcmp(word, lists[i].word) == 0) {
			array_push(&lists[i].list->list, value);
			return true;
		}
	if (strcmp(word, "-p") == 0)
		show->options.name = value;
	return strcmp(word, "-p") == 0;
}

static bool take_arguments(struct show *show, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--environment") == 0) {
			for (char **e = environ; *e; e++)
				array_push(&show->environment.list, *e);
		} else if (argv[i][0] != '-') {
			show->options.start = argv[i];
		} else if (!take_flag(show, argv[i])) {
			if (i + 1 == argc || !take_value(show, argv[i], argv[i + 1]))
				return false;
			i++;
		}
	}
	show->options.files = ended(&show->files);
	show->options.profiles = ended(&show->profiles);
	show->options.env_files = ended(&show->env_files);
	show->options.environment = ended(&show->environment);
	show->options.services = ended(&show->services);
	return show->options.start != NULL;
}

static void print_order(const struct project *project)
{
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	struct graph graph = {0};

	if (graph_build(project, &graph, &diagnostics) < 0)
		return;
	for (size_t i = 0; i < graph.len; i++)
		printf("%u %s\n", graph.nodes[graph.order[i]].level,
		       project->services.items[graph.order[i]].name);
	graph_drop(&graph);
}

static int print_saved(const struct project *project)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(project_drop) struct project *again = NULL;
	CLEANUP(memory_free) char *first = project_save(project);

	if (project_restore(first, strlen(first), &again, &err) < 0) {
		fprintf(stderr, "%s\n", err->message);
		return 1;
	}
	CLEANUP(memory_free) char *second = project_save(again);
	bool same = strcmp(first, second) == 0 && node_same(project->root, again->root);
	for (size_t i = 0; i < project->services.len; i++)
		same &= strcmp(project->services.items[i].hash, again->services.items[i].hash) == 0;
	puts(same ? "the same" : "another");
	return same ? 0 : 1;
}

static int print(const struct show *show, struct project *project)
{
	CLEANUP(text_drop) struct text yaml = {0};

	if (show->quiet)
		return 0;
	if (show->save)
		return print_saved(project);
	if (show->order) {
		print_order(project);
		return 0;
	}
	if (show->hash) {
		ARRAY_FOR_EACH (const struct service, service, &project->services)
			printf("%s %s\n", service->name, service->hash);
		return 0;
	}
	if (show->yaml) {
		node_to_yaml(project->root, &yaml);
		fputs(text_string(&yaml), stdout);
		return 0;
	}
	CLEANUP(json_drop) cJSON *json = node_to_json(project->root);
	CLEANUP(memory_free) char *text = json_print_pretty(json);
	puts(text);
	return 0;
}

static int run(struct show *show)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(text_drop) struct text text = {0};

	int status = project_load(&show->options, &diagnostics, &project, &err);
	if (status == 0)
		status = project_select(project, show->options.services, false, &err);
	diagnostics_print(&diagnostics, false, &text);
	fputs(text_string(&text), stderr);
	if (status < 0 && diagnostics.errors == 0)
		fprintf(stderr, "%s%s%s\n", err->message, err->detail ? "\n" : "",
			err->detail ? err->detail : "");
	return status < 0 ? 1 : print(show, project);
}

int main(int argc, char **argv)
{
	struct show show = {0};

	memory_install();
	if (!take_arguments(&show, argc, argv)) {
		fputs("usage: show [OPTION]... FOLDER\n", stderr);
		return 2;
	}
	int status = run(&show);
	array_drop(&show.files.list);
	array_drop(&show.profiles.list);
	array_drop(&show.env_files.list);
	array_drop(&show.environment.list);
	array_drop(&show.services.list);
	return status;
}
