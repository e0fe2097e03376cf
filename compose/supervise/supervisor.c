/* SPDX-License-Identifier: MIT */
#include "compose/supervise/supervisor.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/supervise/control.h"
#include "compose/supervise/execute.h"
#include "compose/supervise/heal.h"
#include "compose/supervise/keeper.h"
#include "compose/supervise/probes.h"
#include "compose/supervise/record.h"
#include "compose/supervise/watch.h"

/* One change under way or waiting: somebody's operation, or an action of the loop. */
struct job {
	struct list link;
	struct supervisor *supervisor;
	bool is_heal;
	bool running;
	/* an operation */
	struct operation operation;
	bool owned; /* the operation came over the socket, and is dropped here */
	struct operate *operate;
	struct control_request *request; /* or NULL: of this process */
	struct progress_sink remote;
	const struct progress_sink *progress;
	void (*done)(const struct error *err, void *payload);
	void *payload;
	/* an action */
	struct keeper_action action;
	struct engine_request *look;
	struct plan *plan;
	struct execution *execution;
};

struct supervisor {
	uv_loop_t *loop;
	struct supervisor_options options;
	char *project_name;
	struct keeper *keeper;
	struct watch *watch;
	struct probes *probes;
	struct control_server *control;
	struct project *desired;  /* what the last up asked for; NULL: only health is watched */
	struct map wanted;        /* names of the services that an up asked for */
	struct observed observed; /* the last list */
	struct list jobs;         /* in order; heals run beside each other, operations alone */
	uv_timer_t alarm;         /* the keeper's deadline */
	uv_timer_t turn;
	char *written; /* the record as it was last written, to write only changes */
	bool closing;
	bool ended;
	unsigned parts; /* watch, probes, control, two timers: what is still to be closed */
	struct error *end_error;
	void (*closed)(void *payload);
	void *closed_payload;
};

static void go_on(struct supervisor *supervisor);

static void say(struct supervisor *supervisor, const char *container, enum progress_status status,
		const char *text, const char *details)
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

/* --- what should be, and its record */

static void write_record(struct supervisor *supervisor)
{
	struct engine *engine = supervisor->options.engine;
	const struct engine_host *host = engine_host_known(engine);
	CLEANUP(error_drop) struct error *err = NULL;
	struct record record = {
		.project = supervisor->desired,
		.driver = (char *)(uintptr_t)engine_driver(engine),
		.address = (char *)(uintptr_t)engine_address(engine),
		.tls_folder = (char *)(uintptr_t)supervisor->options.tls_folder,
		.engine_id = host ? host->id : NULL,
	};

	if (!supervisor->desired)
		return;
	MAP_FOR_EACH (entry, &supervisor->wanted)
		array_push(&record.services, entry->key);
	for (const char *const *held = keeper_held(supervisor->keeper); *held; held++)
		array_push(&record.holds, (char *)(uintptr_t)*held);
	if (record_write(supervisor->options.home, &record, &err) < 0)
		say(supervisor, NULL, PROGRESS_WARNING, "Warning", err->message);
	array_drop(&record.services);
	array_drop(&record.holds);
}

/* The record follows the holds: written again only when they changed. */
static void write_holds(struct supervisor *supervisor)
{
	CLEANUP(text_drop) struct text holds = {0};

	for (const char *const *held = keeper_held(supervisor->keeper); *held; held++)
		text_printf(&holds, "%s\n", *held);
	if (supervisor->written && text_same(supervisor->written, text_string(&holds)))
		return;
	free(supervisor->written);
	supervisor->written = text_steal(&holds);
	write_record(supervisor);
}

static void want(struct supervisor *supervisor, const struct project *project, const char *service,
		 bool no_deps)
{
	const struct service *found = project_service(project, service);

	if (!found || map_has(&supervisor->wanted, service))
		return;
	map_set(&supervisor->wanted, service, supervisor);
	if (no_deps)
		return;
	ARRAY_FOR_EACH (const struct dependency, dependency, &found->dependencies)
		want(supervisor, project, dependency->service, false);
}

static const char **names_of(const struct map *map)
{
	const char **names = memory_zero(map->len + 1, sizeof(*names));

	for (size_t i = 0; i < map->len; i++)
		names[i] = map->entries[i].key;
	return names;
}

