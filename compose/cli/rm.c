/* SPDX-License-Identifier: MIT */
/* rm -- removes stopped containers */
#include <stdlib.h>

#include "base/error.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/cli/change.h"
#include "compose/cli/verb.h"

struct values {
	bool force, stop, volumes;
};

static const struct flag flags[] = {
	{'f', "force", FLAG_SET, offsetof(struct values, force), NULL, "Do not ask"},
	{'s', "stop", FLAG_SET, offsetof(struct values, stop), NULL, "Stop them first"},
	{'v', "volumes", FLAG_SET, offsetof(struct values, volumes), NULL,
	 "Remove their anonymous volumes as well"},
	{0},
};

/* The names of what would go, so that the question can be answered. */
static int candidates(struct cli *cli, const struct change *change, bool stop, struct text *names,
		      struct error **err)
{
	CLEANUP(observed_drop) struct observed observed = {0};
	struct engine_filter filter = {.project = change->project->name, .containers = true};

	if (cli_observe(cli, &filter, &observed, err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (struct container, container, &observed.containers) {
		const char *service = labels_get(&container->labels, "com.docker.compose.service");
		bool meant = !change->services;

		for (size_t i = 0; change->services && change->services[i]; i++)
			meant = meant || text_same(change->services[i], service);
		if (meant && (stop || container->state != CONTAINER_RUNNING))
			text_printf(names, "%s%s", names->len ? ", " : "", container->name);
	}
	return 0;
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(change_drop) struct change change = {0};
	CLEANUP(text_drop) struct text names = {0};
	CLEANUP(text_drop) struct text question = {0};

	(void)exit_code;
	if (change_open(cli, arguments, false, &change, err) < 0 ||
	    candidates(cli, &change, values->stop, &names, err) < 0)
		return (*err)->code;
	if (!names.len) {
		cli_note(cli, "No stopped containers");
		return 0;
	}
	text_printf(&question, "Going to remove %s\nAre you sure?", names.data);
	if (!values->force && !cli->globals.dry_run && !cli_confirm(cli, question.data))
		return 0;
	struct operation operation = {
		.project = change.project,
		.plan = {.goal = PLAN_REMOVE,
			 .stop_first = values->stop,
			 .timeout = -1,
			 .remove_volumes = values->volumes,
			 .services = change.services},
		.parallel = cli_parallel(cli),
		.dry_run = cli->globals.dry_run,
	};
	return cli_operate(cli, &operation, &change.home, NULL, err);
}

const struct verb verb_rm = {
	.name = "rm",
	.arguments = "[SERVICE...]",
	.summary = "Remove stopped containers",
	.flags = flags,
	.values_size = sizeof(struct values),
	.run = run,
};
