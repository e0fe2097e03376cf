/* SPDX-License-Identifier: MIT */
/* fallback -- what a Windows host's refusal of a start means, and the other isolation where nothing
 * was asked for and it can work
 *
 * What is found holds for the operation: plan again with it in the options (plan_options.isolations)
 * and the container is made anew. The label of that container keeps it until the image changes.
 */
#pragma once

#include "base/arena.h"
#include "compose/plan/plan.h"
#include "engine/model.h"

struct error;

struct fallback {
	struct arena arena;
	ARRAY(struct plan_isolation) found; /* at most one for a service */
};

struct fallback_facts {
	const struct project *project;
	const struct observed *observed;
	const struct engine_host *host;
	const struct plan *plan;
};

/* Of a step that failed. Makes more of the error's words where the refusal is known; true: another
 * isolation was found, and *sentence (in the arena) says so aloud; NULL: that was said. */
bool fallback_consider(struct fallback *fallback, const struct fallback_facts *facts,
		       const struct step *step, struct error **err, const char **sentence);
void fallback_drop(struct fallback *fallback);
