/* SPDX-License-Identifier: MIT */
#include "tests/plan/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/spec.h"

#define FEW 8

struct inhabitant {
	char id[65];
	char name[80];
	char image[64], image_id[72];
	struct labels labels; /* owned */
	enum container_state state;
	int exit_code;
	int64_t created;
	char networks[FEW][64], network_ids[FEW][65];
	size_t network_count;
	char mounts[FEW][65], targets[FEW][64];
	size_t mount_count;
	unsigned ports[FEW];
	size_t port_count;
	char shares[65]; /* the id that its network mode was resolved to at create */
	bool wants_files, has_files, healthy;
};

struct place {
	char id[65], name[65];
	struct labels labels;
};

struct world {
	ARRAY(struct inhabitant) containers;
	ARRAY(struct place) networks;
	ARRAY(struct place) volumes;
	struct {
		char reference[64], id[72];
	} images[FEW];
	size_t image_count;
	unsigned long serial;
	char sentence[300];
};

static void own_labels(struct labels *to, const struct labels *from)
{
	*to = (struct labels){0};
	for (size_t i = 0; i < from->len; i++)
		array_push(to, ((struct label){memory_copy(from->items[i].key),
					       memory_copy(from->items[i].value)}));
}

static void free_labels(struct labels *labels)
{
	for (size_t i = 0; i < labels->len; i++) {
		free((char *)labels->items[i].key);
		free((char *)labels->items[i].value);
	}
	array_drop(labels);
}

struct world *world_new(void)
{
	struct world *world = memory_zero(1, sizeof(*world));
	world_tag(world, "tiny:1", "sha256:1111");
	return world;
}

void world_drop(struct world **world)
{
	if (!*world)
		return;
	ARRAY_FOR_EACH (struct inhabitant, c, &(*world)->containers)
		free_labels(&c->labels);
	ARRAY_FOR_EACH (struct place, n, &(*world)->networks)
		free_labels(&n->labels);
	ARRAY_FOR_EACH (struct place, v, &(*world)->volumes)
		free_labels(&v->labels);
	array_drop(&(*world)->containers);
	array_drop(&(*world)->networks);
	array_drop(&(*world)->volumes);
	free(*world);
	*world = NULL;
}

struct world *world_copy(const struct world *from)
{
	struct world *to = memory_zero(1, sizeof(*to));
	*to = *from;
	memset(&to->containers, 0, sizeof(to->containers));
	memset(&to->networks, 0, sizeof(to->networks));
	memset(&to->volumes, 0, sizeof(to->volumes));
	ARRAY_FOR_EACH (struct inhabitant, c, &from->containers) {
		array_push(&to->containers, *c);
		own_labels(&to->containers.items[to->containers.len - 1].labels, &c->labels);
	}
	ARRAY_FOR_EACH (struct place, n, &from->networks) {
		array_push(&to->networks, *n);
		own_labels(&to->networks.items[to->networks.len - 1].labels, &n->labels);
	}
	ARRAY_FOR_EACH (struct place, v, &from->volumes) {
		array_push(&to->volumes, *v);
		own_labels(&to->volumes.items[to->volumes.len - 1].labels, &v->labels);
	}
	return to;
}

const char *world_sentence(const struct world *world)
{
	return world->sentence;
}

static int refuse(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);
static int refuse(struct world *world, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(world->sentence, sizeof(world->sentence), format, args);
	va_end(args);
	return -1;
}

static struct inhabitant *container(struct world *world, const char *target)
{
	ARRAY_FOR_EACH (struct inhabitant, c, &world->containers)
		if (strcmp(c->id, target) == 0 || strcmp(c->name, target) == 0)
			return c;
	return NULL;
}

#define PLACE(list, target)                                                                        \
	({                                                                                         \
		struct place *found_ = NULL;                                                       \
		ARRAY_FOR_EACH (struct place, p_, (list))                                          \
			if (strcmp(p_->id, (target)) == 0 || strcmp(p_->name, (target)) == 0)      \
				found_ = p_;                                                       \
		found_;                                                                            \
	})

static bool is_up(const struct inhabitant *c)
{
	return c->state == CONTAINER_RUNNING;
}

/* --- containers */

static void new_id(struct world *world, char *id)
{
	snprintf(id, 65, "%012llx%052x", 0xabc000000000ULL + ++world->serial, 0);
}

static void settle(struct world *world, struct place *place, const char *name,
		   const struct labels *labels)
{
	new_id(world, place->id);
	snprintf(place->name, sizeof(place->name), "%s", name);
	own_labels(&place->labels, labels);
}

static size_t attached(const struct inhabitant *c, const char *network)
{
	for (size_t i = 0; i < c->network_count; i++)
		if (strcmp(c->networks[i], network) == 0)
			return i;
	return FEW;
}

