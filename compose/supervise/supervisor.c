/* SPDX-License-Identifier: MIT */
#include "compose/supervise/supervisor.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/supervise/job.h"

/* Who started it in the background asks whether it is there, and is answered though nothing is left
 * to be kept. */
#define FIRST_QUESTION (10 * CLOCK_SECOND)

void supervisor_say(struct supervisor *supervisor, const char *container,
		    enum progress_status status, const char *text, const char *details)
{
	const struct progress_sink *sink = supervisor->options.progress;

	log_info("%s%s%s%s%s", container ? container : "", container ? ": " : "", text,
		 details ? ": " : "", details ? details : "");
	if (!sink)
		return;
	CLEANUP(memory_free) char *id = memory_format("Container %s", container ? container : "");
	struct progress progress = {
		.id = container ? id : supervisor->project_name,
		.status = status,
		.text = text,
		.details = details,
		.percent = -1,
	};
	sink->tell(&progress, sink->payload);
}

uint64_t supervisor_now(const struct supervisor *supervisor)
{
	return engine_now(supervisor->options.engine);
}

/* --- what is due */

static void alarm_rang(struct alarm *alarm)
{
	supervisor_go_on(alarm->data);
}

static void end(struct supervisor *supervisor, const struct error *err)
{
	if (supervisor->ended)
		return;
	supervisor->ended = true;
	supervisor->options.ended(err, supervisor->options.payload);
}

static void free_supervisor(struct supervisor *supervisor)
{
	void (*closed)(void *payload) = supervisor->closed;
	void *payload = supervisor->closed_payload;

	keeper_drop(&supervisor->keeper);
	project_drop(&supervisor->desired);
	observed_drop(&supervisor->observed);
	map_drop(&supervisor->wanted);
	free(supervisor->project_name);
	free(supervisor->tls_folder);
	free(supervisor->written);
	free(supervisor);
	closed(payload);
}

/* CLOCK_NEVER: not before something happens. */
static uint64_t idle_from(const struct supervisor *supervisor)
{
	return list_empty(&supervisor->jobs) ? keeper_idle_from(supervisor->keeper) : CLOCK_NEVER;
}

bool supervisor_is_idle(const struct supervisor *supervisor)
{
	return idle_from(supervisor) <= supervisor_now(supervisor);
}

static uint64_t end_time(const struct supervisor *supervisor)
{
	uint64_t from = supervisor->options.foreground ? CLOCK_NEVER : idle_from(supervisor);

	return from > supervisor->ends_from ? from : supervisor->ends_from;
}

void supervisor_go_on(struct supervisor *supervisor)
{
	if (supervisor->closing) {
		if (list_empty(&supervisor->jobs) && supervisor->parts == 0)
			free_supervisor(supervisor);
		return;
	}
	job_take_actions(supervisor);
	job_start_ready(supervisor);
	wish_write_holds(supervisor);
	uint64_t deadline = keeper_deadline(supervisor->keeper);
	uint64_t ends_at = end_time(supervisor);
	if (ends_at <= supervisor_now(supervisor))
		end(supervisor, NULL);
	else if (ends_at < deadline)
		deadline = ends_at;
	alarm_at(&supervisor->alarm, deadline);
}

/* --- what the engine tells */

static int keeper_kind(const struct engine_event *event)
{
	static const int kinds[EVENT_OTHER + 1] = {
		[EVENT_CREATE] = KEEPER_CREATED,
		[EVENT_START] = KEEPER_STARTED,
		[EVENT_DIE] = KEEPER_DIED,
		[EVENT_STOP] = KEEPER_STOPPED,
		[EVENT_KILL] = KEEPER_KILLED,
		[EVENT_RESTART] = KEEPER_RESTARTED,
		[EVENT_DESTROY] = KEEPER_DESTROYED,
		[EVENT_RENAME] = KEEPER_RENAMED,
		[EVENT_PAUSE] = KEEPER_PAUSED,
		[EVENT_UNPAUSE] = KEEPER_UNPAUSED,
		[EVENT_OOM] = -1,
		[EVENT_EXEC] = -1,
		[EVENT_NETWORK_DESTROY] = -1,
		[EVENT_VOLUME_DESTROY] = -1,
		[EVENT_OTHER] = -1,
	};

	if (event->kind != EVENT_HEALTH)
		return kinds[event->kind];
	if (event->health == HEALTH_HEALTHY)
		return KEEPER_HEALTHY;
	return event->health == HEALTH_UNHEALTHY ? KEEPER_UNHEALTHY : -1;
}

static struct container *listed(struct observed *observed, const char *id)
{
	ARRAY_FOR_EACH (struct container, container, &observed->containers) {
		if (text_same(container->id, id))
			return container;
	}
	return NULL;
}

/* The last list is kept true by events, so that a restart knows what runs beside it. False: it does
 * not know the container. */
static bool note(struct supervisor *supervisor, const struct engine_event *event)
{
	struct container *container = listed(&supervisor->observed, event->id);

	if (!container)
		return false;
	if (event->kind == EVENT_START)
		container->state = CONTAINER_RUNNING;
	else if (event->kind == EVENT_DIE)
		container->state = CONTAINER_EXITED;
	else if (event->kind == EVENT_DESTROY)
		container->state = CONTAINER_REMOVING;
	if (event->kind == EVENT_RENAME) {
		free(container->name);
		container->name = memory_copy(event->name);
	}
	return true;
}

static bool has_probe(const struct supervisor *supervisor, const char *service)
{
	const struct service *found =
		supervisor->desired ? project_service(supervisor->desired, service) : NULL;

	return found && found->supervision.probe.kind != PROBE_NONE;
}

