/* SPDX-License-Identifier: MIT */
#include "compose/cli/transcript.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "tests/test.h"

static void add_all(struct transcript *transcript, const char *const *lines)
{
	for (; *lines; lines++)
		transcript_add(transcript, *lines);
}

static void the_step_of_the_engines_own_builder_is_the_last(void **state)
{
	CLEANUP(transcript_drop) struct transcript transcript = {0};
	static const char *const lines[] = {"Step 1/2 : FROM scratch", " ---> 1234",
					    "Step 2/2 : RUN make all", "make: *** Error 2", NULL};

	(void)state;
	assert_null(transcript_step(&transcript));
	add_all(&transcript, lines);
	assert_string_equal(transcript_step(&transcript), "RUN make all");
	assert_string_equal(transcript_tail(&transcript),
			    "Step 1/2 : FROM scratch\n ---> 1234\nStep 2/2 : RUN make all\n"
			    "make: *** Error 2");
}

static void of_buildkits_parallel_steps_the_one_that_failed_is_named(void **state)
{
	CLEANUP(transcript_drop) struct transcript transcript = {0};
	static const char *const lines[] = {
		"#1 [internal] load build definition from Dockerfile",
		"#5 [a 2/3] RUN make a",
		"#6 [b 2/2] RUN make b",
		"#6 0.5 working",
		"#5 ERROR: process \"/bin/sh -c make a\" did not complete: exit code: 2",
		"#6 CANCELED",
		"#7 [c 1/1] COPY x y",
		NULL,
	};

	(void)state;
	add_all(&transcript, lines);
	assert_string_equal(transcript_step(&transcript), "RUN make a");
}

static void only_the_last_lines_are_kept(void **state)
{
	CLEANUP(transcript_drop) struct transcript transcript = {0};
	char line[32];
	size_t newlines = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		transcript_add(&transcript, line);
	}
	for (const char *c = transcript_tail(&transcript); *c; c++)
		newlines += *c == '\n';
	assert_int_equal(newlines, 19);
	assert_true(text_starts(transcript_tail(&transcript), "line 980\n"));
	assert_true(text_ends(transcript_tail(&transcript), "\nline 999"));
}

static void long_lines_do_not_grow_it(void **state)
{
	CLEANUP(transcript_drop) struct transcript transcript = {0};
	CLEANUP(memory_free) char *line = memory_zero(1, 100001);

	(void)state;
	memset(line, 'x', 100000);
	for (int i = 0; i < 50; i++)
		transcript_add(&transcript, line);
	assert_in_range(strlen(transcript_tail(&transcript)), 1, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_step_of_the_engines_own_builder_is_the_last),
		cmocka_unit_test(of_buildkits_parallel_steps_the_one_that_failed_is_named),
		cmocka_unit_test(only_the_last_lines_are_kept),
		cmocka_unit_test(long_lines_do_not_grow_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
