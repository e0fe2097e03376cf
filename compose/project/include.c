/* SPDX-License-Identifier: MIT */
#include "compose/project/include.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/extend.h"
#include "compose/project/merge.h"
#include "compose/project/normal.h"
#include "compose/project/order.h"
#include "compose/project/resolve.h"

enum {
	FILES_MAX = 1000,
	LEVELS_MAX = 32,
	/* Bytes. Each merge makes a new tree, so that many documents cost more than they have. */
	MERGED_MAX = 512 * 1024 * 1024,
};

/* One entry of an include list. */
struct entry {
	struct include *include;
	const struct scope *from; /* the scope whose document has it */
	const struct node *node;
	const struct trail *trail;
};

void scope_drop(struct scope *scope)
{
	array_drop(&scope->paths);
	array_drop(&scope->documents.list);
}

static struct diagnostic *complain(const struct entry *entry, struct position at,
				   const char *message)
{
	CLEANUP(memory_free) char *path = trail_string(entry->trail);

	return diagnostics_add(entry->include->diagnostics, SEVERITY_ERROR, at, path, "%s",
			       message);
}

/* --- paths */

/* An absolute path, and the same as the user would write it. */
static const char *full_path(const struct entry *entry, const char *path)
{
	CLEANUP(memory_free) char *home = path_expand_home(path);
	CLEANUP(memory_free) char *joined = path_join(entry->from->folder, home);
	CLEANUP(memory_free) char *clean = path_clean(joined);

	return arena_copy(entry->include->arena, clean);
}

static const char *shown_path(const struct entry *entry, const char *path)
{
	CLEANUP(memory_free)
	char *joined =
		*entry->from->shown ? path_join(entry->from->shown, path) : memory_copy(path);
	CLEANUP(memory_free) char *clean = path_clean(joined);

	return arena_copy(entry->include->arena, clean);
}

static const char *folder_of(struct arena *arena, const char *path)
{
	CLEANUP(memory_free) char *folder = path_folder(path);

	return arena_copy(arena, folder);
}

static bool is_remote(const char *path)
{
	return resolve_is_remote(path) || text_starts(path, "oci://");
}

/* The folder of the first file, unless another one is named. */
static void set_folder(const struct entry *entry, struct scope *scope)
{
	struct arena *arena = entry->include->arena;
	const struct node *named = node_get(entry->node, "project_directory");
	const struct node *first = node_get(entry->node, "path")->sequence.items[0];

	if (named && *named->text) {
		scope->folder = full_path(entry, named->text);
		scope->shown = shown_path(entry, named->text);
	} else {
		scope->folder = folder_of(arena, full_path(entry, first->text));
		scope->shown = folder_of(arena, shown_path(entry, first->text));
	}
	if (strcmp(scope->shown, ".") == 0)
		scope->shown = "";
}

/* --- variables */

/* The files that env_file names, else .env in the scope's folder; what is set already stays. What is
 * wrong in them does not hide what is wrong in the others. */
static void read_variables(const struct entry *entry, const struct scope *scope,
			   struct variables *variables)
{
	const struct node *named = node_get(entry->node, "env_file");
	size_t len = named ? named->sequence.len : 0;
	CLEANUP(memory_free) const char **files = memory_alloc((len + 2) * sizeof(*files));
	size_t count = 0;
	bool well = true;

	for (size_t i = 0; i < len; i++) {
		const struct node *item = named->sequence.items[i];
		const char *path = full_path(entry, item->text);

		/* The way to say none, on every host. */
		if (strcmp(item->text, "/dev/null") == 0)
			continue;
		enum file_kind kind = file_kind(path);
		if (kind == FILE_ABSENT || kind == FILE_FOLDER) {
			CLEANUP(memory_free)
			char *message =
				memory_format(kind == FILE_ABSENT ? "there is no file %s"
								  : "%s is a folder, not a file",
					      shown_path(entry, item->text));
			complain(entry, item->at, message);
			well = false;
			continue;
		}
		files[count++] = shown_path(entry, item->text);
	}
	if (len == 0) {
		CLEANUP(memory_free) char *path = path_join(scope->folder, ".env");
		CLEANUP(memory_free)
		char *shown = *scope->shown ? path_join(scope->shown, ".env") : memory_copy(".env");

		if (file_kind(path) == FILE_REGULAR)
			files[count++] = arena_copy(entry->include->arena, shown);
	}
	files[count] = NULL;
	variables_read(variables, files, entry->include->diagnostics, entry->include->texts);
	variables->partial |= !well;
}

/* --- files */

