/* SPDX-License-Identifier: MIT */
#include "compose/plan/lower.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/hook.h"
#include "compose/plan/sweep.h"

struct tail {
	ARRAY(size_t) steps; /* what whoever this service depends on waits for */
};

struct lowering {
	struct plan *plan;
	const struct census *census;
	const struct graph *graph;
	const struct plan_options *options;
	bool *selected;     /* by service */
	struct tail *tails; /* by service */
	struct map removed; /* id -> 1 + step */
};

/* --- what each goal does to one container: a row says when it stops and when it goes */

static bool is_finished(const struct container *c)
{
	return c->state == CONTAINER_CREATED || c->state == CONTAINER_EXITED ||
	       c->state == CONTAINER_DEAD;
}

static const struct {
	bool one_offs, force;
	const char *cause;
} goals[] = {
	[PLAN_DOWN] = {.one_offs = true, .force = true, .cause = "down"},
	[PLAN_STOP] = {.cause = "stop"},
	[PLAN_KILL] = {.one_offs = true, .cause = "kill"},
	[PLAN_REMOVE] = {.one_offs = true, .cause = "rm"},
};

static bool does_stop(const struct lowering *l, const struct found *found)
{
	if (!census_is_up(found->container))
		return false;
	if (l->options->goal == PLAN_REMOVE)
		return l->options->stop_first && !found->one_off;
	return true;
}

static bool does_remove(const struct lowering *l, const struct found *found, size_t stop)
{
	if (l->options->goal == PLAN_DOWN)
		return true;
	return l->options->goal == PLAN_REMOVE &&
	       (stop != NO_STEP || is_finished(found->container));
}

static size_t draft_end(struct lowering *l, const struct found *found, const char *cause)
{
	const struct container *c = found->container;
	bool kill = l->options->goal == PLAN_KILL;
	size_t step = draft_add(l->plan, kill ? STEP_KILL : STEP_STOP, c->name, c->id, cause);
	struct step *it = draft_step(l->plan, step);
	it->timeout = l->options->timeout;
	if (kill) {
		it->timeout = -1;
		it->signal = arena_copy(&l->plan->arena,
					l->options->signal ? l->options->signal : "SIGKILL");
		/* Between two runs there is no process to be killed. */
		it->optional = c->state == CONTAINER_RESTARTING;
	}
	return step;
}

/* Rounded down, as the engine is told. */
static int grace_of(const struct service *service)
{
	return service && service->stop_grace_period > 0
		       ? (int)(service->stop_grace_period / 1000000000)
		       : 0;
}

static void name_step(struct lowering *l, size_t step, const struct found *found)
{
	struct step *it = draft_step(l->plan, step);
	it->service = arena_copy(&l->plan->arena, found->service);
	it->number = found->number;
}

static const struct service *service_of(const struct lowering *l, const struct found *found)
{
	return found->index == NO_SERVICE ? NULL
					  : &l->census->project->services.items[found->index];
}

/* Gives the step that ends the container, or NO_STEP; *halt is where that begins. */
static size_t draft_container(struct lowering *l, const struct found *found, const char *cause,
			      size_t *halt)
{
	const struct container *c = found->container;
	size_t stop = NO_STEP;

	*halt = NO_STEP;
	if (does_stop(l, found)) {
		stop = draft_end(l, found, cause);
		name_step(l, stop, found);
		draft_step(l->plan, stop)->grace = grace_of(service_of(l, found));
		*halt = stop;
		if (l->options->goal != PLAN_KILL && !found->one_off)
			*halt = hook_before_stop(l->plan, service_of(l, found), c, stop);
	}
	if (!does_remove(l, found, stop))
		return stop;
	size_t remove = draft_add(l->plan, STEP_REMOVE, c->name, c->id, cause);
	struct step *it = draft_step(l->plan, remove);
	it->force = goals[l->options->goal].force || c->state == CONTAINER_DEAD;
	it->volumes = l->options->remove_volumes;
	name_step(l, remove, found);
	draft_after(l->plan, remove, stop);
	map_set(&l->removed, c->id, (void *)(uintptr_t)(remove + 1));
	return stop;
}

/* --- one service after those that depend on it */

static void draft_service(struct lowering *l, size_t index)
{
	const struct crew *crew = &l->census->crews[index];
	struct tail *tail = &l->tails[index];
	struct tail before = {0};
	const struct graph_node *node = &l->graph->nodes[index];
	/* A kill is for all at once. */
	for (size_t i = 0; i < node->needed_by.len && l->options->goal != PLAN_KILL; i++) {
		const struct tail *by = &l->tails[node->needed_by.items[i]];
		for (size_t j = 0; j < by->steps.len; j++)
			array_push(&before.steps, by->steps.items[j]);
	}
	size_t count = crew->len + (goals[l->options->goal].one_offs ? crew->one_off_len : 0);
	for (size_t i = 0; l->selected[index] && i < count; i++) {
		const struct found *found = &l->census->found.items[crew->first + i];
		size_t halt, stop;
		stop = draft_container(l, found, goals[l->options->goal].cause, &halt);
		if (stop == NO_STEP)
			continue;
		for (size_t j = 0; j < before.steps.len; j++)
			draft_after(l->plan, halt, before.steps.items[j]);
		array_push(&tail->steps, stop);
	}
	if (tail->steps.len) {
		array_drop(&before.steps);
		return;
	}
	/* Nothing of it runs: what depends on it still stops before what it depends on. */
	*tail = before;
}

