/* SPDX-License-Identifier: MIT */
#include "compose/cli/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "tests/test.h"

#define T1 "2026-11-23T21:36:19.000000001Z "
#define T2 "2026-11-23T21:36:19.000000002Z "
#define T3 "2026-11-23T21:36:19.000000003Z "

/* What was shown, a line each; "+" before a further part, "-" behind one that is cut. */
struct reader {
	struct line line;
	struct line_mark mark;
	struct text shown;
};

static void show(const struct line_view *view, void *payload)
{
	struct reader *reader = payload;

	if (view->continues)
		text_add_char(&reader->shown, '+');
	text_add_n(&reader->shown, view->bytes, view->len);
	text_add(&reader->shown, view->is_cut ? "-\n" : "\n");
}

static void feed(struct reader *reader, const char *bytes)
{
	line_feed(&reader->line, &reader->mark, bytes, strlen(bytes), show, reader);
}

static void drop(struct reader *reader)
{
	line_drop(&reader->line);
	text_drop(&reader->shown);
}

static void lines_come_out_whole_however_they_come_in(void **state)
{
	static const char log[] = T1 "one\n" T2 "\n" T3 "two words\r\n";

	(void)state;
	for (size_t piece = 1; piece < sizeof(log); piece++) {
		CLEANUP(drop) struct reader reader = {0};

		for (size_t at = 0; at < sizeof(log) - 1; at += piece) {
			size_t len = sizeof(log) - 1 - at < piece ? sizeof(log) - 1 - at : piece;
			line_feed(&reader.line, &reader.mark, log + at, len, show, &reader);
		}
		assert_string_equal(text_string(&reader.shown), "one\n\ntwo words\n");
	}
}

static void a_line_without_a_time_is_shown_as_it_is(void **state)
{
	CLEANUP(drop) struct reader reader = {0};

	(void)state;
	feed(&reader, "2026 is a year\nx\n\n");
	assert_string_equal(text_string(&reader.shown), "2026 is a year\nx\n\n");
}

static void a_last_line_needs_no_newline(void **state)
{
	CLEANUP(drop) struct reader reader = {0};

	(void)state;
	feed(&reader, T1 "prompt> ");
	assert_string_equal(text_string(&reader.shown), "");
	line_end(&reader.line, &reader.mark, true, show, &reader);
	assert_string_equal(text_string(&reader.shown), "prompt> \n");
}

static void after_a_break_each_line_is_shown_once(void **state)
{
	CLEANUP(drop) struct reader reader = {0};

	(void)state;
	feed(&reader, T1 "a\n" T2 "b\n" T2 "c\n" T2 "half");
	line_end(&reader.line, &reader.mark, false, show, &reader);
	line_resume(&reader.mark);
	/* From the last time on: two of that time were shown, the third was not whole. */
	feed(&reader, T2 "b\n" T2 "c\n" T2 "half a line\n" T3 "d\n");
	line_end(&reader.line, &reader.mark, false, show, &reader);
	line_resume(&reader.mark);
	feed(&reader, T3 "d\n" T3 "e\n");
	assert_string_equal(text_string(&reader.shown), "a\nb\nc\nhalf a line\nd\ne\n");
}

static void after_a_break_in_which_the_log_was_rotated_nothing_is_lost(void **state)
{
	CLEANUP(drop) struct reader reader = {0};

	(void)state;
	feed(&reader, T1 "a\n" T1 "b\n");
	line_end(&reader.line, &reader.mark, false, show, &reader);
	line_resume(&reader.mark);
	feed(&reader, T2 "c\n" T2 "d\n");
	assert_string_equal(text_string(&reader.shown), "a\nb\nc\nd\n");
}

/* Docker gives a long line in messages of 16 KiB, each with its time. */
static void a_long_line_is_joined_and_split(void **state)
{
	CLEANUP(drop) struct reader reader = {0};
	CLEANUP(text_drop) struct text log = {0};
	size_t total = 5 * 16384 + 7;

	(void)state;
	for (size_t at = 0; at < total; at += 16384) {
		text_add(&log, at ? T2 : T1);
		text_add_repeat(&log, 'x', total - at < 16384 ? total - at : 16384);
	}
	text_add(&log, "\n" T3 "next\n");
	for (size_t at = 0; at < log.len; at += 1000)
		line_feed(&reader.line, &reader.mark, log.data + at,
			  log.len - at < 1000 ? log.len - at : 1000, show, &reader);
	const char *second = strchr(reader.shown.data, '\n') + 1;
	assert_int_equal(second - reader.shown.data, 4 * 16384 + 2);
	assert_int_equal(second[-2], '-');
	assert_int_equal(second[0], '+');
	assert_int_equal(strspn(second + 1, "x"), 16384 + 7);
	assert_string_equal(second + 1 + 16384 + 7, "\nnext\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_out_whole_however_they_come_in),
		cmocka_unit_test(a_line_without_a_time_is_shown_as_it_is),
		cmocka_unit_test(a_last_line_needs_no_newline),
		cmocka_unit_test(after_a_break_each_line_is_shown_once),
		cmocka_unit_test(after_a_break_in_which_the_log_was_rotated_nothing_is_lost),
		cmocka_unit_test(a_long_line_is_joined_and_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
