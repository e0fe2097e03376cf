/* SPDX-License-Identifier: MIT */
#include "compose/supervise/heal.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/plan/draft.h"
#include "compose/plan/hook.h"

#define NS 1000000000

#define HOOK_TIME      60 /* seconds for each hook after a start that nobody waits for */
#define STOP_HOOK_TIME 10 /* before a stop, where the service has no stop_grace_period */

static size_t add(struct plan *plan, enum step_kind kind, const char *container, const char *cause)
{
	size_t step = draft_add(plan, kind, container, container, cause);

	draft_step(plan, step)->optional = true;
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
		const char *name = plan_service(&container->labels);
		const struct service *other = name ? project_service(project, name) : NULL;

		if (other && container->state == CONTAINER_RUNNING && restarts_with(other, service))
			hook_before_stop(plan, other, container,
					 add(plan, STEP_STOP, container->name,
					     "it restarts with what it depends on"));
	}
}

/* Nobody waits for the loop: a hook that does not end must not keep it from its work. */
static void limit_hooks(struct plan *plan, const struct project *project)
{
	ARRAY_FOR_EACH (struct step, step, &plan->steps) {
		const struct service *service =
			step->hook ? project_service(project, step->service) : NULL;

		if (!service)
			continue;
		bool before = text_starts(step->cause, "pre_stop");
		step->timeout = before ? STOP_HOOK_TIME : HOOK_TIME;
		if (before && service->stop_grace_period > 0)
			step->timeout = (int)((service->stop_grace_period + NS - 1) / NS);
		step->optional = true;
	}
}

static const struct container *named(const struct observed *observed, const char *name)
{
	ARRAY_FOR_EACH (const struct container, container, &observed->containers)
		if (text_same(container->name, name))
			return container;
	return NULL;
}

/* The action itself with its hooks; what was added before comes before it. */
static void add_action(struct plan *plan, const struct keeper_action *action,
		       const struct service *service, const struct container *container,
		       const struct engine_host *host)
{
	static const enum step_kind kinds[] = {
		[KEEPER_RESTART] = STEP_RESTART,
		[KEEPER_RECREATE] = STEP_STOP,
		[KEEPER_STOP] = STEP_STOP,
		[KEEPER_START] = STEP_START,
	};
	size_t count = plan->steps.len;
	size_t step = add(plan, kinds[action->verb], action->container, action->cause);
	size_t first = step;

	if (service && container && action->verb != KEEPER_START)
		first = hook_before_stop(plan, service, container, step);
	for (size_t i = 0; i < count; i++)
		draft_after(plan, first, i);
	if (service && (action->verb == KEEPER_START || action->verb == KEEPER_RESTART))
		hook_after_start(plan, service, host, step);
	if (action->verb == KEEPER_RECREATE) {
		size_t removal = add(plan, STEP_REMOVE, action->container, action->cause);
		draft_step(plan, removal)->force = true;
		draft_after(plan, removal, step);
	}
}

struct plan *heal_plan(const struct keeper_action *action, const struct project *project,
		       const struct observed *observed, const struct engine_host *host)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct plan *plan = draft_new();
	bool again = action->verb == KEEPER_RESTART || action->verb == KEEPER_RECREATE;
	const struct service *service =
		project && action->service ? project_service(project, action->service) : NULL;

	if (project && action->service && again)
		stop_dependents(plan, project, observed, action->service);
	add_action(plan, action, service, named(observed, action->container), host);
	if (project)
		limit_hooks(plan, project);
	int code = draft_sort(plan, &err);
	assert(code == 0);
	(void)code;
	return plan;
}
