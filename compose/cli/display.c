/* SPDX-License-Identifier: MIT */
#include "compose/cli/display.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/board.h"
#include "compose/cli/terminal.h"

#define REDRAW_MS 100

struct display {
	struct cli *cli;
	struct progress_sink sink;
	struct board *board;
	uv_timer_t timer; /* CLI_TTY: the next redraw */
	bool dirty;       /* something was told since the last one */
	unsigned paused;
	size_t drawn; /* lines that stand on the terminal above the cursor */
};

/* --- the terminal */

static void erase(struct display *display, struct text *out)
{
	if (display->drawn)
		text_printf(out, "\033[%zuA\r\033[J", display->drawn);
	display->drawn = 0;
}

static void write_out(const struct text *text)
{
	if (text->len)
		fwrite(text->data, 1, text->len, stderr);
	fflush(stderr);
}

/* Each line is ended by an erasure of what stood behind it, so that nothing flickers. */
static void draw(struct display *display, bool last)
{
	CLEANUP(text_drop) struct text lines = {0};
	CLEANUP(text_drop) struct text out = {0};
	struct board_view view = {
		.now = clock_monotonic(),
		.colour = display->cli->colour_err,
		.utf8 = terminal_utf8(),
		.last = last,
	};

	display->dirty = false;
	terminal_size(2, &view.width, &view.height);
	/* A terminal that became smaller has wrapped what stood there. */
	if (display->drawn)
		text_printf(&out, "\033[%zuA\r", display->drawn);
	display->drawn = board_render(display->board, &view, &lines);
	if (!display->drawn && !out.len)
		return;
	for (const char *line = text_string(&lines); *line;) {
		size_t len = strcspn(line, "\n");

		text_add_n(&out, line, len);
		text_add(&out, "\033[K\n");
		line += len + 1;
	}
	text_add(&out, "\033[J");
	write_out(&out);
}

static void due(uv_timer_t *timer)
{
	struct display *display = timer->data;

	if (display->paused)
		return;
	if (display->dirty || board_busy(display->board))
		draw(display, false);
	else
		uv_timer_stop(timer);
}

static void arm(struct display *display)
{
	display->dirty = true;
	if (!uv_is_active((uv_handle_t *)&display->timer))
		uv_timer_start(&display->timer, due, 0, REDRAW_MS);
}

void display_pause(struct display *display)
{
	CLEANUP(text_drop) struct text out = {0};

	if (display->paused++ || display->cli->mode != CLI_TTY)
		return;
	erase(display, &out);
	write_out(&out);
}

void display_resume(struct display *display)
{
	assert(display->paused);
	if (--display->paused || display->cli->mode != CLI_TTY)
		return;
	draw(display, false);
}

/* --- the other ways */

static void print_json(const struct display *display, const struct progress *progress)
{
	static const char *const statuses[] = {
		[PROGRESS_WORKING] = "Working",
		[PROGRESS_DONE] = "Done",
		[PROGRESS_WARNING] = "Warning",
		[PROGRESS_ERROR] = "Error",
	};
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();

	if (display->cli->globals.dry_run)
		json_set_bool(json, "dry-run", true);
	json_set_string(json, "id", progress->id);
	json_set_string(json, "parent_id", progress->parent);
	json_set_string(json, "status", statuses[progress->status]);
	json_set_string(json, "text", progress->text);
	json_set_string(json, "details", progress->details);
	if (progress->current)
		json_set_int(json, "current", (int64_t)progress->current);
	if (progress->total)
		json_set_int(json, "total", (int64_t)progress->total);
	if (progress->percent >= 0)
		json_set_int(json, "percent", progress->percent);
	CLEANUP(memory_free) char *printed = json_print(json);
	fprintf(stderr, "%s\n", printed);
}

static void show_progress(const struct progress *progress, void *payload)
{
	struct display *display = payload;
	uint64_t now = clock_monotonic();
	bool changed = board_tell(display->board, progress, now);
	CLEANUP(text_drop) struct text line = {0};

	display->cli->told = now;
	switch (display->cli->mode) {
	case CLI_TTY:
		arm(display);
		return;
	case CLI_JSON:
		print_json(display, progress);
		return;
	case CLI_PLAIN:
		if (!changed)
			return;
		board_line(progress, display->cli->colour_err, &line);
		write_out(&line);
		return;
	case CLI_QUIET:
		return;
	}
}

static void warn(const char *sentence, void *payload)
{
	struct display *display = payload;

	cli_warn(display->cli, "%s", sentence);
}

/* --- life */

struct display *display_open(struct cli *cli, const char *title)
{
	struct display *display = memory_zero(1, sizeof(*display));

	assert(cli->loop && !cli->display);
	display->cli = cli;
	display->sink = (struct progress_sink){show_progress, warn, display};
	display->board = board_new(title, clock_monotonic());
	uv_timer_init(cli->loop, &display->timer);
	display->timer.data = display;
	cli->display = display;
	return display;
}

const struct progress_sink *display_sink(struct display *display)
{
	return &display->sink;
}

static void closed(uv_handle_t *timer)
{
	free(timer->data);
}

void display_close(struct display **display)
{
	struct display *closing = steal(display);

	if (!closing)
		return;
	assert(!closing->paused);
	if (closing->cli->mode == CLI_TTY)
		draw(closing, true);
	closing->cli->display = NULL;
	board_drop(&closing->board);
	uv_close((uv_handle_t *)&closing->timer, closed);
}
