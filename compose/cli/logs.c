/* SPDX-License-Identifier: MIT */
/* logs -- what the containers of a project wrote, merged */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/cli.h"
#include "compose/cli/tail.h"
#include "compose/cli/verb.h"
#include "compose/cli/when.h"
#include "compose/plan/plan.h"
#include "compose/supervise/watch.h"

#define SETTLE_MS      500
#define SETTLE_KILL_MS 5000

struct values {
	bool follow, timestamps, no_color, no_log_prefix;
	const char *since, *until, *tail;
	int index;
};

#define AT(member) offsetof(struct values, member)

static const struct flag flags[] = {
	{'f', "follow", FLAG_SET, AT(follow), NULL, "Go on with what is written from now on"},
	{0, "index", FLAG_NUMBER, AT(index), "N", "Only the service's container of this number"},
	{0, "no-color", FLAG_SET, AT(no_color), NULL, "No colours"},
	{0, "no-log-prefix", FLAG_SET, AT(no_log_prefix), NULL, "No names before the lines"},
	{0, "since", FLAG_STRING, AT(since), "TIME",
	 "From this time on (2026-11-23T21:00:00Z, 10m)"},
	{'n', "tail", FLAG_STRING, AT(tail), "N", "Begin N lines before the end (default all)"},
	{'t', "timestamps", FLAG_SET, AT(timestamps), NULL, "Show times"},
	{0, "until", FLAG_STRING, AT(until), "TIME", "Up to this time"},
	{0},
};

struct show {
	struct cli *cli;
	const char *project;
	char **services;
	unsigned index;
	struct tail *tail;
	struct watch *watch;
	uv_timer_t settle; /* with -f: from the end of every stream on */
	bool settled;
	bool killed; /* the last that was told: somebody stops it, or restarts it */
	bool done;
	bool closed;
};

static bool is_meant(const struct show *show, const struct container *container)
{
	const struct labels *labels = &container->labels;
	const char *service = plan_service(labels);

	if (!service || container->state == CONTAINER_CREATED)
		return false;
	if (show->index && plan_number(labels) != show->index)
		return false;
	for (size_t i = 0; show->services[i]; i++) {
		if (strcmp(show->services[i], service) == 0)
			return true;
	}
	return !show->services[0];
}

static bool runs(const struct container *container)
{
	return container->state == CONTAINER_RUNNING || container->state == CONTAINER_PAUSED ||
	       container->state == CONTAINER_RESTARTING;
}

/* --- with -f: until everything that is meant has ended */

static void on_observed(struct observed *observed, void *payload)
{
	struct show *show = payload;
	bool any = false;

	ARRAY_FOR_EACH (const struct container, container, &observed->containers) {
		if (!is_meant(show, container))
			continue;
		any = any || runs(container);
		tail_add(show->tail, container, 0);
	}
	if (any)
		show->settled = false;
	if (show->settled)
		show->done = true;
}

static void settled(uv_timer_t *timer)
{
	struct show *show = timer->data;

	show->settled = true;
	watch_list_now(show->watch);
}

static void on_event(const struct engine_event *event, void *payload)
{
	struct show *show = payload;

	if (event->kind == EVENT_KILL)
		show->killed = true;
	/* The end of its log may have come before the word of its kill. */
	if (event->kind == EVENT_KILL && uv_is_active((uv_handle_t *)&show->settle))
		uv_timer_start(&show->settle, settled, SETTLE_KILL_MS, 0);
	if (event->kind == EVENT_START)
		show->killed = false;
	if (event->kind == EVENT_START || event->kind == EVENT_DIE)
		watch_list_now(show->watch);
}

static void on_broken(const struct error *err, void *payload)
{
	struct show *show = payload;

	(void)err;
	show->settled = false;
	uv_timer_stop(&show->settle);
	cli_warn(show->cli, "the engine is gone; waiting for it");
}

static void on_open(void *payload)
{
	struct show *show = payload;

	uv_timer_start(&show->settle, settled, SETTLE_MS, 0);
}

static void on_drained(void *payload)
{
	struct show *show = payload;

	/* All may have ended because they are restarted, or the engine is: that is known later,
	 * when they run again or it is gone. */
	if (!show->watch || tail_error(show->tail))
		show->done = true;
	else if (!show->settled)
		uv_timer_start(&show->settle, settled, show->killed ? SETTLE_KILL_MS : SETTLE_MS,
			       0);
}

