/* SPDX-License-Identifier: MIT */
#include "compose/cli/when.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "compose/project/unit.h"

/* A date, or a date and a time, without a zone: of this machine's. */
static bool parse_local(const char *text, int64_t *wall_ns)
{
	struct tm parts = {.tm_isdst = -1};
	int used = 0;
	int end = 0;

	if (sscanf(text, "%4d-%2d-%2d%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &used) < 3)
		return false;
	if (text[used] == 'T') {
		end = used;
		if (sscanf(text + used, "T%2d:%2d%n:%2d%n", &parts.tm_hour, &parts.tm_min, &end,
			   &parts.tm_sec, &end) < 2)
			return false;
		used += end;
	}
	if (text[used])
		return false;
	parts.tm_year -= 1900;
	parts.tm_mon -= 1;
	time_t seconds = mktime(&parts);
	if (seconds < 0)
		return false;
	*wall_ns = (int64_t)seconds * (int64_t)CLOCK_SECOND;
	return true;
}

static bool parse_seconds(const char *text, int64_t *wall_ns)
{
	char *end;

	if (text[strspn(text, "0123456789.")] || !*text)
		return false;
	long long whole = strtoll(text, &end, 10);
	double fraction = *end == '.' ? strtod(end, &end) : 0;
	if (*end || whole > INT64_MAX / (int64_t)CLOCK_SECOND - 1)
		return false;
	*wall_ns = whole * (int64_t)CLOCK_SECOND + (int64_t)(fraction * 1e9);
	return true;
}

int when_parse(const char *flag, const char *text, int64_t now, int64_t *wall_ns,
	       struct error **err)
{
	int64_t ago;

	*wall_ns = 0;
	if (!text || parse_seconds(text, wall_ns) || clock_parse(text, wall_ns) ||
	    parse_local(text, wall_ns))
		return 0;
	if (!unit_duration(text, &ago))
		return error_set(err, ERROR_INVALID,
				 "%s: \"%s\" is neither a time (2026-11-23T21:00:00Z) nor how long "
				 "ago (10m)",
				 flag, text);
	*wall_ns = now - ago;
	return 0;
}
