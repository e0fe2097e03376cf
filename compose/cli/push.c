/* SPDX-License-Identifier: MIT */
/* push -- sends the images that services build to their registries */
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/images.h"
#include "compose/cli/verb.h"

struct values {
	bool ignore_push_failures, include_deps, quiet;
};

#define AT(member) offsetof(struct values, member)

static const struct flag flags[] = {
	{0, "ignore-push-failures", FLAG_SET, AT(ignore_push_failures), NULL,
	 "Push what can be pushed, and succeed"},
	{0, "include-deps", FLAG_SET, AT(include_deps), NULL,
	 "Push for what the services depend on, too"},
	{'q', "quiet", FLAG_SET, AT(quiet), NULL, "No progress"},
	{0},
};

/* What is not built here was pulled from where it would be pushed to. */
static const char *reason(const struct service *service)
{
	if (!service->build)
		return "it has no build section";
	return service->image_written ? NULL : "it has no image to be named by";
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(images_drop) struct images_jobs jobs = {0};

	(void)exit_code;
	if (cli_project(cli, arguments, &project, err) < 0 ||
	    cli_check_services(project, arguments, err) < 0)
		return (*err)->code;
	const char *const *services = arguments[0] ? (const char *const *)arguments : NULL;
	CLEANUP(memory_free) bool *chosen = images_choose(project, services, !values->include_deps);
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		const char *why_not = reason(service);

		if (!chosen[service->index])
			continue;
		if (!why_not)
			images_add_push(&jobs, service);
		else if (!values->quiet)
			cli_note(cli, "Service %s: skipped, %s", service->name, why_not);
	}
	for (size_t i = 0; i < jobs.len; i++)
		jobs.items[i].forgiven = values->ignore_push_failures;
	if (cli->globals.dry_run)
		return images_print(cli, &jobs, err);
	if (values->quiet)
		cli->mode = CLI_QUIET;
	if (jobs.len && cli_engine(cli, project->name, err) < 0)
		return (*err)->code;
	return images_run(cli, &jobs, values->quiet, err);
}

const struct verb verb_push = {
	.name = "push",
	.arguments = "[SERVICE...]",
	.summary = "Push the images that services build",
	.help = "An image goes to the registry that its name begins with, with the credentials of "
		"docker login.\n",
	.flags = flags,
	.values_size = sizeof(struct values),
	.run = run,
};
