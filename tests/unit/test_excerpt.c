/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "compose/project/excerpt.h"

static void what_a_terminal_would_obey_is_made_harmless(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"plain", "plain"},
		{"gr\xc3\xbcn \xe4\xb8\xad \xf0\x9f\x90\xb3",
		 "gr\xc3\xbcn \xe4\xb8\xad \xf0\x9f\x90\xb3"},
		{"a\tb\x1b[31mc\x7f", "a b [31mc "},
		{"a\xc2\x9b"
		 "31m",
		 "a?31m"}, /* C1: another ESC [ */
		{"a\x9b"
		 "31m",
		 "a?31m"}, /* ... as a bare byte */
		{"\xe2\x80\xae"
		 "evil\xe2\x81\xa6",
		 "?evil?"}, /* turns the direction */
		{"\xef\xbb\xbf"
		 "x\xe2\x80\xa8",
		 "?x?"},
		{"\xc0\xaf\xed\xa0\x80", "?????"}, /* overlong; a surrogate */
		{"cut \xe4\xb8", "cut ??"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(text_drop) struct text out = {0};

		excerpt_add_safe(&out, cases[i].in, strlen(cases[i].in));
		assert_string_equal(out.data, cases[i].out);
	}
}

static void the_caret_stands_below_its_character(void **state)
{
	static const struct {
		const char *line;
		unsigned column;
		size_t caret;
	} cases[] = {
		{"abc", 1, 0},
		{"abc", 3, 2},
		{"abc", 4, 3}, /* behind the end */
		{"", 1, 0},
		{"\tx", 2, 1},
		{"gr\xc3\xbcn: x", 7, 6},
		{"\xe4\xb8\xad\xe6\x96\x87: x", 5, 6}, /* two wide ones */
		{"\xf0\x9f\x90\xb3 x", 3, 3},          /* a wide one of four bytes */
		{"e\xcc\x81: x", 5, 3},                /* a mark takes no column */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(text_drop) struct text out = {0};

		assert_int_equal(
			excerpt_add(&out, cases[i].line, strlen(cases[i].line), cases[i].column),
			cases[i].caret);
	}
}

static void a_long_line_is_cut_around_the_caret(void **state)
{
	CLEANUP(text_drop) struct text line = {0};

	(void)state;
	text_add_repeat(&line, 'a', 5000);
	line.data[2500] = 'X';
	for (unsigned column = 1; column <= 5001; column += 100) {
		CLEANUP(text_drop) struct text out = {0};
		size_t caret = excerpt_add(&out, line.data, line.len, column);

		assert_true(out.len <= 166);
		assert_true(caret <= out.len);
		assert_int_equal(text_starts(out.data, "..."), column > 81);
		assert_int_equal(text_ends(out.data, "..."), column <= 4901);
	}
	CLEANUP(text_drop) struct text out = {0};
	size_t caret = excerpt_add(&out, line.data, line.len, 2501);
	assert_int_equal(out.data[caret], 'X');
}

static void a_cut_never_parts_a_character(void **state)
{
	CLEANUP(text_drop) struct text line = {0};

	(void)state;
	for (int i = 0; i < 300; i++)
		text_add(&line, "\xe4\xb8\xad");
	for (unsigned column = 1; column <= 300; column++) {
		CLEANUP(text_drop) struct text out = {0};

		excerpt_add(&out, line.data, line.len, column);
		assert_null(strchr(out.data, '?'));
	}
}

static void what_is_meant_ends_where_its_word_does(void **state)
{
	static const struct {
		const char *line;
		unsigned column, end;
	} cases[] = {
		{"imge: nginx", 1, 5},
		{"imge: nginx", 7, 12},
		{"a: \"b c\" # d", 4, 9},
		{"a: \"b\\\"c\"", 4, 10},
		{"a: 'it''s' x", 4, 11},
		{"a: \"open", 4, 9},
		{"a: b c # d", 4, 7},
		{"a: b#c", 4, 7},
		{"a: http://x:80", 4, 15},
		{"a: b, c", 4, 8}, /* no list: a comma is a part of it */
		{"a: [b, c]", 5, 6},
		{"a: [b, c]", 8, 9},
		{"a: {b: c}", 8, 9},
		{"a: x${B:-${C}}y", 5, 15},
		{"a: x$BC-y", 5, 8},
		{"a: ${B", 4, 7},
		{"\xe4\xb8\xad: x", 1, 2},
		{"a:", 5, 5},
		{"", 1, 1},
		{"- ", 1, 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned end = excerpt_end(cases[i].line, strlen(cases[i].line), cases[i].column);

		if (end != cases[i].end)
			fail_msg("%s: %u, not %u", cases[i].line, end, cases[i].end);
	}
}

static void utf_16_of_both_orders_is_decoded(void **state)
{
	static const char little[] = "\xff\xfe"
				     "a\0\xfc\0\x2c\x4e\x3d\xd8\x4d\xdc\n";
	static const char big[] = "\xfe\xff"
				  "\0a\0\xfc\x4e\x2c\xd8\x3d\xdc\x4d\xdc\x4d";
	CLEANUP(text_drop) struct text out = {0};

	(void)state;
	/* A byte that is left over is nothing. */
	assert_true(excerpt_decode(&out, little, sizeof(little) - 1));
	assert_string_equal(out.data, "a\xc3\xbc\xe4\xb8\xac\xf0\x9f\x91\x8d");
	text_remove(&out, 0, out.len);
	/* Half a pair is told as such. */
	assert_true(excerpt_decode(&out, big, sizeof(big) - 1));
	assert_string_equal(out.data, "a\xc3\xbc\xe4\xb8\xac\xf0\x9f\x91\x8d\xef\xbf\xbd");
	assert_false(excerpt_decode(&out, "ab", 2));
	assert_false(excerpt_decode(&out, "\xff", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf_16_of_both_orders_is_decoded),
		cmocka_unit_test(what_a_terminal_would_obey_is_made_harmless),
		cmocka_unit_test(the_caret_stands_below_its_character),
		cmocka_unit_test(a_long_line_is_cut_around_the_caret),
		cmocka_unit_test(a_cut_never_parts_a_character),
		cmocka_unit_test(what_is_meant_ends_where_its_word_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
