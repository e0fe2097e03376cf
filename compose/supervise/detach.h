/* SPDX-License-Identifier: MIT */
/* detach -- starts the supervisor process of a project
 *
 * The same binary, "wincompose supervise --home-key ...", in a session of its own, cwd its data
 * folder, standard handles on null and its rotated log, no other descriptor. On Windows
 * DETACHED_PROCESS | CREATE_BREAKAWAY_FROM_JOB with an explicit handle list; where breakaway is
 * refused, warning says so.
 */
#pragma once

#include "compose/supervise/home.h"

struct error;

/* arguments: what follows the program's own path, NULL-ended. Returns when the process was made;
 * whether it answers is asked over the control socket. warning is a static sentence or NULL. */
int detach_start(const struct home_project *home, const char *const *arguments,
		 const char **warning, struct error **err);
