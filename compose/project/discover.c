/* SPDX-License-Identifier: MIT */
#include "compose/project/discover.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"

struct search {
	const struct project_options *options;
	struct variables *variables;
	struct diagnostics *diagnostics;
	struct map *texts;
	struct discovery *found;
	struct arena *arena;
};

static const char *const names[] = {"compose.yaml", "compose.yml", "docker-compose.yml",
				    "docker-compose.yaml"};
static const char *const overrides[] = {"compose.override.yml", "compose.override.yaml",
					"docker-compose.override.yml",
					"docker-compose.override.yaml"};

static const char *joined(struct search *search, const char *base, const char *path)
{
	CLEANUP(memory_free) char *join = path_join(base, path);
	CLEANUP(memory_free) char *clean = path_clean(join);

	return arena_copy(search->arena, clean);
}

static void push(struct search *search, struct strings *strings, const char *string)
{
	/* The list is short and lives in the arena: it is copied whole. */
	const char **items = arena_alloc(search->arena, (strings->len + 1) * sizeof(*items));
	if (strings->len > 0)
		memcpy(items, strings->items, strings->len * sizeof(*items));
	items[strings->len] = string;
	strings->items = items;
	strings->len++;
	strings->cap = strings->len;
}

/* Adds the non-empty parts of a list. */
static void push_split(struct search *search, struct strings *strings, const char *list,
		       const char *separator)
{
	for (;;) {
		const char *end = strstr(list, separator);
		size_t len = end ? (size_t)(end - list) : strlen(list);

		if (len > 0)
			push(search, strings, arena_copy_n(search->arena, list, len));
		if (!end)
			return;
		list = end + strlen(separator);
	}
}

/* The name by which a file in folder is shown: as short as the user would write it. */
static const char *shown(struct search *search, const char *folder, const char *name)
{
	if (!search->options->start && strcmp(folder, search->found->start) == 0)
		return name;
	return joined(search, folder, name);
}

/* --- .env */

/* False: what is written is no truth value. */
static bool env_files_disabled(const struct search *search, bool *disabled)
{
	const char *value = variables_get(search->variables, "COMPOSE_DISABLE_ENV_FILE");

	if (!value || !*value || variables_boolean(value, disabled))
		return true;
	diagnostics_add(search->diagnostics, SEVERITY_ERROR, (struct position){0}, NULL,
			"COMPOSE_DISABLE_ENV_FILE: \"%s\" is neither true (1) nor false (0)",
			value);
	return false;
}

/* Reads --env-file, COMPOSE_ENV_FILES or .env in folder. */
static bool read_env_files(struct search *search, const char *folder)
{
	struct strings list = {0};
	const char *named = variables_get(search->variables, "COMPOSE_ENV_FILES");
	bool disabled = false;

	if (!env_files_disabled(search, &disabled))
		return false;
	for (size_t i = 0; search->options->env_files && search->options->env_files[i]; i++)
		push(search, &list, search->options->env_files[i]);
	if (list.len == 0 && named)
		push_split(search, &list, named, ",");
	search->found->env_files = (struct strings){0};
	for (size_t i = 0; i < list.len; i++) {
		list.items[i] = joined(search, search->found->start, list.items[i]);
		push(search, &search->found->env_files, list.items[i]);
	}
	if (list.len == 0 && !disabled) {
		CLEANUP(memory_free) char *path = path_join(folder, ".env");

		if (file_kind(path) == FILE_REGULAR)
			push(search, &list, shown(search, folder, ".env"));
	}
	push(search, &list, NULL);
	return variables_read(search->variables, list.items, search->diagnostics, search->texts);
}

/* --- compose files */

/* The first of the names that is in folder, whatever it is: a folder of that name is told, not passed over.
 * *others gets how many more are. */
static const char *first_of(const char *folder, const char *const candidates[4], size_t *others)
{
	const char *found = NULL;

	*others = 0;
	for (size_t i = 0; i < 4; i++) {
		CLEANUP(memory_free) char *path = path_join(folder, candidates[i]);

		if (file_kind(path) == FILE_ABSENT)
			continue;
		if (found)
			++*others;
		else
			found = candidates[i];
	}
	return found;
}

static void take_folder(struct search *search, const char *folder, const char *name, size_t others)
{
	struct discovery *found = search->found;

	push(search, &found->files, shown(search, folder, name));
	if (others > 0)
		diagnostic_hint(
			diagnostics_add(search->diagnostics, SEVERITY_WARNING,
					(struct position){found->files.items[0], 0, 0}, NULL,
					"there are several Compose files in %s: this one is "
					"used",
					folder),
			"name the others with -f, or remove them");
	const char *override = first_of(folder, overrides, &others);
	if (override)
		push(search, &found->files, shown(search, folder, override));
	if (override && others > 0)
		diagnostics_add(search->diagnostics, SEVERITY_WARNING,
				(struct position){found->files.items[1], 0, 0}, NULL,
				"there are several override files in %s: this one is used", folder);
	if (!search->options->folder)
		found->folder = arena_copy(search->arena, folder);
}

