/* SPDX-License-Identifier: MIT */
/* heal -- the loop's own actions as small plans: restart with its dependents, start, stop, remove
 *
 * Pure. Dependents with restart: true are stopped before and started after.
 */
#pragma once

#include "compose/plan/plan.h"
#include "compose/supervise/keeper.h"

/* project may be NULL: then there are no dependents. RECREATE stops and removes; the caller
 * reconciles afterwards, and then starts the dependents that were stopped. Every step is optional:
 * what was stopped for the sake of another is started though that one's restart failed. */
struct plan *heal_plan(const struct keeper_action *action, const struct project *project,
		       const struct observed *observed);
