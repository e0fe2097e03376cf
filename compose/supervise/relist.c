/* SPDX-License-Identifier: MIT */
/* The keeper's part that lists and breaks of the event stream speak to. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "compose/plan/plan.h"
#include "compose/supervise/kept.h"

/* The place of a service's container that is not on the engine now: an adopted one may bear another
 * name. */
static struct kept *place_of(struct keeper *keeper, const char *service, unsigned number)
{
	MAP_FOR_EACH (entry, &keeper->by_name) {
		struct kept *kept = entry->value;

		if (kept->phase == GONE && !kept->seen && kept->number == number &&
		    text_same(kept->service, service))
			return kept;
	}
	return NULL;
}

void keeper_broken(struct keeper *keeper, uint64_t now)
{
	keeper->broken = true;
	keeper->settled = false;
	MAP_FOR_EACH (entry, &keeper->by_name) {
		struct kept *kept = entry->value;

		/* An engine that shuts down stops its containers: that is no client's word. */
		if (kept->held && now - kept->held_since < HOLD_YOUNG && kept->seen) {
			kept_release(kept);
			kept->ran_before_break = true;
		}
		/* A start of ours may have been answered and not been told of. */
		bool starts = kept->phase == DOWN && !kept->held &&
			      (kept->acting || now < kept->ours_until);
		if (kept_runs(kept) || kept->hold_at != CLOCK_NEVER || kept->looked_for ||
		    kept->start_at != CLOCK_NEVER || starts)
			kept->ran_before_break = true;
		/* Whether it still ails is for the list to say, and then counted again. */
		if (kept->phase == AILING) {
			kept->phase = UP;
			kept->failures--;
		}
		kept->hold_at = CLOCK_NEVER;
		kept->looked_for = false;
		kept->start_at = CLOCK_NEVER;
		kept->stopping = false;
		kept->killed = false;
	}
}

static enum phase phase_of(const struct container *container)
{
	static const enum phase phases[] = {
		[CONTAINER_CREATED] = CREATED, [CONTAINER_RUNNING] = UP,
		[CONTAINER_PAUSED] = PAUSED,   [CONTAINER_RESTARTING] = UP,
		[CONTAINER_REMOVING] = DOWN,   [CONTAINER_EXITED] = DOWN,
		[CONTAINER_DEAD] = DOWN,
	};

	return phases[container->state];
}

/* A running container as a relist shows it: health that an event did not tell is taken as if it
 * had. */
static void take_health(struct keeper *keeper, struct kept *kept, const struct container *container,
			uint64_t now)
{
	struct keeper_event event = {.container = kept->name};

	if (kept->phase == ACTING && !kept->acting && now >= kept->act_at)
		kept->phase = UP;
	kept->ill_engine = container->health == HEALTH_UNHEALTHY;
	if (kept->ill_engine || kept->ill_probe) {
		event.kind = KEEPER_UNHEALTHY;
		keeper_cell(keeper, kept, &event, now);
	} else if (container->health == HEALTH_HEALTHY) {
		event.kind = KEEPER_HEALTHY;
		keeper_cell(keeper, kept, &event, now);
	}
}

/* A container that runs, as a list shows it. */
static void take_running(struct keeper *keeper, struct kept *kept,
			 const struct container *container, bool other, uint64_t now)
{
	if (!kept_runs(kept) || kept->phase == PAUSED || other) {
		kept_release(kept);
		kept->phase = UP;
		kept->start_at = CLOCK_NEVER;
		kept->owed = false;
		kept->ill_probe = false;
		kept->healthy_since = 0;
		/* When it was started is not known. */
		kept->started = 0;
	}
	take_health(keeper, kept, container, now);
}

/* A container that was killed and not removed yet: the first half of a removal, or a kill. */
static void judge_kill(struct kept *kept, const struct container *container, uint64_t now)
{
	kept->looked_for = false;
	if (container->state == CONTAINER_REMOVING)
		kept->hold_at = now + QUIET;
	else
		kept_hold(kept, now);
}

/* One that does not. */
static void take_ended(struct kept *kept, const struct container *container, uint64_t now)
{
	kept->finished = container->exit_code == 0;
	if (kept->looked_for)
		judge_kill(kept, container, now);
	if (container->state != CONTAINER_EXITED || kept->held)
		return;
	if (kept->ran_before_break && kept->wanted)
		kept->start_at = now + QUIET;
}

static void take_container(struct keeper *keeper, const struct container *container, uint64_t now)
{
	const char *service = plan_service(&container->labels);
	unsigned number = plan_number(&container->labels);
	struct kept *kept = map_get(&keeper->by_name, container->name);

	if (!service)
		return;
	if (!kept) {
		kept = place_of(keeper, service, number);
		if (kept)
			kept_rename(keeper, kept, container->name);
		else
			kept = kept_new(keeper, container->name);
	}
	bool other = kept->id && !text_same(kept->id, container->id);
	kept_identify(kept, container->id, service, number);
	kept->watched = labels_get(&container->labels, "wincompose.supervise") != NULL;
	enum phase phase = phase_of(container);
	if (phase == UP)
		take_running(keeper, kept, container, other, now);
	else
		kept->phase = phase;
	if (phase == DOWN)
		take_ended(kept, container, now);
	else if (phase != UP)
		kept->finished = false;
	kept->ran_before_break = false;
}

static bool is_one_shot(const struct project *project, const char *name)
{
	ARRAY_FOR_EACH (struct service, service, &project->services) {
		ARRAY_FOR_EACH (struct dependency, dependency, &service->dependencies) {
			if (dependency->condition == DEPENDENCY_COMPLETED &&
			    strcmp(dependency->service, name) == 0)
				return true;
		}
	}
	return false;
}

static const struct container *listed(const struct observed *observed, const char *name)
{
	ARRAY_FOR_EACH (const struct container, container, &observed->containers) {
		if (text_same(container->name, name))
			return container;
	}
	return NULL;
}

/* What was kept and is not listed any more was removed while nothing told us. True: it is missing.
 */
static bool take_absent(struct keeper *keeper, struct kept *kept, uint64_t now)
{
	struct keeper_event event = {.kind = KEEPER_DESTROYED, .container = kept->name};
	bool missing = kept->wanted && !kept->held && !kept->finished;

	if (kept->phase != GONE) {
		keeper_cell(keeper, kept, &event, now);
		return missing;
	}
	if (missing && !keeper->busy && !kept_is_ours(kept, now) &&
	    keeper->reconcile_at == CLOCK_NEVER)
		keeper_miss(keeper, now);
	return missing;
}

void keeper_observed(struct keeper *keeper, const struct observed *observed, uint64_t now)
{
	bool missing = false;

	ARRAY_FOR_EACH (const struct container, container, &observed->containers)
		take_container(keeper, container, now);
	for (size_t i = keeper->by_name.len; i-- > 0;) {
		struct kept *kept = keeper->by_name.entries[i].value;

		if (!listed(observed, kept->name) && take_absent(keeper, kept, now))
			missing = true;
	}
	if (!missing)
		keeper->reconciled = 0;
	if (keeper->broken && keeper->project) {
		MAP_FOR_EACH (entry, &keeper->by_name) {
			struct kept *kept = entry->value;

			if (kept->start_at != CLOCK_NEVER && kept->finished && kept->service &&
			    is_one_shot(keeper->project, kept->service))
				kept->start_at = CLOCK_NEVER;
		}
	}
	keeper->broken = false;
	keeper->settled = true;
}
