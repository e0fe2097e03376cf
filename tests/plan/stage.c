/* SPDX-License-Identifier: MIT */
#include "tests/plan/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

struct stage *stage_new(const char *name)
{
	struct stage *stage = memory_zero(1, sizeof(*stage));
	stage->project.name = name;
	stage->project.folder = "/work";
	return stage;
}

static void drop_service(struct service *s)
{
	array_drop(&s->dependencies);
	array_drop(&s->networks);
	array_drop(&s->mounts);
	array_drop(&s->ports);
	array_drop(&s->configs);
	array_drop(&s->secrets);
	array_drop(&s->volumes_from);
	array_drop(&s->environment);
	array_drop(&s->labels);
}

void stage_drop(struct stage **stage)
{
	if (!*stage)
		return;
	struct project *p = &(*stage)->project;
	ARRAY_FOR_EACH (struct service, s, &p->services)
		drop_service(s);
	ARRAY_FOR_EACH (struct network, n, &p->networks)
		array_drop(&n->ipam);
	array_drop(&p->services);
	array_drop(&p->networks);
	array_drop(&p->volumes);
	array_drop(&p->configs);
	array_drop(&p->secrets);
	array_drop(&p->files);
	array_drop(&p->env_files);
	array_drop(&p->disabled);
	map_drop(&p->environment);
	arena_drop(&p->arena);
	free(*stage);
	*stage = NULL;
}

struct service *stage_service(struct stage *stage, const char *name, const char *hash)
{
	struct service *s = array_add(&stage->project.services);
	s->name = name;
	s->image = "tiny:1";
	s->image_written = true;
	s->replicas = 1;
	s->stop_grace_period = -1;
	s->attach = true;
	snprintf(s->hash, sizeof(s->hash), "%s", hash);
	return s;
}

void stage_depend(struct service *service, const char *on, enum dependency_condition condition,
		  bool restart)
{
	array_push(&service->dependencies,
		   ((struct dependency){on, condition, restart, true, {0}}));
}

struct network *stage_network(struct stage *stage, const char *key, const char *hash)
{
	ARRAY_FOR_EACH (struct network, n, &stage->project.networks)
		if (strcmp(n->key, key) == 0)
			return n;
	struct network *n = array_add(&stage->project.networks);
	n->key = key;
	n->name = arena_format(&stage->project.arena, "%s_%s", stage->project.name, key);
	snprintf(n->hash, sizeof(n->hash), "%s", hash);
	return n;
}

void stage_join(struct stage *stage, struct service *service, const char *network)
{
	stage_network(stage, network, "n1");
	struct service_network *n = array_add(&service->networks);
	n->network = network;
}

void stage_mount(struct stage *stage, struct service *service, const char *volume,
		 const char *target)
{
	array_push(
		&service->mounts,
		((struct service_mount){.kind = MOUNT_VOLUME, .source = volume, .target = target}));
	if (!volume)
		return;
	ARRAY_FOR_EACH (struct volume, v, &stage->project.volumes)
		if (strcmp(v->key, volume) == 0)
			return;
	struct volume *v = array_add(&stage->project.volumes);
	v->key = volume;
	v->name = arena_format(&stage->project.arena, "%s_%s", stage->project.name, volume);
	snprintf(v->hash, sizeof(v->hash), "v1");
}

void stage_port(struct service *service, const char *published, unsigned target)
{
	array_push(&service->ports,
		   ((struct service_port){
			   .published = published, .target = target, .protocol = "tcp"}));
}

void stage_config(struct stage *stage, struct service *service, const char *name)
{
	array_push(&service->configs, ((struct service_file){.source = name, .target = "/c"}));
	ARRAY_FOR_EACH (struct file_source, f, &stage->project.configs)
		if (strcmp(f->key, name) == 0)
			return;
	array_push(&stage->project.configs,
		   ((struct file_source){.key = name, .kind = SOURCE_CONTENT, .value = "text"}));
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

const struct project *stage_project(struct stage *stage)
{
	struct project *p = &stage->project;
	if (stage->sorted)
		return p;
	if (p->services.len)
		qsort(p->services.items, p->services.len, sizeof(struct service), by_name);
	if (p->networks.len)
		qsort(p->networks.items, p->networks.len, sizeof(struct network), by_network_key);
	if (p->volumes.len)
		qsort(p->volumes.items, p->volumes.len, sizeof(struct volume), by_volume_key);
	for (size_t i = 0; i < p->services.len; i++)
		p->services.items[i].index = i;
	stage->sorted = true;
	return p;
}
