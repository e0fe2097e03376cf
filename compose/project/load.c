/* SPDX-License-Identifier: MIT */
/* project_load: the way from options to a project, step by step. */
#include "compose/project/project.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/bind.h"
#include "compose/project/discover.h"
#include "compose/project/document.h"
#include "compose/project/expand.h"
#include "compose/project/graph.h"
#include "compose/project/include.h"
#include "compose/project/interpolate.h"
#include "compose/project/normal.h"
#include "compose/project/order.h"
#include "compose/project/origin.h"
#include "compose/project/prune.h"
#include "compose/project/resolve.h"
#include "compose/project/shape.h"
#include "compose/project/validate.h"

struct loader {
	const struct project_options *options;
	struct diagnostics *diagnostics;
	struct project *project;
	struct arena *arena;
	struct variables variables;
	struct discovery discovery;
	struct map texts;   /* file as it is shown -> struct text */
	struct scope scope; /* the project's own files */
	struct map disabled;
	struct origins origins;
	bool unread;  /* a file is not YAML, or has what could not be read, or is not there */
	bool partial; /* something was wrong already: what is missing may be so because of it */
};

static void drop_text(void *value)
{
	text_drop(value);
	free(value);
}

static void loader_drop(struct loader *loader)
{
	variables_drop(&loader->variables);
	map_drop_with(&loader->texts, drop_text);
	scope_drop(&loader->scope);
	map_drop(&loader->disabled);
	origins_drop(&loader->origins);
	project_drop(&loader->project);
}

static struct strings *add_string(struct arena *arena, struct strings *strings, const char *string)
{
	if (strings->len == strings->cap) {
		const char **items = arena_alloc(arena, (strings->cap * 2 + 4) * sizeof(*items));

		if (strings->len > 0)
			memcpy(items, strings->items, strings->len * sizeof(*items));
		strings->items = items;
		strings->cap = strings->cap * 2 + 4;
	}
	strings->items[strings->len++] = string;
	return strings;
}

/* --- files */

static int read_file(struct loader *loader, const char *file, struct error **err)
{
	struct text *text = memory_zero(1, sizeof(*text));
	bool stdin_file = strcmp(file, "-") == 0;
	CLEANUP(memory_free)
	char *joined = stdin_file ? memory_copy(file) : path_join(loader->discovery.start, file);
	CLEANUP(memory_free) char *path = stdin_file ? memory_copy(file) : path_clean(joined);

	struct text *old = map_set(&loader->texts, file, text);
	if (old)
		drop_text(old);
	int status = file_read(path, DOCUMENT_MAX, text, err);
	if (status < 0)
		return status;
	document_read(loader->arena, file, text_string(text), text->len, &loader->scope.documents,
		      loader->diagnostics);
	add_string(loader->arena, &loader->project->files,
		   stdin_file ? "-" : arena_copy(loader->arena, path));
	CLEANUP(memory_free) char *clean = path_clean(path);
	array_push(&loader->scope.paths, arena_copy(loader->arena, clean));
	return 0;
}

static void tell_empty(struct loader *loader)
{
	struct position at = {loader->discovery.files.items[0], 0, 0};

	diagnostic_hint(diagnostics_add(loader->diagnostics, SEVERITY_ERROR, at, NULL,
					"the Compose file is empty"),
			"it begins with services:");
}

static int read_files(struct loader *loader, struct error **err)
{
	for (size_t i = 0; i < loader->discovery.files.len; i++) {
		int status = read_file(loader, loader->discovery.files.items[i], err);

		if (status < 0)
			return status;
	}
	if (loader->scope.documents.list.len == 0 && loader->diagnostics->errors == 0)
		tell_empty(loader);
	return 0;
}

/* --- the project's name */

static const char name_hint[] =
	"a name is made of lower-case letters, digits, \"-\" and \"_\", and begins with a letter "
	"or a digit";

static bool is_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

	return *name && *name != '_' && *name != '-' && strspn(name, allowed) == strlen(name);
}

int project_name_check(const char *name, struct error **err)
{
	if (is_name(name))
		return 0;
	error_set(err, ERROR_INVALID, "\"%s\" is not a project name", name);
	error_detail(err, "%s", name_hint);
	return ERROR_INVALID;
}

/* Lower case, without what a name cannot have. */
static const char *normal_name(struct arena *arena, const char *name)
{
	char *out = arena_copy(arena, name);
	size_t len = 0;

	for (const char *c = name; *c; c++) {
		char lower = (char)tolower((unsigned char)*c);
		bool first = islower((unsigned char)lower) || isdigit((unsigned char)lower);

		if (first || (len > 0 && (lower == '_' || lower == '-')))
			out[len++] = lower;
	}
	out[len] = '\0';
	return out;
}

static const char *look(const char *name, void *payload)
{
	return variables_get(payload, name);
}

