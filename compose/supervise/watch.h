/* SPDX-License-Identifier: MIT */
/* watch -- the engine's events and relists of one project, through breaks
 *
 * Follows the event stream, filtered at the server. Told open, it lists once; at rest it lists
 * every 10 s (the only timer). When the stream ends it tells broken once and tries again (100 ms,
 * x2, at most 2 s) until the engine answers; then open and a list again.
 */
#pragma once

#include <stdint.h>

#include "engine/engine.h"

struct watch;

struct watch_reader {
	void (*event)(const struct engine_event *event, void *payload);
	void (*observed)(struct observed *observed,
			 void *payload); /* may be taken over by zeroing it */
	void (*broken)(const struct error *err, void *payload);
	void (*open)(void *payload);
};

struct watch *watch_open(struct engine *engine, const char *project,
			 const struct watch_reader *reader, void *payload);
void watch_list_now(struct watch *watch); /* one list soon; several calls are one */
void watch_close(struct watch *watch, void (*closed)(void *payload), void *payload);
