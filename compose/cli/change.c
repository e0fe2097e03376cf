/* SPDX-License-Identifier: MIT */
#include "compose/cli/change.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/inquire.h"
#include "compose/cli/provider.h"
#include "compose/plan/sense.h"
#include "compose/supervise/detach.h"

#define ANSWER_TIME  (10 * CLOCK_SECOND) /* a supervisor that was started answers within this */
#define ASK_AGAIN_MS 20

static int make_skeleton(struct cli *cli, const char *name, struct project **ret,
			 struct error **err)
{
	CLEANUP(observed_drop) struct observed observed = {0};
	struct engine_filter filter = {
		.project = name,
		.containers = true,
		.networks = true,
		.volumes = true,
		.inspect = true,
	};

	if (cli_observe(cli, &filter, &observed, err) < 0)
		return (*err)->code;
	return plan_skeleton(name, &observed, ret, err);
}

static int find_project(struct cli *cli, char **services, bool needs_file, struct change *change,
			char **name, struct error **err)
{
	struct project_options options = cli_project_options(cli, services);

	if (!needs_file)
		return cli_project_or_name(cli, services, &change->project, name, err);
	/* Preflight tells it where the file is right, with what else stands in the way. */
	options.judge = sense_refuse;
	if (cli_project_as(cli, &options, &change->project, err) < 0)
		return (*err)->code;
	*name = memory_copy(change->project->name);
	return 0;
}

int change_open(struct cli *cli, char **services, bool needs_file, struct change *change,
		struct error **err)
{
	CLEANUP(change_drop) struct change made = {0};
	CLEANUP(memory_free) char *name = NULL;

	if (find_project(cli, services, needs_file, &made, &name, err) < 0)
		return (*err)->code;
	made.has_file = made.project != NULL;
	if (cli_engine(cli, name, err) < 0)
		return (*err)->code;
	if (!made.project && make_skeleton(cli, name, &made.project, err) < 0)
		return (*err)->code;
	if (cli_check_services(made.project, services, err) < 0 ||
	    cli_home_project(cli, made.project->name, &made.home, err) < 0 ||
	    (!cli->globals.dry_run && home_make(&cli->home, &made.home, err) < 0))
		return (*err)->code;
	made.services = services[0] ? (const char *const *)services : NULL;
	*change = made;
	made = (struct change){0};
	return 0;
}

void change_drop(struct change *change)
{
	project_drop(&change->project);
	home_project_drop(&change->home);
	*change = (struct change){0};
}

/* Programs that stand in for services end theirs after the containers that use them. */
static int end_providers(struct cli *cli, const struct change *change, enum plan_goal goal,
			 struct error **err)
{
	bool down = goal == PLAN_DOWN;

	if (!change->has_file || cli->globals.dry_run || (!down && goal != PLAN_STOP))
		return 0;
	return provider_end(cli, change->project, change->services, down ? "down" : "stop", err);
}

int change_run(struct cli *cli, char **services, const struct plan_options *plan, bool supervise,
	       struct error **err)
{
	CLEANUP(change_drop) struct change change = {0};

	if (change_open(cli, services, false, &change, err) < 0)
		return (*err)->code;
	struct operation operation = {
		.project = change.project,
		.plan = *plan,
		.parallel = cli_parallel(cli),
		.dry_run = cli->globals.dry_run,
	};
	operation.plan.services = change.services;
	if (cli_operate(cli, &operation, &change.home, NULL, err) < 0 ||
	    end_providers(cli, &change, plan->goal, err) < 0)
		return (*err)->code;
	if (!supervise || cli->globals.dry_run)
		return 0;
	return change_supervise(cli, &change, err);
}

/* --- the detached supervisor */

static bool answers(struct cli *cli, const struct home_project *home)
{
	CLEANUP(json_drop) cJSON *answer = inquire(cli, home);

	return answer != NULL;
}

/* Everything that decides which engine is reached, and how: it stands in no file that the supervisor
 * could read. NULL-ended; the vector is the caller's. */
static const char **supervise_arguments(const struct cli *cli, const char *project)
{
	const struct {
		const char *flag, *value;
	} flags[] = {
		{"--engine", engine_driver(cli->engine)},
		{"--host", engine_address(cli->engine)},
		{"--engine-id", engine_host_known(cli->engine)->id},
		{"--project-name", project},
		{"--tls-folder", cli->tls_folder},
		{"--engine-timeout", cli->globals.engine_timeout},
	};
	struct strings arguments = {0};

	array_push(&arguments, "supervise");
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		if (!flags[i].value)
			continue;
		array_push(&arguments, flags[i].flag);
		array_push(&arguments, flags[i].value);
	}
	if (cli->tls_skip_verify)
		array_push(&arguments, "--tls-skip-verify");
	if (cli->globals.trust_pipe)
		array_push(&arguments, "--trust-pipe");
	array_push(&arguments, NULL);
	return arguments.items;
}

int change_supervise(struct cli *cli, const struct change *change, struct error **err)
{
	CLEANUP(memory_free)
	const char **arguments = supervise_arguments(cli, change->project->name);
	uint64_t until = clock_monotonic() + ANSWER_TIME;
	const char *warning = NULL;

	if (answers(cli, &change->home))
		return 0;
	if (detach_start(&change->home, arguments, &warning, err) < 0)
		return (*err)->code;
	if (warning)
		cli_warn(cli, "%s", warning);
	while (!answers(cli, &change->home)) {
		if (clock_monotonic() > until)
			return error_set(err, ERROR_TIMEOUT,
					 "the supervisor was started but does not answer; its log "
					 "is %s",
					 change->home.log);
		uv_sleep(ASK_AGAIN_MS);
	}
	return 0;
}