static void attach(struct inhabitant *c, const char *network)
{
	snprintf(c->networks[c->network_count], 64, "%s", network);
	c->network_ids[c->network_count++][0] = '\0'; /* known at the start */
}

static int create(struct world *world, const struct step *step, bool half)
{
	const struct container_spec *spec = step->container;
	if (container(world, spec->name))
		return refuse(world, "the name %s is taken", spec->name);
	if (strcmp(spec->name, step->target) != 0)
		return refuse(world, "step and spec differ in the name %s", spec->name);
	for (size_t i = 0; i < spec->endpoint_count; i++)
		if (!PLACE(&world->networks, spec->endpoints[i].network))
			return refuse(world, "no network %s", spec->endpoints[i].network);
	struct inhabitant c = {.created = (int64_t)++world->serial, .state = CONTAINER_CREATED};
	for (size_t i = 0; i < spec->mount_count; i++) {
		const char *source = spec->mounts[i].source;
		if (source && !PLACE(&world->volumes, source))
			return refuse(world, "no volume %s", source);
		if (!source) {
			settle(world, array_add(&world->volumes), "", &(struct labels){0});
			struct place *made = &world->volumes.items[world->volumes.len - 1];
			memcpy(made->name, made->id, sizeof(made->name));
			source = made->name;
		}
		snprintf(c.mounts[c.mount_count], 65, "%s", source);
		snprintf(c.targets[c.mount_count++], 64, "%s", spec->mounts[i].target);
	}
	if (spec->network_mode && text_starts(spec->network_mode, "container:")) {
		struct inhabitant *with = container(world, spec->network_mode + 10);
		if (!with)
			return refuse(world, "no container for %s", spec->network_mode);
		memcpy(c.shares, with->id, sizeof(c.shares));
	}
	new_id(world, c.id);
	snprintf(c.name, sizeof(c.name), "%s", spec->name);
	snprintf(c.image, sizeof(c.image), "%s", spec->image);
	for (size_t i = 0; i < world->image_count; i++)
		if (strcmp(world->images[i].reference, spec->image) == 0)
			memcpy(c.image_id, world->images[i].id, sizeof(c.image_id));
	own_labels(&c.labels, &spec->labels);
	for (size_t i = 0; i < spec->port_count; i++)
		if (spec->ports[i].published)
			c.ports[c.port_count++] =
				(unsigned)strtoul(spec->ports[i].published, NULL, 10);
	c.wants_files = spec->file_count > 0;
	c.has_files = !half && c.wants_files;
	for (size_t i = 0; i < spec->endpoint_count && !(half && i); i++)
		attach(&c, spec->endpoints[i].network);
	array_push(&world->containers, c);
	return 0;
}

static int start(struct world *world, struct inhabitant *c)
{
	if (is_up(c))
		return 0;
	for (size_t i = 0; i < c->network_count; i++) {
		const struct place *n = PLACE(&world->networks, c->networks[i]);
		if (!n)
			return refuse(world, "%s: no network %s", c->name, c->networks[i]);
		if (*c->network_ids[i] && strcmp(c->network_ids[i], n->id) != 0)
			return refuse(world, "%s: network %s is another now", c->name, n->name);
		memcpy(c->network_ids[i], n->id, sizeof(n->id));
	}
	if (*c->shares) {
		struct inhabitant *with = container(world, c->shares);
		if (!with || !is_up(with))
			return refuse(world, "%s: what it shares with is not running", c->name);
	}
	if (c->wants_files && !c->has_files)
		return refuse(world, "%s: starts without its files", c->name);
	ARRAY_FOR_EACH (struct inhabitant, other, &world->containers)
		for (size_t i = 0; other != c && is_up(other) && i < other->port_count; i++)
			for (size_t j = 0; j < c->port_count; j++)
				if (other->ports[i] == c->ports[j])
					return refuse(world, "%s: port %u is taken by %s", c->name,
						      c->ports[j], other->name);
	c->state = CONTAINER_RUNNING;
	c->healthy = false;
	return 0;
}

static int remove_container(struct world *world, const struct step *step)
{
	struct inhabitant *c = container(world, step->target);
	if (!c)
		return 0;
	if (is_up(c) && !step->force)
		return refuse(world, "%s is running and cannot be removed", c->name);
	free_labels(&c->labels);
	array_remove(&world->containers, (size_t)(c - world->containers.items));
	return 0;
}

static int rename_container(struct world *world, const struct step *step)
{
	struct inhabitant *c = container(world, step->target);
	if (!c || container(world, step->name))
		return refuse(world, c ? "the name %s is taken" : "no container %s", step->name);
	snprintf(c->name, sizeof(c->name), "%s", step->name);
	return 0;
}

/* --- networks and volumes */

