/* SPDX-License-Identifier: MIT */
#include "compose/plan/gate.h"

#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/spec.h"

static const struct {
	enum step_kind wait;
	const char *word;
} gates[] = {
	[DEPENDENCY_STARTED] = {STEP_WAIT_RUNNING, "service_started"},
	[DEPENDENCY_HEALTHY] = {STEP_WAIT_HEALTHY, "service_healthy"},
	[DEPENDENCY_COMPLETED] = {STEP_WAIT_COMPLETED, "service_completed_successfully"},
};

const char *gate_word(enum dependency_condition condition)
{
	return gates[condition].word;
}

/* Whether the condition holds already and nothing in this plan changes that. */
static bool is_met(const struct slot *slot, enum dependency_condition condition)
{
	const struct container *c = slot->keep;
	if (slot->start != NO_STEP)
		return false;
	if (!c || slot->held)
		return true; /* it will not come: there is nothing to wait for */
	if (condition == DEPENDENCY_HEALTHY)
		return c->health == HEALTH_HEALTHY && census_is_up(c);
	return condition == DEPENDENCY_COMPLETED && c->state == CONTAINER_EXITED &&
	       c->exit_code == 0;
}

size_t gate_wait(struct slots *s, struct slot *slot, enum dependency_condition condition,
		 bool optional, const char *cause)
{
	size_t *wait = &slot->waits[condition][optional];
	if (*wait != NO_STEP || is_met(slot, condition))
		return *wait;
	*wait = draft_add(s->plan, gates[condition].wait, slot->name, slot->name, cause);
	draft_step(s->plan, *wait)->optional = optional;
	draft_after(s->plan, *wait, slot->up);
	return *wait;
}

void gate_one_off(struct slots *s)
{
	const char *name = s->options->one_off;
	const struct service *service = name ? project_service(s->project, name) : NULL;
	if (!service || s->options->no_deps || s->options->no_start)
		return;
	ARRAY_FOR_EACH (struct dependency, d, &service->dependencies) {
		const struct service *needed = project_service(s->project, d->service);
		if (!needed)
			continue;
		const struct lane *lane = &s->lanes[needed->index];
		const char *cause = arena_format(&s->plan->arena, "%s depends on %s: %s", name,
						 d->service, gate_word(d->condition));
		for (size_t i = 0; i < lane->len && d->condition != DEPENDENCY_STARTED; i++)
			gate_wait(s, &s->slots.items[lane->first + i], d->condition, !d->required,
				  cause);
	}
}

/* --- up --wait */

static bool has_health(struct slots *s, const struct service *service, const struct slot *slot)
{
	const struct image *image = census_image(s->census, service->image);
	if (service->supervision.probe.kind != PROBE_NONE)
		return true;
	if (service->healthcheck.disabled)
		return false;
	if (service->healthcheck.test)
		return !text_same(service->healthcheck.test[0], "NONE");
	if (slot->keep && (slot->keep->has_healthcheck || slot->keep->health != HEALTH_NONE))
		return true;
	return image && image->has_healthcheck;
}

static bool is_awaited_as_completed(struct slots *s, const struct service *service)
{
	const struct graph_node *node = &s->graph->nodes[service->index];
	for (size_t i = 0; i < node->needed_by.len; i++) {
		const struct service *by = &s->project->services.items[node->needed_by.items[i]];
		ARRAY_FOR_EACH (struct dependency, d, &by->dependencies)
			if (text_same(d->service, service->name) &&
			    d->condition == DEPENDENCY_COMPLETED)
				return true;
	}
	return false;
}

/* What runs for long needs no wait; what the engine starts again and again does not run. */
static bool may_not_run(struct slots *s, const struct slot *slot)
{
	const struct container *c = slot->keep;
	if (slot->start != NO_STEP)
		return true;
	return c && (c->state == CONTAINER_RESTARTING ||
		     (s->options->again && c->state == CONTAINER_RUNNING));
}

void gate_final(struct slots *s)
{
	ARRAY_FOR_EACH (struct slot, slot, &s->slots) {
		const struct service *service = &s->project->services.items[slot->service];
		if (!s->lanes[slot->service].selected)
			continue;
		if (is_awaited_as_completed(s, service))
			gate_wait(s, slot, DEPENDENCY_COMPLETED, false, "--wait");
		else if (has_health(s, service, slot))
			gate_wait(s, slot, DEPENDENCY_HEALTHY, false, "--wait");
		else if (may_not_run(s, slot))
			gate_wait(s, slot, DEPENDENCY_STARTED, false, "--wait");
	}
}