static void draft_orphans(struct lowering *l)
{
	CLEANUP(text_drop) struct text left = {0};
	bool goal = l->options->goal == PLAN_DOWN || l->options->goal == PLAN_KILL;
	if (!goal || l->options->services)
		return;
	ARRAY_FOR_EACH (struct found, found, &l->census->found) {
		size_t halt;
		if (found->index != NO_SERVICE || !census_is_orphan(l->census, found))
			continue;
		if (l->options->remove_orphans)
			draft_container(l, found, "orphan", &halt);
		else
			text_printf(&left, "%s%s", left.len ? ", " : "", found->container->name);
	}
	if (left.len && !l->options->ignore_orphans && l->options->goal == PLAN_DOWN)
		draft_warn(l->plan,
			   "containers of this project that are not in its file stay: %s; "
			   "--remove-orphans removes them",
			   left.data);
}

static int select_services(struct lowering *l, struct error **err)
{
	const struct project *project = l->census->project;
	for (size_t i = 0; !l->options->services && i < project->services.len; i++)
		l->selected[i] = true;
	for (const char *const *name = l->options->services; name && *name; name++) {
		const struct service *service = project_service(project, *name);
		if (!service)
			return error_set(err, ERROR_NOT_FOUND, "no such service: %s", *name);
		l->selected[service->index] = true;
	}
	return 0;
}

static void lowering_drop(struct lowering *l)
{
	for (size_t i = 0; i < l->census->project->services.len; i++)
		array_drop(&l->tails[i].steps);
	free(l->tails);
	free(l->selected);
	map_drop(&l->removed);
}

static struct lowering lowering_of(struct plan *plan, const struct census *census,
				   const struct graph *graph, const struct plan_options *options)
{
	size_t count = census->project->services.len + 1;
	return (struct lowering){.plan = plan,
				 .census = census,
				 .graph = graph,
				 .options = options,
				 .selected = memory_zero(count, sizeof(bool)),
				 .tails = memory_zero(count, sizeof(struct tail))};
}

int lower_draft(struct plan *plan, const struct census *census, const struct graph *graph,
		const struct plan_options *options, struct error **err)
{
	CLEANUP(lowering_drop)
	struct lowering l = lowering_of(plan, census, graph, options);
	if (select_services(&l, err) < 0)
		return (*err)->code;
	for (size_t i = census->project->services.len; i-- > 0;)
		draft_service(&l, graph->order[i]);
	draft_orphans(&l);
	if (options->goal == PLAN_DOWN)
		sweep_draft(plan, census, options, &l.removed);
	return 0;
}

/* --- restart */

/* Marks what restarts with the selected ones, dependencies first; gives why. */
static void follow_restarts(struct lowering *l, const char **why)
{
	const struct project *project = l->census->project;
	for (size_t i = 0; i < project->services.len; i++) {
		const struct service *service = &project->services.items[l->graph->order[i]];
		ARRAY_FOR_EACH (struct dependency, d, &service->dependencies) {
			const struct service *needed = project_service(project, d->service);
			if (!needed || !d->restart || l->selected[service->index] ||
			    !l->selected[needed->index])
				continue;
			l->selected[service->index] = true;
			why[service->index] =
				arena_format(&l->plan->arena, "restarts with %s", d->service);
		}
	}
}

static void restart_service(struct lowering *l, const struct service *service, const char *why)
{
	const struct crew *crew = &l->census->crews[service->index];
	struct tail *tail = &l->tails[service->index];
	for (size_t i = 0; i < crew->len; i++) {
		const struct found *found = &l->census->found.items[crew->first + i];
		const struct container *c = found->container;
		/* What only follows a dependency is not started by that. */
		if (c->state == CONTAINER_DEAD || c->state == CONTAINER_REMOVING ||
		    (why && !census_is_up(c)))
			continue;
		size_t step =
			draft_add(l->plan, STEP_RESTART, c->name, c->id, why ? why : "restart");
		draft_step(l->plan, step)->timeout = l->options->timeout;
		draft_step(l->plan, step)->grace = grace_of(service);
		name_step(l, step, found);
		size_t halt = hook_before_stop(l->plan, service, c, step);
		array_push(&tail->steps, hook_after_start(l->plan, service, NULL, step));
		ARRAY_FOR_EACH (struct dependency, d, &service->dependencies) {
			const struct service *needed =
				project_service(l->census->project, d->service);
			const struct tail *first =
				needed && d->restart ? &l->tails[needed->index] : NULL;
			for (size_t j = 0; first && j < first->steps.len; j++)
				draft_after(l->plan, halt, first->steps.items[j]);
		}
	}
}

int lower_restart(struct plan *plan, const struct census *census, const struct graph *graph,
		  const struct plan_options *options, struct error **err)
{
	CLEANUP(lowering_drop)
	struct lowering l = lowering_of(plan, census, graph, options);
	size_t count = census->project->services.len;
	if (select_services(&l, err) < 0)
		return (*err)->code;
	CLEANUP(memory_free) const char **why = memory_zero(count + 1, sizeof(*why));
	if (!options->no_deps)
		follow_restarts(&l, why);
	for (size_t i = 0; i < count; i++) {
		size_t index = graph->order[i];
		if (l.selected[index])
			restart_service(&l, &census->project->services.items[index], why[index]);
	}
	return 0;
}
