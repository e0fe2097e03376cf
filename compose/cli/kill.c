/* SPDX-License-Identifier: MIT */
/* kill -- sends a signal to running containers */
#include "base/error.h"
#include "compose/cli/change.h"
#include "compose/cli/verb.h"

struct values {
	const char *signal;
	bool remove_orphans;
};

static const struct values defaults = {.signal = "SIGKILL"};

static const struct flag flags[] = {
	{0, "remove-orphans", FLAG_SET, offsetof(struct values, remove_orphans), NULL,
	 "Also those of services that are not in the file any more"},
	{'s', "signal", FLAG_STRING, offsetof(struct values, signal), "SIGNAL",
	 "Signal to send (default SIGKILL)"},
	{0},
};

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	struct plan_options plan = {
		.goal = PLAN_KILL,
		.signal = values->signal,
		.remove_orphans = values->remove_orphans,
		.timeout = -1,
	};

	(void)exit_code;
	return change_run(cli, arguments, &plan, false, err);
}

const struct verb verb_kill = {
	.name = "kill",
	.arguments = "[SERVICE...]",
	.summary = "Send a signal to running containers",
	.flags = flags,
	.values_size = sizeof(struct values),
	.defaults = &defaults,
	.run = run,
};
