/* SPDX-License-Identifier: MIT */
#include "compose/supervise/heal.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static struct step *add(struct plan *plan, enum step_kind kind, const char *container,
			const char *cause)
{
	struct step *step = array_add(&plan->steps);

	step->index = plan->steps.len - 1;
	step->kind = kind;
	step->subject = arena_copy(&plan->arena, container);
	step->target = step->subject;
	step->cause = arena_copy(&plan->arena, cause);
	step->timeout = -1;
	step->optional = true;
	return step;
}

static bool restarts_with(const struct service *service, const char *name)
{
	ARRAY_FOR_EACH (const struct dependency, dependency, &service->dependencies) {
		if (dependency->restart && strcmp(dependency->service, name) == 0)
			return true;
	}
	return false;
}

/* Stops the running containers of services that want to be restarted with this one. */
static void stop_dependents(struct plan *plan, const struct project *project,
			    const struct observed *observed, const char *service)
{
	ARRAY_FOR_EACH (const struct container, container, &observed->containers) {
		const char *name = labels_get(&container->labels, "com.docker.compose.service");
		const char *oneoff = labels_get(&container->labels, "com.docker.compose.oneoff");
		const struct service *other = name ? project_service(project, name) : NULL;

		if (other && container->state == CONTAINER_RUNNING && !text_same(oneoff, "True") &&
		    restarts_with(other, service))
			add(plan, STEP_STOP, container->name,
			    "it restarts with what it depends on");
	}
}

struct plan *heal_plan(const struct keeper_action *action, const struct project *project,
		       const struct observed *observed)
{
	static const enum step_kind kinds[] = {
		[KEEPER_RESTART] = STEP_RESTART,
		[KEEPER_RECREATE] = STEP_STOP,
		[KEEPER_STOP] = STEP_STOP,
		[KEEPER_START] = STEP_START,
	};
	struct plan *plan = memory_zero(1, sizeof(*plan));
	bool recreate = action->verb == KEEPER_RECREATE;

	if (project && action->service && (action->verb == KEEPER_RESTART || recreate))
		stop_dependents(plan, project, observed, action->service);
	size_t count = plan->steps.len;
	struct step *step = add(plan, kinds[action->verb], action->container, action->cause);
	for (size_t i = 0; i < count; i++)
		array_push(&step->after, i);
	size_t last = step->index;
	if (recreate) {
		step = add(plan, STEP_REMOVE, action->container, action->cause);
		step->force = true;
		array_push(&step->after, last);
	}
	return plan;
}
