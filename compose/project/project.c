/* SPDX-License-Identifier: MIT */
#include "compose/project/project.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/bind.h"
#include "compose/project/hash.h"
#include "compose/project/prune.h"

void project_drop(struct project **project)
{
	if (!*project)
		return;
	map_drop(&(*project)->environment);
	arena_drop(&(*project)->arena);
	free(*project);
	*project = NULL;
}

/* --- look-up: the arrays are sorted by their first member, the name */

static int by_name(const void *name, const void *item)
{
	return strcmp(name, *(const char *const *)item);
}

#define FIND(array, name)                                                                          \
	((array)->len == 0                                                                         \
		 ? NULL                                                                            \
		 : bsearch(name, (array)->items, (array)->len, sizeof(*(array)->items), by_name))

_Static_assert(offsetof(struct service, name) == 0, "sorted by name");
_Static_assert(offsetof(struct network, key) == 0, "sorted by key");
_Static_assert(offsetof(struct volume, key) == 0, "sorted by key");
_Static_assert(offsetof(struct file_source, key) == 0, "sorted by key");

struct service *project_service(const struct project *project, const char *name)
{
	return FIND(&project->services, name);
}

struct network *project_network(const struct project *project, const char *key)
{
	return FIND(&project->networks, key);
}

struct volume *project_volume(const struct project *project, const char *key)
{
	return FIND(&project->volumes, key);
}

struct file_source *project_secret(const struct project *project, const char *key)
{
	return FIND(&project->secrets, key);
}

struct file_source *project_config(const struct project *project, const char *key)
{
	return FIND(&project->configs, key);
}

/* --- selection */

static int unknown_service(const struct project *project, const char *name, struct error **err)
{
	size_t len = project->services.len;
	CLEANUP(memory_free) const char **names = memory_alloc((len + 1) * sizeof(*names));

	for (size_t i = 0; i < len; i++)
		names[i] = project->services.items[i].name;
	const char *near = text_nearest(name, names, len);
	error_set(err, ERROR_NOT_FOUND, "no such service: %s", name);
	if (near)
		error_detail(err, "did you mean %s?", near);
	for (size_t i = 0; i < project->disabled.len; i++)
		if (strcmp(project->disabled.items[i], name) == 0)
			error_detail(err, "%s is not enabled by any active profile", name);
	return ERROR_NOT_FOUND;
}

/* Adds a service and, one after the other, what it needs; the map is the queue. */
static void keep(const struct project *project, const char *name, bool no_deps, struct map *kept)
{
	size_t next = kept->len;

	if (map_set(kept, name, (void *)project))
		return;
	for (; !no_deps && next < kept->len; next++) {
		const struct service *service = project_service(project, kept->entries[next].key);

		ARRAY_FOR_EACH (const struct dependency, need, &service->dependencies)
			if (project_service(project, need->service))
				map_set(kept, need->service, (void *)project);
	}
}

int project_select(struct project *project, const char *const *services, bool no_deps,
		   struct error **err)
{
	CLEANUP(map_drop) struct map kept = {0};

	if (!services || !services[0])
		return 0;
	for (size_t i = 0; services[i]; i++) {
		if (!project_service(project, services[i]))
			return unknown_service(project, services[i], err);
		keep(project, services[i], no_deps, &kept);
	}
	prune_services(project->root, &kept);
	if (!project->all_resources)
		prune_resources(project->root);
	bind_project(project);
	return 0;
}

int project_scale(struct project *project, const char *service, unsigned replicas,
		  struct error **err)
{
	struct service *found = project_service(project, service);

	if (!found)
		return unknown_service(project, service, err);
	if (replicas > 1 && found->container_name)
		return error_set(err, ERROR_INVALID,
				 "%s cannot be scaled to %u: it has the container_name %s", service,
				 replicas, found->container_name);
	if (found->provider)
		return error_set(err, ERROR_INVALID,
				 "%s cannot be scaled: the program %s stands in for its containers",
				 service, found->provider->type);
	struct node *node = (struct node *)found->node;
	struct node *deploy = node_get(node, "deploy");
	struct node *count = node_int(&project->arena, (int64_t)replicas, (struct position){0});
	node_set(&project->arena, node, "scale", count, count->at);
	if (node_get(deploy, "replicas"))
		node_set(&project->arena, deploy, "replicas", count, count->at);
	found->replicas = replicas;
	return 0;
}

/* Not made anew from the tree: run changes the structure alone. */
static void set_pair(struct arena *arena, struct pairs *pairs, const char *key, const char *value)
{
	struct pair *copy = arena_alloc(arena, (pairs->len + 1) * sizeof(*copy));

	for (size_t i = 0; i < pairs->len; i++) {
		copy[i] = pairs->items[i];
		if (strcmp(copy[i].key, key) == 0) {
			pairs->items[i].value = value;
			return;
		}
	}
	copy[pairs->len] = (struct pair){key, value};
	pairs->items = copy;
	pairs->cap = ++pairs->len;
}

void project_set_environment(struct project *project, struct service *service, const char *key,
			     const char *value)
{
	static const struct position nowhere;
	struct arena *arena = &project->arena;
	struct node *node = (struct node *)service->node;
	const struct node *before = node_get(node, "environment");
	/* Other services may share the mapping that an anchor made. */
	struct node *mapping = before && before->kind == NODE_MAPPING
				       ? node_copy(arena, before)
				       : node_new(arena, NODE_MAPPING, nowhere);

	node_set(arena, mapping, arena_copy(arena, key),
		 node_string(arena, arena_copy(arena, value), nowhere), nowhere);
	node_set(arena, node, "environment", mapping, nowhere);
	set_pair(arena, &service->environment, arena_copy(arena, key), arena_copy(arena, value));
	hash_node(node, service->hash);
}

void project_set_credentials(struct project *project, struct service *service, const char *content)
{
	struct arena *arena = &project->arena;
	struct node *node = (struct node *)service->node;
	struct position at = service->credential_spec ? service->credential_spec->at : service->at;
	struct node *spec = node_new(arena, NODE_MAPPING, at);

	node_set(arena, spec, "file",
		 node_string(arena, arena_format(arena, "raw://%s", content), at), at);
	node_set(arena, node, "credential_spec", spec, at);
	service->credential_spec = spec;
	hash_node(node, service->hash);
}
