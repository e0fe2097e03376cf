/* SPDX-License-Identifier: MIT */
/* halt -- a stop of a Windows container that went otherwise than was asked for
 *
 * Pure. A stop is a shutdown of the container's Windows: its processes get CTRL_SHUTDOWN_EVENT and
 * its services are stopped; inside, WaitToKillServiceTimeout (5 s unless the image sets it) ends
 * what is still there, whatever grace period was given; after that period the engine terminates
 * everything. A process with a terminal is told nothing (moby issues 25982, 40678, 51280).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct halt {
	const char *container; /* its name */
	uint64_t took;         /* ns, of the whole call */
	int grace;             /* seconds; 0: not known, the daemon's 30 */
	int64_t exit_code;
	bool has_code; /* it does not run again */
	bool tty;
};

/* Whether it took so long that the exit code is worth a look. */
bool halt_is_slow(uint64_t took);
/* One sentence about it in text; false: there is nothing to say. */
bool halt_explain(const struct halt *halt, char *text, size_t size);