static bool is_circle(const struct entry *entry, const struct node *item, const char *path)
{
	const struct scope *scope = entry->from;
	bool found = false;

	/* A scope is known by its first file: those that are laid over it may be included, too. */
	for (; scope && !found; scope = scope->up)
		found = scope->paths.len > 0 && strcmp(scope->paths.items[0], path) == 0;
	if (!found)
		return false;
	CLEANUP(text_drop) struct text chain = {0};
	struct position at = item->at;
	for (const struct scope *s = entry->from;; s = s->up) {
		CLEANUP(memory_free) char *rest = text_steal(&chain);

		text_printf(&chain, "%s:%u -> %s", at.file, at.line, rest ? rest : "");
		if (s->up == scope)
			break;
		at = s->at;
	}
	text_add(&chain, shown_path(entry, item->text));
	diagnostic_hint(complain(entry, item->at, "a file includes itself in the end"), "%s",
			text_string(&chain));
	return true;
}

static bool read_file(const struct entry *entry, struct scope *scope, const struct node *item)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct include *include = entry->include;
	const char *path = full_path(entry, item->text);
	const char *shown = shown_path(entry, item->text);

	if (is_remote(item->text)) {
		diagnostic_hint(
			complain(entry, item->at, "a file is included from this machine only"),
			"fetch %s first (git clone, oras pull) and include the file", item->text);
		return false;
	}
	if (is_circle(entry, item, path))
		return false;
	if (++include->files > FILES_MAX) {
		if (include->files == FILES_MAX + 1)
			complain(entry, item->at, "more than 1000 files are included");
		return false;
	}
	struct text *text = memory_zero(1, sizeof(*text));
	struct text *old = map_set(include->texts, shown, text);
	if (old)
		text_drop(old);
	free(old);
	diagnostics_from(include->diagnostics, shown, item->at);
	array_push(&scope->paths, path);
	if (file_read(path, DOCUMENT_MAX, text, &err) < 0) {
		struct diagnostic *d = complain(
			entry, item->at,
			err->code == ERROR_NOT_FOUND ? "the file is not there" : err->message);
		if (err->code == ERROR_NOT_FOUND)
			diagnostic_hint(d, "looked for %s", path);
		return false;
	}
	return document_read(include->arena, shown, text_string(text), text->len, &scope->documents,
			     include->diagnostics);
}

static void read_files(const struct entry *entry, struct scope *scope)
{
	const struct node *paths = node_get(entry->node, "path");
	bool well = true;

	for (size_t i = 0; i < paths->sequence.len; i++)
		well &= read_file(entry, scope, paths->sequence.items[i]);
	if (well && scope->documents.list.len == 0) {
		CLEANUP(memory_free) char *path = trail_string(entry->trail);

		diagnostics_add(entry->include->diagnostics, SEVERITY_WARNING,
				paths->sequence.items[0]->at, path,
				"nothing is included: %s is empty", paths->sequence.items[0]->text);
	}
	entry->include->unread |= !well;
}

/* --- a scope becomes part of another */

static const char *const sections[] = {"services", "networks", "volumes",
				       "secrets",  "configs",  "models"};

static void tell_conflict(const struct entry *entry, const char *section,
			  const struct node_entry *theirs, const struct node_entry *ours)
{
	CLEANUP(memory_free) char *path = memory_format("%s.%s", section, theirs->key);
	struct diagnostic *d = diagnostics_add(
		entry->include->diagnostics, SEVERITY_ERROR, ours->at, path,
		"defined here and, in another way, at %s:%u, which is included at %s:%u",
		theirs->at.file, theirs->at.line, entry->node->at.file, entry->node->at.line);

	diagnostic_hint(d, "to change it, name a second file in the include's path, put the change "
			   "into compose.override.yaml, or write !override before its value");
}

static void take_section(const struct entry *entry, const char *name, const struct node *scope,
			 struct node *document)
{
	struct arena *arena = entry->include->arena;
	const struct node *theirs = node_get(scope, name);
	struct node *ours = node_get(document, name);
	CLEANUP(map_drop) struct map places = {0};

	if (!theirs || theirs->kind != NODE_MAPPING || theirs->mapping.len == 0)
		return;
	if (!ours || ours->kind != NODE_MAPPING) {
		ours = node_new(arena, NODE_MAPPING, theirs->at);
		node_set(arena, document, name, ours, theirs->at);
	}
	for (size_t i = 0; i < ours->mapping.len; i++)
		map_set(&places, ours->mapping.entries[i].key, (void *)(i + 1));
	for (size_t i = 0; i < theirs->mapping.len; i++) {
		const struct node_entry *one = &theirs->mapping.entries[i];
		size_t place = (size_t)map_get(&places, one->key);

		if (!place) {
			node_add(arena, ours, one->key, one->value, one->at);
			continue;
		}
		/* What is taken away or replaced here is no conflict. */
		const struct node_entry *there = &ours->mapping.entries[place - 1];
		if (there->value->tag == NODE_PLAIN && !node_same(there->value, one->value))
			tell_conflict(entry, name, one, there);
	}
}