/* Takes an operation's project as what should be: the services it names join those that were asked
 * for before. */
static void take_wishes(struct supervisor *supervisor, const struct operation *operation)
{
	CLEANUP(memory_free) char *saved = project_save(operation->project);
	CLEANUP(error_drop) struct error *err = NULL;
	struct project *copy = NULL;
	const char *const *services = operation->plan.services;

	if (project_restore(saved, strlen(saved), &copy, &err) < 0) {
		say(supervisor, NULL, PROGRESS_WARNING, "Warning", err->message);
		return;
	}
	if (services) {
		for (size_t i = 0; services[i]; i++)
			want(supervisor, copy, services[i], operation->plan.no_deps);
	} else {
		ARRAY_FOR_EACH (struct service, service, &copy->services)
			want(supervisor, copy, service->name, true);
	}
	CLEANUP(memory_free) const char **names = names_of(&supervisor->wanted);
	keeper_want(supervisor->keeper, copy, names);
	project_drop(&supervisor->desired);
	supervisor->desired = copy;
	write_record(supervisor);
}

/* --- steps of ours */

static uint64_t now(void)
{
	return clock_monotonic();
}

static bool puts_on_hold(enum plan_goal goal)
{
	return goal == PLAN_STOP || goal == PLAN_KILL || goal == PLAN_REMOVE || goal == PLAN_DOWN;
}

static void on_step(const struct step *step, bool finished, void *payload)
{
	static const bool is_container[] = {
		[STEP_CREATE] = true, [STEP_START] = true,         [STEP_STOP] = true,
		[STEP_KILL] = true,   [STEP_RESTART] = true,       [STEP_REMOVE] = true,
		[STEP_RENAME] = true, [STEP_IMAGE_REMOVE] = false,
	};
	struct job *job = payload;
	struct keeper *keeper = job->supervisor->keeper;

	if (!is_container[step->kind])
		return;
	keeper_ours(keeper, step->subject, !finished, now());
	if (step->container && !text_same(step->container->name, step->subject))
		keeper_ours(keeper, step->container->name, !finished, now());
	if (step->kind == STEP_RESTART && !finished)
		probes_forget(job->supervisor->probes, step->subject);
	if (!finished || job->is_heal)
		return;
	/* What a verb of ours stopped stays stopped. */
	if (puts_on_hold(job->operation.plan.goal) && step->kind != STEP_CREATE)
		keeper_hold(keeper, step->subject, true, now());
}

static enum container_health health_of(const char *container, void *payload)
{
	struct job *job = payload;
	const struct project *project =
		job->is_heal ? job->supervisor->desired : job->operation.project;

	return probes_health(job->supervisor->probes, project, container);
}

static struct execute_options execute_options(struct job *job)
{
	return (struct execute_options){
		.project = job->supervisor->project_name,
		.parallel = job->operation.parallel,
		.progress = job->is_heal ? job->supervisor->options.progress : job->progress,
		.health = health_of,
		.health_payload = job,
		.step = on_step,
		.step_payload = job,
	};
}

/* --- jobs */

static void job_drop(struct job *job)
{
	list_unlink(&job->link);
	if (job->owned)
		operation_drop(&job->operation);
	keeper_action_drop(&job->action);
	plan_drop(&job->plan);
	free(job);
}

static void finish_heal(struct job *job, const struct error *err)
{
	struct supervisor *supervisor = job->supervisor;

	if (err && err->code != ERROR_CANCELLED)
		say(supervisor, job->action.container, PROGRESS_WARNING, "Warning", err->message);
	/* What is missing now is made by the next list's reconcile. */
	watch_list_now(supervisor->watch);
	job_drop(job);
	go_on(supervisor);
}

static void healed(const struct execute_result *result, const struct error *err, void *payload)
{
	struct job *job = payload;

	(void)result;
	job->execution = NULL;
	finish_heal(job, err);
}

static void execute_heal(struct job *job)
{
	struct supervisor *supervisor = job->supervisor;
	struct execute_options options = execute_options(job);

	job->plan = heal_plan(&job->action, supervisor->desired, &supervisor->observed);
	job->execution =
		execute_start(supervisor->options.engine, job->plan, &options, healed, job);
}

