/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

enum { AT_ONCE = 8 }; /* look-ups under way: each has a connection of its own */

struct list_operation;

/* A look-up by name, or of what a list does not tell. */
struct lookup {
	struct list_operation *of;
	const char *before, *after; /* of the name in the path */
	void (*found)(struct lookup *lookup, const cJSON *json);
	char *name;
	size_t index; /* of the container */
};

struct list_operation {
	struct operation operation; /* first */
	struct observed observed;
	bool inspect, origin;
	unsigned lists;   /* under way */
	unsigned running; /* look-ups under way */
	size_t next;      /* look-up to be started */
	ARRAY(struct lookup *) lookups;
};

static void finish(struct operation *operation, const struct error *err)
{
	struct list_operation *of = container_of(operation, struct list_operation, operation);

	((engine_observed_done *)operation->done)(err ? NULL : &of->observed, err,
						  operation->payload);
}

static void drop(struct operation *operation)
{
	struct list_operation *of = container_of(operation, struct list_operation, operation);

	observed_drop(&of->observed);
	ARRAY_FOR_EACH (struct lookup *, lookup, &of->lookups) {
		free((*lookup)->name);
		free(*lookup);
	}
	array_drop(&of->lookups);
}

/* --- the end */

static int by_name(const void *a, const void *b)
{
	const struct container *left = a;
	const struct container *right = b;

	return strcmp(left->name ? left->name : "", right->name ? right->name : "");
}

/* Those that went between the list and their inspect have lost their id. */
static void sort(struct list_operation *of)
{
	for (size_t i = of->observed.containers.len; i-- > 0;)
		if (!of->observed.containers.items[i].id) {
			container_drop(&of->observed.containers.items[i]);
			array_remove(&of->observed.containers, i);
		}
	if (of->observed.containers.len > 1)
		qsort(of->observed.containers.items, of->observed.containers.len,
		      sizeof(*of->observed.containers.items), by_name);
}

static void look(struct list_operation *of);
static void network(struct lookup *lookup, const cJSON *json);

static void advance(struct list_operation *of)
{
	look(of);
	if (of->lists || of->running)
		return;
	if (of->inspect || of->origin)
		ARRAY_FOR_EACH (struct container, container, &of->observed.containers)
			labels_cache_fill(of->operation.docker, container);
	sort(of);
	operation_end(&of->operation, NULL);
}

/* --- look-ups */

static void namesakes_listed(const struct answer *answer, void *payload)
{
	struct lookup *lookup = payload;
	struct list_operation *of = lookup->of;
	const cJSON *item = NULL;

	if (answer->err) {
		operation_end(&of->operation, answer->err);
		return;
	}
	cJSON_ArrayForEach (item, answer->json)
		lookup->found(lookup, item);
	of->running--;
	advance(of);
}

/* Several networks may have one name; an inspect by that name is refused then. */
static void list_namesakes(struct lookup *lookup)
{
	struct list_operation *of = lookup->of;
	CLEANUP(text_drop) struct text path = {0};

	text_add(&path, "/networks");
	docker_query_filters(&path, (const char *const[]){"name", lookup->name, NULL});
	docker_ask(of->operation.docker, &of->operation.asks,
		   &(struct ask_options){.path = text_string(&path)}, namesakes_listed, lookup);
}

static void looked_up(const struct answer *answer, void *payload)
{
	struct lookup *lookup = payload;
	struct list_operation *of = lookup->of;

	if (answer->err && answer->err->code == ERROR_CONFLICT && lookup->found == network) {
		list_namesakes(lookup);
		return;
	}
	if (answer->err && answer->status != 404) {
		operation_end(&of->operation, answer->err);
		return;
	}
	lookup->found(lookup, answer->err ? NULL : answer->json);
	of->running--;
	advance(of);
}

static void look(struct list_operation *of)
{
	while (of->running < AT_ONCE && of->next < of->lookups.len) {
		struct lookup *lookup = of->lookups.items[of->next++];
		CLEANUP(text_drop) struct text path = {0};

		of->running++;
		docker_path(&path, lookup->before, lookup->name, lookup->after);
		docker_ask(of->operation.docker, &of->operation.asks,
			   &(struct ask_options){.path = text_string(&path)}, looked_up, lookup);
	}
}

static void inspected(struct lookup *lookup, const cJSON *json)
{
	struct container *container = &lookup->of->observed.containers.items[lookup->index];
	CLEANUP(memory_free) char *status = steal(&container->status);
	CLEANUP(memory_free) char *command = steal(&container->command);

	container_drop(container);
	if (!json)
		return;
	docker_parse_inspected(json, container);
	/* The list's words are the better ones: Up 3 minutes (healthy); sh -c 'a b'. */
	memory_free(&container->status);
	memory_free(&container->command);
	container->status = steal(&status);
	container->command = steal(&command);
}

static void image_labels(struct lookup *lookup, const cJSON *json)
{
	labels_cache_put(lookup->of->operation.docker, lookup->name, json);
}

static void network(struct lookup *lookup, const cJSON *json)
{
	struct observed *observed = &lookup->of->observed;
	const char *id = json_string(json, "Id");

	/* The engine takes the beginning of an id for a name as well. */
	if (!text_same(json_string(json, "Name"), lookup->name))
		return;
	ARRAY_FOR_EACH (struct engine_network, known, &observed->networks)
		if (text_same(known->id, id))
			return;
	docker_parse_network(json, array_add(&observed->networks));
}

