/* SPDX-License-Identifier: MIT */
#include "compose/cli/flag.h"

#include <string.h>

#include "base/error.h"
#include "base/own.h"
#include "tests/test.h"

struct values {
	bool all, on;
	const char *name;
	struct flag_strings files;
	int count;
};

#define AT(member) offsetof(struct values, member)

static const struct flag flags[] = {
	{'a', "all", FLAG_SET, AT(all), NULL, "Everything"},
	{0, "on", FLAG_SWITCH, AT(on), NULL, "On or off"},
	{'n', "name", FLAG_STRING, AT(name), "NAME", "A name"},
	{'f', "file", FLAG_STRINGS, AT(files), "FILE", "A file"},
	{'c', "count", FLAG_NUMBER, AT(count), "N", NULL},
	{0},
};

struct line {
	struct values values;
	char *argv[16];
	char **rest;
	struct error *err;
	int status;
};

static void parse(struct line *line, bool in_order, const char *const *words)
{
	int argc = 0;

	*line = (struct line){.values = {.on = true}};
	for (; words[argc]; argc++)
		line->argv[argc] = (char *)words[argc];
	line->status = flag_parse(flags, &line->values, argc, line->argv, in_order, &line->rest,
				  &line->err);
}

#define PARSE(line, in_order, ...) parse(line, in_order, (const char *const[]){__VA_ARGS__, NULL})

static void drop(struct line *line)
{
	flag_drop(flags, &line->values);
	error_drop(&line->err);
}

static void every_manner_of_writing_a_flag_is_known(void **state)
{
	CLEANUP(drop) struct line line;

	(void)state;
	PARSE(&line, false, "-a", "-nx", "--file", "one", "-f=two", "-c", "-5", "--on=false",
	      "rest", "--file=three");
	assert_int_equal(line.status, 0);
	assert_true(line.values.all);
	assert_false(line.values.on);
	assert_string_equal(line.values.name, "x");
	assert_int_equal(line.values.count, -5);
	assert_int_equal(line.values.files.len, 4);
	assert_string_equal(line.values.files.items[0], "one");
	assert_string_equal(line.values.files.items[1], "two");
	assert_string_equal(line.values.files.items[2], "three");
	assert_null(line.values.files.items[3]);
	assert_string_equal(line.rest[0], "rest");
	assert_null(line.rest[1]);
}

static void letters_may_stand_together_and_the_last_may_have_a_value(void **state)
{
	CLEANUP(drop) struct line line;

	(void)state;
	PARSE(&line, false, "-anx=y");
	assert_int_equal(line.status, 0);
	assert_true(line.values.all);
	assert_string_equal(line.values.name, "x=y");
}

static void two_dashes_end_the_flags(void **state)
{
	CLEANUP(drop) struct line line;

	(void)state;
	PARSE(&line, false, "one", "--", "-a", "--", "-");
	assert_false(line.values.all);
	assert_string_equal(line.rest[0], "one");
	assert_string_equal(line.rest[1], "-a");
	assert_string_equal(line.rest[2], "--");
	assert_string_equal(line.rest[3], "-");
	assert_null(line.rest[4]);
}

static void in_order_nothing_behind_the_first_argument_is_a_flag(void **state)
{
	CLEANUP(drop) struct line line;

	(void)state;
	PARSE(&line, true, "-a", "service", "ls", "-n", "--nosuch");
	assert_int_equal(line.status, 0);
	assert_true(line.values.all);
	assert_null(line.values.name);
	assert_string_equal(line.rest[0], "service");
	assert_string_equal(line.rest[3], "--nosuch");
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *words[3];
		const char *message;
	} cases[] = {
		{{"--nmae"}, "unknown flag: --nmae (did you mean --name?)"},
		{{"--qqqqqqq=1"}, "unknown flag: --qqqqqqq"},
		{{"-ax"}, "unknown flag: -x"},
		{{"--name"}, "flag needs a value: --name NAME"},
		{{"-n"}, "flag needs a value: --name NAME"},
		{{"-c", "5x"}, "--count: \"5x\" is not a whole number"},
		{{"-c", ""}, "--count: \"\" is not a whole number"},
		{{"-c", "99999999999"}, "--count: \"99999999999\" is not a whole number"},
		{{"--on=maybe"}, "--on: \"maybe\" is neither true nor false"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(drop) struct line line;

		parse(&line, false, cases[i].words);
		assert_int_equal(line.status, ERROR_INVALID);
		assert_string_equal(line.err->message, cases[i].message);
	}
}

static void a_word_is_known_by_its_beginning(void **state)
{
	static const char *const known[] = {"-a", "-nx", "-f", "--name", "--name=x"};
	static const char *const unknown[] = {"-x", "--nam", "--", "-", "name", ""};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		assert_true(flag_known(flags, known[i]));
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
		assert_false(flag_known(flags, unknown[i]));
	assert_false(flag_known(NULL, "-a"));
}

static void help_stands_in_two_columns_without_what_is_hidden(void **state)
{
	CLEANUP(text_drop) struct text out = {0};

	(void)state;
	flag_help(flags, &out);
	assert_string_equal(out.data, "  -a, --all         Everything\n"
				      "      --on          On or off\n"
				      "  -n, --name NAME   A name\n"
				      "  -f, --file FILE   A file\n");
}

static void a_long_help_goes_on_below_itself(void **state)
{
	static const struct flag long_flags[] = {
		{0, "name", FLAG_SET, AT(all), NULL,
		 "A text that is much too long for what is left of a line of eighty columns"},
		{0},
	};
	CLEANUP(text_drop) struct text out = {0};

	(void)state;
	flag_help(long_flags, &out);
	assert_string_equal(
		out.data, "      --name   A text that is much too long for what is left of a line "
			  "of eighty\n               columns\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_manner_of_writing_a_flag_is_known),
		cmocka_unit_test(letters_may_stand_together_and_the_last_may_have_a_value),
		cmocka_unit_test(two_dashes_end_the_flags),
		cmocka_unit_test(in_order_nothing_behind_the_first_argument_is_a_flag),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(a_word_is_known_by_its_beginning),
		cmocka_unit_test(help_stands_in_two_columns_without_what_is_hidden),
		cmocka_unit_test(a_long_help_goes_on_below_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
