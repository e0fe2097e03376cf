/* SPDX-License-Identifier: MIT */
#include "compose/project/extend.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/merge.h"
#include "compose/project/resolve.h"

enum {
	FILES_MAX = 100,
	LEVELS_MAX = 32,
	NODES_MAX = 2000000,
	INDEXED = 16, /* from so many services on they are looked up by hash */
};

/* A file in which services are looked for. */
struct source {
	const char *shown;  /* the file's name; NULL: the document itself */
	const char *folder; /* absolute, of the file */
	const char *beside; /* what stands before names of files beside it, as the user sees them */
	struct node *services;      /* of the document itself, shaped */
	struct documents documents; /* of another file */
	bool unread;                /* not to its end */
	ARRAY(struct map) indexes;  /* of each document: its services by name */
	struct map done;            /* services with their bases in them */
};

/* The way from a service to its bases, for cycles: on the stack. */
struct link {
	const struct link *up;
	const struct source *source;
	const char *service;
	struct position at;
	unsigned level;
};

static void drop_parts(struct source *source)
{
	ARRAY_FOR_EACH (struct map, index, &source->indexes)
		map_drop(index);
	array_drop(&source->indexes);
	array_drop(&source->documents.list);
	map_drop(&source->done);
}

static void source_drop(void *value)
{
	drop_parts(value);
	free(value);
}

void extend_drop(struct extend *extend)
{
	map_drop_with(&extend->sources, source_drop);
}

static struct diagnostic *complain(struct extend *extend, struct position at, const char *service,
				   const char *message)
{
	CLEANUP(memory_free) char *path = memory_format("services.%s.extends", service);

	return diagnostics_add(extend->shaper->diagnostics, SEVERITY_ERROR, at, path, "%s",
			       message);
}

/* Something in it is wrong already. */
static bool is_told(const struct extend *extend, struct position at, const char *service)
{
	CLEANUP(memory_free) char *path = memory_format("services.%s.extends", service);
	const struct diagnostics *diagnostics = extend->shaper->diagnostics;

	return diagnostics_told(diagnostics, diagnostics->list.len, at.file, path);
}

/* --- files */

static struct source *read_source(struct extend *extend, const char *shown, const char *path,
				  const struct link *link, struct position at)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct arena *arena = extend->shaper->arena;

	if (extend->sources.len >= FILES_MAX) {
		complain(extend, at, link->service, "more than 100 files are extended");
		return NULL;
	}
	struct text *text = memory_zero(1, sizeof(*text));
	struct text *old = map_set(extend->texts, shown, text);
	if (old)
		text_drop(old);
	free(old);
	diagnostics_from(extend->shaper->diagnostics, shown, at);
	if (file_read(path, DOCUMENT_MAX, text, &err) < 0) {
		struct diagnostic *d = complain(
			extend, at, link->service,
			err->code == ERROR_NOT_FOUND ? "the file is not there" : err->message);
		if (err->code == ERROR_NOT_FOUND)
			diagnostic_hint(d, "looked for %s", path);
		return NULL;
	}
	struct source *source = memory_zero(1, sizeof(*source));
	CLEANUP(memory_free) char *folder = path_folder(path);
	CLEANUP(memory_free) char *beside = path_folder(shown);
	source->shown = arena_copy(arena, shown);
	source->folder = arena_copy(arena, folder);
	source->beside = strcmp(beside, ".") == 0 ? "" : arena_copy(arena, beside);
	map_set(&extend->sources, shown, source);
	source->unread = !document_read(arena, shown, text_string(text), text->len,
					&source->documents, extend->shaper->diagnostics);
	return source;
}

static struct source *open_source(struct extend *extend, const struct source *from,
				  const struct node *file, const struct link *link)
{
	CLEANUP(memory_free) char *path = path_join(from->folder, file->text);
	CLEANUP(memory_free)
	char *shown = *from->beside ? path_join(from->beside, file->text) : memory_copy(file->text);
	CLEANUP(memory_free) char *clean = path_clean(shown);
	struct source *source = map_get(&extend->sources, clean);

	return source ? source : read_source(extend, clean, path, link, file->at);
}

/* --- services */

static size_t count_nodes(const struct node *node)
{
	size_t count = 1;

	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->sequence.len; i++)
		count += count_nodes(node->sequence.items[i]);
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->mapping.len; i++)
		count += count_nodes(node->mapping.entries[i].value);
	return count;
}

/* A service of the i-th document's services. */
static struct node *find(struct source *source, size_t i, const struct node *services,
			 const char *name)
{
	if (!services || services->kind != NODE_MAPPING || services->mapping.len < INDEXED)
		return node_get(services, name);
	while (source->indexes.len <= i)
		array_add(&source->indexes);
	struct map *index = &source->indexes.items[i];
	for (size_t j = index->len > 0 ? services->mapping.len : 0; j < services->mapping.len; j++)
		map_set(index, services->mapping.entries[j].key,
			services->mapping.entries[j].value);
	return map_get(index, name);
}

/* The service as its file alone says it; NULL: it is not there. */
static struct node *own_service(struct extend *extend, struct source *source, const char *name)
{
	struct arena *arena = extend->shaper->arena;
	const struct trail section = {NULL, "services", 0};
	const struct trail trail = {&section, name, 0};
	struct node *merged = NULL;

