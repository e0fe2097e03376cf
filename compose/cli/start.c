/* SPDX-License-Identifier: MIT */
/* start -- starts containers that exist, and a supervisor for them */
#include "base/clock.h"
#include "base/error.h"
#include "base/own.h"
#include "compose/cli/change.h"
#include "compose/cli/verb.h"

struct values {
	bool wait;
	int wait_timeout;
	bool no_supervise;
};

static const struct flag flags[] = {
	{0, "no-supervise", FLAG_SET, offsetof(struct values, no_supervise), NULL,
	 "Leave no supervisor behind"},
	{0, "wait", FLAG_SET, offsetof(struct values, wait), NULL,
	 "Return when everything is running or healthy"},
	{0, "wait-timeout", FLAG_NUMBER, offsetof(struct values, wait_timeout), "SECONDS",
	 "Give up waiting after this time"},
	{0},
};

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(change_drop) struct change change = {0};

	(void)exit_code;
	if (change_open(cli, arguments, false, &change, err) < 0)
		return (*err)->code;
	struct operation operation = {
		.project = change.project,
		.plan = {.goal = PLAN_START,
			 .wait = values->wait,
			 .timeout = -1,
			 .services = change.services},
		.parallel = cli_parallel(cli),
		.wait_timeout = (uint64_t)values->wait_timeout * CLOCK_SECOND,
		.dry_run = cli->globals.dry_run,
	};
	if (cli_operate(cli, &operation, &change.home, NULL, err) < 0)
		return (*err)->code;
	if (values->no_supervise || cli->globals.dry_run)
		return 0;
	return change_supervise(cli, &change, err);
}

const struct verb verb_start = {
	.name = "start",
	.arguments = "[SERVICE...]",
	.summary = "Start services that were stopped",
	.flags = flags,
	.values_size = sizeof(struct values),
	.run = run,
};
