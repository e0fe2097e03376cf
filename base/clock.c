/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <uv.h>

enum { DAY_SECONDS = 24 * 60 * 60, EPOCH_DAY = 719468 };

uint64_t clock_monotonic(void)
{
	return uv_hrtime();
}

/* Days since 1970-01-01 of a day of the Gregorian calendar. Years are counted from March, so that
 * the leap day is the last of its year: a month's first day is then a straight line, (153 * month +
 * 2) / 5. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - EPOCH_DAY;
}

/* The other way. 146097 days make 400 years. */
static void date_of(int64_t days, int *year, int *month, int *day)
{
	int64_t n = days + EPOCH_DAY;
	int64_t era = n / 146097;
	int64_t in_era = n % 146097;
	int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int64_t in_year = in_era - (y * 365 + y / 4 - y / 100);
	int64_t m = (5 * in_year + 2) / 153;

	*day = (int)(in_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(era * 400 + y + (*month <= 2));
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* Exactly count digits, within min and max. */
static bool number(const char **at, int count, int min, int max, int *ret)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if ((*at)[i] < '0' || (*at)[i] > '9')
			return false;
		value = value * 10 + ((*at)[i] - '0');
	}
	*at += count;
	*ret = value;
	return value >= min && value <= max;
}

static bool one_of(const char **at, const char *set)
{
	return **at && strchr(set, **at) && (*at)++;
}

/* Digits after the point; what is finer than a nanosecond is cut off. */
static bool fraction(const char **at, int64_t *ns)
{
	int64_t unit = 100000000;

	if (**at < '0' || **at > '9')
		return false;
	for (*ns = 0; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
		*ns += (**at - '0') * unit;
	return true;
}

bool clock_parse(const char *string, int64_t *wall_ns)
{
	int year, month, day, hour, minute, second, ahead_hours = 0, ahead_minutes = 0, sign = 1;
	int64_t ns = 0;
	const char *at = string;

	if (!number(&at, 4, 0, 9999, &year) || !one_of(&at, "-") ||
	    !number(&at, 2, 1, 12, &month) || !one_of(&at, "-") ||
	    !number(&at, 2, 1, month_days(year, month), &day) || !one_of(&at, "Tt ") ||
	    !number(&at, 2, 0, 23, &hour) || !one_of(&at, ":") || !number(&at, 2, 0, 59, &minute) ||
	    !one_of(&at, ":") || !number(&at, 2, 0, 60, &second))
		return false;
	if (one_of(&at, ".") && !fraction(&at, &ns))
		return false;
	if (!one_of(&at, "Zz")) {
		sign = *at == '-' ? -1 : 1;
		if (!one_of(&at, "+-") || !number(&at, 2, 0, 23, &ahead_hours) ||
		    !one_of(&at, ":") || !number(&at, 2, 0, 59, &ahead_minutes))
			return false;
	}
	int64_t seconds = days_of(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 +
			  second - sign * (ahead_hours * 3600 + ahead_minutes * 60);
	int64_t wall;

	if (*at || __builtin_mul_overflow(seconds, (int64_t)CLOCK_SECOND, &wall) ||
	    __builtin_add_overflow(wall, ns, &wall))
		return false;
	*wall_ns = wall;
	return true;
}

void clock_format(int64_t wall_ns, char out[static 40])
{
	int64_t seconds = wall_ns / (int64_t)CLOCK_SECOND;
	int64_t ns = wall_ns % (int64_t)CLOCK_SECOND;
	int year, month, day;

	if (ns < 0) {
		ns += CLOCK_SECOND;
		seconds--;
	}
	int64_t days = seconds / DAY_SECONDS;
	int in_day = (int)(seconds % DAY_SECONDS);

	if (in_day < 0) {
		in_day += DAY_SECONDS;
		days--;
	}
	date_of(days, &year, &month, &day);
	int len = snprintf(out, 40, "%04d-%02d-%02dT%02d:%02d:%02d.%09" PRId64, year, month, day,
			   in_day / 3600, in_day / 60 % 60, in_day % 60, ns);

	while (out[len - 1] == '0')
		len--;
	if (out[len - 1] == '.')
		len--;
	out[len++] = 'Z';
	out[len] = '\0';
}
