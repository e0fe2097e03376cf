/* SPDX-License-Identifier: MIT */
#include "compose/supervise/halt.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/own.h"

#define SLOW          (4 * CLOCK_SECOND) /* a little less than Windows' own 5 s */
#define GRACE_DEFAULT 30                 /* dockerd's on Windows */

/* Codes of processes that did not end by themselves: by a control event that they did not handle in
 * time, and by TerminateProcess of a debugger or the session manager. */
static const uint32_t cut_codes[] = {0xC000013A, 0x40010004};

bool halt_is_slow(uint64_t took)
{
	return took >= SLOW;
}

static bool is_cut(const struct halt *halt)
{
	for (size_t i = 0; halt->has_code && i < ARRAY_LEN(cut_codes); i++)
		if ((uint32_t)halt->exit_code == cut_codes[i])
			return true;
	return false;
}

bool halt_explain(const struct halt *halt, char *text, size_t size)
{
	unsigned grace = halt->grace > 0 ? (unsigned)halt->grace : GRACE_DEFAULT;
	unsigned seconds = (unsigned)(halt->took / CLOCK_SECOND);

	if (!halt_is_slow(halt->took))
		return false;
	if (seconds >= grace) {
		snprintf(text, size,
			 "%s did not end within %u s and was ended by force: a stop reaches its "
			 "processes as CTRL_SHUTDOWN_EVENT%s",
			 halt->container, grace,
			 halt->tty ? ", and where there is a terminal (tty: true) not at all" : "");
		return true;
	}
	if (!is_cut(halt))
		return false;
	snprintf(text, size,
		 "%s was ended by its Windows after %u s of the %u s that it had (code 0x%08X): "
		 "inside, WaitToKillServiceTimeout is 5 s unless the image sets it: RUN reg add "
		 "HKLM\\SYSTEM\\CurrentControlSet\\Control /v WaitToKillServiceTimeout /d %u000 /f",
		 halt->container, seconds, grace, (unsigned)(uint32_t)halt->exit_code, grace);
	return true;
}
