/* SPDX-License-Identifier: MIT */
#include "compose/plan/up.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/ntstatus.h"
#include "base/own.h"
#include "compose/plan/gate.h"
#include "compose/plan/ground.h"
#include "compose/plan/hook.h"
#include "compose/plan/isolation.h"
#include "compose/plan/prelude.h"
#include "compose/plan/slot.h"
#include "compose/plan/spec.h"

#define SHORT_ID 12

static struct arena *arena_of(struct slots *s)
{
	return &s->plan->arena;
}

/* --- containers that go */

static size_t draft_stop(struct slots *s, const struct container *c, const char *cause)
{
	if (!census_is_up(c))
		return NO_STEP;
	size_t step = draft_add(s->plan, STEP_STOP, c->name, c->id, cause);
	draft_step(s->plan, step)->timeout = s->options->timeout;
	return step;
}

static size_t draft_remove(struct slots *s, const struct container *c, const char *cause)
{
	size_t step = draft_add(s->plan, STEP_REMOVE, c->name, c->id, cause);
	draft_step(s->plan, step)->force =
		!census_is_up(c) && c->state != CONTAINER_CREATED && c->state != CONTAINER_EXITED;
	return step;
}

static void draft_spare(struct slots *s, struct spare *spare)
{
	const char *name = labels_get(&spare->container->labels, LABEL_SERVICE);
	spare->stop = draft_stop(s, spare->container, spare->cause);
	hook_before_stop(s->plan, name ? project_service(s->project, name) : NULL, spare->container,
			 spare->stop);
	spare->remove = draft_remove(s, spare->container, spare->cause);
	draft_after(s->plan, spare->remove, spare->stop);
}

/* --- containers that come */

/* What was decided for the one before holds until the image changes; what a refused start showed
 * goes before. */
static void keep_isolation(const struct slots *s, const struct service *service,
			   const struct slot *slot, const struct image *image,
			   struct isolation_question *question)
{
	const struct plan_isolation *found = plan_isolation(s->options, service->name);
	const struct labels *labels = slot->old ? &slot->old->labels : NULL;
	if (found) {
		question->kept = found->isolation;
		question->kept_reason = found->reason;
	} else if (labels && image && text_same(labels_get(labels, LABEL_IMAGE), image->id)) {
		question->kept = labels_get(labels, LABEL_ISOLATION);
		question->kept_reason = labels_get(labels, LABEL_ISOLATION_REASON);
	}
}

static int decide_isolation(struct slots *s, const struct service *service, const struct slot *slot,
			    struct spec_options *options, struct error **err)
{
	const struct engine_host *host = s->host;
	if (!host || !text_same(host->os_type, "windows"))
		return 0;
	struct isolation_question question = isolation_ask(service, host, options->image);
	struct isolation_answer answer;
	keep_isolation(s, service, slot, options->image, &question);
	if (isolation_decide(&question, &answer, err) < 0)
		return error_wrap(err, "services.%s.isolation", service->name);
	options->isolation = answer.isolation;
	options->isolation_reason = arena_copy(arena_of(s), answer.reason);
	if (answer.differs && slot->number <= 1)
		draft_warn(s->plan, "service %s runs with isolation %s: %s", service->name,
			   answer.isolation, answer.reason);
	return 0;
}

static int draft_create(struct slots *s, const struct service *service, struct slot *slot,
			struct error **err)
{
	const struct image *image = census_image(s->census, service->image);
	struct spec_options options = {
		.number = slot->number,
		.name = slot->name,
		.image_id = image ? arena_copy(arena_of(s), image->id) : NULL,
		.image = image,
		.inherit = s->options->renew_volumes ? NULL : slot->old,
		.supervised = s->options->supervised,
	};
	if (decide_isolation(s, service, slot, &options, err) < 0)
		return (*err)->code;
	if (slot->old) {
		options.replaces = arena_copy(arena_of(s), slot->old->id);
		options.name =
			arena_format(arena_of(s), "%.*s_%s", SHORT_ID, slot->old->id, slot->name);
	}
	slot->create = draft_add(s->plan, STEP_CREATE, slot->name, options.name, slot->cause);
	struct step *step = draft_step(s->plan, slot->create);
	step->container = spec_container(arena_of(s), s->project, service, s->host, &options);
	if (options.isolation)
		step->note = arena_format(arena_of(s), "isolation %s: %s", options.isolation,
					  options.isolation_reason);
	return 0;
}