/* Nothing is done to a container that is not any more what the decision was about. */
static void looked(const struct container *container, const struct error *err, void *payload)
{
	struct job *job = payload;
	struct supervisor *supervisor = job->supervisor;

	job->look = NULL;
	if (err || supervisor->closing) {
		finish_heal(job, err);
		return;
	}
	enum container_health own =
		probes_health(supervisor->probes, supervisor->desired, container->name);
	bool still = container->state == CONTAINER_RUNNING &&
		     (container->health == HEALTH_UNHEALTHY || own == HEALTH_UNHEALTHY);
	if (job->action.verb == KEEPER_START)
		still = container->state == CONTAINER_EXITED;
	if (!still) {
		finish_heal(job, NULL);
		return;
	}
	say(supervisor, container->name, PROGRESS_WARNING, "Unhealthy", job->action.cause);
	execute_heal(job);
}

static void start_heal(struct job *job)
{
	job->running = true;
	job->look =
		engine_inspect(job->supervisor->options.engine, job->action.container, looked, job);
}

/* A supervisor that closes leaves an unfinished operation to the verb that asked for it. */
static void answer(struct job *job, const struct error *err)
{
	if (job->supervisor->closing && err)
		control_drop(job->request);
	else
		control_finish(job->request, err, NULL);
}

static void operated(const struct error *err, void *payload)
{
	struct job *job = payload;
	struct supervisor *supervisor = job->supervisor;

	job->operate = NULL;
	keeper_busy(supervisor->keeper, false);
	if (job->operation.plan.goal == PLAN_DOWN && !err && !job->operation.plan.services) {
		CLEANUP(error_drop) struct error *ignored = NULL;
		map_drop(&supervisor->wanted);
		keeper_want(supervisor->keeper, NULL, NULL);
		project_drop(&supervisor->desired);
		record_remove(supervisor->options.home, &ignored);
	}
	if (job->done)
		job->done(err, job->payload);
	else if (job->request)
		answer(job, err);
	else if (err && err->code != ERROR_CANCELLED)
		say(supervisor, NULL, PROGRESS_WARNING, "Warning", err->message);
	job_drop(job);
	if (!supervisor->closing)
		watch_list_now(supervisor->watch);
	go_on(supervisor);
}

static void start_operation(struct job *job)
{
	struct supervisor *supervisor = job->supervisor;
	struct execute_options execute = execute_options(job);
	struct operate_options options = {
		.engine = supervisor->options.engine,
		.progress = job->progress,
	};

	job->running = true;
	keeper_busy(supervisor->keeper, true);
	if (job->operation.keep)
		take_wishes(supervisor, &job->operation);
	job->operate =
		operate_alone(supervisor->loop, &job->operation, &options, &execute, operated, job);
}

/* Heals run beside each other; an operation runs alone, after what was asked for before it. */
static void start_jobs(struct supervisor *supervisor)
{
	bool first = true;

	LIST_FOR_EACH (struct job, job, &supervisor->jobs, link) {
		if (!job->is_heal && !first)
			return;
		if (!job->running && job->is_heal)
			start_heal(job);
		else if (!job->running)
			start_operation(job);
		if (!job->is_heal)
			return;
		first = false;
	}
}

static struct job *job_new(struct supervisor *supervisor)
{
	struct job *job = memory_zero(1, sizeof(*job));

	job->supervisor = supervisor;
	list_append(&supervisor->jobs, &job->link);
	return job;
}

/* --- the keeper's actions */

/* Containers that the loop must leave as they are: on hold, or exited with nobody's break to blame.
 */
static char **left_alone(struct supervisor *supervisor)
{
	const char *const *held = keeper_held(supervisor->keeper);
	ARRAY(char *) names = {0};

	for (; *held; held++)
		array_push(&names, memory_copy(*held));
	ARRAY_FOR_EACH (struct container, container, &supervisor->observed.containers) {
		if (container->state == CONTAINER_EXITED || container->state == CONTAINER_DEAD)
			array_push(&names, memory_copy(container->name));
	}
	array_push(&names, NULL);
	return names.items;
}

