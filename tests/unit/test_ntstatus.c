/* SPDX-License-Identifier: MIT */
#include "base/ntstatus.h"

#include "base/own.h"
#include "tests/test.h"

static const struct {
	int64_t told; /* by an engine */
	const char *text;
} rows[] = {
	{0, "0"},
	{1, "1"},
	{137, "137"},
	{3221225786, "3221225786 (0xC000013A: Ctrl-C, Ctrl-Break, or a stop)"},
	{1073807364, "1073807364 (0x40010004: ended by a shutdown)"},
	{3762504530, "3762504530 (0xE0434352: an exception in .NET)"},
	{3221226505, "3221226505 (0xC0000409: it found itself broken (fail-fast))"},
	{3221225477, "3221225477 (0xC0000005: access violation)"},
	{3221225999, "3221225999 (0xC000020F)"},
	{4294967295, "4294967295 (0xFFFFFFFF)"},
	{2147483647, "2147483647"},
};

static void a_code_of_windows_is_told_as_the_engine_says_it_and_with_its_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[NTSTATUS_TEXT];

		assert_string_equal(ntstatus_text(rows[i].told, text), rows[i].text);
	}
}

static void one_that_an_int_held_is_the_same_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(ntstatus_code(rows[i].told) == rows[i].told);
		assert_true(ntstatus_code((int)rows[i].told) == rows[i].told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_code_of_windows_is_told_as_the_engine_says_it_and_with_its_meaning),
		cmocka_unit_test(one_that_an_int_held_is_the_same_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
