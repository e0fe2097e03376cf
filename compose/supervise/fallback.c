/* SPDX-License-Identifier: MIT */
#include "compose/supervise/fallback.h"

#include "base/error.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/plan/census.h"
#include "compose/plan/refusal.h"
#include "compose/plan/spec.h"

/* The isolation of the container that a step starts: as this plan creates it, or as it was. */
static const char *isolation_tried(const struct fallback_facts *facts, const struct step *start)
{
	ARRAY_FOR_EACH (const struct step, step, &facts->plan->steps) {
		if (step->container && text_same(step->service, start->service) &&
		    step->number == start->number)
			return step->container->isolation;
	}
	ARRAY_FOR_EACH (const struct container, c, &facts->observed->containers) {
		if (text_same(c->id, start->target) || text_same(c->name, start->target))
			return labels_get(&c->labels, LABEL_ISOLATION);
	}
	return NULL;
}

static bool is_start(const struct step *step)
{
	return step->kind == STEP_START || step->kind == STEP_RESTART;
}

static const struct plan_isolation *find(const struct fallback *fallback, const char *service)
{
	ARRAY_FOR_EACH (const struct plan_isolation, found, &fallback->found) {
		if (text_same(found->service, service))
			return found;
	}
	return NULL;
}

bool fallback_consider(struct fallback *fallback, const struct fallback_facts *facts,
		       const struct step *step, struct error **err, const char **sentence)
{
	const struct service *service =
		step->service ? project_service(facts->project, step->service) : NULL;
	CLEANUP(census_drop) struct census census = {0};
	struct refusal refusal;

	if (!is_start(step) || !service || !text_same(facts->host->os_type, "windows"))
		return false;
	census_take(&census, facts->project, facts->observed);
	const struct isolation_question question =
		isolation_ask(service, facts->host, census_image(&census, service->image));
	const char *tried = isolation_tried(facts, step);
	if (!tried)
		tried = facts->host->isolation;
	if (!refusal_explain(&question, tried, (*err)->message, &refusal))
		return false;
	error_wrap(err, "%s", refusal.text);
	const struct plan_isolation *before = find(fallback, service->name);
	/* Several containers of one service may be refused at the same time. */
	if (before)
		return !text_same(before->isolation, tried);
	if (!refusal.cure)
		return false;
	const char *reason =
		arena_format(&fallback->arena, "isolation %s was refused at start%s%s%s", tried,
			     *refusal.code ? " (" : "", refusal.code, *refusal.code ? ")" : "");
	array_push(&fallback->found,
		   ((struct plan_isolation){arena_copy(&fallback->arena, service->name),
					    refusal.cure, reason}));
	*sentence = arena_format(&fallback->arena,
				 "service %s: %s: %s; it is made anew with isolation %s",
				 service->name, reason, refusal.text, refusal.cure);
	return true;
}

void fallback_drop(struct fallback *fallback)
{
	array_drop(&fallback->found);
	arena_drop(&fallback->arena);
}
