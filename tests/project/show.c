/* SPDX-License-Identifier: MIT */
/* show [OPTION]... FOLDER -- loads the project in a folder and prints what it became, for golden
 * files and comparisons
 *
 *	-f FILE, -p NAME, --profile NAME, --env-file FILE, --env K=V, --service NAME: any number
 *	--windows --no-interpolate --no-normalize --all-resources
 *	--yaml: as YAML; --order: the services with their levels
 *	--save: saved, restored, saved again and compared
 *	--again: as YAML, read again and compared
 *	--hash: each service's hash
 *	--compare FILE: compares with docker compose's JSON and prints the first differences
 *	--attributes: no project, but every attribute that the loader knows, as services.*.ports[].target
 *	--quiet: nothing but findings; --environment: the process's own environment is seen too
 * Findings go to stderr; the exit code is 1 if one is an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/document.h"
#include "compose/project/graph.h"
#include "compose/project/print.h"
#include "compose/project/project.h"
#include "compose/project/schema.h"

extern char **environ;

struct list {
	ARRAY(const char *) list;
};

struct show {
	struct list files, profiles, env_files, environment, services;
	struct project_options options;
	const char *compare;
	bool folder, yaml, order, save, hash, quiet, again, attributes;
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
		{"--again", &show->again},
		{"--attributes", &show->attributes},
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
	else if (strcmp(word, "--compare") == 0)
		show->compare = value;
	else
		return false;
	return true;
}

static bool take_arguments(struct show *show, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--environment") == 0) {
			for (char **e = environ; *e; e++)
				array_push(&show->environment.list, *e);
		} else if (argv[i][0] != '-') {
			/* In the current folder files are shown by their bare names. */
			show->options.start = strcmp(argv[i], ".") == 0 ? NULL : argv[i];
			show->folder = true;
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
	return show->folder;
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

/* --- comparing with what docker compose prints */

/* --- what there is to compare */

static void print_attributes(const struct schema *schema, const char *path)
{
	for (size_t i = 0; i < schema->len; i++) {
		const struct row *row = &schema->rows[i];
		CLEANUP(memory_free) char *own = memory_format("%s%s", path, row->name);
		CLEANUP(memory_free)
		char *below = memory_format("%s%s.", own,
					    row->shape == SHAPE_MAP     ? ".*"
					    : row->shape == SHAPE_ITEMS ? "[]"
									: "");

		if (row->flags & ROW_OBSOLETE || text_starts(row->name, "x-"))
			continue;
		puts(own);
		if (row->of)
			print_attributes(row->of, below);
	}
}

static void differ(const cJSON *ours, const cJSON *theirs, const char *path)
{
	CLEANUP(memory_free) char *x = ours ? json_print(ours) : NULL;
	CLEANUP(memory_free) char *y = theirs ? json_print(theirs) : NULL;

	printf("%s: ours %s, theirs %s\n", path, x ? x : "absent", y ? y : "absent");
}

static void compare(const cJSON *ours, const cJSON *theirs, const char *path)
{
	bool both = ours && theirs && ours->type == theirs->type;
	const cJSON *a = NULL, *b = both ? theirs->child : NULL;

	if (!both || !(cJSON_IsArray(ours) || cJSON_IsObject(ours)) ||
	    (cJSON_IsArray(ours) && cJSON_GetArraySize(ours) != cJSON_GetArraySize(theirs))) {
		if (!cJSON_Compare(ours, theirs, true))
			differ(ours, theirs, path);
		return;
	}
	size_t i = 0;
	cJSON_ArrayForEach (a, ours) {
		CLEANUP(memory_free)
		char *below = a->string ? memory_format("%s.%s", path, a->string)
					: memory_format("%s[%zu]", path, i++);

		compare(a, a->string ? cJSON_GetObjectItemCaseSensitive(theirs, a->string) : b,
			below);
		b = b ? b->next : NULL;
	}
	cJSON_ArrayForEach (b, theirs) {
		if (!b->string || cJSON_GetObjectItemCaseSensitive(ours, b->string))
			continue;
		CLEANUP(memory_free) char *below = memory_format("%s.%s", path, b->string);
		differ(NULL, b, below);
	}
}

static int print_compared(const struct show *show, struct project *project)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(json_drop) cJSON *theirs = NULL;
	CLEANUP(json_drop) cJSON *printed = print_json(project, show->options.no_interpolate);
	CLEANUP(memory_free) char *own = json_print(printed);
	CLEANUP(json_drop) cJSON *ours = NULL;

	if (file_read(show->compare, DOCUMENT_MAX, &text, &err) < 0)
		text_clear(&text);
	/* What it prints can be read again: a dollar is doubled. */
	for (size_t i = 0; !show->options.no_interpolate && i + 1 < text.len; i++)
		if (text.data[i] == '$' && text.data[i + 1] == '$')
			text_remove(&text, i, 1);
	error_drop(&err);
	if (json_parse(own, strlen(own), "ours", &ours, &err) < 0 ||
	    json_parse(text_string(&text), text.len, show->compare, &theirs, &err) < 0) {
		fprintf(stderr, "%s cannot be read\n", show->compare);
		return 2;
	}
	compare(ours, theirs, "");
	return cJSON_Compare(ours, theirs, true) ? 0 : 3;
}

/* What config prints, in a file of its own, must be the same project. */
static int print_again(const struct show *show, struct project *project)
{
	char path[] = "/tmp/again-XXXXXX";
	const char *files[] = {path, NULL};
	struct project_options options = show->options;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	CLEANUP(project_drop) struct project *again = NULL;
	CLEANUP(text_drop) struct text yaml = {0};

	if (options.no_interpolate)
		node_to_yaml(project->written, &yaml);
	else
		node_to_file(project->root, &yaml);
	int file = mkstemp(path);
	if (file < 0)
		return 2;
	close(file);
	options.files = files;
	options.folder = project->folder;
	options.name = project->name;
	int status = file_write(path, text_string(&yaml), yaml.len, false, &err);
	if (status == 0)
		status = project_load(&options, &diagnostics, &again, &err);
	remove(path);
	if (status < 0) {
		fprintf(stderr, "%s\n%s\n%s", err->message, err->detail ? err->detail : "",
			text_string(&yaml));
		return 1;
	}
	CLEANUP(json_drop) cJSON *first = node_to_json(project->root);
	CLEANUP(json_drop) cJSON *second = node_to_json(again->root);
	compare(first, second, "");
	return node_same(project->root, again->root) ? 0 : 1;
}

static int print(const struct show *show, struct project *project)
{
	CLEANUP(text_drop) struct text yaml = {0};

	if (show->quiet)
		return 0;
	if (show->again)
		return print_again(show, project);
	if (show->compare)
		return print_compared(show, project);
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
	CLEANUP(json_drop) cJSON *json = print_json(project, show->options.no_interpolate);
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
	if (show.attributes)
		print_attributes(&schema_project, "");
	int status = show.attributes ? 0 : run(&show);
	array_drop(&show.files.list);
	array_drop(&show.profiles.list);
	array_drop(&show.env_files.list);
	array_drop(&show.environment.list);
	array_drop(&show.services.list);
	return status;
}
