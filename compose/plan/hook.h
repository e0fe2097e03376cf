/* SPDX-License-Identifier: MIT */
/* hook -- the commands that a service wants run in its container after a start and before a stop
 *
 * Part of drafting: steps of kind STEP_HOOK, one after the other in the order of the file. A
 * container that does not run has nothing to be run in, and one-offs have no hooks.
 */
#pragma once

#include "compose/plan/draft.h"

/* "post_start[0]: createdb shop", as the cause of its step. */
void hook_cause(struct text *out, const char *when, size_t i, const struct hook *hook);
/* What comes after a start: the step that is the end of it, which is start itself where the service
 * has no hooks. On a Windows host the hosts file is written first. NO_STEP stays NO_STEP; host may
 * be NULL where the container was started before. */
size_t hook_after_start(struct plan *plan, const struct service *service,
			const struct engine_host *host, size_t start);
/* What comes before a stop (or a restart) of the container: the step that is the beginning of it,
 * which is stop itself where there are no hooks. service may be NULL. Their failure is a warning.
 */
size_t hook_before_stop(struct plan *plan, const struct service *service,
			const struct container *container, size_t stop);
