/* SPDX-License-Identifier: MIT */
/* await -- conditions on containers that end with the engine's events
 *
 * A set follows one project's events (follow.h). A condition is looked at once when it begins (or when the
 * stream opens), then at each event that concerns its container, in that event's own turn of the
 * loop; after a break of the stream, and each 10 s, everything is looked at again. An event counts only if it is
 * younger than the container's last known start, as events and replies travel apart. An exit that
 * fails a condition is told with the container's last lines.
 */
#pragma once

#include <stdint.h>

#include "engine/engine.h"

struct await;
struct await_set;

enum await_kind {
	AWAIT_HEALTHY,   /* unhealthy, exited or without a health check: fails */
	AWAIT_COMPLETED, /* exited with 0; another code fails */
	/* Running, and running still half a second later; or exited with 0. What ends at once with
	 * another code fails. */
	AWAIT_RUNNING,
};

struct await_options {
	enum await_kind kind;
	const char *container; /* name */
	/* A health of our own probes, or HEALTH_NONE to believe the engine. May be NULL. */
	enum container_health (*health)(const char *container, void *payload);
	void *payload;
	bool *ended; /* set where AWAIT_RUNNING came to an exit with 0; or NULL */
};

struct await_set *await_open(struct engine *engine, const char *project);
/* Pending conditions complete with ERROR_CANCELLED, then closed is called. */
void await_close(struct await_set *set, void (*closed)(void *payload), void *payload);
/* done is called once, never from inside. The container is not there: ERROR_NOT_FOUND. */
struct await *await_add(struct await_set *set, const struct await_options *options,
			engine_done *done, void *payload);
/* done comes with ERROR_CANCELLED from inside this call's next turn. */
void await_cancel(struct await *await);
/* Looks at every condition again: a probe's health changed. */
void await_look(struct await_set *set);
