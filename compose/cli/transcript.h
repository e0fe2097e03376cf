/* SPDX-License-Identifier: MIT */
/* transcript -- what is kept of a build's output: its last lines, and the step that they belong to
 *
 * Pure. The two forms are the engine's own builder's ("Step 2/3 : RUN make") and BuildKit's plain
 * one ("#7 [2/3] RUN make", later "#7 ERROR: ..."). The zero value is an empty transcript.
 */
#pragma once

#include "base/map.h"
#include "base/text.h"

struct transcript {
	struct text tail;
	struct map steps; /* BuildKit's: "#7" to its title */
	char *step;       /* the one under way, or the one that failed */
	bool settled;     /* step is the one that failed */
};

void transcript_drop(struct transcript *transcript);
void transcript_add(struct transcript *transcript, const char *line);
const char *transcript_step(const struct transcript *transcript); /* "RUN make", or NULL */
const char *transcript_tail(const struct transcript *transcript); /* at most 20 lines, 4 KiB */
