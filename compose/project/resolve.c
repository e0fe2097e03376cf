/* SPDX-License-Identifier: MIT */
#include "compose/project/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/document.h"
#include "compose/project/dotenv.h"

bool resolve_is_remote(const char *context)
{
	static const char *const prefixes[] = {"https://", "http://",     "git://",
					       "ssh://",   "github.com/", "git@"};

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (text_starts(context, prefixes[i]))
			return true;
	return false;
}

/* --- paths */

/* An absolute path stays as it is written, as docker compose has it. */
static const char *absolute(struct arena *arena, const char *folder, const char *path)
{
	CLEANUP(memory_free) char *home = path[0] == '~' ? path_expand_home(path) : NULL;

	if (home)
		return arena_copy(arena, home);
	if (path_is_absolute(path))
		return path;
	CLEANUP(memory_free) char *join = path_join(folder, path);
	CLEANUP(memory_free) char *clean = path_clean(join);
	return arena_copy(arena, clean);
}

static void resolve_entry(struct arena *arena, const char *folder, struct node_entry *entry)
{
	if (!entry || entry->value->kind != NODE_STRING || !*entry->value->text)
		return;
	const char *path = absolute(arena, folder, entry->value->text);
	if (strcmp(path, entry->value->text) != 0)
		entry->value = node_string(arena, path, entry->value->at);
}

/* Of a build's further contexts, folders alone: no URL, no image, no other service's. */
static void resolve_contexts(struct arena *arena, const char *folder, struct node *contexts)
{
	for (size_t i = 0; contexts && i < contexts->mapping.len; i++) {
		struct node_entry *entry = &contexts->mapping.entries[i];
		const char *text = node_text(entry->value);

		if (text && !resolve_is_remote(text) && !strstr(text, "://") &&
		    !text_starts(text, "service:"))
			resolve_entry(arena, folder, entry);
	}
}

/* id=path */
static void resolve_keys(struct arena *arena, const char *folder, struct node *keys)
{
	for (size_t i = 0; keys && i < keys->sequence.len; i++) {
		const struct node *key = keys->sequence.items[i];
		const char *equals = node_text(key) ? strchr(key->text, '=') : NULL;

		if (!equals || !equals[1])
			continue;
		const char *path = absolute(arena, folder, equals + 1);
		keys->sequence.items[i] = node_string(
			arena,
			arena_format(arena, "%.*s=%s", (int)(equals - key->text), key->text, path),
			key->at);
	}
}

static void resolve_build(struct arena *arena, const char *folder, struct node *build)
{
	struct node_entry *context = node_entry(build, "context");

	if (context && node_text(context->value) && !resolve_is_remote(context->value->text))
		resolve_entry(arena, folder, context);
	resolve_contexts(arena, folder, node_get(build, "additional_contexts"));
	resolve_keys(arena, folder, node_get(build, "ssh"));
}

static void resolve_watches(struct arena *arena, const char *folder, const struct node *watches)
{
	for (size_t i = 0; watches && i < watches->sequence.len; i++)
		resolve_entry(arena, folder, node_entry(watches->sequence.items[i], "path"));
}

void resolve_service(struct arena *arena, const char *folder, struct node *service)
{
	struct node *env_files = node_get(service, "env_file");
	struct node *label_files = node_get(service, "label_file");
	struct node *mounts = node_get(service, "volumes");

	if (node_get(service, "build"))
		resolve_build(arena, folder, node_get(service, "build"));
	resolve_watches(arena, folder, node_get(node_get(service, "develop"), "watch"));
	for (size_t i = 0; env_files && i < env_files->sequence.len; i++)
		resolve_entry(arena, folder, node_entry(env_files->sequence.items[i], "path"));
	for (size_t i = 0; label_files && i < label_files->sequence.len; i++) {
		struct node_entry entry = {.value = label_files->sequence.items[i]};

		resolve_entry(arena, folder, &entry);
		label_files->sequence.items[i] = entry.value;
	}
	for (size_t i = 0; mounts && i < mounts->sequence.len; i++) {
		struct node *mount = mounts->sequence.items[i];

		if (text_same(node_text(node_get(mount, "type")), "bind"))
			resolve_entry(arena, folder, node_entry(mount, "source"));
	}
}

