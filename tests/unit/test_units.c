/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "base/own.h"
#include "compose/project/port.h"
#include "compose/project/unit.h"
#include "compose/project/words.h"

static void durations_are_read_and_written(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
		const char *written;
	} cases[] = {
		{"0", 0, "0s"},
		{"0s", 0, "0s"},
		{"1ns", 1, "1ns"},
		{"1.5us", 1500, "1.5µs"},
		{"2µs", 2000, "2µs"},
		{"500ms", 500000000, "500ms"},
		{"1.5s", 1500000000, "1.5s"},
		{"90s", 90000000000, "1m30s"},
		{"1m", 60000000000, "1m0s"},
		{"1h", 3600000000000, "1h0m0s"},
		{"1h30m5.25s", 5405250000000, "1h30m5.25s"},
		{"100m", 6000000000000, "1h40m0s"},
		{"1d", 86400000000000, "24h0m0s"},
		{"1w", 604800000000000, "168h0m0s"},
		{".5s", 500000000, "500ms"},
		{"-5s", -5000000000, "-5s"},
		{"+5s", 5000000000, "5s"},
	};
	static const char *const wrong[] = {"",     "5",    "s",    "5x",   "5 s",
					    "1m30", "1.s.", "--5s", "1e3s", "."};
	int64_t ns = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(text_drop) struct text out = {0};

		assert_true(unit_duration(cases[i].text, &ns));
		assert_int_equal(ns, cases[i].ns);
		unit_add_duration(&out, ns);
		assert_string_equal(out.data, cases[i].written);
		int64_t again = 0;
		assert_true(unit_duration(out.data, &again));
		assert_int_equal(again, ns);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(unit_duration(wrong[i], &ns));
	assert_false(unit_duration("9999999999999999999h", &ns));
	assert_false(unit_duration("2562048h", &ns));
}

static void amounts_of_memory_are_powers_of_1024(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} cases[] = {
		{"0", 0},
		{"1024", 1024},
		{"5b", 5},
		{"1k", 1024},
		{"1kb", 1024},
		{"1KiB", 1024},
		{"2M", 2 << 20},
		{"1.5g", 1610612736},
		{"1 gb", 1073741824},
		{"1t", (int64_t)1 << 40},
		{"1p", (int64_t)1 << 50},
		{"-1", -1},
		{"1ki", 1024},
		{"5i", 5},
	};
	static const char *const wrong[] = {"",    "k",     "5x",     "5kk", "5bb", "-2",
					    "1e3", "5 k b", "99999p", ".5k", "5.",  "5  k"};
	int64_t bytes = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(unit_bytes(cases[i].text, &bytes));
		assert_int_equal(bytes, cases[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(unit_bytes(wrong[i], &bytes));
}

static void command_lines_are_split_as_a_shell_splits_words(void **state)
{
	static const struct {
		const char *line;
		bool well;
		const char *words; /* each in <> */
	} cases[] = {
		{"", true, ""},
		{"  ", true, ""},
		{"a", true, "<a>"},
		{" a\tb\nc ", true, "<a><b><c>"},
		{"'a b' \"c d\"", true, "<a b><c d>"},
		{"a'b'\"c\"d", true, "<abcd>"},
		{"'' \"\"", true, "<><>"},
		{"a\\ b \\'c", true, "<a b><'c>"},
		{"\"a\\\"b\\\\c\\$d\\xe\"", true, "<a\"b\\c$dxe>"},
		{"'a\\b'", true, "<a\\b>"},
		{"C:\\dir\\x", true, "<C:dirx>"},
		{"'C:\\dir\\x'", true, "<C:\\dir\\x>"},
		{"$HOME *", true, "<$HOME><*>"},
		{"a 'b", false, "<a><b>"},
		{"a \"b", false, "<a><b>"},
		{"a \\", false, "<a>"},
		{"a && b", true, "<a>"},
		{"a;b", true, "<a>"},
		{"a 2>b", true, "<a>"},
		{"a b>c", true, "<a><b>"},
		{"a '&&' \";\" \\|", true, "<a><&&><;><|>"},
		{"`a b;` c", true, "<`a b;`><c>"},
		{"`a", false, "<`a>"},
		{"$(a b) c", true, "<$(a b)><c>"},
		{"$(a", false, "<$(a>"},
		{"(a)", false, "<(>"},
		{"a)b", false, "<a)b>"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(words_drop) struct words words = {0};
		CLEANUP(text_drop) struct text out = {0};

		assert_int_equal(words_split(cases[i].line, &words), cases[i].well);
		ARRAY_FOR_EACH (char *, word, &words.list)
			text_printf(&out, "<%s>", *word);
		assert_string_equal(text_string(&out), cases[i].words);
	}
}

static void ports_and_ranges_are_numbers_from_1_to_65535(void **state)
{
	static const struct {
		const char *text;
		bool zero, well;
		unsigned first, last;
	} cases[] = {
		{"1", false, true, 1, 1},       {"65535", false, true, 65535, 65535},
		{"80-82", false, true, 80, 82}, {"80-80", false, true, 80, 80},
		{"0", true, true, 0, 0},        {"0", false, false, 0, 0},
		{"65536", false, false, 0, 0},  {"82-80", false, false, 0, 0},
		{"80-", false, false, 0, 0},    {"-80", false, false, 0, 0},
		{"80x", false, false, 0, 0},    {"", false, false, 0, 0},
		{"000080", false, false, 0, 0}, {"8 0", false, false, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned first = 0, last = 0;

		assert_int_equal(port_range(cases[i].text, cases[i].zero, &first, &last),
				 cases[i].well);
		if (!cases[i].well)
			continue;
		assert_int_equal(first, cases[i].first);
		assert_int_equal(last, cases[i].last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_read_and_written),
		cmocka_unit_test(amounts_of_memory_are_powers_of_1024),
		cmocka_unit_test(command_lines_are_split_as_a_shell_splits_words),
		cmocka_unit_test(ports_and_ranges_are_numbers_from_1_to_65535),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
