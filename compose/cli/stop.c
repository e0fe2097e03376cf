/* SPDX-License-Identifier: MIT */
/* stop -- stops containers in reverse order of their dependencies */
#include "compose/cli/change.h"
#include "compose/cli/verb.h"

struct values {
	int timeout;
};

static const struct values defaults = {.timeout = -1};

static const struct flag flags[] = {
	{'t', "timeout", FLAG_NUMBER, offsetof(struct values, timeout), "SECONDS",
	 "Time to stop before it is killed (default: each container's own)"},
	{0},
};

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	struct plan_options plan = {
		.goal = PLAN_STOP,
		.timeout = values->timeout,
	};

	(void)exit_code;
	return change_run(cli, arguments, &plan, false, err);
}

const struct verb verb_stop = {
	.name = "stop",
	.arguments = "[SERVICE...]",
	.summary = "Stop services",
	.flags = flags,
	.values_size = sizeof(struct values),
	.defaults = &defaults,
	.run = run,
};