static void order_after_networks(struct slots *s, const struct service *service, size_t step)
{
	ARRAY_FOR_EACH (struct service_network, n, &service->networks) {
		const struct network *network = project_network(s->project, n->network);
		if (network)
			draft_after(s->plan, step,
				    s->grounds[network - s->project->networks.items].ready);
	}
}

/* A create waits for its networks and volumes, and for what has its name or shares with it. */
static void order_create(struct slots *s, const struct service *service, const struct slot *slot)
{
	order_after_networks(s, service, slot->create);
	ARRAY_FOR_EACH (struct service_mount, m, &service->mounts) {
		const struct volume *volume = m->kind == MOUNT_VOLUME && m->source
						      ? project_volume(s->project, m->source)
						      : NULL;
		if (volume)
			draft_after(s->plan, slot->create,
				    s->volumes[volume - s->project->volumes.items]);
	}
}

static void order_after_parent(struct slots *s, const struct slot *slot, const char *word)
{
	CLEANUP(memory_free) char *name = memory_copy_n(word, strcspn(word, ":"));
	const struct service *parent = project_service(s->project, name);
	if (!parent || parent->index == slot->service || !s->lanes[parent->index].len)
		return;
	const struct slot *first = slot_at(s, &s->lanes[parent->index], 0);
	draft_after(s->plan, slot->create, first->create);
	draft_after(s->plan, slot->create, first->rename);
}

static void order_after_parents(struct slots *s, const struct service *service,
				const struct slot *slot)
{
	const char *modes[] = {service->network_mode, service->pid, service->ipc, service->uts};
	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (modes[i] && text_starts(modes[i], "service:"))
			order_after_parent(s, slot, modes[i] + strlen("service:"));
	for (size_t i = 0; i < service->volumes_from.len; i++)
		if (!text_starts(service->volumes_from.items[i], "container:"))
			order_after_parent(s, slot, service->volumes_from.items[i]);
}

/* --- one slot, up to where it may start */

static int draft_replacement(struct slots *s, const struct service *service, struct slot *slot,
			     struct error **err)
{
	if (draft_create(s, service, slot, err) < 0)
		return (*err)->code;
	order_create(s, service, slot);
	order_after_parents(s, service, slot);
	if (!slot->old)
		return 0;
	slot->stop = draft_stop(s, slot->old, slot->cause);
	slot->halt = hook_before_stop(s->plan, service, slot->old, slot->stop);
	if (slot->early)
		draft_after(s->plan, slot->create, slot->stop);
	else
		draft_after(s->plan, slot->halt, slot->create);
	slot->remove = draft_remove(s, slot->old, "replaced");
	draft_after(s->plan, slot->remove, slot->stop);
	if (slot->stop == NO_STEP || slot->early)
		draft_after(s->plan, slot->remove, slot->create);
	slot->rename = draft_add(s->plan, STEP_RENAME, slot->name,
				 s->plan->steps.items[slot->create].target, "its final name");
	draft_step(s->plan, slot->rename)->name = slot->name;
	draft_step(s->plan, slot->rename)->quiet = true;
	draft_after(s->plan, slot->rename, slot->remove);
	return 0;
}

static void draft_kept(struct slots *s, const struct service *service, struct slot *slot)
{
	if (slot->held)
		return;
	if (!text_same(slot->keep->name, slot->name)) {
		slot->rename = draft_add(s->plan, STEP_RENAME, slot->name, slot->keep->id,
					 "its final name");
		draft_step(s->plan, slot->rename)->name = slot->name;
	}
	if (slot->cycle)
		slot->stop = draft_stop(s, slot->keep, slot->cycle_cause);
	slot->halt = hook_before_stop(s->plan, service, slot->keep, slot->stop);
	ground_connect(s, slot);
}

