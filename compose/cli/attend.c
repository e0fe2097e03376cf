/* SPDX-License-Identifier: MIT */
#include "compose/cli/attend.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/supervise/watch.h"

struct attendance {
	struct cli *cli;
	const struct attend_options *options;
	struct attend_result *result;
	struct tail *tail;
	struct watch *watch;
	struct map running; /* containers that run, by name */
	bool ran;           /* something was seen running */
	bool done;
	bool closed;
};

static const char *service_name(const struct labels *labels)
{
	return labels_get(labels, "com.docker.compose.service");
}

static bool is_one_off(const struct labels *labels)
{
	return text_same(labels_get(labels, "com.docker.compose.oneoff"), "True");
}

static bool shown(const struct attendance *attendance, const char *name)
{
	const char *const *services = attendance->options->services;
	const struct service *service = project_service(attendance->options->project, name);

	if (!service)
		return false;
	if (!services)
		return service->attach;
	for (size_t i = 0; services[i]; i++) {
		if (strcmp(services[i], name) == 0)
			return true;
	}
	return false;
}

static void on_observed(struct observed *observed, void *payload)
{
	struct attendance *attendance = payload;
	int64_t since = attendance->options->since;

	ARRAY_FOR_EACH (struct container, container, &observed->containers) {
		const char *service = service_name(&container->labels);

		if (!service || is_one_off(&container->labels) ||
		    !project_service(attendance->options->project, service))
			continue;
		if (container->state == CONTAINER_RUNNING) {
			map_set(&attendance->running, container->name, attendance);
			attendance->ran = true;
		}
		/* What exited before we looked still has a log of this up to show. */
		if (shown(attendance, service) && container->state != CONTAINER_CREATED)
			tail_add(attendance->tail, container,
				 container->created >= since ? 0 : since);
	}
	if (!attendance->running.len)
		attendance->done = true;
}

static void end_with(struct attendance *attendance, const struct engine_event *event,
		     const char *service)
{
	const struct attend_options *options = attendance->options;
	struct attend_result *result = attendance->result;
	bool ends = options->end_on_exit || (options->end_on_failure && event->exit_code != 0);

	if (options->exit_code_from && strcmp(options->exit_code_from, service) == 0)
		result->exit_code = event->exit_code;
	if (!ends)
		return;
	if (!options->exit_code_from && !result->aborted)
		result->exit_code = event->exit_code;
	result->aborted = true;
	attendance->done = true;
}

static void on_event(const struct engine_event *event, void *payload)
{
	struct attendance *attendance = payload;
	const char *service = service_name(&event->labels);
	char sentence[64];

	if (!service || is_one_off(&event->labels) ||
	    !project_service(attendance->options->project, service))
		return;
	switch (event->kind) {
	case EVENT_START:
		map_set(&attendance->running, event->name, attendance);
		attendance->ran = true;
		watch_list_now(attendance->watch);
		return;
	case EVENT_DIE:
		map_remove(&attendance->running, event->name);
		snprintf(sentence, sizeof(sentence), "exited with code %d", event->exit_code);
		if (shown(attendance, service))
			tail_note(attendance->tail, event->name, sentence);
		end_with(attendance, event, service);
		/* A restart policy may start it again: only a list knows. */
		watch_list_now(attendance->watch);
		return;
	default:
		return;
	}
}

static void on_broken(const struct error *err, void *payload)
{
	struct attendance *attendance = payload;

	(void)err;
	cli_warn(attendance->cli, "the engine is gone; waiting for it");
}

static void on_open(void *payload)
{
	(void)payload;
}

static void interrupted(struct cli *cli, void *payload)
{
	struct attendance *attendance = payload;

	(void)cli;
	attendance->result->interrupted = true;
	attendance->done = true;
}

static void on_drained(void *payload)
{
	(void)payload;
}

static void on_closed(void *payload)
{
	struct attendance *attendance = payload;

	attendance->closed = true;
}

int attend(struct cli *cli, const struct attend_options *options, struct attend_result *result,
	   struct error **err)
{
	static const struct watch_reader reader = {
		.event = on_event,
		.observed = on_observed,
		.broken = on_broken,
		.open = on_open,
	};
	struct attendance attendance = {.cli = cli, .options = options, .result = result};

	(void)err;
	attendance.tail = tail_open(cli, &options->tail, on_drained, &attendance);
	attendance.watch = watch_open(cli->engine, options->project->name, &reader, &attendance);
	cli->interrupted = interrupted;
	cli->interrupted_payload = &attendance;
	cli_run(cli, &attendance.done);
	cli->interrupted = NULL;
	watch_close(attendance.watch, on_closed, &attendance);
	cli_run(cli, &attendance.closed);
	attendance.closed = false;
	tail_close(attendance.tail, on_closed, &attendance);
	cli_run(cli, &attendance.closed);
	map_drop(&attendance.running);
	return 0;
}
