/* SPDX-License-Identifier: MIT */
#include "compose/plan/slot.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/spec.h"
#include "compose/plan/stale.h"

#define ID_PREFIX 12 /* of the id that a replacement's passing name begins with */

/* --- which services the goal is about */

static int select_lanes(struct slots *s, struct error **err)
{
	const char *const *names = s->options->services;
	size_t count = s->project->services.len;
	for (size_t i = 0; !names && i < count; i++)
		s->lanes[i].selected = s->lanes[i].named = true;
	for (; names && *names; names++) {
		const struct service *service = project_service(s->project, *names);
		if (!service)
			return error_set(err, ERROR_NOT_FOUND, "no such service: %s", *names);
		s->lanes[service->index].selected = s->lanes[service->index].named = true;
	}
	/* From the last of the order to the first: whoever needs somebody comes before it. */
	for (size_t i = count; i-- > 0 && !s->options->no_deps;) {
		size_t at = s->graph->order[i];
		const struct graph_node *node = &s->graph->nodes[at];
		for (size_t n = 0; s->lanes[at].selected && n < node->needs.len; n++)
			s->lanes[node->needs.items[n]].selected = true;
	}
	return 0;
}

static void mark_used(struct slots *s)
{
	ARRAY_FOR_EACH (struct service, service, &s->project->services) {
		if (!s->lanes[service->index].selected)
			continue;
		ARRAY_FOR_EACH (struct service_network, n, &service->networks) {
			const struct network *network = project_network(s->project, n->network);
			if (network)
				s->grounds[network - s->project->networks.items].used = true;
		}
		ARRAY_FOR_EACH (struct service_mount, m, &service->mounts) {
			const struct volume *volume =
				m->kind == MOUNT_VOLUME && m->source
					? project_volume(s->project, m->source)
					: NULL;
			if (volume)
				s->volume_used[volume - s->project->volumes.items] = true;
		}
	}
}

/* What it needs is wanted, the service itself is not. */
static void leave_one_off(struct slots *s)
{
	const char *name = s->options->one_off;
	const struct service *service = name ? project_service(s->project, name) : NULL;
	if (service)
		s->lanes[service->index].selected = s->lanes[service->index].named = false;
}

/* --- networks whose definition changed */

static void find_drift(struct slots *s)
{
	for (size_t i = 0; i < s->project->networks.len; i++) {
		struct ground *g = &s->grounds[i];
		*g = (struct ground){.network = &s->project->networks.items[i],
				     .used = g->used,
				     .remove = NO_STEP,
				     .create = NO_STEP,
				     .ready = NO_STEP};
		g->seen = map_get(&s->census->networks, g->network->name);
		if (!g->used || g->network->external || !g->seen || s->options->no_recreate ||
		    !census_owns(s->project->name, &g->seen->labels))
			continue;
		const char *hash = labels_get(&g->seen->labels, LABEL_HASH);
		/* Without a hash of ours nothing can be said, and it is taken as it is. */
		g->drifted = hash && text_starts(hash, SPEC_HASH_ALGORITHM ":") &&
			     !text_same(hash + strlen(SPEC_HASH_ALGORITHM ":"), g->network->hash);
	}
}

static const struct ground *drifted_under(const struct slots *s, const struct container *container)
{
	for (size_t i = 0; i < s->project->networks.len; i++)
		if (s->grounds[i].drifted &&
		    census_attached(container, s->grounds[i].network->name))
			return &s->grounds[i];
	return NULL;
}

/* --- one service's containers */

/* A passing name is <12 hex digits>_<name>. */
static bool is_passing(const char *name, const char *final)
{
	for (size_t i = 0; i < ID_PREFIX; i++)
		if (!isxdigit((unsigned char)name[i]))
			return false;
	return name[ID_PREFIX] == '_' && text_same(name + ID_PREFIX + 1, final);
}

/* What the service shares with others: the name of one that is re-created, and when the newest of
 * the shared containers was made. */