	if (source->services)
		return find(source, 0, source->services, name);
	for (size_t i = 0; i < source->documents.list.len; i++) {
		const struct node *root = source->documents.list.items[i];
		struct node *service = find(source, i, node_get(root, "services"), name);

		if (!service || service->tag == NODE_RESET)
			continue;
		if (extend->expand)
			service = expand_tree(extend->expand, service);
		service = shape_object(extend->shaper, &schema_service, service, &trail);
		if (service)
			merged = merge_object(arena, &schema_service, merged, service);
	}
	if (merged)
		resolve_service(arena, source->folder, merged);
	return merged;
}

static bool is_circle(struct extend *extend, const struct link *link, const struct source *source,
		      const char *name)
{
	CLEANUP(text_drop) struct text chain = {0};
	const struct link *start = link;

	while (start && (start->source != source || strcmp(start->service, name) != 0))
		start = start->up;
	if (!start)
		return false;
	for (const struct link *l = link;; l = l->up) {
		CLEANUP(memory_free)
		char *step = memory_format("%s (%s:%u) -> ", l->service, l->at.file, l->at.line);
		CLEANUP(memory_free) char *rest = text_steal(&chain);

		text_add(&chain, step);
		text_add(&chain, rest);
		if (l == start)
			break;
	}
	text_add(&chain, name);
	diagnostic_hint(
		complain(extend, link->at, link->service, "a service extends itself in the end"),
		"%s", chain.data);
	return true;
}

static void tell_missing(struct extend *extend, const struct source *source,
			 const struct node *wanted, const struct link *link)
{
	CLEANUP(memory_free)
	char *message = source->shown ? memory_format("there is no service \"%s\" in %s",
						      wanted->text, source->shown)
				      : memory_format("there is no service \"%s\"", wanted->text);
	struct diagnostic *d = complain(extend, wanted->at, link->service, message);
	const struct node *services = source->services;

	if (!services && source->documents.list.len > 0)
		services = node_get(source->documents.list.items[0], "services");
	size_t len = services && services->kind == NODE_MAPPING ? services->mapping.len : 0;
	CLEANUP(memory_free) const char **names = memory_alloc((len + 1) * sizeof(*names));
	for (size_t i = 0; i < len; i++)
		names[i] = services->mapping.entries[i].key;
	const char *near = len < 2000 ? text_nearest(wanted->text, names, len) : NULL;
	if (near)
		diagnostic_hint(d, "did you mean \"%s\"?", near);
}

static struct node *extended(struct extend *extend, struct source *source, const char *name,
			     const struct link *up);

/* The base that a service names; NULL: none, or a finding says why not. */
static struct node *base_of(struct extend *extend, struct source *source,
			    const struct node *service, const struct link *link)
{
	const struct node *extends = node_get(service, "extends");
	const struct node *wanted = node_get(extends, "service");
	const struct node *file = node_get(extends, "file");
	size_t errors = extend->shaper->diagnostics->errors;

	if (extends && extends->kind == NODE_NULL && extends->tag == NODE_PLAIN) {
		diagnostic_hint(
			complain(extend, extends->at, link->service, "\"extends\" has no value"),
			"give it one, or remove the line");
		return NULL;
	}
	if (!extends || extends->kind != NODE_MAPPING)
		return NULL;
	if (!node_text(wanted) && is_told(extend, extends->at, link->service))
		return NULL;
	if (!node_text(wanted)) {
		diagnostic_hint(
			complain(extend, extends->at, link->service, "\"service\" is missing"),
			"service: is the name of the one whose attributes it takes");
		return NULL;
	}
	if (link->level >= LEVELS_MAX) {
		complain(extend, extends->at, link->service,
			 "services extend each other over more than 32 levels");
		return NULL;
	}
	struct source *from = node_text(file) ? open_source(extend, source, file, link) : source;
	if (!from || is_circle(extend, link, from, wanted->text))
		return NULL;
	struct node *base = extended(extend, from, wanted->text, link);
	if (!base && !from->unread && extend->shaper->diagnostics->errors == errors)
		tell_missing(extend, from, wanted, link);
	return base;
}

/* A service with its bases in it; NULL: it is not there. */
static struct node *extended(struct extend *extend, struct source *source, const char *name,
			     const struct link *up)
{
	struct arena *arena = extend->shaper->arena;
	struct node *done = map_get(&source->done, name);

	if (done)
		return done;
	struct node *service = own_service(extend, source, name);
	const struct node *extends = node_get(service, "extends");
	if (!service || service->kind != NODE_MAPPING)
		return NULL;
	const struct link link = {up, source, name, extends ? extends->at : service->at,
				  up ? up->level + 1 : 0};
	const struct node *base = base_of(extend, source, service, &link);
	node_remove(service, "extends");
	if (base) {
		extend->nodes += count_nodes(base);
		if (extend->nodes > NODES_MAX) {
			complain(extend, link.at, name,
				 "the services that are extended are more than two million nodes");
			return service;
		}
		/* A copy, for what is later put into one service must not be seen in the other. */
		service = merge_object(arena, &schema_service, node_copy(arena, base), service);
	}
	map_set(&source->done, name, service);
	return service;
}

void extend_document(struct extend *extend, struct node *document)
{
	struct node *services = node_get(document, "services");
	struct source source = {
		.folder = extend->folder, .beside = extend->shown, .services = services};

	for (size_t i = 0; services && services->kind == NODE_MAPPING && i < services->mapping.len;
	     i++) {
		struct node_entry *entry = &services->mapping.entries[i];

		struct node *done = map_get(&source.done, entry->key);

		if (done)
			entry->value = done;
		else if (entry->value->kind == NODE_MAPPING && node_entry(entry->value, "extends"))
			entry->value = extended(extend, &source, entry->key, NULL);
	}
	drop_parts(&source);
}
