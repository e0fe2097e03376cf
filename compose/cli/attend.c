/* SPDX-License-Identifier: MIT */
#include "compose/cli/attend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/ntstatus.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/plan/plan.h"
#include "compose/supervise/watch.h"

#define SETTLE_MS 2000 /* for the last lines */
#define LOOK_MS   200

struct attendance {
	struct cli *cli;
	const struct attend_options *options;
	struct attend_result *result;
	struct tail *tail;
	struct watch *watch;
	uv_timer_t timer;   /* the next look while nothing runs; then the bound of the end */
	struct map running; /* containers that run, by name */
	struct map dead;    /* those known to have died, and not to have started since */
	struct map looks;   /* struct look, by the container's name */
	bool looked;        /* the first list has come */
	bool missed;        /* events, until a list comes */
	bool done;
	bool left; /* by attend_leave */
	bool closed;
	bool listed;  /* a list came since the end */
	bool settled; /* the last lines are shown, or there was no more time */
	bool alone;   /* no look is under way */
};

/* At a container that ended with no event for us: whether this up had started it. */
struct look {
	struct attendance *attendance;
	char *name, *service;
	struct engine_request *request;
	bool overtaken; /* by an event: it says nothing any more */
};

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

static void ask_again(uv_timer_t *timer)
{
	struct attendance *attendance = timer->data;

	watch_list_now(attendance->watch);
}

/* All has ended: it is over, unless the loop is about to make or start something. At the end: the last list's containers are
 * in the tail, and the tail has ended. */
static void conclude(struct attendance *attendance)
{
	const struct attend_options *options = attendance->options;

	if (attendance->done) {
		if (attendance->listed && tail_is_drained(attendance->tail))
			attendance->settled = true;
		return;
	}
	if (attendance->running.len || attendance->looks.len)
		return;
	if (options->is_idle && !options->is_idle(options->payload))
		uv_timer_start(&attendance->timer, ask_again, LOOK_MS, 0);
	else
		attendance->done = true;
}

/* Whether others wait for it to be done: then its end is no end of the whole. */
static bool is_awaited(const struct project *project, const char *name)
{
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		ARRAY_FOR_EACH (const struct dependency, dependency, &service->dependencies) {
			if (dependency->condition == DEPENDENCY_COMPLETED &&
			    strcmp(dependency->service, name) == 0)
				return true;
		}
	}
	return false;
}

static void end_with(struct attendance *attendance, const char *service, int64_t exit_code)
{
	const struct attend_options *options = attendance->options;
	struct attend_result *result = attendance->result;
	bool ends = options->end_on_exit || (options->end_on_failure && exit_code != 0);

	if (options->exit_code_from && strcmp(options->exit_code_from, service) == 0)
		result->exit_code = exit_code;
	if (!ends || attendance->done || (exit_code == 0 && is_awaited(options->project, service)))
		return;
	if (!options->exit_code_from)
		result->exit_code = exit_code;
	result->aborted = true;
	attendance->done = true;
}

static void take_death(struct attendance *attendance, const char *name, const char *service,
		       int64_t exit_code)
{
	char sentence[128], code[NTSTATUS_TEXT];

	snprintf(sentence, sizeof(sentence), "exited with code %s", ntstatus_text(exit_code, code));
	if (shown(attendance, service))
		tail_note(attendance->tail, name, sentence);
	end_with(attendance, service, exit_code);
}

/* --- what ended before we came, or while no events did */

static void look_drop(void *value)
{
	struct look *look = value;

	free(look->name);
	free(look->service);
	free(look);
}

static void inspected(const struct container *container, const struct error *err, void *payload)
{
	struct look *look = payload;
	struct attendance *attendance = look->attendance;

	map_remove(&attendance->looks, look->name);
	attendance->alone = attendance->looks.len == 0;
	if (!err && container->state == CONTAINER_EXITED && !look->overtaken) {
		map_set(&attendance->dead, look->name, attendance);
		if (container->started >= attendance->options->since)
			take_death(attendance, look->name, look->service, container->exit_code);
	}
	look_drop(look);
	conclude(attendance);
}

static void look_back(struct attendance *attendance, const struct container *container,
		      const char *service)
{
	struct look *look = memory_zero(1, sizeof(*look));

	look->attendance = attendance;
	look->name = memory_copy(container->name);
	look->service = memory_copy(service);
	map_set(&attendance->looks, look->name, look);
	look->request = engine_inspect(attendance->cli->engine, container->id, inspected, look);
}

/* --- what the engine tells */

static bool is_up(const struct container *container)
{
	return container->state == CONTAINER_RUNNING || container->state == CONTAINER_PAUSED ||
	       container->state == CONTAINER_RESTARTING;
}

/* The engine tells of a death before its lists know: one that should be over is looked at again, and at the beginning all, as
 * the event may have come before we did. */