/* name: of the last file that has one, with its variables put in. NULL: none has. */
static const char *written_name(struct loader *loader)
{
	const struct node *node = NULL;
	const struct interpolate how = {.lookup = look, .payload = &loader->variables};
	CLEANUP(text_drop) struct text out = {0};

	ARRAY_FOR_EACH (struct node *, root, &loader->scope.documents.list) {
		const struct node *name = node_get(*root, "name");

		if (name && name->kind == NODE_STRING && *name->text)
			node = name;
	}
	if (!node)
		return NULL;
	/* What is wrong with the variables is told when the whole document is expanded. */
	if (loader->options->no_interpolate)
		return normal_name(loader->arena, node->text);
	if (!interpolate(&how, node->text, &out))
		return node->text;
	const char *name = normal_name(loader->arena, text_string(&out));
	if (!*name)
		diagnostic_hint(diagnostics_add(loader->diagnostics, SEVERITY_ERROR, node->at,
						"name", "\"%s\" is not a project name",
						text_string(&out)),
				name_hint);
	return *name ? name : "x";
}

static int set_name(struct loader *loader, struct error **err)
{
	const char *given = loader->options->name;

	if (!given || !*given)
		given = variables_get(&loader->variables, "COMPOSE_PROJECT_NAME");
	if (given && *given) {
		int status = project_name_check(given, err);

		if (status < 0)
			return status;
		loader->project->name = arena_copy(loader->arena, given);
	} else {
		loader->project->name = written_name(loader);
	}
	if (!loader->project->name)
		loader->project->name =
			normal_name(loader->arena, path_name(loader->discovery.folder));
	if (!*loader->project->name) {
		error_set(err, ERROR_INVALID, "the folder's name \"%s\" makes no project name",
			  path_name(loader->discovery.folder));
		error_detail(err, "give one with -p or name:; %s", name_hint);
		return ERROR_INVALID;
	}
	variables_set(&loader->variables, "COMPOSE_PROJECT_NAME", loader->project->name);
	return 0;
}

/* --- documents to one tree */

static struct node *merge_documents(struct loader *loader, struct diagnostics *diagnostics,
				    bool written)
{
	struct expand expand = {
		.arena = loader->arena,
		.variables = &loader->variables,
		.diagnostics = diagnostics,
	};
	struct shaper shaper = {
		.arena = loader->arena,
		.diagnostics = diagnostics,
		.no_interpolate = loader->options->no_interpolate,
		.written = written,
	};
	struct include include = {
		.arena = loader->arena,
		.diagnostics = diagnostics,
		.expand = loader->options->no_interpolate ? NULL : &expand,
		.shaper = &shaper,
		.texts = &loader->texts,
		.no_env_resolution = loader->options->no_env_resolution || written,
	};
	struct scope *scope = &loader->scope;

	scope->variables = &loader->variables;
	scope->folder = loader->discovery.folder;
	scope->shown =
		loader->options->start || loader->options->folder ||
				strcmp(loader->discovery.folder, loader->discovery.start) != 0
			? loader->discovery.folder
			: "";
	struct node *root = include_merge(&include, scope);
	loader->unread |= include.unread;
	map_drop(&expand.unset);
	return root;
}

/* What is shown where variables are left alone. Its findings are told already. */
static void keep_written(struct loader *loader)
{
	const struct project_options *options = loader->options;
	CLEANUP(diagnostics_drop) struct diagnostics told = {0};
	/* Without interpolation no variable is known. */
	const struct variables none = {.arena = loader->arena};
	const struct normal normal = {
		.arena = loader->arena,
		.diagnostics = &told,
		.variables = &none,
		.name = loader->project->name,
		.written = true,
	};
	struct node *root = merge_documents(loader, &told, true);

	if (!root)
		return;
	if (!options->no_normalize) {
		normal_resources(&normal, root);
		normal_services(&normal, root);
		normal_default_network(&normal, root);
	}
	if (!options->no_path_resolution)
		resolve_paths(loader->arena, loader->discovery.folder, root);
	node_set(loader->arena, root, "name",
		 node_string(loader->arena, loader->project->name, (struct position){0}),
		 (struct position){0});
	order_names(root);
	loader->project->written = root;
}

/* --- the tree to the project */

static void set_profiles(struct loader *loader, struct node *root)
{
	CLEANUP(map_drop) struct map active = {0};
	const char *const *given = loader->options->profiles;
	const char *listed = variables_get(&loader->variables, "COMPOSE_PROFILES");

	for (size_t i = 0; given && given[i]; i++)
		map_set(&active, given[i], loader);
	for (const char *at = given && given[0] ? NULL : listed; at && *at;) {
		at += strspn(at, " \t");
		size_t all = strcspn(at, ","), len = all;

		while (len > 0 && strchr(" \t", at[len - 1]))
			len--;
		CLEANUP(memory_free) char *one = memory_copy_n(at, len);

		if (len > 0)
			map_set(&active, one, loader);
		at += all + (at[all] == ',');
	}
	prune_profiles(root, &active, loader->options->services, &loader->disabled);
	MAP_FOR_EACH (entry, &active)
		add_string(loader->arena, &loader->project->profiles,
			   arena_copy(loader->arena, entry->key));
	MAP_FOR_EACH (entry, &loader->disabled)
		add_string(loader->arena, &loader->project->disabled,
			   arena_copy(loader->arena, entry->key));
}

