/* SPDX-License-Identifier: MIT */
#include "compose/plan/sweep.h"

#include "base/own.h"
#include "base/text.h"
#include "compose/plan/plan.h"
#include "compose/plan/spec.h"

struct sweep {
	struct plan *plan;
	const struct census *census;
	const struct plan_options *options;
	const struct map *removed;
};

static bool uses_network(const struct container *container, const char *name)
{
	return census_attached(container, name) != NULL;
}

static bool uses_volume(const struct container *container, const char *name)
{
	ARRAY_FOR_EACH (struct container_mount, m, &container->mounts)
		if (text_same(m->type, "volume") && text_same(m->name, name))
			return true;
	return false;
}

static bool uses_image(const struct container *container, const char *name)
{
	return text_same(container->image, name);
}

static bool is_removed(const struct sweep *s, const struct container *container)
{
	return map_has(s->removed, container->id);
}

/* A container that stays and would be left without it; NULL: none. What does not run does not
 * keep a network from going with the whole project, as with docker compose. */
static const struct container *user_left(const struct sweep *s,
					 bool (*uses)(const struct container *, const char *),
					 const char *name, bool running_only)
{
	ARRAY_FOR_EACH (struct container, c, &s->census->observed->containers)
		if (!is_removed(s, c) && uses(c, name) && (!running_only || census_is_up(c)))
			return c;
	return NULL;
}

static size_t add(struct sweep *s, enum step_kind kind, const char *subject, const char *target,
		  bool (*uses)(const struct container *, const char *))
{
	size_t step = draft_add(s->plan, kind, subject, target, "down");
	draft_step(s->plan, step)->optional = true;
	ARRAY_FOR_EACH (struct container, c, &s->census->observed->containers)
		if (is_removed(s, c) && uses(c, subject))
			draft_after(s->plan, step,
				    (size_t)(uintptr_t)map_get(s->removed, c->id) - 1);
	return step;
}

static void sweep_network(struct sweep *s, const struct engine_network *network)
{
	bool whole = !s->options->services;
	const struct container *user = user_left(s, uses_network, network->name, whole);
	if (!user)
		add(s, STEP_NETWORK_REMOVE, network->name,
		    network->id ? network->id : network->name, uses_network);
	else if (whole)
		draft_warn(s->plan, "network %s stays: %s uses it", network->name, user->name);
}

static const struct network *network_named(const struct project *project, const char *name)
{
	ARRAY_FOR_EACH (struct network, n, &project->networks)
		if (text_same(n->name, name))
			return n;
	return NULL;
}

/* Those of the file; with --remove-orphans also those that an earlier file had. */
static void sweep_networks(struct sweep *s)
{
	const struct project *project = s->census->project;
	ARRAY_FOR_EACH (struct engine_network, n, &s->census->observed->networks) {
		const struct network *network = network_named(project, n->name);
		if (!census_owns(project->name, &n->labels) || (network && network->external))
			continue;
		if (network || (s->options->remove_orphans && !s->options->services))
			sweep_network(s, n);
	}
}

static void sweep_volumes(struct sweep *s)
{
	const struct project *project = s->census->project;
	ARRAY_FOR_EACH (struct volume, v, &project->volumes) {
		const struct engine_volume *seen = map_get(&s->census->volumes, v->name);
		if (v->external || !seen)
			continue;
		const struct container *user = user_left(s, uses_volume, v->name, false);
		if (!census_owns(project->name, &seen->labels))
			draft_warn(s->plan, "volume %s stays: it was not made for this project",
				   v->name);
		else if (!user)
			add(s, STEP_VOLUME_REMOVE, v->name, v->name, uses_volume);
		else if (!s->options->services)
			draft_warn(s->plan, "volume %s stays: %s uses it", v->name, user->name);
	}
}

static void sweep_images(struct sweep *s)
{
	CLEANUP(map_drop) struct map done = {0};
	bool all = text_same(s->options->remove_images, "all");
	ARRAY_FOR_EACH (struct service, service, &s->census->project->services) {
		if (!service->image || (service->image_written && !all) ||
		    map_has(&done, service->image) || !census_image(s->census, service->image))
			continue;
		map_set(&done, service->image, s);
		add(s, STEP_IMAGE_REMOVE, service->image, service->image, uses_image);
	}
}

void sweep_draft(struct plan *plan, const struct census *census, const struct plan_options *options,
		 const struct map *removed)
{
	struct sweep s = {plan, census, options, removed};
	sweep_networks(&s);
	if (options->remove_volumes)
		sweep_volumes(&s);
	if (options->remove_images)
		sweep_images(&s);
}
