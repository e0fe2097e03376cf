/* SPDX-License-Identifier: MIT */
/* display -- progress shown to the user
 *
 * On a terminal: one live line per thing with its state, cause and elapsed time, bars for pulls,
 * redrawn at most 10 times a second and only when something changed; what is taller than the
 * terminal is folded. Otherwise one plain line per change of state. JSON: docker compose's progress
 * objects, a line each. All on stderr.
 */
#pragma once

#include "compose/cli/cli.h"

struct display;

struct display *display_open(struct cli *cli, const char *title);
/* For operate, pulls and builds. */
const struct progress_sink *display_sink(struct display *display);
/* Takes the live lines off the terminal while something else is written, and puts them back. */
void display_pause(struct display *display);
void display_resume(struct display *display);
/* Draws the last state, leaves the cursor below it. */
void display_close(struct display **display);