static int create_network(struct world *world, const struct network_spec *spec)
{
	if (PLACE(&world->networks, spec->name))
		return refuse(world, "network %s is there", spec->name);
	settle(world, array_add(&world->networks), spec->name, &spec->labels);
	return 0;
}

static int remove_network(struct world *world, const char *target)
{
	struct place *n = PLACE(&world->networks, target);
	if (!n)
		return 0;
	ARRAY_FOR_EACH (struct inhabitant, c, &world->containers)
		if (is_up(c) && attached(c, n->name) < FEW)
			return refuse(world, "network %s is used by %s", n->name, c->name);
	free_labels(&n->labels);
	array_remove(&world->networks, (size_t)(n - world->networks.items));
	return 0;
}

static int remove_volume(struct world *world, const char *target)
{
	struct place *v = PLACE(&world->volumes, target);
	if (!v)
		return 0;
	ARRAY_FOR_EACH (struct inhabitant, c, &world->containers)
		for (size_t i = 0; i < c->mount_count; i++)
			if (strcmp(c->mounts[i], v->name) == 0)
				return refuse(world, "volume %s is used by %s", v->name, c->name);
	free_labels(&v->labels);
	array_remove(&world->volumes, (size_t)(v - world->volumes.items));
	return 0;
}

static int plug(struct world *world, const struct step *step, struct inhabitant *c)
{
	size_t at = attached(c, step->name);
	if (step->kind == STEP_NETWORK_CONNECT) {
		if (at < FEW || !PLACE(&world->networks, step->name))
			return refuse(world, "cannot connect %s to %s", c->name, step->name);
		attach(c, step->name);
		if (is_up(c))
			memcpy(c->network_ids[c->network_count - 1],
			       PLACE(&world->networks, step->name)->id, 65);
		return 0;
	}
	if (at == FEW)
		return refuse(world, "%s is not connected to %s", c->name, step->name);
	c->network_count--;
	memmove(c->networks[at], c->networks[at + 1], (c->network_count - at) * 64);
	memmove(c->network_ids[at], c->network_ids[at + 1], (c->network_count - at) * 65);
	return 0;
}

/* --- one step */

static int step_on(struct world *world, const struct step *step)
{
	struct inhabitant *c = container(world, step->target);
	if (!c)
		return refuse(world, "no container %s", step->target);
	switch (step->kind) {
	case STEP_START:
		return start(world, c);
	case STEP_STOP:
	case STEP_KILL:
		c->state = CONTAINER_EXITED;
		c->exit_code = 143;
		return 0;
	case STEP_RESTART:
		c->state = CONTAINER_EXITED;
		return start(world, c);
	case STEP_WAIT_HEALTHY:
		c->healthy = true;
		return is_up(c) ? 0 : refuse(world, "%s is not up", c->name);
	case STEP_WAIT_COMPLETED:
		c->state = CONTAINER_EXITED;
		c->exit_code = 0;
		return 0;
	case STEP_NETWORK_CONNECT:
	case STEP_NETWORK_DISCONNECT:
		return plug(world, step, c);
	default:
		return 0;
	}
}

int world_step(struct world *world, const struct step *step, bool half)
{
	switch (step->kind) {
	case STEP_CREATE:
		return create(world, step, half);
	case STEP_REMOVE:
		return remove_container(world, step);
	case STEP_RENAME:
		return rename_container(world, step);
	case STEP_NETWORK_CREATE:
		return create_network(world, step->network);
	case STEP_NETWORK_REMOVE:
		return remove_network(world, step->target);
	case STEP_VOLUME_CREATE:
		settle(world, array_add(&world->volumes), step->volume->name,
		       &step->volume->labels);
		return 0;
	case STEP_VOLUME_REMOVE:
		return remove_volume(world, step->target);
	case STEP_IMAGE_REMOVE:
		return 0;
	default:
		return step_on(world, step);
	}
}

/* --- looking at it */

static void observe_container(const struct inhabitant *from, struct observed *observed)
{
	struct container *to = array_add(&observed->containers);
	to->id = memory_copy(from->id);
	to->name = memory_copy(from->name);
	to->image = memory_copy(from->image);
	to->image_id = memory_copy(from->image_id);
	own_labels(&to->labels, &from->labels);
	to->state = from->state;
	to->exit_code = from->exit_code;
	to->created = from->created;
	to->health = from->healthy && is_up(from) ? HEALTH_HEALTHY : HEALTH_NONE;
	for (size_t i = 0; i < from->network_count; i++)
		array_push(&to->networks,
			   ((struct container_network){.name = memory_copy(from->networks[i]),
						       .id = memory_copy(from->network_ids[i])}));
	for (size_t i = 0; i < from->mount_count; i++)
		array_push(&to->mounts,
			   ((struct container_mount){.type = memory_copy("volume"),
						     .name = memory_copy(from->mounts[i]),
						     .target = memory_copy(from->targets[i])}));
	for (size_t i = 0; is_up(from) && i < from->port_count; i++)
		array_push(&to->ports, ((struct container_port){.published = from->ports[i],
								.target = 80,
								.protocol = memory_copy("tcp")}));
}

