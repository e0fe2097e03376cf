/* SPDX-License-Identifier: MIT */
/* events -- what happens to the containers of a project, as it happens */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/cli.h"
#include "compose/cli/outlet.h"
#include "compose/cli/verb.h"
#include "compose/cli/when.h"
#include "compose/plan/plan.h"

#define OURS "com.docker.compose." /* these labels, and wincompose's, are no attributes */

struct values {
	bool json;
	const char *since, *until;
};

#define AT(member) offsetof(struct values, member)

static const struct flag flags[] = {
	{0, "json", FLAG_SET, AT(json), NULL, "A JSON object for each, on a line of its own"},
	{0, "since", FLAG_STRING, AT(since), "TIME", "Also what happened since (10m)"},
	{0, "until", FLAG_STRING, AT(until), "TIME", "End there"},
	{0},
};

struct feed {
	struct cli *cli;
	bool json;
	char **services;
	struct outlet *outlet;
	struct engine_stream *stream;
	bool waits; /* for the outlet, to be read on */
	bool ended;
	bool done; /* the stream is over, or need not go on */
	bool closed;
	struct error *error;
};

/* --- one event as a line */

static bool is_shown(const struct label *label)
{
	return !text_starts(label->key, OURS) && !text_starts(label->key, "wincompose.");
}

static void add_json(const struct engine_event *event, const char *service, struct text *out)
{
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();
	cJSON *attributes = cJSON_CreateObject();
	char time[40];

	json_set_string(json, "action", event->action);
	cJSON_AddItemToObject(json, "attributes", attributes);
	for (size_t i = 0; i < event->labels.len; i++) {
		const struct label *label = &event->labels.items[i];
		if (is_shown(label))
			json_set_string(attributes, label->key, label->value);
	}
	json_set_string(json, "id", event->id);
	json_set_string(json, "service", service);
	clock_format(event->time, time);
	json_set_string(json, "time", time);
	json_set_string(json, "type", event->type);
	CLEANUP(memory_free) char *printed = json_print(json);
	text_printf(out, "%s\n", printed);
}

/* 2026-11-23 21:36:45.956214 container start <id> (image=..., name=...) */
static void add_plain(const struct engine_event *event, struct text *out)
{
	time_t seconds = (time_t)(event->time / (int64_t)CLOCK_SECOND);
	struct tm *local = localtime(&seconds);
	char written[40] = "";
	bool any = false;

	if (local)
		strftime(written, sizeof(written), "%Y-%m-%d %H:%M:%S", local);
	text_printf(out, "%s.%06d %s %s %s (", written,
		    (int)(event->time % (int64_t)CLOCK_SECOND / 1000), event->type, event->action,
		    event->id);
	for (size_t i = 0; i < event->labels.len; i++) {
		const struct label *label = &event->labels.items[i];
		if (!is_shown(label))
			continue;
		text_printf(out, "%s%s=%s", any ? ", " : "", label->key, label->value);
		any = true;
	}
	text_add(out, ")\n");
}

static bool is_meant(const struct feed *feed, const struct engine_event *event, const char *service)
{
	if (!text_same(event->type, "container") || !service)
		return false;
	for (size_t i = 0; feed->services[i]; i++) {
		if (strcmp(feed->services[i], service) == 0)
			return true;
	}
	return !feed->services[0];
}

/* --- the stream */

static void on_event(struct engine_stream *stream, const struct engine_event *event, void *payload)
{
	struct feed *feed = payload;
	const char *service = plan_service(&event->labels);
	CLEANUP(text_drop) struct text line = {0};

	if (is_meant(feed, event, service)) {
		if (feed->json)
			add_json(event, service, &line);
		else
			add_plain(event, &line);
		outlet_write(feed->outlet, line.data, line.len);
	}
	if (outlet_error(feed->outlet))
		feed->done = true;
	else if (outlet_full(feed->outlet))
		feed->waits = true;
	else
		engine_stream_read(stream);
}

static void on_open(struct engine_stream *stream, void *payload)
{
	(void)payload;
	engine_stream_read(stream);
}

static void on_end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct feed *feed = payload;

	(void)stream;
	if (!feed->done)
		feed->error = error_copy(err);
	feed->stream = NULL;
	feed->ended = true;
	feed->done = true;
}

static void on_drained(void *payload)
{
	struct feed *feed = payload;

	if (outlet_error(feed->outlet))
		feed->done = true;
	else if (feed->waits && feed->stream)
		engine_stream_read(feed->stream);
	feed->waits = false;
}

static void interrupted(struct cli *cli, void *payload)
{
	struct feed *feed = payload;

	(void)cli;
	feed->done = true;
}

static void on_closed(void *payload)
{
	struct feed *feed = payload;

	feed->closed = true;
}

static int follow(struct feed *feed, const struct events_options *options, int *exit_code,
		  struct error **err)
{
	static const struct engine_reader reader = {
		.open = on_open,
		.event = on_event,
		.end = on_end,
	};
	struct cli *cli = feed->cli;

	feed->outlet = outlet_open(cli->loop, 1, on_drained, feed);
	feed->stream = engine_events(cli->engine, options, &reader, feed);
	cli->interrupts = 0;
	cli->interrupted = interrupted;
	cli->interrupted_payload = feed;
	cli_run(cli, &feed->done);
	cli->interrupted = NULL;
	if (cli->interrupts)
		*exit_code = 130;
	if (feed->stream) {
		engine_stream_close(feed->stream);
		cli_run(cli, &feed->ended);
	}
	if (outlet_error(feed->outlet) && !feed->error)
		feed->error = error_copy(outlet_error(feed->outlet));
	outlet_close(feed->outlet, on_closed, feed);
	cli_run(cli, &feed->closed);
	return feed->error ? error_move(err, &feed->error) : 0;
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(memory_free) char *name = NULL;
	struct feed feed = {.cli = cli, .json = values->json, .services = arguments};
	struct events_options options = {0};
	int64_t now = clock_wall();

	if (when_parse("--since", values->since, now, &options.since, err) < 0 ||
	    when_parse("--until", values->until, now, &options.until, err) < 0 ||
	    cli_project_or_name(cli, arguments, &project, &name, err) < 0)
		return (*err)->code;
	if (project && cli_check_services(project, arguments, err) < 0)
		return (*err)->code;
	if (cli_engine(cli, name, err) < 0)
		return (*err)->code;
	options.project = name;
	return follow(&feed, &options, exit_code, err);
}

const struct verb verb_events = {
	.name = "events",
	.arguments = "[SERVICE...]",
	.summary = "Show what happens to containers",
	.help = "Goes on until Ctrl-C or --until.\n",
	.flags = flags,
	.values_size = sizeof(struct values),
	.run = run,
};
