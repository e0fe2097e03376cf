/* SPDX-License-Identifier: MIT */
#include "compose/cli/candidates.h"

#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/verb.h"
#include "tests/test.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static bool has(const struct candidates *found, const char *word)
{
	CLEANUP(memory_free) char *line = memory_format("\n%s\t", word);
	CLEANUP(memory_free) char *all = memory_format("\n%s", text_string(&found->lines));

	return strstr(all, line);
}

static size_t count(const struct candidates *found)
{
	size_t lines = 0;

	for (const char *at = text_string(&found->lines); (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

static void a_first_word_is_a_verb_that_is_not_hidden(void **state)
{
	CLEANUP(candidates_drop) struct candidates found = {0};
	size_t shown = 0;

	(void)state;
	candidates_find(WORDS(), "", &found);
	for (size_t i = 0; verbs[i]; i++) {
		assert_int_equal(has(&found, verbs[i]->name), !verbs[i]->hidden);
		shown += !verbs[i]->hidden;
	}
	assert_int_equal(count(&found), shown);
	assert_false(found.files || found.services);
}

static void only_what_begins_with_the_word_is_given(void **state)
{
	CLEANUP(candidates_drop) struct candidates found = {0};

	(void)state;
	candidates_find(WORDS("--dry-run", "-f", "x.yaml"), "comp", &found);
	assert_string_equal(text_string(&found.lines),
			    "completion\tPrint the script that completes command lines\n");
	assert_int_equal(found.globals, 3);
}

static void flags_are_those_of_the_place(void **state)
{
	CLEANUP(candidates_drop) struct candidates before = {0};
	CLEANUP(candidates_drop) struct candidates behind = {0};

	(void)state;
	candidates_find(WORDS(), "--", &before);
	assert_true(has(&before, "--file") && has(&before, "--host"));
	assert_false(has(&before, "--detach"));
	/* Hidden ones are not told. */
	assert_false(has(&before, "--workdir"));
	candidates_find(WORDS("up"), "--", &behind);
	assert_true(has(&behind, "--detach") && has(&behind, "--help"));
	assert_false(has(&behind, "--file"));
	assert_false(behind.services);
}

static void a_flags_value_is_what_help_calls_it(void **state)
{
	CLEANUP(candidates_drop) struct candidates file = {0};
	CLEANUP(candidates_drop) struct candidates format = {0};
	CLEANUP(candidates_drop) struct candidates number = {0};

	(void)state;
	candidates_find(WORDS("-p", "x", "--file"), "", &file);
	assert_true(file.files);
	assert_int_equal(count(&file), 0);
	assert_int_equal(file.globals, 2);
	candidates_find(WORDS("version", "--format"), "", &format);
	assert_string_equal(text_string(&format.lines), "pretty\t\njson\t\n");
	assert_false(format.files || format.services);
	candidates_find(WORDS("--parallel"), "", &number);
	assert_int_equal(count(&number), 0);
	assert_false(number.files || number.services);
}

static void services_stand_where_a_verb_takes_them(void **state)
{
	const struct {
		const char *const *before;
		const char *word;
		bool services;
	} cases[] = {
		{WORDS("up"), "", true},
		{WORDS("up", "-d", "web"), "", true},
		{WORDS("-f", "a.yaml", "logs", "--tail", "5"), "w", true},
		{WORDS("logs", "--tail"), "", false},
		{WORDS("exec"), "", true},
		{WORDS("exec", "web"), "", false},
		{WORDS("exec", "web"), "-", false},
		{WORDS("ls"), "", false},
		{WORDS("nonsense"), "", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(candidates_drop) struct candidates found = {0};

		candidates_find(cases[i].before, cases[i].word, &found);
		assert_int_equal(found.services, cases[i].services);
		assert_int_equal(count(&found), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_first_word_is_a_verb_that_is_not_hidden),
		cmocka_unit_test(only_what_begins_with_the_word_is_given),
		cmocka_unit_test(flags_are_those_of_the_place),
		cmocka_unit_test(a_flags_value_is_what_help_calls_it),
		cmocka_unit_test(services_stand_where_a_verb_takes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