/* An empty path is the folder. */
static void resolve_source(struct arena *arena, const char *folder, struct node_entry *file)
{
	if (file && text_same(node_text(file->value), ""))
		file->value = node_string(arena, ".", file->value->at);
	resolve_entry(arena, folder, file);
}

/* Where the driver is said to be local and o is bind alone, the device is a folder. */
static void resolve_volume(struct arena *arena, const char *folder, struct node *volume)
{
	const struct node *options = node_get(volume, "driver_opts");

	if (text_same(node_text(node_get(volume, "driver")), "local") &&
	    text_same(node_text(node_get(options, "o")), "bind"))
		resolve_source(arena, folder, node_entry(options, "device"));
}

void resolve_paths(struct arena *arena, const char *folder, struct node *root)
{
	static const char *const sections[] = {"services", "volumes", "secrets", "configs"};

	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		const struct node *section = node_get(root, sections[i]);

		for (size_t j = 0; section && j < section->mapping.len; j++) {
			struct node *value = section->mapping.entries[j].value;

			if (i == 0)
				resolve_service(arena, folder, value);
			else if (i == 1)
				resolve_volume(arena, folder, value);
			else
				resolve_source(arena, folder, node_entry(value, "file"));
		}
	}
}

/* --- env_file and label_file */

/* Bytes of all such files, counted for each service that reads them, and of what their variables
 * make. */
enum { BUDGET = 256 * 1024 * 1024 };

struct reading {
	const struct resolve *how;
	const struct node *own; /* the service's environment */
	struct map own_index;   /* of own, where it is large */
	struct node *out;
	struct map index; /* of out */
	size_t *budget;
};

static const char *look(const char *name, void *payload)
{
	const struct reading *reading = payload;
	const char *value = variables_get(reading->how->variables, name);

	if (value)
		return value;
	size_t place = (size_t)map_get(&reading->own_index, name);
	if (place)
		return node_text(reading->own->mapping.entries[place - 1].value);
	place = (size_t)map_get(&reading->index, name);
	return place ? node_text(reading->out->mapping.entries[place - 1].value) : NULL;
}

static void put(struct reading *reading, const char *name, struct node *value, struct position at)
{
	size_t place = (size_t)map_get(&reading->index, name);

	if (place) {
		reading->out->mapping.entries[place - 1].value = value;
		return;
	}
	node_add(reading->how->arena, reading->out, arena_copy(reading->how->arena, name), value,
		 at);
	map_set(&reading->index, name, (void *)(size_t)reading->out->mapping.len);
}

static void set(const char *name, const char *value, struct position at, void *payload)
{
	struct reading *reading = payload;

	/* A bare name that nobody knows is no variable here; docker compose leaves it out too. */
	if (value)
		put(reading, name, node_string(reading->how->arena, value, at), at);
}

/* The file's name as the user would write it. */
static const char *shown(const struct resolve *how, const char *file)
{
	size_t len = how->here && text_starts(file, how->here) ? strlen(how->here) : 0;

	return len > 0 && (file[len] == '/' || file[len] == '\\') ? file + len + 1 : file;
}

/* The file's text; NULL: it is not there or cannot be read, and err says so. */
static const struct text *text_of(struct reading *reading, const char *file, struct error **err)
{
	const char *name = shown(reading->how, file);
	struct text *text = map_get(reading->how->texts, name);

	if (text)
		return text;
	text = memory_zero(1, sizeof(*text));
	if (file_read(file, DOCUMENT_MAX, text, err) < 0) {
		text_drop(text);
		free(text);
		return NULL;
	}
	map_set(reading->how->texts, name, text);
	return text;
}