static int draft_slot(struct slots *s, size_t index, struct error **err)
{
	struct slot *slot = &s->slots.items[index];
	const struct service *service = &s->project->services.items[slot->service];
	if (slot->keep)
		draft_kept(s, service, slot);
	else if (!slot->held && draft_replacement(s, service, slot, err) < 0)
		return (*err)->code;
	return 0;
}

/* --- starts, and what they wait for */

static const char *start_cause(struct slots *s, const struct slot *slot)
{
	const struct container *c = slot->keep;
	if (!c)
		return slot->old ? "replaces the one before" : "created";
	if (slot->cycle)
		return slot->cycle_cause;
	char code[NTSTATUS_TEXT];

	if (c->state == CONTAINER_EXITED)
		return arena_format(arena_of(s), "exited (%s)", ntstatus_text(c->exit_code, code));
	return "was never started";
}

static bool needs_start(struct slots *s, const struct slot *slot)
{
	if (slot->held || s->options->no_start || (!slot->keep && slot->create == NO_STEP))
		return false;
	if (!slot->keep || slot->cycle)
		return true;
	if (census_is_up(slot->keep) || !s->lanes[slot->service].selected)
		return false;
	/* The loop leaves what ended to the engine's restart policy and to the user. */
	return !s->options->quick || slot->keep->state == CONTAINER_CREATED;
}

static void draft_start(struct slots *s, struct slot *slot)
{
	if (!needs_start(s, slot))
		return;
	bool by_id = slot->keep && slot->rename == NO_STEP;
	slot->start = draft_add(s->plan, STEP_START, slot->name,
				by_id ? slot->keep->id : slot->name, start_cause(s, slot));
	if (slot->keep) {
		order_after_networks(s, &s->project->services.items[slot->service], slot->start);
		draft_after(s->plan, slot->start, slot->link != NO_STEP ? slot->link : slot->stop);
		draft_after(s->plan, slot->start, slot->rename);
	} else {
		draft_after(s->plan, slot->start, slot->old ? slot->rename : slot->create);
	}
	draft_step(s->plan, slot->start)->number = slot->number;
	slot->up = hook_after_start(s->plan, &s->project->services.items[slot->service], s->host,
				    slot->start);
}

/* What is started only after a wait for another is made during that wait: made before, it would
 * keep the engine from the other's start. */
static void delay_creation(struct slots *s, const struct slot *slot, const struct slot *awaited)
{
	if (!slot->old)
		draft_after(s->plan, slot->create, awaited->start);
}

static void order_starts(struct slots *s, const struct service *service, const struct dependency *d)
{
	const struct service *needed = project_service(s->project, d->service);
	const struct lane *lane = &s->lanes[service->index];
	bool starts = false;
	for (size_t i = 0; i < lane->len; i++)
		starts |= slot_at(s, lane, i)->start != NO_STEP;
	if (!needed || !starts)
		return;
	struct lane *other = &s->lanes[needed->index];
	const char *cause = arena_format(arena_of(s), "%s depends on %s: %s", service->name,
					 d->service, gate_word(d->condition));
	for (size_t i = 0; i < other->len; i++) {
		struct slot *slot = slot_at(s, other, i);
		size_t gate = d->condition == DEPENDENCY_STARTED
				      ? slot->up
				      : gate_wait(s, slot, d->condition, !d->required, cause);
		draft_after(s->plan, lane->prelude, gate);
		for (size_t j = 0; j < lane->len; j++) {
			draft_after(s->plan, slot_at(s, lane, j)->start, gate);
			if (d->condition != DEPENDENCY_STARTED && gate != NO_STEP)
				delay_creation(s, slot_at(s, lane, j), slot);
		}
	}
}