static void take_container(struct attendance *attendance, const struct container *container)
{
	int64_t since = attendance->options->since;
	const char *service = plan_service(&container->labels);

	if (!service || !project_service(attendance->options->project, service))
		return;
	if (is_up(container)) {
		map_set(&attendance->running, container->name, attendance);
		if (attendance->missed)
			map_remove(&attendance->dead, container->name);
		if (!attendance->looked || map_has(&attendance->dead, container->name))
			uv_timer_start(&attendance->timer, ask_again, LOOK_MS, 0);
	} else if (container->state == CONTAINER_EXITED &&
		   !map_has(&attendance->dead, container->name) &&
		   !map_has(&attendance->looks, container->name)) {
		look_back(attendance, container, service);
	}
	/* What exited before we looked still has a log of this up to show. */
	if (shown(attendance, service) && container->state != CONTAINER_CREATED)
		tail_add(attendance->tail, container, container->created >= since ? 0 : since);
}

static void on_observed(struct observed *observed, void *payload)
{
	struct attendance *attendance = payload;

	attendance->listed = attendance->done;
	map_drop(&attendance->running);
	ARRAY_FOR_EACH (struct container, container, &observed->containers)
		take_container(attendance, container);
	attendance->looked = true;
	attendance->missed = false;
	conclude(attendance);
}

static void on_event(const struct engine_event *event, void *payload)
{
	struct attendance *attendance = payload;
	const char *service = plan_service(&event->labels);

	if (!service || !project_service(attendance->options->project, service))
		return;
	struct look *look = map_get(&attendance->looks, event->name);
	if (look)
		look->overtaken = true;
	switch (event->kind) {
	case EVENT_START:
		map_remove(&attendance->dead, event->name);
		map_set(&attendance->running, event->name, attendance);
		watch_list_now(attendance->watch);
		return;
	case EVENT_DIE:
		map_remove(&attendance->running, event->name);
		map_set(&attendance->dead, event->name, attendance);
		take_death(attendance, event->name, service, event->exit_code);
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
	attendance->missed = true;
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
	attendance->settled = attendance->done;
	attendance->done = true;
}

static void on_drained(void *payload)
{
	conclude(payload);
}

static void on_time(uv_timer_t *timer)
{
	struct attendance *attendance = timer->data;

	attendance->settled = true;
}

/* The end of a container is told before its last lines have come. */
static void show_the_rest(struct attendance *attendance)
{
	attendance->listed = false;
	watch_list_now(attendance->watch);
	uv_timer_start(&attendance->timer, on_time, SETTLE_MS, 0);
	cli_run(attendance->cli, &attendance->settled);
}

/* Stops what runs, with the logs going on. */
static int stop(struct attendance *attendance, struct error **err)
{
	const struct attend_options *options = attendance->options;

	if (!attendance->result->interrupted && !attendance->result->aborted)
		return 0;
	int status = options->stop(options->payload, err);
	attendance->cli->interrupted = interrupted;
	attendance->cli->interrupted_payload = attendance;
	return status;
}

static void on_closed(void *payload)
{
	struct attendance *attendance = payload;

	attendance->closed = true;
}

static void on_timer_closed(uv_handle_t *timer)
{
	on_closed(timer->data);
}

static void leave(struct attendance *attendance)
{
	struct cli *cli = attendance->cli;

	cli->interrupted = NULL;
	attendance->alone = attendance->looks.len == 0;
	MAP_FOR_EACH (entry, &attendance->looks) {
		struct look *look = entry->value;
		engine_cancel(look->request);
	}
	cli_run(cli, &attendance->alone);
	watch_close(attendance->watch, on_closed, attendance);
	cli_run(cli, &attendance->closed);
	attendance->closed = false;
	tail_close(attendance->tail, on_closed, attendance);
	cli_run(cli, &attendance->closed);
	attendance->closed = false;
	uv_close((uv_handle_t *)&attendance->timer, on_timer_closed);
	cli_run(cli, &attendance->closed);
	map_drop(&attendance->running);
	map_drop(&attendance->dead);
	map_drop(&attendance->looks);
}

void attend_leave(struct attendance *attendance)
{
	attendance->left = !attendance->done;
	attendance->done = true;
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

	uv_timer_init(cli->loop, &attendance.timer);
	attendance.timer.data = &attendance;
	attendance.tail = tail_open(cli, &options->tail, on_drained, &attendance);
	attendance.watch = watch_open(cli->engine, options->project->name, &reader, &attendance);
	cli->interrupted = interrupted;
	cli->interrupted_payload = &attendance;
	if (options->self)
		*options->self = &attendance;
	cli_run(cli, &attendance.done);
	if (options->self)
		*options->self = NULL;
	int status = stop(&attendance, err);
	if (status == 0 && !attendance.left)
		show_the_rest(&attendance);
	leave(&attendance);
	return status;
}