/* Where variables are left alone nothing is held against anything else. */
static bool is_loose(const struct project_options *options)
{
	return options->no_consistency || options->no_interpolate;
}

static void make_whole(struct loader *loader, struct node *root)
{
	const struct project_options *options = loader->options;
	const struct normal normal = {
		.arena = loader->arena,
		.diagnostics = loader->diagnostics,
		.variables = options->no_env_resolution ? NULL : &loader->variables,
		.name = loader->project->name,
	};
	const struct resolve resolve = {
		.arena = loader->arena,
		.variables = &loader->variables,
		.diagnostics = loader->diagnostics,
		.texts = &loader->texts,
		.here = options->start ? NULL : loader->discovery.start,
	};

	if (!loader->partial)
		order_check(&schema_project, root, NULL, loader->diagnostics);
	if (!options->no_normalize) {
		normal_resources(&normal, root);
		normal_services(&normal, root);
	}
	/* What no profile enables need not make sense, as docker compose has it. */
	set_profiles(loader, root);
	validate_tree(root, loader->partial, is_loose(options), loader->diagnostics);
	if (!options->no_path_resolution)
		resolve_paths(loader->arena, loader->discovery.folder, root);
	if (!options->no_normalize)
		normal_default_network(&normal, root);
	if (!is_loose(options) && !loader->unread)
		validate_references(root, &loader->disabled, loader->diagnostics);
	/* What is not interpolated names the files and does not read them. */
	if (!options->no_env_resolution && !options->no_interpolate)
		resolve_files(&resolve, root);
	if (!options->all_resources)
		prune_resources(root);
	if (!node_get(root, "services"))
		node_set(loader->arena, root, "services",
			 node_new(loader->arena, NODE_MAPPING, (struct position){0}),
			 (struct position){0});
	node_set(loader->arena, root, "name",
		 node_string(loader->arena, loader->project->name, (struct position){0}),
		 (struct position){0});
	order_finish(&schema_project, root);
}

static void bind_all(struct loader *loader, struct node *root)
{
	struct project *project = loader->project;
	struct graph graph = {0};

	project->root = root;
	project->folder = loader->discovery.folder;
	project->env_files = loader->discovery.env_files;
	project->all_resources = loader->options->all_resources;
	bind_project(project);
	if (is_loose(loader->options) || loader->unread)
		return;
	if (graph_build(project, &graph, loader->diagnostics) == 0)
		graph_drop(&graph);
}

static int load(struct loader *loader, struct error **err)
{
	int status = discover(loader->options, &loader->variables, loader->diagnostics,
			      &loader->texts, &loader->discovery, err);

	if (status < 0)
		return status;
	size_t before = loader->diagnostics->errors;
	status = read_files(loader, err);
	if (status < 0)
		return status;
	loader->unread = loader->diagnostics->errors > before;
	loader->partial = loader->diagnostics->errors > 0;
	if (loader->scope.documents.list.len == 0)
		return 0;
	status = set_name(loader, err);
	if (status < 0)
		return status;
	struct node *root = merge_documents(loader, loader->diagnostics, false);
	loader->partial |= loader->diagnostics->errors > 0;
	if (root && root->kind == NODE_MAPPING && root->mapping.len == 0 && !loader->partial)
		tell_empty(loader);
	if (!root)
		return 0;
	make_whole(loader, root);
	bind_all(loader, root);
	if (loader->diagnostics->errors > 0 && loader->options->judge)
		loader->options->judge(loader->project, loader->diagnostics);
	if (loader->options->no_interpolate && !loader->options->services)
		keep_written(loader);
	return 0;
}

int project_load(const struct project_options *options, struct diagnostics *diagnostics,
		 struct project **ret, struct error **err)
{
	CLEANUP(loader_drop)
	struct loader loader = {
		.options = options,
		.diagnostics = diagnostics,
		.project = memory_zero(1, sizeof(struct project)),
	};

	loader.arena = &loader.project->arena;
	loader.variables = (struct variables){.arena = loader.arena, .windows = options->windows};
	diagnostics->origins = &loader.origins;
	int status = load(&loader, err);
	diagnostics->origins = NULL;
	MAP_FOR_EACH (entry, &loader.texts) {
		const struct text *text = entry->value;

		diagnostics_source(diagnostics, entry->key, text_string(text), text->len);
	}
	diagnostics_sort(diagnostics);
	origins_tell(&loader.origins, diagnostics);
	if (status == 0)
		status = diagnostics_fail(diagnostics, err);
	if (status < 0)
		return status;
	loader.project->environment = loader.variables.map;
	loader.variables.map = (struct map){0};
	*ret = steal(&loader.project);
	return 0;
}