static void draft_starts(struct slots *s, const struct service *service)
{
	struct lane *lane = &s->lanes[service->index];
	for (size_t i = 0; i < lane->len; i++) {
		draft_start(s, slot_at(s, lane, i));
		if (slot_at(s, lane, i)->start != NO_STEP) {
			struct step *step = draft_step(s->plan, slot_at(s, lane, i)->start);
			step->service = service->name;
		}
	}
	prelude_draft(s, service);
	if (s->options->no_deps)
		return;
	ARRAY_FOR_EACH (struct dependency, d, &service->dependencies)
		order_starts(s, service, d);
}

/* What restarts with a dependency stops before the dependency does. */
static void order_stops(struct slots *s, const struct service *service)
{
	const struct lane *lane = &s->lanes[service->index];
	if (!lane->bounce)
		return;
	ARRAY_FOR_EACH (struct dependency, d, &service->dependencies) {
		const struct service *needed = project_service(s->project, d->service);
		if (!needed || !d->restart)
			continue;
		const struct lane *other = &s->lanes[needed->index];
		for (size_t i = 0; i < other->len; i++)
			for (size_t j = 0; j < lane->len; j++)
				draft_after(s->plan, slot_at(s, other, i)->halt,
					    slot_at(s, lane, j)->stop);
	}
}

/* --- names and ports pass from one container to another */

struct release {
	size_t step;
	struct release *next;
};

static void note(struct slots *s, struct map *map, const char *key, size_t step)
{
	if (step == NO_STEP)
		return;
	struct release *release = arena_alloc(arena_of(s), sizeof(*release));
	*release = (struct release){step, map_get(map, key)};
	map_set(map, key, release);
}

static void note_ports(struct slots *s, struct map *ports, const struct container *c, size_t stop)
{
	ARRAY_FOR_EACH (struct container_port, p, &c->ports)
		if (p->published)
			note(s, ports,
			     arena_format(arena_of(s), "%u/%s", p->published, p->protocol), stop);
}

static void order_after_ports(struct slots *s, const struct map *ports, const struct slot *slot)
{
	const struct service *service = &s->project->services.items[slot->service];
	ARRAY_FOR_EACH (struct service_port, p, &service->ports) {
		if (!p->published || slot->start == NO_STEP)
			continue;
		CLEANUP(memory_free)
		char *key = memory_format("%s/%s", p->published, p->protocol ? p->protocol : "tcp");
		for (const struct release *r = map_get(ports, key); r; r = r->next)
			if (r->step != slot->stop)
				draft_after(s->plan, slot->start, r->step);
	}
}

/* The step after which slot has its final name; the name must be free before. */
static int order_after_name(struct slots *s, const struct map *names, const struct slot *slot,
			    struct error **err)
{
	size_t taker = slot->rename != NO_STEP ? slot->rename : slot->create;
	if (taker == NO_STEP)
		return 0;
	const struct container *holder = map_get(&s->census->names, slot->name);
	if (!holder || holder == slot->old || holder == slot->keep)
		return 0;
	const struct release *release = map_get(names, slot->name);
	if (!release)
		return error_set(err, ERROR_CONFLICT,
				 "the name %s is taken by container %.12s, which %s: remove or "
				 "rename it",
				 slot->name, holder->id,
				 plan_owns(s->project->name, holder)
					 ? "is an orphan of this project (--remove-orphans)"
					 : "is not this project's");
	draft_after(s->plan, taker, release->step);
	return 0;
}

