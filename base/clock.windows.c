/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <windows.h>

/* FILETIME counts 100 ns since 1601-01-01, which is so many before 1970-01-01. */
static const int64_t epoch = INT64_C(116444736000000000);

int64_t clock_wall(void)
{
	FILETIME now;

	GetSystemTimePreciseAsFileTime(&now);
	return (((int64_t)now.dwHighDateTime << 32 | now.dwLowDateTime) - epoch) * 100;
}