static void read_file(struct reading *reading, const struct node *named, bool required, bool raw,
		      const char *trail)
{
	CLEANUP(error_drop) struct error *err = NULL;
	const char *file = node_text(named);
	if (!file || (!required && file_kind(file) == FILE_ABSENT))
		return;
	const struct dotenv how = {
		.file = arena_copy(reading->how->arena, shown(reading->how, file)),
		.raw = raw,
		.lookup = look,
		.set = set,
		.payload = reading,
		.budget = reading->budget,
	};

	const struct text *text = text_of(reading, file, &err);
	if (text) {
		diagnostics_from(reading->how->diagnostics, how.file, named->at);
		dotenv_read(&how, text_string(text), text->len, reading->how->diagnostics);
		return;
	}
	struct diagnostic *d = diagnostics_add(
		reading->how->diagnostics, SEVERITY_ERROR, named->at, trail, "%s",
		err->code == ERROR_NOT_FOUND ? "the file is not there" : err->message);
	if (err->code == ERROR_NOT_FOUND)
		diagnostic_hint(d, "looked for %s; required: false would do without it", file);
}

/* What was read, and over it what the service says itself, under key. */
static void finish(struct reading *reading, struct node *service, const char *key)
{
	for (size_t i = 0; reading->own && i < reading->own->mapping.len; i++) {
		const struct node_entry *entry = &reading->own->mapping.entries[i];

		put(reading, entry->key, entry->value, entry->at);
	}
	node_set(reading->how->arena, service, key, reading->out, reading->out->at);
	map_drop(&reading->index);
	map_drop(&reading->own_index);
}

/* shared: what all services have in common. */
static struct reading begin(const struct reading *shared, const struct node *own,
			    struct position at)
{
	struct reading reading = *shared;

	reading.own = own;
	reading.out = node_new(shared->how->arena, NODE_MAPPING, own ? own->at : at);
	for (size_t i = 0; own && i < own->mapping.len; i++)
		map_set(&reading.own_index, own->mapping.entries[i].key, (void *)(i + 1));
	return reading;
}

static void resolve_env_files(const struct reading *shared, struct node_entry *service)
{
	const struct node *list = node_get(service->value, "env_file");

	if (!list)
		return;
	struct reading reading = begin(shared, node_get(service->value, "environment"), list->at);
	for (size_t i = 0; i < list->sequence.len; i++) {
		const struct node *item = list->sequence.items[i];
		CLEANUP(memory_free)
		char *trail = memory_format("services.%s.env_file[%zu]", service->key, i);

		read_file(&reading, node_get(item, "path"),
			  node_is_true(node_get(item, "required")),
			  text_same(node_text(node_get(item, "format")), "raw"), trail);
	}
	finish(&reading, service->value, "environment");
	node_remove(service->value, "env_file");
}

static void resolve_label_files(const struct reading *shared, struct node_entry *service)
{
	const struct node *list = node_get(service->value, "label_file");

	if (!list)
		return;
	struct reading reading = begin(shared, node_get(service->value, "labels"), list->at);
	for (size_t i = 0; i < list->sequence.len; i++) {
		CLEANUP(memory_free)
		char *trail = memory_format("services.%s.label_file[%zu]", service->key, i);

		read_file(&reading, list->sequence.items[i], true, false, trail);
	}
	finish(&reading, service->value, "labels");
	node_remove(service->value, "label_file");
}

void resolve_files(const struct resolve *resolve, struct node *root)
{
	struct node *services = node_get(root, "services");
	size_t budget = BUDGET;
	const struct reading shared = {.how = resolve, .budget = &budget};

	for (size_t i = 0; services && i < services->mapping.len; i++) {
		resolve_env_files(&shared, &services->mapping.entries[i]);
		resolve_label_files(&shared, &services->mapping.entries[i]);
	}
}
