/* SPDX-License-Identifier: MIT */
/* up -- the steps that make a project be as its file says
 *
 * slots_decide says which containers stay; this makes steps of it. Creates run as soon as networks
 * and volumes are there; a start waits for its own create and for its dependencies' conditions.
 * PLAN_START is the part of it that takes every container as it is.
 */
#pragma once

#include "compose/plan/census.h"
#include "compose/plan/draft.h"
#include "compose/project/graph.h"

int up_draft(struct plan *plan, const struct census *census, const struct graph *graph,
	     const struct engine_host *host, const struct plan_options *options,
	     struct error **err);
