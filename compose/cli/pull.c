/* SPDX-License-Identifier: MIT */
/* pull -- fetches the images of services */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/images.h"
#include "compose/cli/policy.h"
#include "compose/cli/verb.h"

struct values {
	bool ignore_buildable, ignore_pull_failures, include_deps, no_parallel, parallel, quiet;
	const char *policy;
};

#define AT(member) offsetof(struct values, member)

static const struct flag flags[] = {
	{0, "ignore-buildable", FLAG_SET, AT(ignore_buildable), NULL,
	 "Leave images that can be built"},
	{0, "ignore-pull-failures", FLAG_SET, AT(ignore_pull_failures), NULL,
	 "Pull what can be pulled, and succeed"},
	{0, "include-deps", FLAG_SET, AT(include_deps), NULL,
	 "Pull for what the services depend on, too"},
	{0, "no-parallel", FLAG_SET, AT(no_parallel), NULL, NULL},
	{0, "parallel", FLAG_SWITCH, AT(parallel), NULL, NULL},
	{0, "policy", FLAG_STRING, AT(policy), "POLICY",
	 "Pull by this policy: always, missing (default: each service's own)"},
	{'q', "quiet", FLAG_SET, AT(quiet), NULL, "No progress"},
	{0},
};

struct pulling {
	struct cli *cli;
	const struct values *values;
	const struct project *project;
	struct images_stock stock;
	struct images_jobs jobs;
};

static void pulling_drop(struct pulling *pulling)
{
	images_stock_drop(&pulling->stock);
	images_drop(&pulling->jobs);
}

/* "latest" is what moves: having one says nothing. */
static bool is_settled(const struct pulling *pulling, const char *image)
{
	const char *full = recipe_full_name((struct arena *)&pulling->jobs.arena, image);

	return !text_ends(full, ":latest") && images_find(&pulling->stock, image);
}

/* Why a service's image is not pulled, or NULL. Without a policy, asking is wanting. */
static const char *reason(const struct pulling *pulling, const struct service *service,
			  const struct policy *policy, bool has_policy)
{
	if (!service->image_written)
		return "no image to be pulled";
	if (pulling->values->ignore_buildable && service->build)
		return "its image can be built";
	if (policy->kind == POLICY_NEVER || policy->kind == POLICY_BUILD)
		return "its pull policy forbids it";
	if (has_policy && policy->kind == POLICY_MISSING && is_settled(pulling, service->image))
		return "its image is there";
	return NULL;
}

static int add(struct pulling *pulling, const struct service *service, struct error **err)
{
	const char *word = pulling->values->policy ? pulling->values->policy : service->pull_policy;
	struct policy policy;

	if (policy_parse(word, &policy, err) < 0)
		return error_wrap(err, "--policy");
	const char *why_not = reason(pulling, service, &policy, word != NULL);
	if (!why_not)
		images_add_pull(&pulling->jobs, pulling->project, service, false);
	else if (!pulling->values->quiet)
		cli_note(pulling->cli, "Service %s: skipped, %s", service->name, why_not);
	return 0;
}

/* What can be built is not missed yet, but was not pulled. */
static int conclude(const struct pulling *pulling, struct error **err)
{
	const struct images_jobs *jobs = &pulling->jobs;
	CLEANUP(text_drop) struct text buildable = {0};

	for (size_t i = 0; i < jobs->len; i++) {
		const struct service *service =
			project_service(pulling->project, jobs->items[i].service);

		if (jobs->items[i].failure && service->build)
			text_printf(&buildable, " %s", service->name);
	}
	if (buildable.len)
		cli_warn(pulling->cli,
			 "images that could not be pulled have to be built: wincompose build%s",
			 buildable.data);
	for (size_t i = 0; i < jobs->len && !pulling->values->ignore_pull_failures; i++) {
		if (!jobs->items[i].failure)
			continue;
		*err = error_copy(jobs->items[i].failure);
		return error_wrap(err, "service %s", jobs->items[i].service);
	}
	return 0;
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(pulling_drop) struct pulling pulling = {.cli = cli, .values = values};

	(void)exit_code;
	if (cli_project(cli, arguments, &project, err) < 0 ||
	    cli_check_services(project, arguments, err) < 0 ||
	    cli_engine(cli, project->name, err) < 0)
		return (*err)->code;
	const char *const *services = arguments[0] ? (const char *const *)arguments : NULL;
	CLEANUP(memory_free) bool *chosen = images_choose(project, services, !values->include_deps);
	pulling.project = project;
	if (images_observe(cli, project, chosen, &pulling.stock, err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		struct service other;

		if (!chosen[service->index])
			continue;
		if (add(&pulling, service, err) < 0)
			return (*err)->code;
		for (size_t i = 0; i < service->pre_start.len; i++) {
			if (images_of_hook(service, i, &other) && add(&pulling, &other, err) < 0)
				return (*err)->code;
		}
	}
	if (cli->globals.dry_run)
		return images_print(cli, &pulling.jobs, err);
	for (size_t i = 0; i < pulling.jobs.len && values->ignore_pull_failures; i++)
		pulling.jobs.items[i].forgiven = true;
	if (values->quiet)
		cli->mode = CLI_QUIET;
	if (images_run(cli, &pulling.jobs, values->quiet, err) < 0)
		return (*err)->code;
	return conclude(&pulling, err);
}

const struct verb verb_pull = {
	.name = "pull",
	.arguments = "[SERVICE...]",
	.summary = "Pull the images of services",
	.flags = flags,
	.values_size = sizeof(struct values),
	.run = run,
};
