/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <time.h>

#include "base/own.h"
#include "tests/test.h"

static const struct {
	const char *string;
	int64_t ns;
	const char *canonical;
} times[] = {
	{"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"},
	{"2026-11-23T20:40:00.123456789Z", 1795466400123456789, "2026-11-23T20:40:00.123456789Z"},
	{"2026-11-23T20:40:00.5Z", 1795466400500000000, "2026-11-23T20:40:00.5Z"},
	{"2026-11-23t22:40:00+02:00", 1795466400000000000, "2026-11-23T20:40:00Z"},
	{"2026-11-23 15:10:00-05:30", 1795466400000000000, "2026-11-23T20:40:00Z"},
	{"2024-02-29T12:00:00.000000001Z", 1709208000000000001, "2024-02-29T12:00:00.000000001Z"},
	{"2000-03-01T00:00:00Z", 951868800000000000, "2000-03-01T00:00:00Z"},
	{"1969-12-31T23:59:59.25z", -750000000, "1969-12-31T23:59:59.25Z"},
	{"1900-03-01T00:00:00Z", -2203891200000000000, "1900-03-01T00:00:00Z"},
	{"2016-12-31T23:59:60Z", 1483228800000000000, "2017-01-01T00:00:00Z"},
	{"2262-04-11T23:47:16.854775807Z", INT64_MAX, "2262-04-11T23:47:16.854775807Z"},
	{"2026-11-23T20:40:00.12345678987654Z", 1795466400123456789,
	 "2026-11-23T20:40:00.123456789Z"},
};

static void a_time_is_read_and_written(void **state)
{
	char out[40];
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		assert_true(clock_parse(times[i].string, &ns));
		assert_true(ns == times[i].ns);
		clock_format(ns, out);
		assert_string_equal(out, times[i].canonical);
	}
}

static void what_is_no_time_is_refused_and_writes_nothing(void **state)
{
	static const char *const wrong[] = {
		"",
		"now",
		"2026-11-23",
		"2026-11-23T20:40:00",
		"2026-11-23T20:40:00Zx",
		"2026-11-23T20:40:00.Z",
		"2026-11-23T20:40Z",
		"2026-13-23T20:40:00Z",
		"2026-00-23T20:40:00Z",
		"2026-02-29T20:40:00Z",
		"1900-02-29T00:00:00Z",
		"2026-11-31T20:40:00Z",
		"2026-11-00T20:40:00Z",
		"2026-11-23T24:00:00Z",
		"2026-11-23T20:60:00Z",
		"2026-11-23T20:40:61Z",
		"2026-11-23T20:40:00+2:00",
		"2026-11-23T20:40:00+02",
		"+026-11-23T20:40:00Z",
		/* What no 64 bits of nanoseconds hold; the first is Docker's word for never. */
		"0001-01-01T00:00:00Z",
		"2262-04-11T23:47:16.854775808Z",
		"9999-12-31T23:59:59Z",
	};
	int64_t ns = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(clock_parse(wrong[i], &ns));
	assert_int_equal(ns, 7);
}

static void every_day_of_six_hundred_years_comes_back(void **state)
{
	const int64_t day = 24 * 60 * 60 * (int64_t)CLOCK_SECOND;
	char out[40];
	int64_t ns;

	(void)state;
	for (int64_t i = -106000; i < 106000; i++) {
		clock_format(i * day + 1, out);
		if (!clock_parse(out, &ns) || ns != i * day + 1)
			fail_msg("%s is another day", out);
	}
}

static void the_least_time_is_written(void **state)
{
	char out[40];

	(void)state;
	clock_format(INT64_MIN, out);
	assert_string_equal(out, "1677-09-21T00:12:43.145224192Z");
}

static void the_clocks_go_on(void **state)
{
	uint64_t before = clock_monotonic();
	int64_t wall = clock_wall();

	(void)state;
	while (clock_monotonic() == before)
		;
	assert_true(clock_monotonic() > before);
	/* Within two seconds of the time that the C library tells. */
	assert_in_range(wall / (int64_t)CLOCK_SECOND - (int64_t)time(NULL) + 2, 0, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_read_and_written),
		cmocka_unit_test(what_is_no_time_is_refused_and_writes_nothing),
		cmocka_unit_test(every_day_of_six_hundred_years_comes_back),
		cmocka_unit_test(the_least_time_is_written),
		cmocka_unit_test(the_clocks_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
