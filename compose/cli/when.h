/* SPDX-License-Identifier: MIT */
/* when -- the times of --since and --until */
#pragma once

#include <stdint.h>

struct error;

/* 2026-11-23T21:00:00Z, 2026-11-23T21:00 and 2026-11-23 (of this machine's zone), seconds since
 * 1970 with a fraction, or a time ago as 10m or 1h30m. text NULL: 0. ERROR_INVALID names the flag.
 */
int when_parse(const char *flag, const char *text, int64_t now, int64_t *wall_ns,
	       struct error **err);