void world_observe(const struct world *world, struct observed *observed)
{
	*observed = (struct observed){0};
	ARRAY_FOR_EACH (struct inhabitant, c, &world->containers)
		observe_container(c, observed);
	ARRAY_FOR_EACH (struct place, n, &world->networks) {
		struct engine_network *to = array_add(&observed->networks);
		to->id = memory_copy(n->id);
		to->name = memory_copy(n->name);
		own_labels(&to->labels, &n->labels);
	}
	ARRAY_FOR_EACH (struct place, v, &world->volumes) {
		struct engine_volume *to = array_add(&observed->volumes);
		to->name = memory_copy(v->name);
		own_labels(&to->labels, &v->labels);
	}
	for (size_t i = 0; i < world->image_count; i++) {
		struct image *to = array_add(&observed->images);
		to->id = memory_copy(world->images[i].id);
		to->tags =
			memory_copy_vector((const char *const[]){world->images[i].reference, NULL});
	}
}

/* --- changes from outside */

void world_kill(struct world *world, const char *name, int exit_code)
{
	struct inhabitant *c = container(world, name);
	c->state = CONTAINER_EXITED;
	c->exit_code = exit_code;
}

void world_delete(struct world *world, const char *name)
{
	const struct step step = {.target = name, .force = true};
	remove_container(world, &step);
}

static void strip(struct labels *labels, const char *key)
{
	for (size_t i = 0; i < labels->len; i++) {
		if (strcmp(labels->items[i].key, key) != 0)
			continue;
		free((char *)labels->items[i].key);
		free((char *)labels->items[i].value);
		array_remove(labels, i);
		return;
	}
}

void world_strip(struct world *world, const char *label)
{
	ARRAY_FOR_EACH (struct inhabitant, c, &world->containers)
		strip(&c->labels, label);
	ARRAY_FOR_EACH (struct place, n, &world->networks)
		strip(&n->labels, label);
}

void world_tag(struct world *world, const char *reference, const char *id)
{
	size_t i = 0;
	while (i < world->image_count && strcmp(world->images[i].reference, reference) != 0)
		i++;
	if (i == world->image_count)
		world->image_count++;
	snprintf(world->images[i].reference, 64, "%s", reference);
	snprintf(world->images[i].id, 72, "%s", id);
}

/* --- is it what was asked for */

static const char *compare_one(struct world *world, const struct project *project,
			       const struct service *service, const struct inhabitant *c)
{
	const char *hash = labels_get(&c->labels, LABEL_HASH);
	if (c->state != CONTAINER_RUNNING) {
		refuse(world, "%s is %s", c->name, container_state_name(c->state));
	} else if (!hash || !text_ends(hash, service->hash)) {
		refuse(world, "%s has another hash", c->name);
	} else {
		for (size_t i = 0; i < service->networks.len; i++) {
			const struct network *n =
				project_network(project, service->networks.items[i].network);
			size_t at = attached(c, n->name);
			struct place *now = PLACE(&world->networks, n->name);
			if (at == FEW || !now || strcmp(c->network_ids[at], now->id) != 0) {
				refuse(world, "%s is not attached to %s", c->name, n->name);
				return world->sentence;
			}
			const char *hashed = labels_get(&now->labels, LABEL_HASH);
			if (hashed && !text_ends(hashed, n->hash)) {
				refuse(world, "network %s has another hash", n->name);
				return world->sentence;
			}
		}
		if (*c->shares && !container(world, c->shares)) {
			refuse(world, "%s shares with one that is gone", c->name);
			return world->sentence;
		}
		return NULL;
	}
	return world->sentence;
}

const char *world_compare(struct world *world, const struct project *project)
{
	size_t wanted = 0;
	ARRAY_FOR_EACH (struct service, service, &project->services) {
		for (unsigned i = 1; i <= service->replicas; i++, wanted++) {
			CLEANUP(memory_free)
			char *name = service->container_name
					     ? memory_copy(service->container_name)
					     : memory_format("%s-%s-%u", project->name,
							     service->name, i);
			const struct inhabitant *c = container(world, name);
			if (!c) {
				refuse(world, "%s is missing", name);
				return world->sentence;
			}
			const char *wrong = compare_one(world, project, service, c);
			if (wrong)
				return wrong;
		}
	}
	if (world->containers.len != wanted) {
		refuse(world, "there are %zu containers and not %zu", world->containers.len,
		       wanted);
		return world->sentence;
	}
	return NULL;
}

size_t world_containers(const struct world *world)
{
	return world->containers.len;
}

size_t world_networks(const struct world *world)
{
	return world->networks.len;
}