static void on_event(const struct engine_event *event, void *payload)
{
	struct supervisor *supervisor = payload;
	const char *service = plan_service(&event->labels);
	int kind = keeper_kind(event);

	if (kind < 0 || !text_same(event->type, "container") || !service)
		return;
	struct keeper_event told = {
		.kind = (enum keeper_event_kind)kind,
		.container = event->name,
		.id = event->id,
		.service = service,
		.number = plan_number(&event->labels),
		.signal = event->signal,
		.exit_code = event->exit_code,
		.time = event->time,
	};
	bool known = note(supervisor, event);
	keeper_event(supervisor->keeper, &told, supervisor_now(supervisor));
	if (kind == KEEPER_DIED || kind == KEEPER_DESTROYED || kind == KEEPER_STARTED)
		probes_forget(supervisor->probes, event->name);
	/* A probe needs the container's ports and addresses. */
	if (kind == KEEPER_STARTED && (!known || has_probe(supervisor, service)))
		watch_list_now(supervisor->watch);
	supervisor_go_on(supervisor);
}

static void on_observed(struct observed *observed, void *payload)
{
	struct supervisor *supervisor = payload;

	keeper_observed(supervisor->keeper, observed, supervisor_now(supervisor));
	probes_sync(supervisor->probes, supervisor->desired, observed);
	observed_drop(&supervisor->observed);
	supervisor->observed = *observed;
	*observed = (struct observed){0};
	supervisor_go_on(supervisor);
}

static void on_broken(const struct error *err, void *payload)
{
	struct supervisor *supervisor = payload;

	supervisor_say(supervisor, NULL, PROGRESS_WARNING, "Engine gone",
		       err ? err->message : "the engine ended its events; waiting for it");
	keeper_broken(supervisor->keeper, supervisor_now(supervisor));
	supervisor_go_on(supervisor);
}

static void on_open(void *payload)
{
	(void)payload;
	log_info("following the engine's events");
}

static void on_probe(const char *container, enum container_health health, const char *why,
		     void *payload)
{
	struct supervisor *supervisor = payload;

	if (health == HEALTH_UNHEALTHY)
		supervisor_say(supervisor, container, PROGRESS_WARNING, "Probe failed", why);
	else
		supervisor_say(supervisor, container, PROGRESS_DONE, "Probe passed", why);
	keeper_probe(supervisor->keeper, container, health, supervisor_now(supervisor));
	LIST_FOR_EACH (struct job, job, &supervisor->jobs, link) {
		if (job->operate)
			operate_health_changed(job->operate);
	}
	supervisor_go_on(supervisor);
}

/* --- what this process asks */

void supervisor_operate(struct supervisor *supervisor, const struct operation *operation,
			const struct progress_sink *progress,
			void (*done)(const struct error *err, void *payload), void *payload)
{
	struct job *job = job_new(supervisor, JOB_OPERATION);

	job->operation = *operation;
	job->progress = progress;
	job->done = done;
	job->payload = payload;
	job_start_ready(supervisor);
}

void supervisor_cancel(struct supervisor *supervisor)
{
	LIST_FOR_EACH (struct job, job, &supervisor->jobs, link) {
		if (job->done)
			job_cancel(job);
	}
}

/* --- life */

static void part_closed(void *payload)
{
	struct supervisor *supervisor = payload;

	supervisor->parts--;
	supervisor_go_on(supervisor);
}

static void alarm_closed(struct alarm *alarm)
{
	part_closed(alarm->data);
}

static void turned(struct alarm *alarm)
{
	struct supervisor *supervisor = alarm->data;

	job_sweep(supervisor);
	if (supervisor->closing)
		alarm_close(&supervisor->turn, alarm_closed);
	else if (supervisor->gives_up)
		end(supervisor, NULL);
	else
		supervisor_go_on(supervisor);
}

int supervisor_open(uv_loop_t *loop, const struct supervisor_options *options,
		    struct supervisor **ret, struct error **err)
{
	static const struct watch_reader reader = {
		.event = on_event,
		.observed = on_observed,
		.broken = on_broken,
		.open = on_open,
	};
	struct supervisor *supervisor = memory_zero(1, sizeof(*supervisor));

	supervisor->loop = loop;
	supervisor->options = *options;
	if (control_listen(loop, options->home, desk_request, desk_gone, supervisor,
			   &supervisor->control, err) < 0) {
		free(supervisor);
		return (*err)->code;
	}
	supervisor->project_name = memory_copy(options->project);
	supervisor->tls_folder = memory_copy(options->tls_folder);
	list_init(&supervisor->jobs);
	supervisor->keeper = keeper_new();
	wish_open(supervisor);
	alarm_open(&supervisor->alarm, options->engine, alarm_rang, supervisor);
	alarm_open(&supervisor->turn, options->engine, turned, supervisor);
	supervisor->probes = probes_open(options->engine, on_probe, supervisor);
	supervisor->watch = watch_open(options->engine, options->project, &reader, supervisor);
	supervisor->parts = 5;
	supervisor->ends_from = supervisor_now(supervisor) + FIRST_QUESTION;
	*ret = supervisor;
	return 0;
}

void supervisor_close(struct supervisor *supervisor, void (*closed)(void *payload), void *payload)
{
	assert(!supervisor->closing);
	supervisor->closing = true;
	supervisor->closed = closed;
	supervisor->closed_payload = payload;
	LIST_FOR_EACH (struct job, job, &supervisor->jobs, link)
		job_cancel(job);
	watch_close(supervisor->watch, part_closed, supervisor);
	probes_close(supervisor->probes, part_closed, supervisor);
	alarm_close(&supervisor->alarm, alarm_closed);
	alarm_in(&supervisor->turn, 0);
	control_server_close(supervisor->control, part_closed, supervisor);
}
