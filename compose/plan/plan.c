/* SPDX-License-Identifier: MIT */
#include "compose/plan/plan.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/own.h"
#include "compose/plan/census.h"
#include "compose/plan/draft.h"
#include "compose/plan/lower.h"
#include "compose/plan/up.h"
#include "compose/project/diagnostic.h"
#include "compose/project/graph.h"

void plan_drop(struct plan **plan)
{
	if (!*plan)
		return;
	ARRAY_FOR_EACH (struct step, step, &(*plan)->steps)
		array_drop(&step->after);
	array_drop(&(*plan)->steps);
	array_drop(&(*plan)->warnings);
	arena_drop(&(*plan)->arena);
	free(*plan);
	*plan = NULL;
}

/* Whoever asks for something of a service that has no container is told so. */
static int check_present(const struct census *census, const struct plan_options *options,
			 struct error **err)
{
	for (const char *const *name = options->services; name && *name; name++) {
		const struct service *service = project_service(census->project, *name);
		if (service && service->replicas && !census->crews[service->index].len)
			return error_set(err, ERROR_NOT_FOUND,
					 "service %s has no container: create it with up", *name);
	}
	return 0;
}

static int draft(struct plan *plan, const struct census *census, const struct graph *graph,
		 const struct engine_host *host, const struct plan_options *options,
		 struct error **err)
{
	switch (options->goal) {
	case PLAN_UP:
		return up_draft(plan, census, graph, host, options, err);
	case PLAN_START:
		if (check_present(census, options, err) < 0)
			return (*err)->code;
		return up_draft(plan, census, graph, host, options, err);
	case PLAN_RESTART:
		if (check_present(census, options, err) < 0)
			return (*err)->code;
		return lower_restart(plan, census, graph, options, err);
	case PLAN_DOWN:
	case PLAN_STOP:
	case PLAN_KILL:
	case PLAN_REMOVE:
		break;
	}
	return lower_draft(plan, census, graph, options, err);
}

const struct plan_isolation *plan_isolation(const struct plan_options *options, const char *service)
{
	for (size_t i = 0; i < options->isolation_count; i++)
		if (text_same(options->isolations[i].service, service))
			return &options->isolations[i];
	return NULL;
}

int plan_make(const struct project *project, const struct observed *observed,
	      const struct engine_host *host, const struct plan_options *options, struct plan **ret,
	      struct error **err)
{
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	CLEANUP(graph_drop) struct graph graph = {0};
	if (graph_build(project, &graph, &diagnostics) < 0)
		return diagnostics_fail(&diagnostics, err);
	CLEANUP(census_drop) struct census census = {0};
	CLEANUP(plan_drop) struct plan *plan = draft_new();
	census_take(&census, project, observed);
	if (draft(plan, &census, &graph, host, options, err) < 0)
		return (*err)->code;
	if (draft_sort(plan, err) < 0)
		return (*err)->code;
	*ret = steal(&plan);
	return 0;
}

/* --- one line per step */

static const struct {
	const char *name, *noun;
} kinds[] = {
	[STEP_NETWORK_CREATE] = {"create", "network"},
	[STEP_NETWORK_REMOVE] = {"remove", "network"},
	[STEP_NETWORK_CONNECT] = {"connect", "container"},
	[STEP_NETWORK_DISCONNECT] = {"disconnect", "container"},
	[STEP_VOLUME_CREATE] = {"create", "volume"},
	[STEP_VOLUME_REMOVE] = {"remove", "volume"},
	[STEP_CREATE] = {"create", "container"},
	[STEP_START] = {"start", "container"},
	[STEP_STOP] = {"stop", "container"},
	[STEP_KILL] = {"kill", "container"},
	[STEP_RESTART] = {"restart", "container"},
	[STEP_REMOVE] = {"remove", "container"},
	[STEP_RENAME] = {"rename", "container"},
	[STEP_WAIT_HEALTHY] = {"await healthy", "container"},
	[STEP_WAIT_COMPLETED] = {"await completed", "container"},
	[STEP_WAIT_RUNNING] = {"await running", "container"},
	[STEP_HOOK] = {"run hook in", "container"},
	[STEP_IMAGE_REMOVE] = {"remove", "image"},
};

const char *step_kind_name(enum step_kind kind)
{
	return kinds[kind].name;
}

/* What sets this step apart from another of its kind. */
static void print_details(const struct step *step, struct text *out)
{
	if (step->kind == STEP_CREATE && !text_same(step->subject, step->target))
		text_printf(out, " as %s", step->target);
	if (step->kind == STEP_RENAME)
		text_printf(out, " from %s", step->target);
	if (step->kind == STEP_NETWORK_CONNECT)
		text_printf(out, " to %s", step->name);
	if (step->kind == STEP_NETWORK_DISCONNECT)
		text_printf(out, " from %s", step->name);
	if (step->signal)
		text_printf(out, " with %s", step->signal);
	if (step->timeout >= 0)
		text_printf(out, " within %d s", step->timeout);
	if (step->volumes)
		text_add(out, " and its volumes");
	if (step->optional)
		text_add(out, " if possible");
}

void step_print(const struct step *step, struct text *out)
{
	text_printf(out, "#%zu %s %s %s", step->index + 1, kinds[step->kind].name,
		    kinds[step->kind].noun, step->subject);
	print_details(step, out);
	for (size_t i = 0; i < step->after.len; i++)
		text_printf(out, "%s #%zu", i ? "" : " <-", step->after.items[i] + 1);
	if (step->cause)
		text_printf(out, " (%s)", step->cause);
	if (step->note)
		text_printf(out, " [%s]", step->note);
}

void plan_print(const struct plan *plan, struct text *out)
{
	ARRAY_FOR_EACH (struct step, step, &plan->steps) {
		step_print(step, out);
		text_add_char(out, '\n');
	}
}
