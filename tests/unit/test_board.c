/* SPDX-License-Identifier: MIT */
#include "compose/cli/board.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/own.h"
#include "tests/test.h"

#define START (5 * CLOCK_SECOND)

static const struct board_view wide = {.width = 80, .height = 24, .now = START + CLOCK_SECOND};

static bool told(struct board *board, const char *id, enum progress_status status, const char *text,
		 const char *details)
{
	struct progress progress = {
		.id = id,
		.status = status,
		.text = text,
		.details = details,
		.percent = -1,
	};

	return board_tell(board, &progress, START + 200 * CLOCK_MS);
}

static bool load(struct board *board, const char *layer, const char *text,
		 enum progress_status status, uint64_t current, uint64_t total)
{
	struct progress progress = {
		.id = layer,
		.parent = "Image web",
		.status = status,
		.text = text,
		.current = current,
		.total = total,
		.percent = -1,
	};

	return board_tell(board, &progress, START + 200 * CLOCK_MS);
}

static void a_line_says_state_time_and_cause(void **state)
{
	CLEANUP(board_drop) struct board *board = board_new("Running", START);
	CLEANUP(text_drop) struct text out = {0};

	(void)state;
	told(board, "Network shop_default", PROGRESS_WORKING, "Creating", "no network yet");
	told(board, "Network shop_default", PROGRESS_DONE, "Created", NULL);
	told(board, "Container shop-web-1", PROGRESS_WORKING, "Starting", "created");
	assert_int_equal(board_render(board, &wide, &out), 3);
	assert_string_equal(out.data, "[+] Running 1/2\n"
				      " * Network shop_default  Created      0.0s\n"
				      " - Container shop-web-1  Starting     0.8s  created\n");
}

static void nothing_told_is_nothing_shown(void **state)
{
	CLEANUP(board_drop) struct board *board = board_new("Running", START);
	CLEANUP(text_drop) struct text out = {0};

	(void)state;
	assert_int_equal(board_render(board, &wide, &out), 0);
	assert_int_equal(out.len, 0);
	assert_false(board_busy(board));
}

static void news_is_what_changes_words_and_not_bytes(void **state)
{
	CLEANUP(board_drop) struct board *board = board_new("Pulling", START);

	(void)state;
	assert_true(told(board, "Image web", PROGRESS_WORKING, "Pulling", NULL));
	assert_false(told(board, "Image web", PROGRESS_WORKING, "Pulling", NULL));
	assert_false(load(board, "abc", "Downloading", PROGRESS_WORKING, 1, 10));
	assert_true(load(board, "abc", "no space left", PROGRESS_ERROR, 1, 10));
	assert_true(board_busy(board));
	assert_true(told(board, "Image web", PROGRESS_DONE, "Pulled", NULL));
	assert_false(board_busy(board));
}

static void layers_are_one_bar_of_their_image(void **state)
{
	CLEANUP(board_drop) struct board *board = board_new("Pulling", START);
	CLEANUP(text_drop) struct text out = {0};

	(void)state;
	told(board, "Image web", PROGRESS_WORKING, "Pulling", NULL);
	load(board, "a", "Downloading", PROGRESS_WORKING, 10000000, 20000000);
	load(board, "b", "Downloading", PROGRESS_WORKING, 20000000, 20000000);
	load(board, "b", "Extracting", PROGRESS_WORKING, 1, 20000000);
	assert_int_equal(board_render(board, &wide, &out), 2);
	assert_non_null(strstr(out.data, "0.8s  [===============>    ] 30.0MB/40.0MB\n"));
	text_clear(&out);
	load(board, "a", "Pull complete", PROGRESS_DONE, 0, 0);
	load(board, "b", "Pull complete", PROGRESS_DONE, 0, 0);
	board_render(board, &wide, &out);
	assert_non_null(strstr(out.data, "[====================] 40.0MB/40.0MB\n"));
}

