/* SPDX-License-Identifier: MIT */
/* plan_skeleton, of plan.h: what the labels of containers, networks and volumes say of a project */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/census.h"
#include "compose/plan/plan.h"
#include "compose/plan/spec.h"

static void split(struct arena *arena, const char *text, char separator, struct strings *out)
{
	size_t count = 1;
	for (const char *c = text; *c; c++)
		count += *c == separator;
	out->items = arena_alloc(arena, count * sizeof(*out->items));
	out->cap = count;
	while (*text) {
		const char *end = strchr(text, separator);
		size_t len = end ? (size_t)(end - text) : strlen(text);
		if (len)
			out->items[out->len++] = arena_copy_n(arena, text, len);
		text += len + (end != NULL);
	}
}

/* db:service_healthy:true,cache:service_started:false */
static void read_dependencies(struct arena *arena, const char *label, struct service *service)
{
	struct strings items = {0};
	if (!label || !*label)
		return;
	split(arena, label, ',', &items);
	service->dependencies.items =
		arena_alloc(arena, items.len * sizeof(*service->dependencies.items));
	service->dependencies.cap = items.len;
	for (size_t i = 0; i < items.len; i++) {
		struct strings parts = {0};
		split(arena, items.items[i], ':', &parts);
		if (!parts.len)
			continue;
		const char *condition = parts.len > 1 ? parts.items[1] : "";
		service->dependencies.items[service->dependencies.len++] = (struct dependency){
			.service = parts.items[0],
			.condition = text_same(condition, "service_healthy") ? DEPENDENCY_HEALTHY
				     : text_same(condition, "service_completed_successfully")
					     ? DEPENDENCY_COMPLETED
					     : DEPENDENCY_STARTED,
			.restart = parts.len > 2 && text_same(parts.items[2], "true"),
		};
	}
}

static void fill_service(struct project *project, struct service *service, const char *name,
			 const struct container *container)
{
	struct arena *arena = &project->arena;
	CLEANUP(memory_free) char *built = memory_format("%s-%s", project->name, name);
	service->name = arena_copy(arena, name);
	service->image = arena_copy(arena, container->image);
	/* An image that nobody wrote into the file has the name that build gives it. */
	service->image_written = !text_same(container->image, built);
	service->stop_grace_period = -1;
	service->attach = true;
	read_dependencies(arena, labels_get(&container->labels, LABEL_DEPENDS_ON), service);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct service *)a)->name, ((const struct service *)b)->name);
}

static int by_network_key(const void *a, const void *b)
{
	return strcmp(((const struct network *)a)->key, ((const struct network *)b)->key);
}

static int by_volume_key(const void *a, const void *b)
{
	return strcmp(((const struct volume *)a)->key, ((const struct volume *)b)->key);
}

/* The label does not say which are required: those that are there. */
static void require_present(struct project *project, const struct map *known)
{
	ARRAY_FOR_EACH (struct service, service, &project->services)
		ARRAY_FOR_EACH (struct dependency, d, &service->dependencies)
			d->required = map_has(known, d->service);
}

static void fill_services(struct project *project, const struct observed *observed)
{
	CLEANUP(map_drop) struct map known = {0};
	struct arena *arena = &project->arena;
	project->services.items =
		arena_alloc(arena, (observed->containers.len + 1) * sizeof(struct service));
	project->services.cap = observed->containers.len;
	ARRAY_FOR_EACH (struct container, c, &observed->containers) {
		const char *name = labels_get(&c->labels, LABEL_SERVICE);
		if (!name || !plan_owns(project->name, c))
			continue;
		struct service *service = map_get(&known, name);
		if (!service) {
			service = &project->services.items[project->services.len++];
			fill_service(project, service, name, c);
			map_set(&known, name, service);
			const char *folder = labels_get(&c->labels, LABEL_WORKING_DIR);
			const char *files = labels_get(&c->labels, LABEL_CONFIG_FILES);
			if (!project->folder)
				project->folder = arena_copy(arena, folder);
			if (!project->files.len && files)
				split(arena, files, ',', &project->files);
		}
		if (!plan_is_one_off(&c->labels))
			service->replicas++;
	}
	if (project->services.len)
		qsort(project->services.items, project->services.len, sizeof(struct service),
		      by_name);
	for (size_t i = 0; i < project->services.len; i++)
		project->services.items[i].index = i;
	require_present(project, &known);
}

static void fill_networks(struct project *project, const struct observed *observed)
{
	struct arena *arena = &project->arena;
	project->networks.items =
		arena_alloc(arena, (observed->networks.len + 1) * sizeof(struct network));
	project->networks.cap = observed->networks.len;
	ARRAY_FOR_EACH (struct engine_network, n, &observed->networks) {
		const char *key = labels_get(&n->labels, LABEL_NETWORK);
		if (!census_owns(project->name, &n->labels))
			continue;
		struct network *network = &project->networks.items[project->networks.len++];
		network->key = arena_copy(arena, key ? key : n->name);
		network->name = arena_copy(arena, n->name);
	}
	if (project->networks.len)
		qsort(project->networks.items, project->networks.len, sizeof(struct network),
		      by_network_key);
}

static void fill_volumes(struct project *project, const struct observed *observed)
{
	struct arena *arena = &project->arena;
	project->volumes.items =
		arena_alloc(arena, (observed->volumes.len + 1) * sizeof(struct volume));
	project->volumes.cap = observed->volumes.len;
	ARRAY_FOR_EACH (struct engine_volume, v, &observed->volumes) {
		const char *key = labels_get(&v->labels, LABEL_VOLUME);
		if (!census_owns(project->name, &v->labels))
			continue;
		struct volume *volume = &project->volumes.items[project->volumes.len++];
		volume->key = arena_copy(arena, key ? key : v->name);
		volume->name = arena_copy(arena, v->name);
	}
	if (project->volumes.len)
		qsort(project->volumes.items, project->volumes.len, sizeof(struct volume),
		      by_volume_key);
}

int plan_skeleton(const char *name, const struct observed *observed, struct project **ret,
		  struct error **err)
{
	if (project_name_check(name, err) < 0)
		return (*err)->code;
	struct project *project = memory_zero(1, sizeof(*project));
	project->name = arena_copy(&project->arena, name);
	fill_services(project, observed);
	fill_networks(project, observed);
	fill_volumes(project, observed);
	*ret = project;
	return 0;
}
