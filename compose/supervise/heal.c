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
	return step;
}

/* The running containers of services that want to be restarted with this one. */
static size_t dependents(const struct project *project, const struct observed *observed,
			 const char *service, const char **names, size_t max)
{
	size_t count = 0;

	ARRAY_FOR_EACH (const struct container, container, &observed->containers) {
		const char *name = labels_get(&container->labels, "com.docker.compose.service");
		const struct service *other = name ? project_service(project, name) : NULL;

		if (!other || container->state != CONTAINER_RUNNING)
			continue;
		ARRAY_FOR_EACH (const struct dependency, dependency, &other->dependencies) {
			if (dependency->restart && strcmp(dependency->service, service) == 0 &&
			    count < max)
				names[count++] = container->name;
		}
	}
	return count;
}

struct plan *heal_plan(const struct keeper_action *action, const struct project *project,
		       const struct observed *observed)
{
	static const enum step_kind kinds[] = {
		[KEEPER_RESTART] = STEP_RESTART,
		[KEEPER_RECREATE] = STEP_REMOVE,
		[KEEPER_STOP] = STEP_STOP,
		[KEEPER_START] = STEP_START,
	};
	struct plan *plan = memory_zero(1, sizeof(*plan));
	const char *names[64];
	size_t count = 0;

	if (project && action->service &&
	    (action->verb == KEEPER_RESTART || action->verb == KEEPER_RECREATE))
		count = dependents(project, observed, action->service, names, ARRAY_LEN(names));
	for (size_t i = 0; i < count; i++)
		add(plan, STEP_STOP, names[i], "it restarts with what it depends on");
	struct step *step = add(plan, kinds[action->verb], action->container, action->cause);
	step->force = true;
	step->service = action->service ? arena_copy(&plan->arena, action->service) : NULL;
	for (size_t i = 0; i < count; i++)
		array_push(&step->after, i);
	size_t middle = step->index;
	for (size_t i = 0; i < count; i++) {
		step = add(plan, STEP_START, names[i], "what it depends on was restarted");
		array_push(&step->after, middle);
	}
	return plan;
}