static void find_parents(const struct slots *s, const struct service *service,
			 struct stale_question *q)
{
	const char *modes[] = {service->network_mode, service->pid, service->ipc, service->uts};
	size_t total = ARRAY_LEN(modes) + service->volumes_from.len;
	for (size_t i = 0; i < total; i++) {
		bool mode = i < ARRAY_LEN(modes);
		const char *word =
			mode ? modes[i] : service->volumes_from.items[i - ARRAY_LEN(modes)];
		if (!word || text_starts(word, "container:") ||
		    (mode && !text_starts(word, "service:")))
			continue;
		word = mode ? word + strlen("service:") : word;
		CLEANUP(memory_free)
		char *name = memory_copy_n(word, strcspn(word, ":"));
		const struct service *parent = project_service(s->project, name);
		if (!parent || parent == service)
			continue;
		const struct lane *lane = &s->lanes[parent->index];
		if (lane->shared_replaced)
			q->parent = parent->name;
		const struct slot *first = lane->len ? &s->slots.items[lane->first] : NULL;
		if (first && first->keep && first->keep->created > q->parent_created)
			q->parent_created = first->keep->created;
	}
}

struct candidate {
	const struct container *container;
	const char *stale; /* NULL: as it should be */
	bool right_name;
};

/* Whether a is the better one to stay: as wanted, then running, then with the right name, then the
 * older one, which the user has seen longer. */
static bool is_better(const struct candidate *a, const struct candidate *b)
{
	if (!a->stale != !b->stale)
		return !a->stale;
	bool a_up = census_is_up(a->container), b_up = census_is_up(b->container);
	if (a_up != b_up)
		return a_up;
	if (a->right_name != b->right_name)
		return a->right_name;
	return a->container->created < b->container->created;
}

static void give_up(struct slots *s, const struct container *container, unsigned number,
		    const char *cause)
{
	array_push(&s->spares,
		   ((struct spare){container, number, NO_STEP, cause, NO_STEP, NO_STEP}));
}

static struct slot *add_slot(struct slots *s, const struct service *service, unsigned number)
{
	struct slot *slot = array_add(&s->slots);
	slot->service = service->index;
	slot->number = number;
	slot->name = spec_container_name(&s->plan->arena, s->project, service, number);
	slot->create = slot->stop = slot->remove = slot->rename = slot->link = slot->start =
		slot->halt = slot->up = NO_STEP;
	for (size_t i = 0; i < 3; i++)
		slot->waits[i][0] = slot->waits[i][1] = NO_STEP;
	return slot;
}

/* The containers found[first .. first + len) have one number: one stays or is replaced. */
static void decide_number(struct slots *s, struct stale_question *q, size_t first, size_t len)
{
	const struct found *found = &s->census->found.items[first];
	struct slot *slot = add_slot(s, q->service, found->number);
	struct candidate best = {0};
	for (size_t i = 0; i < len; i++) {
		const struct container *c = found[i].container;
		if (c->state == CONTAINER_DEAD || c->state == CONTAINER_REMOVING) {
			give_up(s, c, found->number, container_state_name(c->state));
			continue;
		}
		q->container = c;
		struct candidate it = {c, stale_why(&s->plan->arena, q),
				       text_same(c->name, slot->name)};
		if (!best.container || is_better(&it, &best)) {
			if (best.container)
				give_up(s, best.container, found->number,
					"another one has its number");
			best = it;
		} else {
			give_up(s, c, found->number, "another one has its number");
		}
	}
	slot->held = map_has(&s->held, slot->name) ||
		     (best.container && map_has(&s->held, best.container->name));
	if (best.container && (!best.stale || slot->held)) {
		slot->keep = best.container;
		/* A name that the user gave by hand is the user's matter. */
		if (!is_passing(best.container->name, slot->name))
			slot->name = best.container->name;
	} else {
		slot->old = best.container;
		slot->cause = best.container ? best.stale : "the one before cannot be used";
	}
}

