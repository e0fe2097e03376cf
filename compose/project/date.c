/* SPDX-License-Identifier: MIT */
#include "compose/project/date.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct date {
	unsigned year, month, day, hour, minute, second;
	char fraction[10]; /* digits, without zeros at the end */
	bool zone;         /* another one than UTC */
	char offset[6];    /* +0530 */
};

/* One or two digits, from low to high. */
static bool read_number(const char **at, unsigned low, unsigned high, unsigned *ret)
{
	size_t digits = strspn(*at, "0123456789");

	if (digits == 0)
		return false;
	digits = digits > 2 ? 2 : digits;
	*ret = 0;
	for (size_t i = 0; i < digits; i++)
		*ret = *ret * 10 + (unsigned)((*at)[i] - '0');
	*at += digits;
	return *ret >= low && *ret <= high;
}

static bool take(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

static unsigned days_of(unsigned year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool read_day(const char **at, struct date *date)
{
	if (strspn(*at, "0123456789") != 4)
		return false;
	date->year = (unsigned)strtoul(*at, NULL, 10);
	*at += 4;
	return take(at, '-') && read_number(at, 1, 12, &date->month) && take(at, '-') &&
	       read_number(at, 1, days_of(date->year, date->month), &date->day);
}

static void read_fraction(const char **at, struct date *date)
{
	size_t digits = **at == '.' || **at == ',' ? strspn(*at + 1, "0123456789") : 0;
	size_t len = digits > 9 ? 9 : digits;

	if (digits == 0)
		return;
	memcpy(date->fraction, *at + 1, len);
	while (len > 0 && date->fraction[len - 1] == '0')
		len--;
	date->fraction[len] = '\0';
	*at += 1 + digits;
}

static bool read_zone(const char **at, struct date *date)
{
	const char *zone = *at;

	if (take(at, 'Z'))
		return true;
	if ((*zone != '+' && *zone != '-') || strspn(zone + 1, "0123456789") != 2 ||
	    zone[3] != ':' || strspn(zone + 4, "0123456789") != 2)
		return false;
	if (atoi(zone + 1) > 24 || atoi(zone + 4) > 59)
		return false;
	memcpy(date->offset, zone, 3);
	memcpy(date->offset + 3, zone + 4, 3);
	date->zone = strcmp(date->offset + 1, "0000") != 0;
	*at += 6;
	return true;
}

static bool read_date(const char *text, struct date *date)
{
	if (!read_day(&text, date))
		return false;
	if (!*text)
		return true;
	bool zone = *text == 'T' || *text == 't';
	if (!zone && *text != ' ')
		return false;
	text++;
	if (!read_number(&text, 0, 23, &date->hour) || !take(&text, ':') ||
	    !read_number(&text, 0, 59, &date->minute) || !take(&text, ':') ||
	    !read_number(&text, 0, 59, &date->second))
		return false;
	read_fraction(&text, date);
	return (!zone || read_zone(&text, date)) && !*text;
}

bool date_is(const char *text)
{
	struct date date = {0};

	return isdigit((unsigned char)*text) && read_date(text, &date);
}

bool date_long(const char *text, struct text *out)
{
	struct date date = {0};

	if (!read_date(text, &date))
		return false;
	text_printf(out, "%04u-%02u-%02u %02u:%02u:%02u%s%s ", date.year, date.month, date.day,
		    date.hour, date.minute, date.second, *date.fraction ? "." : "", date.fraction);
	text_printf(out, "%s %s", date.zone ? date.offset : "+0000",
		    date.zone ? date.offset : "UTC");
	return true;
}
