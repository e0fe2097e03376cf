/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "compose/project/interpolate.h"

struct seen {
	struct text unset;
};

static const char *look(const char *name, void *payload)
{
	static const struct {
		const char *name, *value;
	} variables[] = {
		{"SET", "s"}, {"EMPTY", ""}, {"_U1", "u"}, {"REF", "$SET"}, {"long", "0123456789"},
	};

	(void)payload;
	for (size_t i = 0; i < ARRAY_LEN(variables); i++)
		if (strcmp(variables[i].name, name) == 0)
			return variables[i].value;
	return NULL;
}

static void note_unset(const char *name, size_t at, void *payload)
{
	struct seen *seen = payload;

	text_printf(&seen->unset, "%s@%zu ", name, at);
}

static void the_whole_grammar_is_known(void **state)
{
	static const struct {
		const char *in, *out, *unset;
	} cases[] = {
		{"", "", ""},
		{"plain", "plain", ""},
		{"$SET", "s", ""},
		{"${SET}", "s", ""},
		{"a${SET}b$SET.c", "asbs.c", ""},
		{"$_U1", "u", ""},
		{"$SETX", "", "SETX@0 "},
		{"ab${NONE}", "ab", "NONE@2 "},
		{"$EMPTY", "", ""},
		{"$$SET", "$SET", ""},
		{"$$$SET", "$s", ""},
		{"$", "$", ""},
		{"a$", "a$", ""},
		{"$1 $ $-", "$1 $ $-", ""},
		{"${NONE:-x}", "x", ""},
		{"${EMPTY:-x}", "x", ""},
		{"${SET:-x}", "s", ""},
		{"${NONE-x}", "x", ""},
		{"${EMPTY-x}", "", ""},
		{"${NONE-}", "", ""},
		{"${NONE:+x}", "", ""},
		{"${EMPTY:+x}", "", ""},
		{"${SET:+x}", "x", ""},
		{"${EMPTY+x}", "x", ""},
		{"${NONE+x}", "", ""},
		{"${SET:?x}", "s", ""},
		{"${EMPTY?x}", "", ""},
		{"${NONE:-${SET}}", "s", ""},
		{"${NONE:-a${NONE:-b${SET}c}d}e", "abscde", ""},
		{"${NONE:-$$}", "$", ""},
		{"${NONE:-$NONE}", "", "NONE@8 "},
		{"${NONE:-a:-b}", "a:-b", ""},
		{"${NONE:-a?b+c}", "a?b+c", ""},
		{"${NONE:-{}}", "{}", ""},
		{"${SET:-${NONE}}", "s", ""},
		{"$REF", "$SET", ""},
		{"a}b{", "a}b{", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct seen seen = {0};
		const struct interpolate how = {look, note_unset, &seen};
		CLEANUP(text_drop) struct text out = {0};
		CLEANUP(memory_free) char *problem = NULL;
		size_t at = 0;

		assert_true(interpolate(&how, cases[i].in, &out, &problem, &at));
		assert_string_equal(text_string(&out), cases[i].out);
		assert_string_equal(text_string(&seen.unset), cases[i].unset);
		text_drop(&seen.unset);
	}
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *in, *problem;
		size_t at;
	} cases[] = {
		{"a${", "${ is not closed by }; write $$ for a dollar", 1},
		{"${SET", "${ is not closed by }; write $$ for a dollar", 0},
		{"${}", "\"${}\" is no variable; write $$ for a dollar", 0},
		{"xy${1a}", "\"${1a}\" is no variable; write $$ for a dollar", 2},
		{"${A/b}", "\"${A/b}\" is no variable; write $$ for a dollar", 0},
		{"${A:3}", "\"${A:3}\" is no variable; write $$ for a dollar", 0},
		{"${A:}", "\"${A:}\" is no variable; write $$ for a dollar", 0},
		{"${ A}", "\"${ A}\" is no variable; write $$ for a dollar", 0},
		{"${NONE:-a\nb}", "${ is not closed by }; write $$ for a dollar", 0},
		{"${SET:-${NONE?in}}", "the required variable NONE has no value: in", 7},
		{"${NONE+${1}}", "\"${1}\" is no variable; write $$ for a dollar", 7},
		{"${NONE:?}", "the required variable NONE has no value", 0},
		{"${NONE?say ${SET}}", "the required variable NONE has no value: say s", 0},
		{"${EMPTY:?no}", "the required variable EMPTY has no value: no", 0},
		{"${NONE:-${EMPTY:?in}}", "the required variable EMPTY has no value: in", 8},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct interpolate how = {.lookup = look};
		CLEANUP(text_drop) struct text out = {0};
		CLEANUP(memory_free) char *problem = NULL;
		size_t at = 99;

		assert_false(interpolate(&how, cases[i].in, &out, &problem, &at));
		assert_string_equal(problem, cases[i].problem);
		assert_int_equal(at, cases[i].at);
	}
}

static void nesting_has_a_bound(void **state)
{
	const struct interpolate how = {.lookup = look};
	CLEANUP(text_drop) struct text in = {0};
	CLEANUP(text_drop) struct text out = {0};
	CLEANUP(memory_free) char *problem = NULL;
	size_t at = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		text_add(&in, "${NONE:-");
	text_add_repeat(&in, '}', 1000);
	assert_false(interpolate(&how, in.data, &out, &problem, &at));
	assert_string_equal(problem, "variables are nested deeper than 32 levels");
}

static void the_result_has_a_bound(void **state)
{
	const struct interpolate how = {.lookup = look};
	CLEANUP(text_drop) struct text in = {0};
	CLEANUP(text_drop) struct text out = {0};
	CLEANUP(memory_free) char *problem = NULL;
	size_t at = 0;

	(void)state;
	for (int i = 0; i < 110000; i++)
		text_add(&in, "$long ");
	assert_false(interpolate(&how, in.data, &out, &problem, &at));
	assert_string_equal(problem, "the result is longer than 1 MiB");
	assert_true(out.len < 1100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_grammar_is_known),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(nesting_has_a_bound),
		cmocka_unit_test(the_result_has_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