static void on_closed(void *payload)
{
	struct show *show = payload;

	show->closed = true;
}

static void timer_closed(uv_handle_t *timer)
{
	on_closed(timer->data);
}

static void interrupted(struct cli *cli, void *payload)
{
	struct show *show = payload;

	(void)cli;
	show->done = true;
}

/* --- the verb */

static int begin(struct show *show, bool follow, struct error **err)
{
	static const struct watch_reader reader = {
		.event = on_event,
		.observed = on_observed,
		.broken = on_broken,
		.open = on_open,
	};
	CLEANUP(observed_drop) struct observed observed = {0};
	struct engine_filter filter = {.project = show->project, .containers = true};
	bool any = false;

	if (cli_observe(show->cli, &filter, &observed, err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (const struct container, container, &observed.containers) {
		if (!is_meant(show, container))
			continue;
		any = true;
		tail_add(show->tail, container, 0);
	}
	if (show->index && !any)
		return error_set(err, ERROR_NOT_FOUND, "service \"%s\" has no container #%u",
				 show->services[0], show->index);
	show->done = !any;
	if (follow && any)
		show->watch = watch_open(show->cli->engine, show->project, &reader, show);
	return 0;
}

static int show_all(struct show *show, const struct tail_options *options, int *exit_code,
		    struct error **err)
{
	struct cli *cli = show->cli;

	uv_timer_init(cli->loop, &show->settle);
	show->settle.data = show;
	show->tail = tail_open(cli, options, on_drained, show);
	int status = begin(show, options->follow, err);
	cli->interrupts = 0;
	cli->interrupted = interrupted;
	cli->interrupted_payload = show;
	if (status == 0)
		cli_run(cli, &show->done);
	cli->interrupted = NULL;
	if (cli->interrupts)
		*exit_code = 130;
	if (show->watch) {
		watch_close(show->watch, on_closed, show);
		cli_run(cli, &show->closed);
	}
	const struct error *failed = tail_error(show->tail);
	if (failed && status == 0 && !cli->interrupts) {
		*err = error_copy(failed);
		status = failed->code;
	}
	show->closed = false;
	tail_close(show->tail, on_closed, show);
	cli_run(cli, &show->closed);
	show->closed = false;
	uv_close((uv_handle_t *)&show->settle, timer_closed);
	cli_run(cli, &show->closed);
	return status;
}

static int options_of(const struct values *values, char **services, struct tail_options *options,
		      struct error **err)
{
	int64_t now = clock_wall();
	char *end = NULL;

	*options = (struct tail_options){
		.follow = values->follow,
		.timestamps = values->timestamps,
		.no_prefix = values->no_log_prefix,
		.no_colour = values->no_color,
		.count = -1,
	};
	if (values->index && (!services[0] || services[1]))
		return error_set(err, ERROR_INVALID, "--index needs one service");
	if (values->tail && strcmp(values->tail, "all") != 0) {
		options->count = strtoll(values->tail, &end, 10);
		if (!*values->tail || *end || options->count < -1)
			return error_set(err, ERROR_INVALID,
					 "--tail: \"%s\" is neither a number of lines nor all",
					 values->tail);
	}
	if (when_parse("--since", values->since, now, &options->since, err) < 0)
		return (*err)->code;
	return when_parse("--until", values->until, now, &options->until, err);
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(memory_free) char *name = NULL;
	struct tail_options options;

	if (options_of(values, arguments, &options, err) < 0 ||
	    cli_project_or_name(cli, arguments, &project, &name, err) < 0)
		return (*err)->code;
	if (project && cli_check_services(project, arguments, err) < 0)
		return (*err)->code;
	if (cli_engine(cli, name, err) < 0)
		return (*err)->code;
	struct show show = {
		.cli = cli,
		.project = name,
		.services = arguments,
		.index = values->index > 0 ? (unsigned)values->index : 0,
	};
	return show_all(&show, &options, exit_code, err);
}

const struct verb verb_logs = {
	.name = "logs",
	.arguments = "[SERVICE...]",
	.summary = "Show what containers wrote",
	.help = "Examples:\n"
		"  wincompose logs -f           everything, and what comes\n"
		"  wincompose logs -n 20 web    the last 20 lines of each container of web\n"
		"  wincompose logs --since 10m  the last ten minutes\n",
	.flags = flags,
	.values_size = sizeof(struct values),
	.run = run,
};
