/* SPDX-License-Identifier: MIT */
#include "compose/cli/display.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/test.h"

#include "tests/desk.h"
#include "tests/folder.h"

#ifndef O_BINARY
#define O_BINARY 0
#endif

/* Standard error is a file while it runs. */
struct paper {
	char *folder, *path;
	int saved;
};

static void paper_take(struct paper *paper)
{
	paper->folder = folder_new();
	paper->path = path_join(paper->folder, "err");
	fflush(stderr);
	int file = open(paper->path, O_WRONLY | O_CREAT | O_TRUNC | O_BINARY, 0600);
	paper->saved = dup(2);
	dup2(file, 2);
	close(file);
}

static void paper_give_back(struct paper *paper, struct text *written)
{
	struct error *err = NULL;

	fflush(stderr);
	dup2(paper->saved, 2);
	close(paper->saved);
	assert_int_equal(file_read(paper->path, 1 << 20, written, &err), 0);
	memory_free(&paper->path);
	folder_drop(&paper->folder);
}

static void report(struct display *display, const char *id)
{
	const struct progress_sink *sink = display_sink(display);
	struct progress progress = {
		.id = id, .status = PROGRESS_DONE, .text = "Started", .percent = -1};

	sink->tell(&progress, sink->payload);
}

static void what_showed_nothing_writes_nothing(void **state)
{
	CLEANUP(text_drop) struct text written = {0};
	struct display *display;
	struct paper paper;
	struct desk desk;

	(void)state;
	desk_open(&desk, NULL);
	desk.cli.mode = CLI_TTY;
	paper_take(&paper);
	display = display_open(&desk.cli, "Running");
	display_pause(display);
	display_resume(display);
	display_close(&display);
	paper_give_back(&paper, &written);
	assert_string_equal(text_string(&written), "");
	desk_close(&desk);
}

static void what_was_told_stays_when_it_is_closed(void **state)
{
	CLEANUP(text_drop) struct text written = {0};
	struct display *display;
	struct paper paper;
	struct desk desk;

	(void)state;
	desk_open(&desk, NULL);
	desk.cli.mode = CLI_TTY;
	paper_take(&paper);
	display = display_open(&desk.cli, "Running");
	report(display, "Container web");
	display_close(&display);
	paper_give_back(&paper, &written);
	assert_non_null(strstr(text_string(&written), "Container web"));
	assert_non_null(strstr(text_string(&written), "Started"));
	assert_true(text_ends(text_string(&written), "\033[J"));
	desk_close(&desk);
}

static void what_others_wrote_does_not_move_the_cursor(void **state)
{
	static const char *const nasty[] = {"\033[2J", "\302\2332J", "\2332J", "\r", "\177"};
	CLEANUP(text_drop) struct text written = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	struct paper paper;
	struct desk desk;

	(void)state;
	desk_open(&desk, NULL);
	desk.cli.mode = CLI_PLAIN;
	error_set(&err, ERROR_NOT_FOUND, "a\033[2Jb\302\2332Jc\2332Jd\re\177f");
	paper_take(&paper);
	cli_error(&desk.cli, err);
	cli_warn(&desk.cli, "%s", err->message);
	cli_note(&desk.cli, "%s", err->message);
	paper_give_back(&paper, &written);
	for (size_t i = 0; i < ARRAY_LEN(nasty); i++)
		assert_null(strstr(text_string(&written), nasty[i]));
	assert_non_null(strstr(text_string(&written), "error: a [2Jb?2Jc?2Jd e f\n"));
	assert_non_null(strstr(text_string(&written), "warning: a [2Jb?2Jc?2Jd e f\n"));
	desk_close(&desk);
}

static void a_finding_is_painted_around_what_the_user_wrote(void **state)
{
	CLEANUP(text_drop) struct text written = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	struct paper paper;
	struct desk desk;

	(void)state;
	desk_open(&desk, NULL);
	desk.cli.mode = CLI_PLAIN;
	desk.cli.colour_err = true;
	error_set(&err, ERROR_INVALID, "compose.yaml:1:2: error: \"\033[31m\" is no port");
	paper_take(&paper);
	cli_error(&desk.cli, err);
	paper_give_back(&paper, &written);
	assert_string_equal(text_string(&written), "\033[1mcompose.yaml:1:2: \033[31merror:\033[0m "
						   "\" [31m\" is no port\n");
	desk_close(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_showed_nothing_writes_nothing),
		cmocka_unit_test(what_was_told_stays_when_it_is_closed),
		cmocka_unit_test(what_others_wrote_does_not_move_the_cursor),
		cmocka_unit_test(a_finding_is_painted_around_what_the_user_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
