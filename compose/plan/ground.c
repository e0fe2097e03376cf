/* SPDX-License-Identifier: MIT */
#include "compose/plan/ground.h"

#include "base/error.h"
#include "base/own.h"
#include "compose/plan/endpoint.h"
#include "compose/plan/spec.h"

static int not_there(const char *kind, const char *key, const char *name, struct position at,
		     struct error **err)
{
	CLEANUP(text_drop) struct text where = {0};
	if (at.line)
		text_printf(&where, "%s:%u:%u: ", at.file, at.line, at.column);
	return error_set(err, ERROR_NOT_FOUND,
			 "%s%ss.%s: external %s %s is not there: create it (docker %s create %s), "
			 "or leave external away",
			 text_string(&where), kind, key, kind, name, kind, name);
}

static void warn_foreign(struct slots *s, const char *kind, const char *name,
			 const struct labels *labels)
{
	const char *owner = labels_get(labels, LABEL_PROJECT);
	if (owner)
		draft_warn(s->plan,
			   "%s %s belongs to project %s and is used as it is: say "
			   "external: true if that is meant",
			   kind, name, owner);
	else
		draft_warn(s->plan,
			   "%s %s was not made for this project and is used as it is: say "
			   "external: true if that is meant",
			   kind, name);
}

/* A killed client's request may be done after ours was: of two networks of the project with one name,
 * which no container could be started on, one stays. */
static void remove_twins(struct slots *s, struct ground *g)
{
	ARRAY_FOR_EACH (struct engine_network, n, &s->census->observed->networks) {
		if (n == g->seen || !n->id || !text_same(n->name, g->network->name) ||
		    !census_owns(s->project->name, &n->labels))
			continue;
		size_t twin = draft_add(s->plan, STEP_NETWORK_REMOVE, n->name, n->id,
					"a second network of that name");
		draft_after(s->plan, twin, g->ready);
		g->ready = twin;
	}
}

static int draft_network(struct slots *s, struct ground *g, struct error **err)
{
	const struct network *network = g->network;
	struct plan *plan = s->plan;
	if (network->external)
		return g->seen ? 0
			       : not_there("network", network->key, network->name, network->at,
					   err);
	if (g->seen && !census_owns(s->project->name, &g->seen->labels))
		warn_foreign(s, "network", network->name, &g->seen->labels);
	remove_twins(s, g);
	if (g->drifted)
		g->remove = draft_add(plan, STEP_NETWORK_REMOVE, network->name,
				      g->seen->id ? g->seen->id : network->name, "config changed");
	if (g->drifted || !g->seen) {
		g->create = draft_add(plan, STEP_NETWORK_CREATE, network->name, network->name,
				      g->drifted ? "config changed" : "no network yet");
		draft_step(plan, g->create)->network =
			spec_network(&plan->arena, s->project, network);
		draft_after(plan, g->create, g->remove);
		draft_after(plan, g->create, g->ready);
		g->ready = g->create;
	}
	return 0;
}

static int draft_volume(struct slots *s, size_t i, struct error **err)
{
	const struct volume *volume = &s->project->volumes.items[i];
	const struct engine_volume *seen = map_get(&s->census->volumes, volume->name);
	if (volume->external)
		return seen ? 0 : not_there("volume", volume->key, volume->name, volume->at, err);
	if (!seen) {
		s->volumes[i] = draft_add(s->plan, STEP_VOLUME_CREATE, volume->name, volume->name,
					  "no volume yet");
		draft_step(s->plan, s->volumes[i])->volume =
			spec_volume(&s->plan->arena, s->project, volume);
		return 0;
	}
	const char *hash = labels_get(&seen->labels, LABEL_HASH);
	if (!census_owns(s->project->name, &seen->labels))
		warn_foreign(s, "volume", volume->name, &seen->labels);
	else if (hash && text_starts(hash, SPEC_HASH_ALGORITHM ":") &&
		 !text_ends(hash, volume->hash))
		draft_warn(
			s->plan,
			"volume %s is not as the file says now and is kept with its data: remove "
			"it (down -v) to have it made anew",
			volume->name);
	return 0;
}

int ground_draft(struct slots *s, struct error **err)
{
	for (size_t i = 0; i < s->project->networks.len; i++)
		if (s->grounds[i].used && draft_network(s, &s->grounds[i], err) < 0)
			return (*err)->code;
	for (size_t i = 0; i < s->project->volumes.len; i++)
		if (s->volume_used[i] && draft_volume(s, i, err) < 0)
			return (*err)->code;
	return 0;
}

/* --- letting go of a network that changes, and taking it up again */

