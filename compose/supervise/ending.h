/* SPDX-License-Identifier: MIT */
/* ending -- the last lines that a container wrote, for the error that tells of its end
 *
 * At most 10 lines and 16 KiB of its log, each line without what would move a terminal's cursor. An
 * engine that does not give them within 2 s, or cannot, gives none.
 */
#pragma once

#include "engine/engine.h"

struct ending;

/* done is called once, never from inside: "  | " before each line, "\n" behind it; "" where there
 * are none. lines is borrowed. */
struct ending *ending_ask(struct engine *engine, const struct container *container,
			  void (*done)(const char *lines, void *payload), void *payload);
/* done comes soon, with what is there. */
void ending_cancel(struct ending *ending);
