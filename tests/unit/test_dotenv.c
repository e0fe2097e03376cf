/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "compose/project/dotenv.h"

struct record {
	struct text out; /* NAME=[value] of each, in order */
};

static const char *look(const char *name, void *payload)
{
	(void)payload;
	if (strcmp(name, "HOME") == 0)
		return "/home";
	return NULL;
}

static void set(const char *name, const char *value, struct position at, void *payload)
{
	struct record *record = payload;

	(void)at;
	text_printf(&record->out, "%s=%s%s%s ", name, value ? "[" : "", value ? value : "none",
		    value ? "]" : "");
}

static bool read_text(const char *text, bool raw, struct record *record,
		      struct diagnostics *diagnostics)
{
	size_t budget = 1000;
	const struct dotenv how = {
		.file = ".env",
		.raw = raw,
		.lookup = look,
		.set = set,
		.payload = record,
		.budget = &budget,
	};

	return dotenv_read(&how, text, strlen(text), diagnostics);
}

static void lines_are_read_as_docker_compose_reads_them(void **state)
{
	static const struct {
		const char *text, *out;
	} cases[] = {
		{"", ""},
		{"\n\n# only a comment", ""},
		{"A=1", "A=[1] "},
		{"A=1\nB=2\n", "A=[1] B=[2] "},
		{"A=1\r\nB=2\r\n", "A=[1] B=[2] "},
		{"\xef\xbb\xbf"
		 "A=1",
		 "A=[1] "},
		{"  A = 1 ", "A=[1] "},
		{"export A=1", "A=[1] "},
		{"exported=1", "exported=[1] "},
		{"A: 1", "A=[1] "},
		{"A=", "A=[] "},
		{"A= # c", "A=[# c] "},
		{"A=b#c", "A=[b#c] "},
		{"A=b #c", "A=[b] "},
		{"A=b\t#c", "A=[b\t#c] "},
		{"A.b-c[0]=1", "A.b-c[0]=[1] "},
		{"A=a=b", "A=[a=b] "},
		{"A=$HOME/x", "A=[/home/x] "},
		{"A=${NONE:-d}", "A=[d] "},
		{"A='$HOME # no'", "A=[$HOME # no] "},
		{"A='it\\'s'", "A=[it's] "},
		{"A='a\\nb'", "A=[a\\nb] "},
		{"A='two\nlines'", "A=[two\nlines] "},
		{"A=\"$HOME\"", "A=[/home] "},
		{"A=\"\\$HOME $$\"", "A=[$HOME $] "},
		{"A=\"a\\nb\\tc\\\\d\\\"e\"", "A=[a\nb\tc\\d\"e] "},
		{"A=\"\\0101\\q\"", "A=[A\\q] "},
		{"A=\"two\nlines\"", "A=[two\nlines] "},
		{"A=\"x\" # comment\nB=1", "A=[x] B=[1] "},
		{"A=\"x\" B=1", "A=[x] B=[1] "},
		{"HOME", "HOME=[/home] "},
		{"NONE", "NONE=none "},
		{"HOME", "HOME=[/home] "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
		struct record record = {0};

		assert_true(read_text(cases[i].text, false, &record, &diagnostics));
		assert_string_equal(text_string(&record.out), cases[i].out);
		text_drop(&record.out);
	}
}

static void raw_lines_are_taken_as_they_are(void **state)
{
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	struct record record = {0};

	(void)state;
	assert_true(read_text("A=\"q\" # x\n# c\n\nB=$HOME\r\nHOME\nC=\n", true, &record,
			      &diagnostics));
	assert_string_equal(record.out.data, "A=[\"q\" # x] B=[$HOME] HOME=[/home] C=[] ");
	text_drop(&record.out);
}

static void a_wrong_line_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *message;
		unsigned line, column;
	} cases[] = {
		{"A=1\nB C=2\n", "\"B C\" is not a variable's name", 2, 1},
		{"=1\n", "\"\" is not a variable's name", 1, 1},
		{"A=1\n\n  B=\"open\n", "the quote \" is not closed", 3, 5},
		{"A='open", "the quote ' is not closed", 1, 3},
		{"A=${X:?say}", "the required variable X has no value: say", 1, 3},
		{"A=${", "${ is not closed by }; write $$ for a dollar", 1, 3},
		{"\xc3\xbc=\xc3\xbc ${1}", "\"${1}\" is no variable; write $$ for a dollar", 1, 5},
		{"A=\"\\t\n\xc3\xbc${1}\"", "\"${1}\" is no variable; write $$ for a dollar", 2, 2},
		{"\xef\xbb\xbf"
		 "1 2\nA=$HOME",
		 "\"1 2\" is not a variable's name", 1, 1},
		{"\xff\xfe"
		 "A=1",
		 "the file is UTF-16, not UTF-8", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
		struct record record = {0};

		assert_false(read_text(cases[i].text, false, &record, &diagnostics));
		assert_int_equal(diagnostics.errors, 1);
		assert_string_equal(diagnostics.list.items[0].message, cases[i].message);
		assert_int_equal(diagnostics.list.items[0].line, cases[i].line);
		assert_int_equal(diagnostics.list.items[0].column, cases[i].column);
		text_drop(&record.out);
	}
}

static void every_wrong_line_is_told(void **state)
{
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	struct record record = {0};
	static const unsigned lines[] = {2, 4, 6};

	(void)state;
	assert_false(read_text("A=1\nB C\nD=2\nE=${\nF=3\nG=\"open\nH I\n", false, &record,
			       &diagnostics));
	assert_int_equal(diagnostics.errors, ARRAY_LEN(lines));
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		assert_int_equal(diagnostics.list.items[i].line, lines[i]);
	assert_string_equal(record.out.data, "A=[1] D=[2] F=[3] ");
	text_drop(&record.out);
}

static void a_budget_bounds_what_variables_make(void **state)
{
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	CLEANUP(text_drop) struct text text = {0};
	struct record record = {0};

	(void)state;
	text_add(&text, "A=");
	for (int i = 0; i < 150; i++)
		text_add(&text, "$HOME");
	assert_false(read_text(text.data, false, &record, &diagnostics));
	assert_string_equal(diagnostics.list.items[0].message,
			    "the variables of the project are too large");
	text_drop(&record.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read_as_docker_compose_reads_them),
		cmocka_unit_test(raw_lines_are_taken_as_they_are),
		cmocka_unit_test(a_wrong_line_is_told_with_its_place),
		cmocka_unit_test(every_wrong_line_is_told),
		cmocka_unit_test(a_budget_bounds_what_variables_make),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
