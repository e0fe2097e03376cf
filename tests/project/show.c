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
#include "compose/project/project.h"

extern char **environ;

struct list {
	ARRAY(const char *) list;
};

struct show {
	struct list files, profiles, env_files, environment, services;
	struct project_options options;
	const char *compare;
	bool folder, yaml, order, save, hash, quiet, again;
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

/* --- comparing with docker compose 2.26.1, which prints some things in another way */

/* Its JSON has what its YAML leaves out: null commands and empty structures. */
static void leave_out(struct node *node, const char *key, const char *const *words)
{
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->mapping.len;) {
		struct node_entry *entry = &node->mapping.entries[i];
		bool out = false;

		leave_out(entry->value, entry->key, words);
		for (size_t j = 0; words[j]; j++)
			out |= strcmp(entry->key, words[j]) == 0 &&
			       (entry->value->kind == NODE_NULL ||
				(entry->value->kind == NODE_MAPPING &&
				 entry->value->mapping.len == 0));
		if (out)
			node_remove(node, entry->key);
		else
			i++;
	}
	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->sequence.len; i++)
		leave_out(node->sequence.items[i], key, words);
	/* Modes of secrets and configs: it prints a decimal number, later versions and we octal
	 * digits. */
	if (node->kind == NODE_STRING && strcmp(key, "mode") == 0 && node->text[0] == '0') {
		node->kind = NODE_INT;
		node->integer = strtol(node->text, NULL, 8);
	}
}

static void differ(const struct node *ours, const struct node *theirs, const char *path)
{
	CLEANUP(json_drop) cJSON *a = ours ? node_to_json(ours) : NULL;
	CLEANUP(json_drop) cJSON *b = theirs ? node_to_json(theirs) : NULL;
	CLEANUP(memory_free) char *x = a ? json_print(a) : NULL;
	CLEANUP(memory_free) char *y = b ? json_print(b) : NULL;

	printf("%s: ours %s, theirs %s\n", path, x ? x : "absent", y ? y : "absent");
}

static void compare(const struct node *ours, const struct node *theirs, const char *path)
{
	if (!ours || !theirs || ours->kind != theirs->kind || ours->kind < NODE_SEQUENCE ||
	    (ours->kind == NODE_SEQUENCE && ours->sequence.len != theirs->sequence.len)) {
		if (!node_same(ours, theirs))
			differ(ours, theirs, path);
		return;
	}
	for (size_t i = 0; ours->kind == NODE_SEQUENCE && i < ours->sequence.len; i++) {
		CLEANUP(memory_free) char *below = memory_format("%s[%zu]", path, i);

		compare(ours->sequence.items[i], theirs->sequence.items[i], below);
	}
	for (size_t i = 0; ours->kind == NODE_MAPPING && i < ours->mapping.len; i++) {
		const struct node_entry *entry = &ours->mapping.entries[i];
		CLEANUP(memory_free) char *below = memory_format("%s.%s", path, entry->key);

		compare(entry->value, node_get(theirs, entry->key), below);
	}
	for (size_t i = 0; ours->kind == NODE_MAPPING && i < theirs->mapping.len; i++) {
		const struct node_entry *entry = &theirs->mapping.entries[i];
		CLEANUP(memory_free) char *below = memory_format("%s.%s", path, entry->key);

		if (!node_entry(ours, entry->key))
			differ(NULL, entry->value, below);
	}
}

static int print_compared(const struct show *show, struct project *project)
{
	static const char *const words[] = {"command",   "entrypoint", "ipam", "placement",
					    "resources", "exec",       NULL};
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	CLEANUP(text_drop) struct text text = {0};
	struct documents documents = {0};

	if (file_read(show->compare, DOCUMENT_MAX, &text, &err) < 0)
		text_clear(&text);
	/* What it prints can be read again: a dollar is doubled. */
	for (size_t i = 0; !show->options.no_interpolate && i + 1 < text.len; i++)
		if (text.data[i] == '$' && text.data[i + 1] == '$')
			text_remove(&text, i, 1);
	if (text.len == 0 ||
	    !document_read(&project->arena, show->compare, text_string(&text), text.len, &documents,
			   &diagnostics) ||
	    documents.list.len != 1) {
		fprintf(stderr, "%s cannot be read\n", show->compare);
		array_drop(&documents.list);
		return 2;
	}
	struct node *theirs = documents.list.items[0];
	array_drop(&documents.list);
	leave_out(project->root, "", words);
	leave_out(theirs, "", words);
	compare(project->root, theirs, "");
	return node_same(project->root, theirs) ? 0 : 3;
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
	CLEANUP(text_drop) struct text plain = {0};
	CLEANUP(text_drop) struct text yaml = {0};

	node_to_yaml(project->root, &plain);
	for (const char *c = text_string(&plain); *c; c++) {
		text_add_char(&yaml, *c);
		if (*c == '$' && !options.no_interpolate)
			text_add_char(&yaml, '$');
	}
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
	compare(project->root, again->root, "");
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