static size_t disconnect(struct slots *s, const struct container *c, const struct ground *g)
{
	size_t step = draft_add(s->plan, STEP_NETWORK_DISCONNECT, c->name, c->id, "config changed");
	draft_step(s->plan, step)->name = g->network->name;
	draft_after(s->plan, g->remove, step);
	return step;
}

static size_t connect_again(struct slots *s, const struct container *c, const struct ground *g,
			    const struct spec_endpoint *endpoint, const char *cause)
{
	size_t step = draft_add(s->plan, STEP_NETWORK_CONNECT, c->name, c->id, cause);
	draft_step(s->plan, step)->name = g->network->name;
	draft_step(s->plan, step)->endpoint = endpoint;
	draft_after(s->plan, step, g->ready);
	return step;
}

static const char *const *copied(struct arena *arena, char **aliases)
{
	size_t len = 0;
	while (aliases && aliases[len])
		len++;
	const char **copy = arena_alloc(arena, (len + 1) * sizeof(*copy));
	for (size_t i = 0; i < len; i++)
		copy[i] = arena_copy(arena, aliases[i]);
	return copy;
}

/* One of this project that is in nobody's slot and is not removed: an orphan or a one-off. */
static void carry_over(struct slots *s, const struct found *found, const struct ground *g)
{
	const struct container *c = found->container;
	const struct container_network *was = census_attached(c, g->network->name);
	struct spec_endpoint *endpoint = arena_alloc(&s->plan->arena, sizeof(*endpoint));
	endpoint->network = g->network->name;
	endpoint->aliases = copied(&s->plan->arena, was->aliases);
	s->plan->blind = s->plan->blind || !was->aliases;
	disconnect(s, c, g);
	size_t step = connect_again(s, c, g, endpoint, "config changed");
	draft_step(s->plan, step)->optional = true;
}

static void release_one(struct slots *s, struct ground *g)
{
	struct map settled = {0};
	ARRAY_FOR_EACH (struct spare, spare, &s->spares) {
		map_set(&settled, spare->container->id, spare);
		if (census_attached(spare->container, g->network->name))
			draft_after(s->plan, g->remove, spare->remove);
	}
	ARRAY_FOR_EACH (struct slot, slot, &s->slots) {
		const struct container *c = slot->old ? slot->old : slot->keep;
		if (!c)
			continue;
		map_set(&settled, c->id, slot);
		if (slot->old && census_attached(c, g->network->name))
			draft_after(s->plan, g->remove, slot->stop);
	}
	ARRAY_FOR_EACH (struct found, found, &s->census->found)
		if (!map_has(&settled, found->container->id) &&
		    census_attached(found->container, g->network->name))
			carry_over(s, found, g);
	map_drop(&settled);
}

void ground_release(struct slots *s)
{
	for (size_t i = 0; i < s->project->networks.len; i++)
		if (s->grounds[i].drifted)
			release_one(s, &s->grounds[i]);
}

void ground_connect(struct slots *s, struct slot *slot)
{
	const struct service *service = &s->project->services.items[slot->service];
	const struct container *c = slot->keep;
	if (s->options->goal != PLAN_UP)
		return;
	ARRAY_FOR_EACH (struct service_network, n, &service->networks) {
		const struct network *network = project_network(s->project, n->network);
		if (!network)
			continue;
		const struct ground *g = &s->grounds[network - s->project->networks.items];
		const struct container_network *was = census_attached(c, network->name);
		/* A container that does not run remembers the id of a network that is gone, and
		 * its start would fail for it. */
		bool lost = was && was->id && *was->id && !census_is_up(c) &&
			    (!g->seen || (g->seen->id && !text_same(was->id, g->seen->id)));
		if (was && !lost && !g->drifted)
			continue;
		if (!g->drifted && !s->lanes[slot->service].selected)
			continue;
		if (!was && census_is_up(c))
			continue;
		size_t off = NO_STEP;
		if (was && g->drifted) {
			off = disconnect(s, c, g);
		} else if (was) {
			off = draft_add(s->plan, STEP_NETWORK_DISCONNECT, c->name, c->id,
					"the network was made anew");
			draft_step(s->plan, off)->name = network->name;
		}
		draft_after(s->plan, off, slot->stop);
		size_t on = connect_again(s, c, g,
					  endpoint_of(&s->plan->arena, s->project, service,
						      slot->number, network->name),
					  g->drifted ? "config changed"
					  : lost     ? "the network was made anew"
						     : "not attached to it");
		draft_after(s->plan, on, off);
		draft_after(s->plan, on, slot->link);
		slot->link = on;
	}
}