static void reconcile(struct supervisor *supervisor)
{
	if (!supervisor->desired)
		return;
	struct job *job = job_new(supervisor);
	const char **services = names_of(&supervisor->wanted);
	job->operation = (struct operation){
		.project = supervisor->desired,
		.plan =
			{
				.goal = PLAN_UP,
				.no_recreate = true,
				.no_deps = true,
				.ignore_orphans = true,
				.supervised = true,
				.timeout = -1,
				.quick = true,
				.services = services,
				.held = (const char *const *)left_alone(supervisor),
			},
	};
	job->progress = supervisor->options.progress;
	/* A copy that owns all of it, as what should be may change while it waits. */
	CLEANUP(json_drop) cJSON *json = operation_json(&job->operation);
	CLEANUP(error_drop) struct error *err = NULL;
	char **held = (char **)(uintptr_t)job->operation.plan.held;
	if (operation_read(json, &job->operation, &err) < 0)
		log_info("reconcile: %s", err->message);
	else
		job->owned = true;
	free(services);
	memory_free_vector(&held);
	if (!job->owned)
		job_drop(job);
}

static void take_actions(struct supervisor *supervisor)
{
	struct keeper_action action;

	while (keeper_next(supervisor->keeper, now(), &action)) {
		if (action.verb == KEEPER_RECONCILE) {
			say(supervisor, NULL, PROGRESS_WARNING, "Missing", action.cause);
			reconcile(supervisor);
			keeper_action_drop(&action);
			continue;
		}
		struct job *job = job_new(supervisor);
		job->is_heal = true;
		job->action = action;
	}
}

static void alarm_rang(uv_timer_t *timer)
{
	go_on(timer->data);
}

static void arm(struct supervisor *supervisor)
{
	uint64_t deadline = keeper_deadline(supervisor->keeper);
	uint64_t time = now();

	if (deadline == CLOCK_NEVER) {
		uv_timer_stop(&supervisor->alarm);
		return;
	}
	/* Rounded up: a timer that rings early would only be armed again. */
	uint64_t ms = deadline > time ? (deadline - time + CLOCK_MS - 1) / CLOCK_MS : 0;
	uv_update_time(supervisor->loop);
	uv_timer_start(&supervisor->alarm, alarm_rang, ms, 0);
}

static void end(struct supervisor *supervisor, const struct error *err)
{
	if (supervisor->ended)
		return;
	supervisor->ended = true;
	supervisor->options.ended(err, supervisor->options.payload);
}

static void parts_closed(void *payload);

