/* SPDX-License-Identifier: MIT */
/* follow -- the engine's events of one project, through breaks
 *
 * Filtered at the server, without what exec does. When the stream ends it is tried again (100 ms,
 * x2, at most 2 s) until the engine accepts it. What happened in between is not told: who follows
 * looks for itself after each open.
 */
#pragma once

#include <stdbool.h>

#include "base/clock.h"
#include "engine/engine.h"

#define FOLLOW_FIRST (100 * CLOCK_MS) /* before the first try after a break */

struct follow;

struct follow_reader {
	/* What happens from now on is told. */
	void (*open)(void *payload);
	/* False: the next one waits until follow_on. */
	bool (*event)(const struct engine_event *event, void *payload);
	/* Once for each break, and where the first try fails; err NULL: the engine ended it. */
	void (*broken)(const struct error *err, void *payload);
};

/* The reader is told nothing from inside, and nothing after follow_close. */
struct follow *follow_open(struct engine *engine, const char *project,
			   const struct follow_reader *reader, void *payload);
/* The next event may come. */
void follow_on(struct follow *follow);
bool follow_is_open(const struct follow *follow);
void follow_close(struct follow *follow, void (*closed)(void *payload), void *payload);
