/* SPDX-License-Identifier: MIT */
#include "compose/plan/census.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/plan/plan.h"
#include "compose/plan/spec.h"

bool census_owns(const char *project, const struct labels *labels)
{
	return text_same(labels_get(labels, LABEL_PROJECT), project);
}

/* An image that compose built carries the project's and the service's label, and one that was
 * committed from a container all of that container's. What was set on the object itself differs
 * from the image's in at least one of these. */
bool plan_owns_labels(const char *project, const struct labels *labels,
		      const struct labels *image_labels)
{
	static const char *const own[] = {
		LABEL_PROJECT,      LABEL_SERVICE,      LABEL_NUMBER,
		LABEL_ONE_OFF,      LABEL_FOREIGN_HASH, LABEL_IMAGE,
		LABEL_CONFIG_FILES, LABEL_WORKING_DIR,  LABEL_HASH,
	};

	if (!census_owns(project, labels))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		const char *value = labels_get(labels, own[i]);
		if (value && !text_same(value, labels_get(image_labels, own[i])))
			return true;
	}
	return false;
}

bool plan_owns(const char *project, const struct container *container)
{
	return plan_owns_labels(project, &container->labels, &container->image_labels);
}

void plan_keep_own(const char *project, struct observed *observed)
{
	size_t kept = 0;

	ARRAY_FOR_EACH (struct container, container, &observed->containers) {
		if (plan_owns(project, container))
			observed->containers.items[kept++] = *container;
		else
			container_drop(container);
	}
	observed->containers.len = kept;
}

bool plan_is_one_off(const struct labels *labels)
{
	return text_same(labels_get(labels, LABEL_ONE_OFF), "True");
}

const char *plan_service(const struct labels *labels)
{
	return plan_is_one_off(labels) ? NULL : labels_get(labels, LABEL_SERVICE);
}

unsigned plan_number(const struct labels *labels)
{
	const char *number = labels_get(labels, LABEL_NUMBER);

	return number ? (unsigned)strtoul(number, NULL, 10) : 0;
}

bool census_is_up(const struct container *container)
{
	return container->state == CONTAINER_RUNNING || container->state == CONTAINER_PAUSED ||
	       container->state == CONTAINER_RESTARTING;
}

const struct container_network *census_attached(const struct container *container,
						const char *network)
{
	ARRAY_FOR_EACH (struct container_network, n, &container->networks)
		if (text_same(n->name, network))
			return n;
	return NULL;
}

static int by_service(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	if (x->one_off != y->one_off)
		return x->one_off ? 1 : -1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->container->name, y->container->name);
}

static void count(struct census *census, const struct container *container)
{
	const char *name = labels_get(&container->labels, LABEL_SERVICE);
	const struct service *service = name ? project_service(census->project, name) : NULL;
	*array_add(&census->found) = (struct found){
		.container = container,
		.service = name ? name : "",
		.index = service ? service->index : NO_SERVICE,
		.number = plan_number(&container->labels),
		.one_off = plan_is_one_off(&container->labels),
	};
}

/* nginx, nginx:latest, docker.io/library/nginx:latest and index.docker.io/... are one image. */
static void reference(const char *name, struct text *out)
{
	static const char *const prefixes[] = {"docker.io/", "index.docker.io/", "library/"};
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (text_starts(name, prefixes[i]))
			name += strlen(prefixes[i]);
	const char *last = strrchr(name, '/');
	text_add(out, name);
	if (!text_starts(name, "sha256:") && !strchr(name, '@') && !strchr(last ? last : name, ':'))
		text_add(out, ":latest");
}

static void name_image(struct census *census, const char *name, struct image *image)
{
	CLEANUP(text_drop) struct text key = {0};
	reference(name, &key);
	map_set(&census->images, text_string(&key), image);
}

const struct image *census_image(const struct census *census, const char *name)
{
	CLEANUP(text_drop) struct text key = {0};
	if (!name)
		return NULL;
	reference(name, &key);
	return map_get(&census->images, text_string(&key));
}

static void fill_crews(struct census *census)
{
	census->crews = memory_zero(census->project->services.len + 1, sizeof(*census->crews));
	for (size_t i = 0; i < census->found.len; i++) {
		const struct found *found = &census->found.items[i];
		if (found->index == NO_SERVICE)
			break;
		struct crew *crew = &census->crews[found->index];
		if (!crew->len && !crew->one_off_len)
			crew->first = i;
		if (found->one_off)
			crew->one_off_len++;
		else
			crew->len++;
	}
}

/* Whether a container of the project that runs is attached to this very network. */
static bool is_used(const struct census *census, const struct engine_network *network)
{
	ARRAY_FOR_EACH (struct found, found, &census->found) {
		const struct container_network *n =
			census_attached(found->container, network->name);
		if (n && census_is_up(found->container) && text_same(n->id, network->id))
			return true;
	}
	return false;
}

/* Two networks may have one name: the engine takes two requests at once for two networks. The project's
 * own goes first, then what is used, then what was there first. */
static bool goes_before(const struct census *census, const struct engine_network *a,
			const struct engine_network *b)
{
	const char *project = census->project->name;
	bool own_a = census_owns(project, &a->labels), own_b = census_owns(project, &b->labels);
	bool used_a = is_used(census, a), used_b = is_used(census, b);
	if (own_a != own_b)
		return own_a;
	if (used_a != used_b)
		return used_a;
	return a->created < b->created;
}

void census_take(struct census *census, const struct project *project,
		 const struct observed *observed)
{
	*census = (struct census){.project = project, .observed = observed};
	ARRAY_FOR_EACH (struct container, c, &observed->containers) {
		map_set(&census->names, c->name, c);
		if (plan_owns(project->name, c))
			count(census, c);
	}
	if (census->found.len)
		qsort(census->found.items, census->found.len, sizeof(struct found), by_service);
	fill_crews(census);
	ARRAY_FOR_EACH (struct engine_network, n, &observed->networks) {
		const struct engine_network *other = map_get(&census->networks, n->name);
		if (!other || goes_before(census, n, other))
			map_set(&census->networks, n->name, n);
	}
	ARRAY_FOR_EACH (struct engine_volume, v, &observed->volumes)
		map_set(&census->volumes, v->name, v);
	ARRAY_FOR_EACH (struct image, i, &observed->images) {
		name_image(census, i->id, i);
		for (char **tag = i->tags; tag && *tag; tag++)
			name_image(census, *tag, i);
		for (char **digest = i->digests; digest && *digest; digest++)
			name_image(census, *digest, i);
	}
}

void census_drop(struct census *census)
{
	array_drop(&census->found);
	free(census->crews);
	map_drop(&census->names);
	map_drop(&census->networks);
	map_drop(&census->volumes);
	map_drop(&census->images);
	*census = (struct census){0};
}

bool census_is_orphan(const struct census *census, const struct found *found)
{
	if (found->one_off)
		return found->container->state == CONTAINER_EXITED ||
		       found->container->state == CONTAINER_DEAD;
	if (found->index != NO_SERVICE)
		return false;
	for (size_t i = 0; i < census->project->disabled.len; i++)
		if (text_same(census->project->disabled.items[i], found->service))
			return false;
	return true;
}
