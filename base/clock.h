/* SPDX-License-Identifier: MIT */
/* clock -- time
 *
 * Deciding uses monotonic nanoseconds that are given as an argument; only who arms timers asks the
 * clock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_MS     UINT64_C(1000000)
#define CLOCK_SECOND UINT64_C(1000000000)
#define CLOCK_NEVER  UINT64_MAX /* a deadline that does not come */

uint64_t clock_monotonic(void); /* ns; never goes back, unaffected by the wall clock */
int64_t clock_wall(void);       /* ns since 1970-01-01 UTC */

/* RFC 3339, as engines write it: 2026-11-23T20:40:00.123456789Z (an offset is accepted). False: not
 * a time, or one outside the years 1678 to 2261: so Docker's 0001-01-01T00:00:00Z, which says
 * never, is false. */
bool clock_parse(const char *string, int64_t *wall_ns);
/* Writes 2026-11-23T20:40:00.123456789Z, with as many digits of the fraction as are not zero, and
 * the NUL. */
void clock_format(int64_t wall_ns, char out[static 40]);
