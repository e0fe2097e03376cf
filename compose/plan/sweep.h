/* SPDX-License-Identifier: MIT */
/* sweep -- what down takes away after the containers: networks, volumes, images
 *
 * Part of lower. Only what carries the project's own label; nothing external.
 */
#pragma once

#include "compose/plan/census.h"
#include "compose/plan/draft.h"

/* removed: a container's id -> 1 + the index of the step that removes it, as a pointer. */
void sweep_draft(struct plan *plan, const struct census *census, const struct plan_options *options,
		 const struct map *removed);