/* After every change: what is due, what may start, when to look again. */
static void go_on(struct supervisor *supervisor)
{
	if (supervisor->closing) {
		if (list_empty(&supervisor->jobs) && supervisor->parts == 0)
			parts_closed(supervisor);
		return;
	}
	take_actions(supervisor);
	start_jobs(supervisor);
	write_holds(supervisor);
	arm(supervisor);
	if (!supervisor->options.foreground && list_empty(&supervisor->jobs) &&
	    keeper_idle(supervisor->keeper))
		end(supervisor, NULL);
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

static void on_event(const struct engine_event *event, void *payload)
{
	struct supervisor *supervisor = payload;
	const char *service = labels_get(&event->labels, "com.docker.compose.service");
	const char *number = labels_get(&event->labels, "com.docker.compose.container-number");
	const char *oneoff = labels_get(&event->labels, "com.docker.compose.oneoff");
	int kind = keeper_kind(event);

	if (kind < 0 || !text_same(event->type, "container") || !service ||
	    text_same(oneoff, "True"))
		return;
	struct keeper_event told = {
		.kind = (enum keeper_event_kind)kind,
		.container = event->name,
		.id = event->id,
		.service = service,
		.number = number ? (unsigned)strtoul(number, NULL, 10) : 0,
		.signal = event->signal,
		.exit_code = event->exit_code,
		.time = event->time,
	};
	keeper_event(supervisor->keeper, &told, now());
	if (kind == KEEPER_DIED || kind == KEEPER_DESTROYED)
		probes_forget(supervisor->probes, event->name);
	/* A probe needs the container's ports and addresses. */
	const struct service *found =
		supervisor->desired ? project_service(supervisor->desired, service) : NULL;
	if (kind == KEEPER_STARTED && found && found->supervision.probe.kind != PROBE_NONE)
		watch_list_now(supervisor->watch);
	go_on(supervisor);
}

static void on_observed(struct observed *observed, void *payload)
{
	struct supervisor *supervisor = payload;

	keeper_observed(supervisor->keeper, observed, now());
	probes_sync(supervisor->probes, supervisor->desired, observed);
	observed_drop(&supervisor->observed);
	supervisor->observed = *observed;
	*observed = (struct observed){0};
	go_on(supervisor);
}

static void on_broken(const struct error *err, void *payload)
{
	struct supervisor *supervisor = payload;

	say(supervisor, NULL, PROGRESS_WARNING, "Engine gone",
	    err ? err->message : "the engine ended its events; waiting for it");
	keeper_broken(supervisor->keeper, now());
	go_on(supervisor);
}

static void on_open(void *payload)
{
	struct supervisor *supervisor = payload;

	log_info("following the engine's events");
	(void)supervisor;
}

static void on_probe(const char *container, enum container_health health, const char *why,
		     void *payload)
{
	struct supervisor *supervisor = payload;

	log_info("probe of %s: %s%s%s", container, container_health_name(health), why ? ": " : "",
		 why ? why : "");
	keeper_probe(supervisor->keeper, container, health, now());
	LIST_FOR_EACH (struct job, job, &supervisor->jobs, link) {
		if (job->operate)
			operate_health_changed(job->operate);
	}
	go_on(supervisor);
}

/* --- what other verbs ask */

static void remote_tell(const struct progress *progress, void *payload)
{
	struct job *job = payload;

	control_progress(job->request, progress);
}

static void remote_warn(const char *sentence, void *payload)
{
	struct job *job = payload;

	control_warn(job->request, sentence);
}

static void handle_operate(struct supervisor *supervisor, struct control_request *request,
			   const cJSON *message)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct operation operation = {0};

	if (operation_read(json_get(message, "operation"), &operation, &err) < 0) {
		control_finish(request, err, NULL);
		return;
	}
	struct job *job = job_new(supervisor);
	job->operation = operation;
	job->owned = true;
	job->request = request;
	job->remote = (struct progress_sink){remote_tell, remote_warn, job};
	job->progress = &job->remote;
	control_set_payload(request, job);
	go_on(supervisor);
}

static void turned(uv_timer_t *timer)
{
	struct supervisor *supervisor = timer->data;

	end(supervisor, supervisor->end_error);
}

static void handle_give_up(struct supervisor *supervisor, struct control_request *request)
{
	say(supervisor, NULL, PROGRESS_DONE, "Ending", "another supervisor takes over");
	control_finish(request, NULL, NULL);
	uv_timer_start(&supervisor->turn, turned, 0, 0);
}

static void handle_status(struct supervisor *supervisor, struct control_request *request)
{
	CLEANUP(json_drop) cJSON *reply = cJSON_CreateObject();

	json_set_string(reply, "project", supervisor->project_name);
	json_set_int(reply, "pid", uv_os_getpid());
	cJSON_AddItemToObject(reply, "holds", json_strings(keeper_held(supervisor->keeper)));
	control_finish(request, NULL, reply);
}

static void on_request(struct control_request *request, const cJSON *message, void *payload)
{
	struct supervisor *supervisor = payload;
	const char *verb = json_string(message, "verb");
	CLEANUP(error_drop) struct error *err = NULL;

	if (text_same(verb, "operate")) {
		handle_operate(supervisor, request, message);
	} else if (text_same(verb, "give-up")) {
		handle_give_up(supervisor, request);
	} else if (text_same(verb, "status")) {
		handle_status(supervisor, request);
	} else {
		error_set(&err, ERROR_UNSUPPORTED, "the supervisor knows no verb \"%s\"",
			  verb ? verb : "");
		control_finish(request, err, NULL);
	}
}

static void finish_cancelled(struct job *job)
{
	CLEANUP(error_drop) struct error *err = NULL;

	error_set(&err, ERROR_CANCELLED, "cancelled");
	if (job->request)
		answer(job, err);
	else if (job->done)
		job->done(err, job->payload);
	job_drop(job);
}

