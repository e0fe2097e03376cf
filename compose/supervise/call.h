/* SPDX-License-Identifier: MIT */
/* call -- the engine's request for a step of a plan
 *
 * Not for waits and hooks, which are no requests.
 */
#pragma once

#include "compose/plan/plan.h"
#include "engine/engine.h"

struct call_answer {
	engine_done *done;
	engine_id_done *id_done; /* of what is created */
	void *payload;
};

struct engine_request *call_step(struct engine *engine, const struct step *step,
				 const struct call_answer *answer);
