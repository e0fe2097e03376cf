/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include "tests/plan/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/spec.h"

static void set(struct labels *labels, const char *key, const char *value)
{
	for (size_t i = 0; i < labels->len; i++) {
		if (strcmp(labels->items[i].key, key) != 0)
			continue;
		free((char *)labels->items[i].value);
		labels->items[i].value = memory_copy(value);
		return;
	}
	labels_set(labels, memory_copy(key), memory_copy(value));
}

static void set_hashes(struct labels *labels, const cJSON *json, const char *current)
{
	const char *word = json_string(json, "hash");
	CLEANUP(memory_free) char *own = memory_format("%s:%s", SPEC_HASH_ALGORITHM, current);
	set(labels, LABEL_FOREIGN_HASH, current);
	if (!word || !strcmp(word, "current"))
		set(labels, LABEL_HASH, own);
	else if (!strcmp(word, "old"))
		set(labels, LABEL_HASH, SPEC_HASH_ALGORITHM ":0000");
	else if (!strcmp(word, "other version"))
		set(labels, LABEL_HASH, "other:0000");
	else if (strcmp(word, "foreign") != 0)
		fail_msg("hash \"%s\"", word);
}

static void set_labels(struct labels *labels, const cJSON *json, const char *key)
{
	const cJSON *item;
	cJSON_ArrayForEach (item, json_get(json, key))
		set(labels, item->string, item->valuestring);
}

/* --- containers */

static enum container_state state_named(const char *name)
{
	for (int i = CONTAINER_CREATED; name && i <= CONTAINER_DEAD; i++)
		if (strcmp(container_state_name((enum container_state)i), name) == 0)
			return (enum container_state)i;
	if (name)
		fail_msg("state \"%s\"", name);
	return CONTAINER_RUNNING;
}

static enum container_health health_named(const char *name)
{
	for (int i = HEALTH_NONE; name && i <= HEALTH_UNHEALTHY; i++)
		if (strcmp(container_health_name((enum container_health)i), name) == 0)
			return (enum container_health)i;
	return HEALTH_NONE;
}

static void add_network(struct container *c, const char *name, const char *id)
{
	struct container_network *n = array_add(&c->networks);
	n->name = memory_copy(name);
	n->id = id ? memory_copy(id) : memory_format("id-of-%s", name);
}

static void fill_networks(struct container *c, const cJSON *json, const struct project *project,
			  const struct service *service)
{
	const cJSON *item, *list = json_get(json, "networks");
	cJSON_ArrayForEach (item, list)
		add_network(c, cJSON_IsString(item) ? item->valuestring : json_string(item, "name"),
			    cJSON_IsString(item) ? NULL : json_string(item, "id"));
	if (list || !service)
		return;
	ARRAY_FOR_EACH (struct service_network, n, &service->networks)
		add_network(c, project_network(project, n->network)->name, NULL);
}

static void add_mount(struct container *c, const char *name, const char *target)
{
	struct container_mount *m = array_add(&c->mounts);
	m->type = memory_copy("volume");
	m->name = memory_copy(name);
	m->target = memory_copy(target);
}

static void fill_mounts(struct container *c, const cJSON *json, const struct project *project,
			const struct service *service)
{
	const cJSON *item, *list = json_get(json, "mounts");
	cJSON_ArrayForEach (item, list)
		add_mount(c, json_string(item, "name"), json_string(item, "target"));
	if (list || !service)
		return;
	ARRAY_FOR_EACH (struct service_mount, m, &service->mounts)
		if (m->kind == MOUNT_VOLUME && m->source)
			add_mount(c, project_volume(project, m->source)->name, m->target);
}

