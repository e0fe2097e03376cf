/* SPDX-License-Identifier: MIT */
#include "compose/project/unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

static const struct {
	const char *name;
	int64_t ns;
} durations[] = {
	{"ns", 1},
	{"us", 1000},
	{"µs", 1000},
	{"μs", 1000},
	{"ms", 1000000},
	{"s", 1000000000},
	{"m", 60000000000LL},
	{"h", 3600000000000LL},
	{"d", 86400000000000LL},
	{"w", 604800000000000LL},
};

/* [0-9]*(\.[0-9]*)? with at least one digit; *end behind it. */
static bool read_number(const char *text, double *value, const char **end)
{
	size_t whole = strspn(text, "0123456789");
	size_t fraction = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;

	if (whole + fraction == 0)
		return false;
	*end = text + whole + (text[whole] == '.' ? 1 + fraction : 0);
	*value = strtod(text, NULL);
	return true;
}

/* Whole numbers are multiplied as whole numbers; a fraction of a unit is exact to the nanosecond.
 */
static bool add_part(const char *number, const char *end, int64_t unit, int64_t *total)
{
	const char *point = memchr(number, '.', (size_t)(end - number));
	int64_t whole = 0, part = 0;

	for (const char *c = number; c < (point ? point : end); c++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, *c - '0', &whole))
			return false;
	if (point)
		part = (int64_t)(strtod(point, NULL) * (double)unit + 0.5);
	return !__builtin_mul_overflow(whole, unit, &whole) &&
	       !__builtin_add_overflow(*total, whole, total) &&
	       !__builtin_add_overflow(*total, part, total);
}

bool unit_duration(const char *text, int64_t *ret)
{
	bool negative = *text == '-';
	int64_t total = 0;

	text += *text == '-' || *text == '+';
	if (strcmp(text, "0") == 0) {
		*ret = 0;
		return true;
	}
	if (!*text)
		return false;
	while (*text) {
		const char *end = NULL;
		double value;

		if (!read_number(text, &value, &end))
			return false;
		size_t len = strcspn(end, "0123456789.");
		size_t i = 0;
		while (i < ARRAY_LEN(durations) && (strlen(durations[i].name) != len ||
						    strncmp(durations[i].name, end, len) != 0))
			i++;
		if (i == ARRAY_LEN(durations) || !add_part(text, end, durations[i].ns, &total))
			return false;
		text = end + len;
	}
	*ret = negative ? -total : total;
	return true;
}

/* number / unit with the fraction's trailing zeros left out. */
static void add_fraction(struct text *out, uint64_t number, uint64_t unit, const char *name)
{
	text_printf(out, "%llu", (unsigned long long)(number / unit));
	uint64_t rest = number % unit;
	if (rest > 0) {
		text_add_char(out, '.');
		for (uint64_t place = unit / 10; rest > 0; place /= 10) {
			text_add_char(out, (char)('0' + rest / place));
			rest %= place;
		}
	}
	text_add(out, name);
}

void unit_add_duration(struct text *out, int64_t nanoseconds)
{
	uint64_t ns = nanoseconds < 0 ? 0 - (uint64_t)nanoseconds : (uint64_t)nanoseconds;
	const uint64_t second = 1000000000, minute = 60 * second, hour = 60 * minute;

	if (nanoseconds < 0)
		text_add_char(out, '-');
	if (ns == 0) {
		text_add(out, "0s");
	} else if (ns < second) {
		if (ns < 1000)
			add_fraction(out, ns, 1, "ns");
		else if (ns < 1000000)
			add_fraction(out, ns, 1000, "µs");
		else
			add_fraction(out, ns, 1000000, "ms");
	} else {
		if (ns >= hour)
			text_printf(out, "%lluh", (unsigned long long)(ns / hour));
		if (ns >= minute)
			text_printf(out, "%llum", (unsigned long long)(ns % hour / minute));
		add_fraction(out, ns % minute, second, "s");
	}
}

/* The digits of a number that has some before the point and some behind it, if there is one. */
static size_t plain_number(const char *text)
{
	size_t whole = strspn(text, "0123456789");

	if (whole == 0 || text[whole] != '.')
		return whole;
	size_t fraction = strspn(text + whole + 1, "0123456789");
	return fraction == 0 ? 0 : whole + 1 + fraction;
}

bool unit_bytes(const char *text, int64_t *ret)
{
	static const char letters[] = "kmgtp";
	size_t len = plain_number(text);
	const char *end = text + len;
	double factor = 1;

	if (strcmp(text, "-1") == 0) {
		*ret = -1;
		return true;
	}
	if (len == 0)
		return false;
	double value = strtod(text, NULL);
	end += *end == ' ';
	const char *letter = *end ? strchr(letters, tolower((unsigned char)*end)) : NULL;
	for (const char *l = letters; letter && l <= letter; l++)
		factor *= 1024;
	end += letter != NULL;
	end += *end == 'i' || *end == 'I';
	end += *end == 'b' || *end == 'B';
	if (*end || value * factor >= 9.2e18)
		return false;
	*ret = (int64_t)(value * factor);
	return true;
}
