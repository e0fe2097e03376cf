/* SPDX-License-Identifier: MIT */
/* heal -- the loop's own actions as small plans: restart, start, stop, remove
 *
 * Pure. Dependents with restart: true are stopped before; they are owed a start (keeper.h), which
 * comes when what they depend on is as they want it.
 */
#pragma once

#include "compose/plan/plan.h"
#include "compose/supervise/keeper.h"

/* project may be NULL: then there are no dependents. RECREATE stops and removes; the caller
 * reconciles afterwards. Every step is optional: a dependent that cannot be stopped is no reason to
 * leave what is ill. */
struct plan *heal_plan(const struct keeper_action *action, const struct project *project,
		       const struct observed *observed, const struct engine_host *host);