/* Without a context a build's is the folder: of the scope, not of who includes it. */
static void resolve_scope(const struct entry *entry, const struct scope *scope, struct node *root)
{
	struct include *include = entry->include;
	const struct normal normal = {
		.arena = include->arena,
		.diagnostics = include->diagnostics,
		.variables = include->no_env_resolution ? NULL : scope->variables,
	};

	normal_scope(&normal, root);
	resolve_paths(include->arena, scope->folder, root);
}

static void take_scope(const struct entry *entry, struct scope *scope, struct node *document)
{
	const struct variables *outer = entry->from->variables;
	struct expand *expand = entry->include->expand;
	struct variables variables = {.arena = outer->arena, .windows = outer->windows};

	set_folder(entry, scope);
	variables_copy(&variables, outer);
	scope->variables = &variables;
	read_variables(entry, scope, &variables);
	read_files(entry, scope);
	if (expand)
		expand->variables = &variables;
	struct node *root = include_merge(entry->include, scope);
	if (root)
		resolve_scope(entry, scope, root);
	for (size_t i = 0; root && i < ARRAY_LEN(sections); i++)
		take_section(entry, sections[i], root, document);
	if (expand)
		expand->variables = outer;
	variables_drop(&variables);
}

static unsigned level_of(const struct scope *scope)
{
	unsigned level = 0;

	for (; scope->up; scope = scope->up)
		level++;
	return level;
}

/* Something in the entry is wrong already. */
static bool is_told(const struct entry *entry)
{
	CLEANUP(memory_free) char *path = trail_string(entry->trail);
	const struct diagnostics *diagnostics = entry->include->diagnostics;

	return diagnostics_told(diagnostics, diagnostics->list.len, entry->node->at.file, path);
}

/* The short form stands for one path, as it was written. */
static void spread_path(struct arena *arena, struct node_entry *path)
{
	if (!path || path->value->kind != NODE_STRING)
		return;
	struct node *list = node_new(arena, NODE_SEQUENCE, path->value->at);

	node_append(arena, list, path->value);
	path->value = list;
}

static void take_entry(const struct entry *entry, struct node *document)
{
	spread_path(entry->include->arena, node_entry(entry->node, "path"));
	const struct node *paths = node_get(entry->node, "path");
	if (!paths || paths->kind != NODE_SEQUENCE || paths->sequence.len == 0) {
		entry->include->unread = true;
		if (!is_told(entry))
			diagnostic_hint(complain(entry, entry->node->at, "\"path\" is missing"),
					"path: is the file, or a list of files");
		return;
	}
	CLEANUP(scope_drop)
	struct scope scope = {.up = entry->from, .at = paths->sequence.items[0]->at};
	if (level_of(&scope) > LEVELS_MAX) {
		complain(entry, entry->node->at,
			 "files include each other over more than 32 levels");
		return;
	}
	take_scope(entry, &scope, document);
}

static void take_includes(struct include *include, const struct scope *scope, struct node *document)
{
	const struct node *list = node_get(document, "include");
	const struct trail all = {NULL, "include", 0};

	for (size_t i = 0; list && list->kind == NODE_SEQUENCE && i < list->sequence.len; i++) {
		const struct trail trail = {&all, NULL, i};
		const struct entry entry = {include, scope, list->sequence.items[i], &trail};

		take_entry(&entry, document);
	}
	node_remove(document, "include");
}

/* --- documents to one tree */

struct node *include_merge(struct include *include, const struct scope *scope)
{
	CLEANUP(extend_drop)
	struct extend extend = {
		.expand = include->expand,
		.shaper = include->shaper,
		.texts = include->texts,
		.folder = scope->folder,
		.shown = scope->shown,
	};
	struct node *root = NULL;

	ARRAY_FOR_EACH (struct node *, document, &scope->documents.list) {
		struct node *tree = *document;

		if (include->expand)
			tree = expand_tree(include->expand, tree);
		tree = shape_object(include->shaper, &schema_project, tree, NULL);
		if (!tree)
			continue;
		take_includes(include, scope, tree);
		extend.nodes = include->nodes;
		extend_document(&extend, tree);
		include->nodes = extend.nodes;
		/* What is said so far must be whole, whatever is put over it. */
		if (root && include->shaper->diagnostics->errors == 0)
			order_check(&schema_project, root, NULL, include->diagnostics);
		/* A document alone is merged already, where it has nothing to take away from another. */
		if (include->arena->used > MERGED_MAX) {
			diagnostics_add(
				include->diagnostics, SEVERITY_ERROR, tree->at, NULL,
				"the documents are too many, or too large, to be put together");
			break;
		}
		if (!root && !scope->documents.marks)
			root = tree;
		else
			root = merge_object(include->arena, &schema_project, root, tree);
	}
	return root;
}
