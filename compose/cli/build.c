/* SPDX-License-Identifier: MIT */
/* build -- builds the images of services that have a build section, and pushes them where that is
 * wanted */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/images.h"
#include "compose/cli/verb.h"
#include "compose/project/unit.h"

struct values {
	struct flag_strings args, ssh;
	const char *builder, *memory;
	bool no_cache, parallel, pull, push, quiet, with_dependencies;
};

#define AT(member) offsetof(struct values, member)

static const struct flag flags[] = {
	{0, "build-arg", FLAG_STRINGS, AT(args), "KEY=VALUE",
	 "Set a build argument of every service; KEY alone takes the environment's"},
	{0, "builder", FLAG_STRING, AT(builder), "NAME", "Build with this one of docker buildx"},
	{'m', "memory", FLAG_STRING, AT(memory), "BYTES",
	 "Memory that a step may use (Windows, and where BuildKit is not)"},
	{0, "no-cache", FLAG_SET, AT(no_cache), NULL, "Do not use what earlier builds left"},
	{0, "parallel", FLAG_SWITCH, AT(parallel), NULL, NULL},
	{0, "pull", FLAG_SET, AT(pull), NULL, "Pull newer versions of the images begun from"},
	{0, "push", FLAG_SET, AT(push), NULL, "Push what was built to its registry"},
	{'q', "quiet", FLAG_SET, AT(quiet), NULL, "No output of builds"},
	{0, "ssh", FLAG_STRINGS, AT(ssh), "ID[=PATH]",
	 "Let builds use the SSH agent (default), or a key"},
	{0, "with-dependencies", FLAG_SET, AT(with_dependencies), NULL,
	 "Build what the services depend on, too"},
	{0},
};

/* Without a name of its own, an image has no registry. */
static void add_pushes(struct cli *cli, const struct values *values, const struct project *project,
		       const bool *builds, struct images_jobs *jobs)
{
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		if (!values->push || !builds[service->index])
			continue;
		if (service->image_written)
			images_add_push(jobs, service);
		else
			cli_warn(cli, "service %s: not pushed, it has no image to be named by",
				 service->name);
	}
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(images_drop) struct images_jobs jobs = {0};
	struct recipe_options recipe = {
		.args = values->args.items,
		.builder = values->builder,
		.ssh = values->ssh.items,
		.pull = values->pull,
		.no_cache = values->no_cache,
		.platforms = true,
	};

	(void)exit_code;
	if (values->memory && !unit_bytes(values->memory, &recipe.memory))
		return error_set(err, ERROR_INVALID,
				 "--memory: \"%s\" is no size such as 512m or 1gb", values->memory);
	if (cli_project(cli, arguments, &project, err) < 0 ||
	    cli_check_services(project, arguments, err) < 0)
		return (*err)->code;
	const char *const *services = arguments[0] ? (const char *const *)arguments : NULL;
	CLEANUP(memory_free)
	bool *chosen = images_choose(project, services, !values->with_dependencies);
	CLEANUP(memory_free) bool *builds = images_builds(project, chosen);
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		if (builds[service->index])
			images_add_build(&jobs, project, service, &recipe);
	}
	add_pushes(cli, values, project, builds, &jobs);
	if (!jobs.len) {
		cli_warn(cli, "no service here has a build section");
		return 0;
	}
	images_order(&jobs);
	if (cli->globals.dry_run)
		return images_print(cli, &jobs, err);
	if (cli_engine(cli, project->name, err) < 0)
		return (*err)->code;
	if (values->quiet)
		cli->mode = CLI_QUIET;
	return images_run(cli, &jobs, values->quiet, err);
}

const struct verb verb_build = {
	.name = "build",
	.arguments = "[SERVICE...]",
	.summary = "Build the images of services",
	.help = "What is independent is built at once; an image that another one's Dockerfile "
		"begins from is\nbuilt before it.\n",
	.flags = flags,
	.values_size = sizeof(struct values),
	.run = run,
};