static int order_successions(struct slots *s, struct error **err)
{
	CLEANUP(map_drop) struct map names = {0};
	CLEANUP(map_drop) struct map ports = {0};
	ARRAY_FOR_EACH (struct spare, spare, &s->spares) {
		note(s, &names, spare->container->name, spare->remove);
		note_ports(s, &ports, spare->container, spare->stop);
	}
	ARRAY_FOR_EACH (struct slot, slot, &s->slots) {
		if (slot->old) {
			note(s, &names, slot->old->name, slot->remove);
			note_ports(s, &ports, slot->old, slot->stop);
		} else if (slot->keep && slot->rename != NO_STEP) {
			note(s, &names, slot->keep->name, slot->rename);
		}
	}
	/* Of two with one number, the other one makes room first. */
	ARRAY_FOR_EACH (struct spare, spare, &s->spares) {
		if (spare->slot == NO_STEP)
			continue;
		const struct slot *slot = &s->slots.items[spare->slot];
		draft_after(s->plan, slot->create, spare->remove);
		draft_after(s->plan, slot->rename, spare->remove);
		if (slot->create == NO_STEP && slot->rename == NO_STEP)
			draft_after(s->plan, slot->start, spare->remove);
	}
	ARRAY_FOR_EACH (struct slot, slot, &s->slots) {
		order_after_ports(s, &ports, slot);
		if (order_after_name(s, &names, slot, err) < 0)
			return (*err)->code;
	}
	return 0;
}

/* --- all of it */

/* What run has left behind is expected to be there. --remove-orphans takes it along. */
static void warn_orphans(struct slots *s)
{
	CLEANUP(text_drop) struct text names = {0};
	if (s->options->remove_orphans || s->options->ignore_orphans || s->options->quick)
		return;
	ARRAY_FOR_EACH (struct found, found, &s->census->found)
		if (!found->one_off && census_is_orphan(s->census, found))
			text_printf(&names, "%s%s", names.len ? ", " : "", found->container->name);
	if (names.len)
		draft_warn(s->plan,
			   "containers of this project that are not in its file: %s; "
			   "--remove-orphans removes them",
			   names.data);
}

static void name_services(struct slots *s)
{
	ARRAY_FOR_EACH (struct slot, slot, &s->slots) {
		const char *name = s->project->services.items[slot->service].name;
		const size_t steps[] = {slot->create,      slot->stop,        slot->remove,
					slot->rename,      slot->link,        slot->start,
					slot->waits[0][0], slot->waits[0][1], slot->waits[1][0],
					slot->waits[1][1], slot->waits[2][0], slot->waits[2][1]};
		for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
			if (steps[i] == NO_STEP)
				continue;
			draft_step(s->plan, steps[i])->service = name;
			draft_step(s->plan, steps[i])->number = slot->number;
		}
	}
	ARRAY_FOR_EACH (struct spare, spare, &s->spares) {
		const char *name = labels_get(&spare->container->labels, LABEL_SERVICE);
		const size_t steps[] = {spare->stop, spare->remove};
		for (size_t i = 0; name && i < ARRAY_LEN(steps); i++)
			if (steps[i] != NO_STEP)
				draft_step(s->plan, steps[i])->service =
					arena_copy(arena_of(s), name);
	}
}

static int draft_all(struct slots *s, struct error **err)
{
	bool up = s->options->goal == PLAN_UP;
	if (slots_decide(s, err) < 0 || (up && ground_draft(s, err) < 0))
		return (*err)->code;
	ARRAY_FOR_EACH (struct spare, spare, &s->spares)
		draft_spare(s, spare);
	size_t count = s->project->services.len;
	for (size_t i = 0; i < count; i++) {
		const struct service *service = &s->project->services.items[s->graph->order[i]];
		const struct lane *lane = &s->lanes[service->index];
		for (size_t j = 0; j < lane->len; j++)
			if (draft_slot(s, lane->first + j, err) < 0)
				return (*err)->code;
		draft_starts(s, service);
		order_stops(s, service);
	}
	ground_release(s);
	gate_one_off(s);
	if (s->options->wait)
		gate_final(s);
	name_services(s);
	if (up)
		warn_orphans(s);
	return order_successions(s, err);
}

int up_draft(struct plan *plan, const struct census *census, const struct graph *graph,
	     const struct engine_host *host, const struct plan_options *options, struct error **err)
{
	struct slots slots = {.project = census->project,
			      .options = options,
			      .host = host,
			      .census = census,
			      .graph = graph,
			      .plan = plan};
	int code = draft_all(&slots, err);
	slots_drop(&slots);
	return code < 0 ? code : 0;
}