/* The verb that asked was interrupted: so is what it asked for. */
static void on_gone(struct control_request *request, void *payload)
{
	struct supervisor *supervisor = payload;
	struct job *job = control_payload(request);

	if (job->operate) {
		operate_cancel(job->operate);
		return;
	}
	finish_cancelled(job);
	go_on(supervisor);
}

void supervisor_operate(struct supervisor *supervisor, const struct operation *operation,
			const struct progress_sink *progress,
			void (*done)(const struct error *err, void *payload), void *payload)
{
	struct job *job = job_new(supervisor);

	job->operation = *operation;
	job->progress = progress;
	job->done = done;
	job->payload = payload;
	start_jobs(supervisor);
}

void supervisor_cancel(struct supervisor *supervisor)
{
	LIST_FOR_EACH (struct job, job, &supervisor->jobs, link) {
		if (job->operate && job->done)
			operate_cancel(job->operate);
	}
}

/* --- life */

static void take_record(struct supervisor *supervisor, struct record *record)
{
	uint64_t time = now();

	supervisor->desired = steal(&record->project);
	ARRAY_FOR_EACH (char *, name, &record->services)
		map_set(&supervisor->wanted, *name, supervisor);
	CLEANUP(memory_free) const char **names = names_of(&supervisor->wanted);
	keeper_want(supervisor->keeper, supervisor->desired, names);
	ARRAY_FOR_EACH (char *, name, &record->holds)
		keeper_hold(supervisor->keeper, *name, true, time);
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
	CLEANUP(record_drop) struct record record = {0};
	CLEANUP(error_drop) struct error *no_record = NULL;

	supervisor->loop = loop;
	supervisor->options = *options;
	if (control_listen(loop, options->home, on_request, on_gone, supervisor,
			   &supervisor->control, err) < 0) {
		free(supervisor);
		return (*err)->code;
	}
	supervisor->project_name = memory_copy(options->project);
	list_init(&supervisor->jobs);
	supervisor->keeper = keeper_new();
	if (record_read(options->home, &record, &no_record) == 0)
		take_record(supervisor, &record);
	else
		log_info("no record of the project: %s", no_record->message);
	uv_timer_init(loop, &supervisor->alarm);
	uv_timer_init(loop, &supervisor->turn);
	supervisor->alarm.data = supervisor;
	supervisor->turn.data = supervisor;
	supervisor->probes = probes_open(options->engine, on_probe, supervisor);
	supervisor->watch = watch_open(options->engine, options->project, &reader, supervisor);
	supervisor->parts = 5;
	*ret = supervisor;
	return 0;
}

static void free_supervisor(struct supervisor *supervisor)
{
	keeper_drop(&supervisor->keeper);
	project_drop(&supervisor->desired);
	observed_drop(&supervisor->observed);
	map_drop(&supervisor->wanted);
	error_drop(&supervisor->end_error);
	free(supervisor->project_name);
	free(supervisor->written);
	free(supervisor);
}

static void parts_closed(void *payload)
{
	struct supervisor *supervisor = payload;
	void (*closed)(void *payload) = supervisor->closed;
	void *closed_payload = supervisor->closed_payload;

	free_supervisor(supervisor);
	closed(closed_payload);
}

static void part_closed(void *payload)
{
	struct supervisor *supervisor = payload;

	supervisor->parts--;
	go_on(supervisor);
}

static void timer_closed(uv_handle_t *handle)
{
	part_closed(handle->data);
}

void supervisor_close(struct supervisor *supervisor, void (*closed)(void *payload), void *payload)
{
	assert(!supervisor->closing);
	supervisor->closing = true;
	supervisor->closed = closed;
	supervisor->closed_payload = payload;
	LIST_FOR_EACH (struct job, job, &supervisor->jobs, link) {
		if (job->operate)
			operate_cancel(job->operate);
		else if (job->execution)
			execute_cancel(job->execution);
		else if (job->look)
			engine_cancel(job->look);
		else if (!job->running)
			finish_cancelled(job);
	}
	watch_close(supervisor->watch, part_closed, supervisor);
	probes_close(supervisor->probes, part_closed, supervisor);
	uv_close((uv_handle_t *)&supervisor->alarm, timer_closed);
	uv_close((uv_handle_t *)&supervisor->turn, timer_closed);
	control_server_close(supervisor->control, part_closed, supervisor);
}
