/* SPDX-License-Identifier: MIT */
/* restart -- restarts containers, and what wants to be restarted with them */
#include "compose/cli/change.h"
#include "compose/cli/verb.h"

struct values {
	int timeout;
	bool no_deps;
};

static const struct values defaults = {.timeout = -1};

static const struct flag flags[] = {
	{'t', "timeout", FLAG_NUMBER, offsetof(struct values, timeout), "SECONDS",
	 "Time to stop before it is killed (default: each container's own)"},
	{0, "no-deps", FLAG_SET, offsetof(struct values, no_deps), NULL,
	 "Leave the services that depend on them"},
	{0},
};

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	struct plan_options plan = {
		.goal = PLAN_RESTART,
		.timeout = values->timeout,
		.no_deps = values->no_deps,
	};

	(void)exit_code;
	return change_run(cli, arguments, &plan, true, err);
}

const struct verb verb_restart = {
	.name = "restart",
	.arguments = "[SERVICE...]",
	.summary = "Restart services",
	.flags = flags,
	.values_size = sizeof(struct values),
	.defaults = &defaults,
	.run = run,
};
