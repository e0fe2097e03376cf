/* SPDX-License-Identifier: MIT */
/* watch -- the engine's events and relists of one project, through breaks
 *
 * Follows the event stream (follow.h). Told open, it lists once; at rest it lists every 10 s (the
 * only timer). When the stream ends it tells broken once, and open and a list again when the engine
 * is back. A list that may be older than an event is not told, but made again.
 *
 * Only the project's own containers (plan_owns) are told of, in lists and in events. An event of a
 * container that no list has shown waits for the labels of its image, which are asked for once.
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