/* From the start, or the folder that was named, up to the root. */
static int walk_up(struct search *search, struct error **err)
{
	CLEANUP(memory_free)
	char *folder =
		memory_copy(search->options->folder ? search->found->folder : search->found->start);

	for (;;) {
		size_t others = 0;
		const char *name = first_of(folder, names, &others);

		if (name) {
			take_folder(search, folder, name, others);
			return 0;
		}
		char *above = path_folder(folder);
		bool top = strcmp(above, folder) == 0 || strcmp(above, ".") == 0;
		free(folder);
		folder = above;
		if (top)
			break;
	}
	error_set(err, ERROR_NOT_FOUND, "no configuration file provided: not found");
	error_detail(err,
		     "looked for compose.yaml, compose.yml, docker-compose.yml and "
		     "docker-compose.yaml in %s and above",
		     search->options->folder ? search->found->folder : search->found->start);
	return ERROR_NOT_FOUND;
}

/* Those named by -f or COMPOSE_FILE; relative ones begin at the start. */
static int check_named(struct search *search, struct error **err)
{
	struct strings *files = &search->found->files;

	for (size_t i = 0; i < files->len; i++) {
		if (strcmp(files->items[i], "-") == 0)
			continue;
		switch (file_kind(joined(search, search->found->start, files->items[i]))) {
		case FILE_ABSENT:
			return error_set(err, ERROR_NOT_FOUND, "there is no file %s",
					 files->items[i]);
		case FILE_FOLDER:
			return error_set(err, ERROR_INVALID, "%s is a folder, not a Compose file",
					 files->items[i]);
		default:
			break;
		}
		if (search->options->start)
			files->items[i] = joined(search, search->found->start, files->items[i]);
	}
	return 0;
}

/* Without --project-directory: the folder of the first file that is one, else the start. */
static void set_folder(struct search *search)
{
	struct discovery *found = search->found;

	if (search->options->folder) {
		found->folder = joined(search, found->start, search->options->folder);
		return;
	}
	found->folder = found->start;
	for (size_t i = 0; i < found->files.len; i++) {
		if (strcmp(found->files.items[i], "-") == 0)
			continue;
		const char *path = joined(search, found->start, found->files.items[i]);
		CLEANUP(memory_free) char *folder = path_folder(path);
		found->folder = arena_copy(search->arena, folder);
		return;
	}
}

static void set_start(struct search *search)
{
	CLEANUP(memory_free) char *current = path_current();

	search->found->start =
		joined(search, current, search->options->start ? search->options->start : ".");
}

/* Of a .env that is not the project's own only what rules the program itself counts. */
static void take_own(const struct variables *from, struct variables *to)
{
	MAP_FOR_EACH (entry, &from->map)
		if (text_starts(entry->key, "COMPOSE_") && !variables_get(to, entry->key))
			variables_set(to, entry->key, entry->value);
}

int discover(const struct project_options *options, struct variables *variables,
	     struct diagnostics *diagnostics, struct map *texts, struct discovery *ret,
	     struct error **err)
{
	CLEANUP(variables_drop)
	struct variables first = {.arena = variables->arena, .windows = variables->windows};
	struct search search = {options, &first, diagnostics, texts, ret, variables->arena};
	const char *separator = NULL;

	set_start(&search);
	variables_add(variables, options->environment);
	/* Shells of Windows have none. */
	if (options->windows && !variables_get(variables, "PWD"))
		variables_set(variables, "PWD", ret->start);
	variables_copy(&first, variables);
	for (size_t i = 0; options->files && options->files[i]; i++)
		push(&search, &ret->files, options->files[i]);
	set_folder(&search);
	/* What is wrong in them is told with what is wrong in the others. */
	bool well = read_env_files(&search, ret->folder);
	const char *folder = ret->folder;
	const char *listed = variables_get(&first, "COMPOSE_FILE");
	if (ret->files.len == 0 && listed) {
		separator = variables_get(&first, "COMPOSE_PATH_SEPARATOR");
		if (!separator || !*separator)
			separator = options->windows ? ";" : ":";
		push_split(&search, &ret->files, listed, separator);
		set_folder(&search);
	}
	int status = ret->files.len > 0 ? check_named(&search, err) : walk_up(&search, err);
	if (status < 0 && !well) {
		error_drop(err);
		return diagnostics_fail(diagnostics, err);
	}
	if (status < 0)
		return status;
	if (ret->env_files.len > 0 || strcmp(folder, ret->folder) == 0) {
		variables_copy(variables, &first);
		return 0;
	}
	take_own(&first, variables);
	search.variables = variables;
	read_env_files(&search, ret->folder);
	return 0;
}
