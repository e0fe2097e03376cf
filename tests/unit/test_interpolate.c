/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "compose/project/interpolate.h"

struct seen {
	struct text unset, wrong;
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

static void note_wrong(const char *problem, size_t at, void *payload)
{
	struct seen *seen = payload;

	text_printf(&seen->wrong, "%s@%zu\n", problem, at);
}

static void seen_drop(struct seen *seen)
{
	text_drop(&seen->unset);
	text_drop(&seen->wrong);
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
		CLEANUP(seen_drop) struct seen seen = {0};
		const struct interpolate how = {look, note_unset, note_wrong, &seen};
		CLEANUP(text_drop) struct text out = {0};

		assert_true(interpolate(&how, cases[i].in, &out));
		assert_string_equal(text_string(&out), cases[i].out);
		assert_string_equal(text_string(&seen.unset), cases[i].unset);
		assert_string_equal(text_string(&seen.wrong), "");
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
		CLEANUP(seen_drop) struct seen seen = {0};
		const struct interpolate how = {
			.lookup = look, .wrong = note_wrong, .payload = &seen};
		CLEANUP(text_drop) struct text out = {0};
		CLEANUP(text_drop) struct text told = {0};

		assert_false(interpolate(&how, cases[i].in, &out));
		text_printf(&told, "%s@%zu\n", cases[i].problem, cases[i].at);
		assert_string_equal(text_string(&seen.wrong), text_string(&told));
	}
}

static void all_that_is_wrong_is_told(void **state)
{
	static const struct {
		const char *in, *wrong;
	} cases[] = {
		{"${NONE?} ${} ${EMPTY:?x}", "the required variable NONE has no value@0\n"
					     "\"${}\" is no variable; write $$ for a dollar@9\n"
					     "the required variable EMPTY has no value: x@13\n"},
		{"${NONE:-${1}${2}}", "\"${1}\" is no variable; write $$ for a dollar@8\n"
				      "\"${2}\" is no variable; write $$ for a dollar@12\n"},
		{"${SET:-${1}}${2}", "\"${1}\" is no variable; write $$ for a dollar@7\n"
				     "\"${2}\" is no variable; write $$ for a dollar@12\n"},
		/* What should be said of a variable is wrong: that comes first. */
		{"${1}${NONE?${2}}", "\"${1}\" is no variable; write $$ for a dollar@0\n"
				     "\"${2}\" is no variable; write $$ for a dollar@11\n"},
		/* Nobody knows what an open brace was to hold. */
		{"${1}${ $NONE ${2", "\"${1}\" is no variable; write $$ for a dollar@0\n"
				     "${ is not closed by }; write $$ for a dollar@4\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(seen_drop) struct seen seen = {0};
		const struct interpolate how = {look, note_unset, note_wrong, &seen};
		CLEANUP(text_drop) struct text out = {0};

		assert_false(interpolate(&how, cases[i].in, &out));
		assert_string_equal(text_string(&seen.wrong), cases[i].wrong);
		assert_string_equal(text_string(&seen.unset), "");
	}
}

static void nesting_has_a_bound(void **state)
{
	CLEANUP(seen_drop) struct seen seen = {0};
	const struct interpolate how = {.lookup = look, .wrong = note_wrong, .payload = &seen};
	CLEANUP(text_drop) struct text in = {0};
	CLEANUP(text_drop) struct text out = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		text_add(&in, "${NONE:-");
	text_add_repeat(&in, '}', 1000);
	assert_false(interpolate(&how, in.data, &out));
	assert_true(text_starts(text_string(&seen.wrong),
				"variables are nested deeper than 32 levels@"));
	assert_ptr_equal(strchr(text_string(&seen.wrong), '\n') + 1,
			 text_string(&seen.wrong) + seen.wrong.len);
}

static void the_result_has_a_bound(void **state)
{
	CLEANUP(seen_drop) struct seen seen = {0};
	const struct interpolate how = {.lookup = look, .wrong = note_wrong, .payload = &seen};
	CLEANUP(text_drop) struct text in = {0};
	CLEANUP(text_drop) struct text out = {0};

	(void)state;
	for (int i = 0; i < 110000; i++)
		text_add(&in, "$long ");
	assert_false(interpolate(&how, in.data, &out));
	assert_true(text_starts(text_string(&seen.wrong), "the result is longer than 1 MiB@"));
	assert_true(out.len < 1100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_grammar_is_known),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(all_that_is_wrong_is_told),
		cmocka_unit_test(nesting_has_a_bound),
		cmocka_unit_test(the_result_has_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
