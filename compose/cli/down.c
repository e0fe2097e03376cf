/* SPDX-License-Identifier: MIT */
/* down -- stops and removes containers and networks, and volumes and images where asked */
#include <string.h>

#include "base/error.h"
#include "base/own.h"
#include "compose/cli/change.h"
#include "compose/cli/verb.h"

struct values {
	bool remove_orphans, volumes;
	const char *rmi;
	int timeout;
};

static const struct values defaults = {.timeout = -1};

static const struct flag flags[] = {
	{0, "remove-orphans", FLAG_SET, offsetof(struct values, remove_orphans), NULL,
	 "Also containers of services that are not in the file any more"},
	{0, "rmi", FLAG_STRING, offsetof(struct values, rmi), "local|all",
	 "Remove images: local, those with no name in the file, or all"},
	{'t', "timeout", FLAG_NUMBER, offsetof(struct values, timeout), "SECONDS",
	 "Time to stop before it is killed (default: each container's own)"},
	{'v', "volumes", FLAG_SET, offsetof(struct values, volumes), NULL,
	 "Remove named volumes of the file, and anonymous ones"},
	{0},
};

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	struct plan_options plan = {
		.goal = PLAN_DOWN,
		.remove_orphans = values->remove_orphans || cli_is_set("COMPOSE_REMOVE_ORPHANS"),
		.remove_volumes = values->volumes,
		.remove_images = values->rmi,
		.timeout = values->timeout,
	};

	(void)exit_code;
	if (values->rmi && strcmp(values->rmi, "local") != 0 && strcmp(values->rmi, "all") != 0)
		return error_set(err, ERROR_INVALID, "--rmi: \"%s\" is neither local nor all",
				 values->rmi);
	return change_run(cli, arguments, &plan, false, err);
}

const struct verb verb_down = {
	.name = "down",
	.arguments = "[SERVICE...]",
	.summary = "Stop and remove containers and networks",
	.flags = flags,
	.values_size = sizeof(struct values),
	.defaults = &defaults,
	.run = run,
};
