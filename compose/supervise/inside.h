/* SPDX-License-Identifier: MIT */
/* inside -- a hook's command run in a container, to its end
 *
 * Its output is read and its last lines are kept; another code than 0 is ERROR_SYSTEM, with them as
 * the detail. A container that does not run is ERROR_CONFLICT. What is given up or cancelled is not
 * waited for any more and runs on in the container, for no engine can end it.
 */
#pragma once

#include "compose/project/project.h"
#include "engine/engine.h"

struct inside;

/* Borrows the hook until done, which is called exactly once and never from inside. limit: ns until
 * it is given up with ERROR_TIMEOUT; 0: never. */
struct inside *inside_start(struct engine *engine, const char *container, const struct hook *hook,
			    uint64_t limit, engine_done *done, void *payload);
void inside_cancel(struct inside *inside); /* done comes with ERROR_CANCELLED */
