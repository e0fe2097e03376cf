/* SPDX-License-Identifier: MIT */
/* change -- what the verbs that change a project have in common */
#pragma once

#include <stdbool.h>

#include "compose/cli/cli.h"

struct change {
	struct project *project; /* from its file, or a skeleton made of what is on the engine */
	struct home_project home;
	bool has_file;
	const char *const *services; /* NULL: all */
};

/* Loads (or, unless needs_file, makes a skeleton of) the project, opens the engine, checks the
 * services. */
int change_open(struct cli *cli, char **services, bool needs_file, struct change *change,
		struct error **err);
void change_drop(struct change *change);

/* The whole of a simple verb: one operation with this plan. plan.services is filled in. */
int change_run(struct cli *cli, char **services, const struct plan_options *plan, bool supervise,
	       struct error **err);

/* Starts a detached supervisor for the project unless one answers already, and waits until it does.
 */
int change_supervise(struct cli *cli, const struct change *change, struct error **err);
