/* SPDX-License-Identifier: MIT */
/* lower -- the steps of down, stop, kill, rm and restart
 *
 * Containers are taken as they are. A stop waits only for the stops of those that depend on it.
 */
#pragma once

#include "compose/plan/census.h"
#include "compose/plan/draft.h"
#include "compose/project/graph.h"

int lower_draft(struct plan *plan, const struct census *census, const struct graph *graph,
		const struct plan_options *options, struct error **err);
/* RESTART steps: what restarts with a dependency does so after it. */
int lower_restart(struct plan *plan, const struct census *census, const struct graph *graph,
		  const struct plan_options *options, struct error **err);