static int by_worth(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;
	bool x_stale = !x->keep, y_stale = !y->keep;
	if (x_stale != y_stale)
		return x_stale ? 1 : -1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static int by_slot_number(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Obsolete ones go first, then the highest numbers. */
static void scale_down(struct slots *s, struct lane *lane, unsigned replicas)
{
	struct slot *slots = s->slots.items + lane->first;
	const char *cause = arena_format(&s->plan->arena, "scale %zu -> %u", lane->len, replicas);
	qsort(slots, lane->len, sizeof(*slots), by_worth);
	while (lane->len > replicas) {
		const struct slot *slot = &slots[--lane->len];
		const struct container *c = slot->keep ? slot->keep : slot->old;
		if (c)
			give_up(s, c, 0, cause);
	}
	qsort(slots, lane->len, sizeof(*slots), by_slot_number);
	s->slots.len = lane->first + lane->len;
}

/* The lowest free numbers are taken, so that an interrupted up ends with the same names. */
static void scale_up(struct slots *s, const struct service *service, struct lane *lane)
{
	size_t had = lane->len;
	const char *cause = "no container yet";
	if (had)
		cause = arena_format(&s->plan->arena, "scale %zu -> %u", had, service->replicas);
	size_t i = 0;
	for (unsigned number = 1; lane->len < service->replicas; number++) {
		while (i < had && s->slots.items[lane->first + i].number < number)
			i++;
		if (i < had && s->slots.items[lane->first + i].number == number)
			continue;
		struct slot *slot = add_slot(s, service, number);
		slot->cause = cause;
		slot->held = map_has(&s->held, slot->name);
		lane->len++;
	}
	qsort(s->slots.items + lane->first, lane->len, sizeof(struct slot), by_slot_number);
}

static struct slot *slot_numbered(struct slots *s, const struct lane *lane, unsigned number)
{
	const struct slot key = {.number = number};
	return number && lane->len ? bsearch(&key, s->slots.items + lane->first, lane->len,
					     sizeof(key), by_slot_number)
				   : NULL;
}

/* One that is taken as it is. */
static void add_kept(struct slots *s, const struct service *service, const struct found *found)
{
	const struct container *c = found->container;
	if (c->state == CONTAINER_DEAD || c->state == CONTAINER_REMOVING)
		return;
	struct slot *slot = add_slot(s, service, found->number);
	slot->keep = c;
	slot->name = c->name;
	slot->held = map_has(&s->held, c->name);
}

static void decide_lane(struct slots *s, const struct service *service)
{
	struct lane *lane = &s->lanes[service->index];
	const struct crew *crew = &s->census->crews[service->index];
	struct stale_question q = {.census = s->census,
				   .options = s->options,
				   .host = s->host,
				   .service = service,
				   .named = lane->named};
	size_t spares = s->spares.len;

	find_parents(s, service, &q);
	bool shape = lane->selected && s->options->goal == PLAN_UP;
	lane->first = s->slots.len;
	lane->shares = q.parent != NULL;
	for (size_t i = 0, len; i < crew->len; i += len) {
		const struct found *found = &s->census->found.items[crew->first + i];
		for (len = 1; i + len < crew->len && found[len].number == found->number;)
			len++;
		if (shape) {
			decide_number(s, &q, crew->first + i, len);
		} else {
			for (size_t j = 0; j < len; j++)
				add_kept(s, service, &found[j]);
		}
	}
	lane->len = s->slots.len - lane->first;
	if (shape && lane->len > service->replicas)
		scale_down(s, lane, service->replicas);
	else if (shape && lane->len < service->replicas)
		scale_up(s, service, lane);
	for (size_t i = spares; i < s->spares.len; i++) {
		struct spare *spare = &s->spares.items[i];
		struct slot *slot = slot_numbered(s, lane, spare->number);
		spare->slot = slot ? (size_t)(slot - s->slots.items) : NO_STEP;
	}
}

/* --- what follows from what is replaced */

static void mark_replaced(struct slots *s, struct lane *lane)
{
	size_t kept = 0, added = 0;
	for (size_t i = 0; i < lane->len; i++) {
		const struct slot *slot = &s->slots.items[lane->first + i];
		if (slot->old)
			lane->replaced = true;
		kept += slot->keep != NULL;
		added += !slot->keep && !slot->old && !slot->held;
	}
	/* It was removed behind our back; more of a service that is there change nothing. */
	lane->replaced |= added && !kept;
	lane->shared_replaced =
		lane->len && !s->slots.items[lane->first].keep && !s->slots.items[lane->first].held;
}

static void mark_bounce(struct slots *s, const struct service *service)
{
	struct lane *lane = &s->lanes[service->index];
	if (s->options->no_start || (s->options->no_deps && !lane->named))
		return;
	ARRAY_FOR_EACH (struct dependency, d, &service->dependencies) {
		const struct service *needed = project_service(s->project, d->service);
		if (!needed || !d->restart)
			continue;
		const struct lane *other = &s->lanes[needed->index];
		if (!other->replaced && !other->bounce && !other->cycled)
			continue;
		lane->bounce = true;
		lane->bounced_by = d->service;
	}
}

static bool joins_drifted(const struct slots *s, const struct service *service)
{
	ARRAY_FOR_EACH (struct service_network, n, &service->networks) {
		const struct network *network = project_network(s->project, n->network);
		if (network && s->grounds[network - s->project->networks.items].drifted)
			return true;
	}
	return false;
}

static void mark_cycles(struct slots *s, const struct service *service)
{
	struct lane *lane = &s->lanes[service->index];
	bool waits = lane->shares || joins_drifted(s, service);
	for (size_t i = 0; i < lane->len; i++) {
		struct slot *slot = &s->slots.items[lane->first + i];
		const struct container *c = slot->keep ? slot->keep : slot->old;
		if (!c || slot->held || !census_is_up(c))
			continue;
		const struct ground *drift = drifted_under(s, c);
		/* Who restarts with a dependency stops before it, so its replacement cannot be
		 * waited for where that one waits for the dependency or for its networks. */
		slot->early = slot->old && (drift || (lane->bounce && waits));
		if (!slot->keep || (!drift && !lane->bounce))
			continue;
		slot->cycle = true;
		lane->cycled = true;
		slot->cycle_cause =
			drift ? arena_format(&s->plan->arena, "network %s changes",
					     drift->network->name)
			      : arena_format(&s->plan->arena, "restarts with %s", lane->bounced_by);
	}
}

int slots_decide(struct slots *s, struct error **err)
{
	size_t services = s->project->services.len, networks = s->project->networks.len;
	size_t volumes = s->project->volumes.len;

	s->lanes = memory_zero(services + 1, sizeof(*s->lanes));
	for (size_t i = 0; i < services; i++)
		s->lanes[i].prelude = NO_STEP;
	s->grounds = memory_zero(networks + 1, sizeof(*s->grounds));
	s->volumes = memory_zero(volumes + 1, sizeof(*s->volumes));
	s->volume_used = memory_zero(volumes + 1, sizeof(*s->volume_used));
	for (size_t i = 0; i < volumes; i++)
		s->volumes[i] = NO_STEP;
	for (const char *const *name = s->options->held; name && *name; name++)
		map_set(&s->held, *name, s);
	int code = select_lanes(s, err);
	if (code < 0)
		return code;
	if (s->options->goal == PLAN_UP)
		mark_used(s);
	leave_one_off(s);
	find_drift(s);
	for (size_t i = 0; i < services; i++) {
		const struct service *service = &s->project->services.items[s->graph->order[i]];
		decide_lane(s, service);
		mark_replaced(s, &s->lanes[service->index]);
		mark_bounce(s, service);
		mark_cycles(s, service);
	}
	ARRAY_FOR_EACH (struct found, found, &s->census->found)
		if (s->options->remove_orphans && census_is_orphan(s->census, found))
			give_up(s, found->container, 0, "orphan");
	return 0;
}

void slots_drop(struct slots *s)
{
	map_drop(&s->held);
	free(s->lanes);
	free(s->grounds);
	free(s->volumes);
	free(s->volume_used);
	array_drop(&s->slots);
	array_drop(&s->spares);
}
