/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/cli/display.h"
#include "compose/cli/image.h"
#include "engine/http.h"
#include "engine/image/pull.h"

struct transfer {
	struct cli *cli;
	const struct progress_sink *sink;
	char *id; /* of its line of progress */
	struct pull *pull;
	char *name; /* of the image that came */
	bool done;
	struct error *err;
};

static void show(const struct transfer *transfer, enum progress_status status, const char *text)
{
	const struct progress progress = {
		.id = transfer->id, .status = status, .text = text, .percent = -1};

	if (transfer->cli->mode != CLI_QUIET)
		transfer->sink->tell(&progress, transfer->sink->payload);
}

static void on_progress(const struct engine_progress *from, void *payload)
{
	static const char *const over[] = {"Pull complete", "Already exists"};
	const struct transfer *transfer = payload;
	struct progress progress = {
		.id = from->id,
		.parent = transfer->id,
		.text = from->text,
		.current = from->current,
		.total = from->total,
		.percent = -1,
	};

	if (!from->id || text_starts(from->text, "Pulling from "))
		return;
	for (size_t i = 0; i < ARRAY_LEN(over); i++)
		if (text_same(from->text, over[i]))
			progress.status = PROGRESS_DONE;
	if (transfer->cli->mode != CLI_QUIET)
		transfer->sink->tell(&progress, transfer->sink->payload);
}

static void on_done(const struct store_name *name, bool is_new, const struct error *err,
		    void *payload)
{
	struct transfer *transfer = payload;

	transfer->pull = NULL;
	transfer->done = true;
	transfer->err = error_copy(err);
	transfer->name = name ? memory_copy(name->name) : NULL;
	show(transfer, err ? PROGRESS_ERROR : PROGRESS_DONE,
	     err      ? "Error"
	     : is_new ? "Pulled"
		      : "Up to date");
}

static void interrupted(struct cli *cli, void *payload)
{
	struct transfer *transfer = payload;

	if (cli->interrupts > 1)
		exit(130);
	if (transfer->pull)
		pull_cancel(transfer->pull);
}

static void print_name(struct cli *cli, const char *name, struct error **err)
{
	CLEANUP(memory_free) char *line = memory_format("%s\n", name);

	cli_print(cli, line, strlen(line), err);
}

static int pull_one(struct cli *cli, struct http *http, struct store *store,
		    const struct pull_order *order, struct display *display, struct error **err)
{
	static const struct pull_events events = {.progress = on_progress, .done = on_done};
	struct transfer transfer = {
		.cli = cli,
		.sink = display_sink(display),
		.id = memory_format("Image %s", order->reference),
	};

	cli->interrupts = 0;
	cli->interrupted = interrupted;
	cli->interrupted_payload = &transfer;
	show(&transfer, PROGRESS_WORKING, "Pulling");
	transfer.pull = pull_start(cli->loop, http, store, order, &events, &transfer);
	cli_run(cli, &transfer.done);
	cli->interrupted = NULL;
	if (transfer.err)
		error_move(err, &transfer.err);
	else
		print_name(cli, transfer.name, err);
	free(transfer.name);
	free(transfer.id);
	return *err ? error_wrap(err, "pull of %s", order->reference) : 0;
}

static void set_true(void *flag)
{
	*(bool *)flag = true;
}

int image_pull(struct cli *cli, const struct image_values *values, char **arguments,
	       struct error **err)
{
	CLEANUP(store_drop) struct store *store = NULL;
	CLEANUP(platform_drop) struct platform host = {0}, platform = {0};
	struct pull_order order = {.insecure = values->insecure, .mirrors = values->mirrors.items};
	bool closed = false;

	platform_host(&host);
	if (values->platform && platform_parse(values->platform, &host, &platform, err) < 0)
		return error_wrap(err, "--platform");
	order.platform = values->platform ? &platform : &host;
	if (image_store(cli, true, &store, err) < 0 || cli_loop(cli, err) < 0)
		return (*err)->code;
	if (values->quiet)
		cli->mode = CLI_QUIET;
	struct http *http = http_open(cli->loop);
	struct display *display = display_open(cli, "Pulling");

	for (; *arguments && !*err; arguments++) {
		order.reference = *arguments;
		pull_one(cli, http, store, &order, display, err);
	}
	display_close(&display);
	http_close(http, set_true, &closed);
	cli_run(cli, &closed);
	return *err ? (*err)->code : 0;
}