static void volume(struct lookup *lookup, const cJSON *json)
{
	struct observed *observed = &lookup->of->observed;
	const char *name = json_string(json, "Name");

	if (!json)
		return;
	ARRAY_FOR_EACH (struct engine_volume, known, &observed->volumes)
		if (text_same(known->name, name))
			return;
	docker_parse_volume(json, array_add(&observed->volumes));
}

static void image(struct lookup *lookup, const cJSON *json)
{
	struct observed *observed = &lookup->of->observed;
	const char *id = json_string(json, "Id");

	if (!json)
		return;
	if (!labels_cache_get(lookup->of->operation.docker, id))
		labels_cache_put(lookup->of->operation.docker, id, json);
	ARRAY_FOR_EACH (struct image, known, &observed->images)
		if (text_same(known->id, id))
			return;
	docker_parse_image(json, array_add(&observed->images));
}

static struct lookup *add(struct list_operation *of, const char *before, const char *name,
			  const char *after,
			  void (*found)(struct lookup *lookup, const cJSON *json))
{
	struct lookup *lookup = memory_zero(1, sizeof(*lookup));

	*lookup = (struct lookup){
		.of = of,
		.before = before,
		.after = after,
		.name = memory_copy(name),
		.found = found,
	};
	array_push(&of->lookups, lookup);
	return lookup;
}

/* --- lists */

static bool wanted(const struct list_operation *of, const char *image_id)
{
	ARRAY_FOR_EACH (struct lookup *, lookup, &of->lookups)
		if ((*lookup)->found == image_labels && text_same((*lookup)->name, image_id))
			return false;
	return !labels_cache_get(of->operation.docker, image_id);
}

static void look_closer(struct list_operation *of)
{
	for (size_t i = 0; i < of->observed.containers.len; i++) {
		struct container *container = &of->observed.containers.items[i];

		if (!container->id)
			continue;
		if (of->inspect)
			add(of, "/containers/", container->id, "/json", inspected)->index = i;
		if (container->image_id && wanted(of, container->image_id))
			add(of, "/images/", container->image_id, "/json", image_labels);
	}
}

static void containers_listed(const struct answer *answer, void *payload)
{
	struct list_operation *of = payload;
	const cJSON *item = NULL;

	if (answer->err) {
		operation_end(&of->operation, answer->err);
		return;
	}
	cJSON_ArrayForEach (item, answer->json)
		docker_parse_listed(item, array_add(&of->observed.containers));
	of->lists--;
	if (of->inspect || of->origin)
		look_closer(of);
	advance(of);
}

static void networks_listed(const struct answer *answer, void *payload)
{
	struct list_operation *of = payload;
	struct lookup lookup = {.of = of};
	const cJSON *item = NULL;

	if (answer->err) {
		operation_end(&of->operation, answer->err);
		return;
	}
	cJSON_ArrayForEach (item, answer->json) {
		lookup.name = (char *)json_string(item, "Name");
		network(&lookup, item);
	}
	of->lists--;
	advance(of);
}

static void volumes_listed(const struct answer *answer, void *payload)
{
	struct list_operation *of = payload;
	struct lookup lookup = {.of = of};
	const cJSON *item = NULL;

	if (answer->err) {
		operation_end(&of->operation, answer->err);
		return;
	}
	cJSON_ArrayForEach (item, json_get(answer->json, "Volumes"))
		volume(&lookup, item);
	of->lists--;
	advance(of);
}

static void ask_list(struct list_operation *of, bool asked, const char *path_name,
		     const char *project, docker_answered *listed)
{
	CLEANUP(text_drop) struct text path = {0};
	CLEANUP(memory_free)
	char *label = project ? memory_format("com.docker.compose.project=%s", project)
			      : memory_copy("com.docker.compose.project");

	if (!asked)
		return;
	text_add(&path, path_name);
	docker_query_filters(&path, (const char *const[]){"label", label, NULL});
	of->lists++;
	operation_ask(&of->operation, &(struct ask_options){.path = text_string(&path)}, listed);
}

struct engine_request *docker_list(struct engine *engine, const struct engine_filter *filter,
				   engine_observed_done *done, void *payload)
{
	struct list_operation *of =
		operation_new(engine, sizeof(*of), finish, (void *)done, payload);
	const char *const *name;
	struct error *none = NULL;

	of->operation.drop = drop;
	of->inspect = filter->inspect;
	of->origin = filter->origin;
	ask_list(of, filter->containers, "/containers/json?all=1", filter->project,
		 containers_listed);
	ask_list(of, filter->networks, "/networks", filter->project, networks_listed);
	ask_list(of, filter->volumes, "/volumes", filter->project, volumes_listed);
	for (name = filter->network_names; name && *name; name++)
		add(of, "/networks/", *name, "", network);
	for (name = filter->volume_names; name && *name; name++)
		add(of, "/volumes/", *name, "", volume);
	for (name = filter->images; name && *name; name++)
		add(of, "/images/", *name, "/json", image);
	look(of);
	if (!of->lists && !of->running)
		operation_end_soon(&of->operation, &none);
	return &of->operation.request;
}