static size_t widest(const char *lines)
{
	size_t most = 0;

	while (*lines) {
		size_t width = 0;
		for (; *lines && *lines != '\n'; lines++)
			width += ((unsigned char)*lines & 0xc0) != 0x80;
		lines += *lines == '\n';
		most = width > most ? width : most;
	}
	return most;
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	CLEANUP(board_drop) struct board *board = board_new("Running", START);
	struct board_view view = wide;

	(void)state;
	told(board, "Container a-project-with-a-long-name-service-with-a-long-name-1",
	     PROGRESS_WORKING, "Waiting", "a cause that goes on and on and on and on and on");
	told(board, "Container b", PROGRESS_ERROR, "Error",
	     "\303\244\303\266\303\274 \303\244\303\266\303\274 \303\244\303\266\303\274 and on "
	     "and "
	     "on and on and on and on and on and on");
	for (unsigned utf8 = 0; utf8 < 2; utf8++) {
		view.utf8 = utf8;
		for (view.width = 30; view.width < 160; view.width++) {
			CLEANUP(text_drop) struct text out = {0};

			board_render(board, &view, &out);
			assert_true(widest(out.data) < view.width);
		}
	}
}

static void what_does_not_fit_is_folded_and_what_failed_or_works_stays(void **state)
{
	CLEANUP(board_drop) struct board *board = board_new("Running", START);
	CLEANUP(text_drop) struct text out = {0};
	struct board_view view = wide;
	char id[32];

	(void)state;
	for (int i = 0; i < 30; i++) {
		snprintf(id, sizeof(id), "Container c%02d", i);
		told(board, id,
		     i == 20   ? PROGRESS_ERROR
		     : i == 25 ? PROGRESS_WORKING
			       : PROGRESS_DONE,
		     "text", NULL);
	}
	view.height = 10;
	assert_int_equal(board_render(board, &view, &out), 9);
	assert_non_null(strstr(out.data, "Container c20"));
	assert_non_null(strstr(out.data, "Container c25"));
	assert_non_null(strstr(out.data, "   ... 23 more: 23 done, 0 under way\n"));
	text_clear(&out);
	view.last = true;
	assert_int_equal(board_render(board, &view, &out), 31);
}

static void control_characters_of_others_do_not_reach_the_terminal(void **state)
{
	CLEANUP(board_drop) struct board *board = board_new("Building", START);
	CLEANUP(text_drop) struct text out = {0};
	struct progress progress = {
		.id = "Image a\033[2Jb\302\233c\2332J",
		.status = PROGRESS_WORKING,
		.text = "Building\r",
		.details = "\033]0;x\007one\ttwo\nthree\033",
	};

	(void)state;
	told(board, progress.id, progress.status, progress.text, progress.details);
	board_render(board, &wide, &out);
	board_line(&progress, false, &out);
	for (const char *c = out.data; *c; c++)
		assert_true(*c == '\n' || (unsigned char)*c >= 0x20);
	assert_null(strstr(out.data, "\302\233"));
	assert_null(strstr(out.data, "\2332J"));
	assert_non_null(strstr(out.data, " Image abc?2J  Building  0;xone twothree\n"));
}

static void a_plain_line_tells_the_cause_while_it_is_done(void **state)
{
	CLEANUP(text_drop) struct text out = {0};
	struct progress progress = {
		.id = "Container c",
		.status = PROGRESS_WORKING,
		.text = "Creating",
		.details = "no container yet",
	};

	(void)state;
	board_line(&progress, true, &out);
	progress.status = PROGRESS_DONE;
	progress.text = "Created";
	board_line(&progress, true, &out);
	progress.status = PROGRESS_ERROR;
	progress.text = "Error";
	progress.details = "why";
	board_line(&progress, true, &out);
	assert_string_equal(out.data, " Container c  Creating  no container yet\n"
				      " Container c  Created\n"
				      " Container c  \033[31mError\033[0m  why\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_says_state_time_and_cause),
		cmocka_unit_test(nothing_told_is_nothing_shown),
		cmocka_unit_test(news_is_what_changes_words_and_not_bytes),
		cmocka_unit_test(layers_are_one_bar_of_their_image),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(what_does_not_fit_is_folded_and_what_failed_or_works_stays),
		cmocka_unit_test(control_characters_of_others_do_not_reach_the_terminal),
		cmocka_unit_test(a_plain_line_tells_the_cause_while_it_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
