/* SPDX-License-Identifier: MIT */
/* stale -- why a container is not what its service asks for
 *
 * Follows docker compose's order of reasons. A container that is not running and only lacks a
 * network is not stale: it is connected before it starts.
 */
#pragma once

#include "base/arena.h"
#include "compose/plan/census.h"

struct plan_options;

struct stale_question {
	const struct census *census;
	const struct plan_options *options;
	const struct engine_host *host;
	const struct service *service;
	const struct container *container;
	bool named; /* the goal is about this service itself, not as a dependency */
	const char *
		parent; /* a service whose namespaces or volumes it shares and that is re-created */
	int64_t parent_created; /* when the newest container that it shares something with was made
				 */
};

/* The cause, in the arena or static; NULL: it stays. */
const char *stale_why(struct arena *arena, const struct stale_question *question);