static void fill_labels(struct container *c, const cJSON *json, const struct project *project,
			const struct service *service)
{
	const char *owner = json_string(json, "project");
	CLEANUP(memory_free)
	char *number = memory_format("%d", (int)json_int(json, "number", 1));
	if (!json_string(json, "service")) {
		set_labels(&c->labels, json, "labels");
		return;
	}
	set(&c->labels, LABEL_PROJECT, owner ? owner : project->name);
	set(&c->labels, LABEL_SERVICE, json_string(json, "service"));
	set(&c->labels, LABEL_NUMBER, number);
	set(&c->labels, LABEL_ONE_OFF, json_bool(json, "oneoff") ? "True" : "False");
	set_hashes(&c->labels, json, service ? service->hash : "gone");
	set_labels(&c->labels, json, "labels");
	set_labels(&c->image_labels, json, "image_labels");
}

static void read_container(struct scene *scene, const cJSON *json, const struct project *project)
{
	const char *name = json_string(json, "service");
	const struct service *service = name ? project_service(project, name) : NULL;
	int number = (int)json_int(json, "number", 1);
	struct container *c = array_add(&scene->observed.containers);

	const char *id = json_string(json, "id"), *given = json_string(json, "name");
	c->id = id ? memory_copy(id) : memory_format("c%011zu", scene->observed.containers.len);
	c->name =
		given ? memory_copy(given) : memory_format("%s-%s-%d", project->name, name, number);
	const char *image = json_string(json, "image");
	c->image = memory_copy(image ? image : service ? service->image : "gone");
	c->image_id = memory_copy(json_string(json, "image_id"));
	c->state = state_named(json_string(json, "state"));
	c->health = health_named(json_string(json, "health"));
	c->exit_code = (int)json_int(json, "exit", 0);
	c->created = json_int(json, "created", 0);
	fill_labels(c, json, project, service);
	fill_networks(c, json, project, service);
	fill_mounts(c, json, project, service);
	const cJSON *port;
	cJSON_ArrayForEach (port, json_get(json, "ports")) {
		struct container_port *p = array_add(&c->ports);
		p->published = (unsigned)port->valuedouble;
		p->target = 80;
		p->protocol = memory_copy("tcp");
	}
}

/* --- networks, volumes, images: a string is the project's own as the file says */

static void fill_place(struct labels *labels, const cJSON *json, const struct project *project,
		       const char *kind, const char *hash)
{
	const char *owner = json_string(json, "project");
	if (!owner || *owner) {
		set(labels, LABEL_PROJECT, owner ? owner : project->name);
		set(labels, kind, "key");
		set_hashes(labels, json, hash);
	}
	set_labels(labels, json, "labels");
}

static const char *name_of(const cJSON *json)
{
	return cJSON_IsString(json) ? json->valuestring : json_string(json, "name");
}

static void read_network(struct scene *scene, const cJSON *json, const struct project *project)
{
	struct engine_network *n = array_add(&scene->observed.networks);
	const char *hash = "gone", *id = json_string(json, "id");
	n->name = memory_copy(name_of(json));
	n->id = id ? memory_copy(id) : memory_format("id-of-%s", n->name);
	ARRAY_FOR_EACH (struct network, known, &project->networks)
		if (strcmp(known->name, n->name) == 0)
			hash = known->hash;
	fill_place(&n->labels, json, project, LABEL_NETWORK, hash);
}

static void read_volume(struct scene *scene, const cJSON *json, const struct project *project)
{
	struct engine_volume *v = array_add(&scene->observed.volumes);
	const char *hash = "gone";
	v->name = memory_copy(name_of(json));
	ARRAY_FOR_EACH (struct volume, known, &project->volumes)
		if (strcmp(known->name, v->name) == 0)
			hash = known->hash;
	fill_place(&v->labels, json, project, LABEL_VOLUME, hash);
}

static void read_image(struct scene *scene, const cJSON *json, const struct project *project)
{
	(void)project;
	struct image *i = array_add(&scene->observed.images);
	const char *tags[] = {json_string(json, "tag"), NULL};
	i->id = memory_copy(json_string(json, "id"));
	i->tags = memory_copy_vector(tags);
	i->os = memory_copy(json_string(json, "os"));
	i->os_version = memory_copy(json_string(json, "os_version"));
	i->has_healthcheck = json_bool(json, "healthcheck");
}

/* --- options and host */

static void read_options(struct scene *scene, const cJSON *json)
{
	struct plan_options *o = &scene->options;
	static const char *const goals[] = {
		[PLAN_UP] = "up",     [PLAN_DOWN] = "down",       [PLAN_START] = "start",
		[PLAN_STOP] = "stop", [PLAN_RESTART] = "restart", [PLAN_KILL] = "kill",
		[PLAN_REMOVE] = "rm",
	};
	const struct {
		const char *name;
		bool *value;
	} flags[] = {
		{"force_recreate", &o->force_recreate},
		{"no_recreate", &o->no_recreate},
		{"always_recreate_deps", &o->always_recreate_deps},
		{"no_start", &o->no_start},
		{"no_deps", &o->no_deps},
		{"remove_orphans", &o->remove_orphans},
		{"ignore_orphans", &o->ignore_orphans},
		{"renew_volumes", &o->renew_volumes},
		{"wait", &o->wait},
		{"again", &o->again},
		{"remove_volumes", &o->remove_volumes},
		{"stop_first", &o->stop_first},
		{"supervised", &o->supervised},
		{"quick", &o->quick},
		{"skeleton", &scene->skeleton},
	};
	const char *goal = json_string(json, "goal");
	for (size_t i = 0; goal && i < ARRAY_LEN(goals); i++)
		if (strcmp(goals[i], goal) == 0)
			o->goal = (enum plan_goal)i;
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		*flags[i].value = json_bool(json, flags[i].name);
	scene->services =
		json_get(json, "services") ? json_vector(json_get(json, "services")) : NULL;
	scene->held = json_get(json, "held") ? json_vector(json_get(json, "held")) : NULL;
	scene->signal = memory_copy(json_string(json, "signal"));
	scene->remove_images = memory_copy(json_string(json, "remove_images"));
	scene->one_off = memory_copy(json_string(json, "one_off"));
	o->services = (const char *const *)scene->services;
	o->held = (const char *const *)scene->held;
	o->signal = scene->signal;
	o->remove_images = scene->remove_images;
	o->one_off = scene->one_off;
	o->timeout = (int)json_int(json, "timeout", -1);
}

static void read_host(struct scene *scene, const cJSON *json)
{
	if (!json)
		return;
	scene->has_host = true;
	scene->host.os_type = memory_copy(json_string(json, "os"));
	scene->host.os_version = memory_copy(json_string(json, "version"));
	scene->host.is_server = json_bool(json, "server");
	if (json_bool(json, "process"))
		scene->host.capabilities |= ENGINE_ISOLATION_PROCESS;
	if (json_bool(json, "hyperv"))
		scene->host.capabilities |= ENGINE_ISOLATION_HYPERV;
}

void scene_read(struct scene *scene, const char *text, const struct project *project)
{
	static const struct {
		const char *key;
		void (*read)(struct scene *, const cJSON *, const struct project *);
	} lists[] = {
		{"containers", read_container},
		{"networks", read_network},
		{"volumes", read_volume},
		{"images", read_image},
	};
	CLEANUP(json_drop) cJSON *json = NULL;
	CLEANUP(error_drop) struct error *err = NULL;
	*scene = (struct scene){0};
	if (json_parse(text, strlen(text), "observed.json", &json, &err) < 0)
		fail_msg("%s", err->message);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		const cJSON *item;
		cJSON_ArrayForEach (item, json_get(json, lists[i].key))
			lists[i].read(scene, item, project);
	}
	read_options(scene, json_get(json, "options"));
	read_host(scene, json_get(json, "host"));
}

void scene_drop(struct scene *scene)
{
	observed_drop(&scene->observed);
	engine_host_drop(&scene->host);
	memory_free_vector(&scene->services);
	memory_free_vector(&scene->held);
	free(scene->signal);
	free(scene->one_off);
	free(scene->remove_images);
}
