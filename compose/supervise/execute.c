/* SPDX-License-Identifier: MIT */
#include "compose/supervise/execute.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/supervise/await.h"
#include "compose/supervise/call.h"
#include "compose/supervise/halt.h"
#include "compose/supervise/inside.h"
#include "engine/alarm.h"

#define PARALLEL_DEFAULT 8
#define PATIENCE_DEFAULT (60 * CLOCK_SECOND)
#define RETRY_FIRST      (100 * CLOCK_MS)
#define RETRY_MAX        (1 * CLOCK_SECOND)

enum state { BLOCKED, READY, RUNNING, DONE, FAILED };

struct task {
	struct execution *execution;
	const struct step *step;
	enum state state;
	size_t blockers; /* steps that it still waits for */
	struct engine_request *request;
	struct await *await;
	bool ended; /* AWAIT_RUNNING came to an exit with 0 */
	struct inside *inside;
	uint64_t began, took; /* ns, by the engine's clock */
};

struct execution {
	struct engine *engine;
	const struct plan *plan;
	struct execute_options options;
	char *project;
	struct task *tasks; /* one per step */
	size_t *needed_by; /* the edges turned round: needed_by[first[i]] .. needed_by[first[i + 1]]
			    */
	size_t *first;
	size_t done_count;
	size_t requests; /* under way */
	size_t waits;    /* under way */
	size_t scan;     /* no step before it is ready */
	struct await_set *awaits;
	bool stopping; /* nothing more is started */
	bool cancelled;
	bool ending;         /* handles are being closed */
	struct error *error; /* the first */
	bool retry;
	bool away; /* the engine is gone: it is asked until it answers */
	uint64_t away_since;
	uint64_t away_wait; /* before it is asked again */
	struct engine_request *ping;
	struct alarm patience; /* the end of all waits */
	struct alarm turn;     /* the start, the end and the pings happen in turns of their own */
	unsigned handles;
	void (*done)(const struct execute_result *result, const struct error *err, void *payload);
	void *payload;
};

/* What the user is shown of each kind of step. */
static const struct kind {
	const char *what; /* the noun before the subject */
	const char *working;
	const char *done;
	bool is_wait;
	enum await_kind await;
} kinds[] = {
	[STEP_NETWORK_CREATE] = {"Network", "Creating", "Created"},
	[STEP_NETWORK_REMOVE] = {"Network", "Removing", "Removed"},
	[STEP_NETWORK_CONNECT] = {"Container", "Connecting", "Connected"},
	[STEP_NETWORK_DISCONNECT] = {"Container", "Disconnecting", "Disconnected"},
	[STEP_VOLUME_CREATE] = {"Volume", "Creating", "Created"},
	[STEP_VOLUME_REMOVE] = {"Volume", "Removing", "Removed"},
	[STEP_CREATE] = {"Container", "Creating", "Created"},
	[STEP_START] = {"Container", "Starting", "Started"},
	[STEP_STOP] = {"Container", "Stopping", "Stopped"},
	[STEP_KILL] = {"Container", "Killing", "Killed"},
	[STEP_RESTART] = {"Container", "Restarting", "Started"},
	[STEP_REMOVE] = {"Container", "Removing", "Removed"},
	[STEP_RENAME] = {"Container", "Recreating", "Recreated"},
	[STEP_WAIT_HEALTHY] = {"Container", "Waiting", "Healthy", true, AWAIT_HEALTHY},
	[STEP_WAIT_COMPLETED] = {"Container", "Waiting", "Exited", true, AWAIT_COMPLETED},
	[STEP_WAIT_RUNNING] = {"Container", "Waiting", "Running", true, AWAIT_RUNNING},
	[STEP_HOOK] = {"Container", "Hook", "Hook ended"},
	[STEP_IMAGE_REMOVE] = {"Image", "Removing", "Removed"},
};

static void schedule(struct execution *execution);

static void show(const struct execution *execution, const struct step *step,
		 enum progress_status status, const char *text, const char *details)
{
	const struct progress_sink *sink = execution->options.progress;

	if (!sink || (step->quiet && status != PROGRESS_ERROR))
		return;
	CLEANUP(memory_free)
	char *id = memory_format("%s %s", kinds[step->kind].what, step->subject);
	struct progress progress = {
		.id = id,
		.status = status,
		.text = text,
		.details = details,
		.percent = -1,
	};
	sink->tell(&progress, sink->payload);
}

static void stop_waits(struct execution *execution)
{
	for (size_t i = 0; execution->waits && i < execution->plan->steps.len; i++) {
		if (execution->tasks[i].await)
			await_cancel(execution->tasks[i].await);
	}
}

/* The world is not as the plan took it to be: planning again is the cure, not an error of the
 * user's. */
static bool world_changed(const struct step *step, const struct error *err)
{
	if (err->code == ERROR_UNAVAILABLE)
		return true;
	if (step->kind == STEP_KILL || step->kind == STEP_HOOK || step->optional)
		return false;
	return err->code == ERROR_CONFLICT || err->code == ERROR_NOT_FOUND;
}

/* Words that say more of a failure, and whether planning again cures it. */
static bool explain(const struct execution *execution, const struct step *step, struct error **err)
{
	const struct execute_options *options = &execution->options;

	return options->failing && (*err)->code != ERROR_CANCELLED &&
	       options->failing(step, err, options->failing_payload);
}

static void failed(struct task *task, const struct error *given)
{
	struct execution *execution = task->execution;
	CLEANUP(error_drop) struct error *err = error_copy(given);
	bool cured = explain(execution, task->step, &err);

	task->state = FAILED;
	execution->retry = execution->retry || cured || world_changed(task->step, err);
	if (err->code == ERROR_UNAVAILABLE && !execution->cancelled && !execution->away) {
		execution->away = true;
		execution->away_since = engine_now(execution->engine);
		execution->away_wait = RETRY_FIRST;
	}
	if (!execution->error) {
		execution->error = error_copy(err);
		if (task->step->hook)
			error_wrap(&execution->error, "%s", task->step->cause);
		error_wrap(&execution->error, "%s", task->step->subject);
	}
	if (err->code != ERROR_CANCELLED)
		show(execution, task->step, cured ? PROGRESS_WARNING : PROGRESS_ERROR,
		     cured ? "Refused" : "Error", err->message);
	if (!execution->stopping) {
		execution->stopping = true;
		stop_waits(execution);
	}
}

static void unblock(struct execution *execution, size_t index)
{
	for (size_t i = execution->first[index]; i < execution->first[index + 1]; i++) {
		struct task *task = &execution->tasks[execution->needed_by[i]];

		if (--task->blockers)
			continue;
		task->state = READY;
		if (task->step->index < execution->scan)
			execution->scan = task->step->index;
	}
}

/* A step has its answer: exactly one call for each step that was started. */
static void answered(struct task *task, const struct error *err)
{
	struct execution *execution = task->execution;
	const struct step *step = task->step;

	task->request = NULL;
	task->await = NULL;
	task->inside = NULL;
	if (execution->options.step)
		execution->options.step(step, true, err, execution->options.step_payload);
	if (err && !(step->optional && err->code != ERROR_CANCELLED)) {
		failed(task, err);
	} else {
		task->state = DONE;
		execution->done_count++;
		show(execution, step, err ? PROGRESS_WARNING : PROGRESS_DONE,
		     err           ? "Warning"
		     : task->ended ? "Exited"
				   : kinds[step->kind].done,
		     err ? err->message : step->cause);
		unblock(execution, step->index);
	}
	schedule(execution);
}

/* Only Windows ends what it was asked to stop in ways of its own. */
static bool is_slow_halt(const struct task *task)
{
	const struct execution *execution = task->execution;
	const struct engine_host *host = engine_host_known(execution->engine);
	bool halts = task->step->kind == STEP_STOP || task->step->kind == STEP_RESTART;
	const struct progress_sink *sink = execution->options.progress;

	return halts && sink && sink->warn && host && text_same(host->os_type, "windows") &&
	       !execution->cancelled && halt_is_slow(engine_now(execution->engine) - task->began);
}

static void looked(const struct container *container, const struct error *err, void *payload)
{
	struct task *task = payload;
	struct execution *execution = task->execution;
	const struct step *step = task->step;
	const struct progress_sink *sink = execution->options.progress;
	char text[512];

	if (!err) {
		const struct halt halt = {
			.container = step->subject,
			.took = task->took,
			.grace = step->timeout >= 0 ? step->timeout : step->grace,
			.exit_code = container->exit_code,
			.has_code = step->kind == STEP_STOP,
			.tty = container->tty,
		};

		if (halt_explain(&halt, text, sizeof(text)))
			sink->warn(text, sink->payload);
	}
	execution->requests--;
	answered(task, NULL);
}

static void request_done(const struct error *err, void *payload)
{
	struct task *task = payload;

	if (!err && is_slow_halt(task)) {
		task->took = engine_now(task->execution->engine) - task->began;
		task->request =
			engine_inspect(task->execution->engine, task->step->target, looked, task);
		return;
	}
	task->execution->requests--;
	answered(task, err);
}

static void id_done(const char *id, const struct error *err, void *payload)
{
	(void)id;
	request_done(err, payload);
}

static void wait_done(const struct error *err, void *payload)
{
	struct task *task = payload;

	task->execution->waits--;
	answered(task, err);
}

/* Before a stop, a container that has stopped by itself is as good. */
static void hook_done(const struct error *err, void *payload)
{
	struct task *task = payload;
	bool gone = err && (err->code == ERROR_CONFLICT || err->code == ERROR_NOT_FOUND);

	request_done(gone && task->step->optional ? NULL : err, task);
}

static void start_wait(struct task *task)
{
	struct execution *execution = task->execution;
	struct await_options options = {
		.kind = kinds[task->step->kind].await,
		.container = task->step->target,
		.health = execution->options.health,
		.payload = execution->options.health_payload,
		.ended = &task->ended,
	};

	execution->waits++;
	task->await = await_add(execution->awaits, &options, wait_done, task);
}

static void start_task(struct task *task)
{
	struct execution *execution = task->execution;
	const struct step *step = task->step;

	task->state = RUNNING;
	task->began = engine_now(execution->engine);
	log_debug("step #%zu: %s %s", step->index + 1, step_kind_name(step->kind), step->subject);
	show(execution, step, PROGRESS_WORKING, kinds[step->kind].working, step->cause);
	if (execution->options.step)
		execution->options.step(step, false, NULL, execution->options.step_payload);
	if (kinds[step->kind].is_wait) {
		start_wait(task);
		return;
	}
	execution->requests++;
	if (step->hook) {
		uint64_t limit = step->timeout > 0 ? (uint64_t)step->timeout * CLOCK_SECOND : 0;
		task->inside = inside_start(execution->engine, step->target, step->hook, limit,
					    hook_done, task);
		return;
	}
	const struct call_answer answer = {request_done, id_done, task};
	task->request = call_step(execution->engine, step, &answer);
}

static void start_ready(struct execution *execution)
{
	bool all_before = true;

	for (size_t i = execution->scan; i < execution->plan->steps.len; i++) {
		struct task *task = &execution->tasks[i];
		bool is_wait = kinds[task->step->kind].is_wait;

		if (task->state == READY &&
		    (is_wait || execution->requests < execution->options.parallel))
			start_task(task);
		if (task->state == READY || task->state == BLOCKED)
			all_before = false;
		if (all_before)
			execution->scan = i + 1;
	}
}

/* --- the end */

static void finish(struct execution *execution)
{
	CLEANUP(error_drop) struct error *err = steal(&execution->error);
	struct execute_result result = {
		.retry = execution->retry && !execution->cancelled,
		.steps_done = execution->done_count,
	};
	void *payload = execution->payload;
	void (*done)(const struct execute_result *, const struct error *, void *) = execution->done;

	free(execution->tasks);
	free(execution->needed_by);
	free(execution->first);
	free(execution->project);
	free(execution);
	done(&result, err, payload);
}

static void alarm_closed(struct alarm *alarm)
{
	struct execution *execution = alarm->data;

	if (--execution->handles == 0)
		finish(execution);
}

static void close_handles(void *payload)
{
	struct execution *execution = payload;

	execution->awaits = NULL;
	alarm_close(&execution->patience, alarm_closed);
	alarm_close(&execution->turn, alarm_closed);
}

static void end(struct execution *execution)
{
	execution->ending = true;
	if (execution->awaits)
		await_close(execution->awaits, close_handles, execution);
	else
		close_handles(execution);
}

/* --- an engine that went away is asked until it answers, so that planning again finds it */

static void pinged(const struct error *err, void *payload)
{
	struct execution *execution = payload;
	uint64_t away = engine_now(execution->engine) - execution->away_since;

	execution->ping = NULL;
	if (!err || execution->cancelled || away > execution->options.patience) {
		execution->away = false;
		schedule(execution);
		return;
	}
	alarm_in(&execution->turn, execution->away_wait);
	execution->away_wait *= 2;
	if (execution->away_wait > RETRY_MAX)
		execution->away_wait = RETRY_MAX;
}

static void on_turn(struct alarm *alarm)
{
	struct execution *execution = alarm->data;

	if (execution->away && !execution->cancelled) {
		if (!execution->ping)
			execution->ping = engine_ping(execution->engine, pinged, execution);
		return;
	}
	execution->away = false;
	schedule(execution);
}

/* Starts what is ready, or ends where nothing is left to do. */
static void schedule(struct execution *execution)
{
	if (execution->ending)
		return;
	if (!execution->stopping)
		start_ready(execution);
	if (execution->requests || execution->waits || execution->ping)
		return;
	if (execution->away) {
		alarm_in(&execution->turn, 0);
		return;
	}
	end(execution);
}

static void wait_timed_out(struct alarm *alarm)
{
	struct execution *execution = alarm->data;

	if (execution->stopping || execution->ending)
		return;
	for (size_t i = 0; i < execution->plan->steps.len; i++) {
		struct task *task = &execution->tasks[i];

		if (task->await && !execution->error)
			error_set(&execution->error, ERROR_TIMEOUT,
				  "%s: still waiting when the time allowed for waits was over",
				  task->step->subject);
	}
	if (!execution->error)
		error_set(&execution->error, ERROR_TIMEOUT, "the time allowed for waits was over");
	execution->stopping = true;
	stop_waits(execution);
}

/* --- the beginning */

static void turn_edges(struct execution *execution)
{
	const struct plan *plan = execution->plan;
	size_t count = plan->steps.len;
	size_t edges = 0;

	execution->first = memory_zero(count + 1, sizeof(*execution->first));
	ARRAY_FOR_EACH (struct step, step, &plan->steps) {
		edges += step->after.len;
		ARRAY_FOR_EACH (size_t, before, &step->after)
			execution->first[*before + 1]++;
	}
	for (size_t i = 0; i < count; i++)
		execution->first[i + 1] += execution->first[i];
	execution->needed_by = memory_zero(edges + 1, sizeof(*execution->needed_by));
	CLEANUP(memory_free) size_t *fill = memory_zero(count + 1, sizeof(*fill));
	ARRAY_FOR_EACH (struct step, step, &plan->steps) {
		ARRAY_FOR_EACH (size_t, before, &step->after) {
			assert(*before < step->index);
			execution->needed_by[execution->first[*before] + fill[*before]++] =
				step->index;
		}
	}
}

static void make_tasks(struct execution *execution)
{
	const struct plan *plan = execution->plan;

	execution->tasks = memory_zero(plan->steps.len + 1, sizeof(*execution->tasks));
	for (size_t i = 0; i < plan->steps.len; i++) {
		const struct step *step = &plan->steps.items[i];

		execution->tasks[i].execution = execution;
		execution->tasks[i].step = step;
		execution->tasks[i].blockers = step->after.len;
		execution->tasks[i].state = step->after.len ? BLOCKED : READY;
	}
}

static bool has_waits(const struct plan *plan)
{
	ARRAY_FOR_EACH (struct step, step, &plan->steps) {
		if (kinds[step->kind].is_wait)
			return true;
	}
	return false;
}

struct execution *execute_start(struct engine *engine, const struct plan *plan,
				const struct execute_options *options,
				void (*done)(const struct execute_result *result,
					     const struct error *err, void *payload),
				void *payload)
{
	struct execution *execution = memory_zero(1, sizeof(*execution));

	execution->engine = engine;
	execution->plan = plan;
	execution->options = *options;
	execution->project = memory_copy(options->project);
	execution->options.project = execution->project;
	if (!execution->options.parallel)
		execution->options.parallel = PARALLEL_DEFAULT;
	if (!execution->options.patience)
		execution->options.patience = PATIENCE_DEFAULT;
	execution->done = done;
	execution->payload = payload;
	make_tasks(execution);
	turn_edges(execution);
	alarm_open(&execution->patience, engine, wait_timed_out, execution);
	alarm_open(&execution->turn, engine, on_turn, execution);
	execution->handles = 2;
	if (has_waits(plan)) {
		execution->awaits = await_open(engine, execution->project);
		if (options->wait_timeout)
			alarm_in(&execution->patience, options->wait_timeout);
	}
	alarm_in(&execution->turn, 0);
	return execution;
}

void execute_cancel(struct execution *execution)
{
	bool again = execution->cancelled;

	if (execution->ending)
		return;
	execution->cancelled = true;
	execution->stopping = true;
	if (!execution->error)
		error_set(&execution->error, ERROR_CANCELLED, "cancelled");
	stop_waits(execution);
	if (execution->ping)
		engine_cancel(execution->ping);
	for (size_t i = 0; again && i < execution->plan->steps.len; i++) {
		if (execution->tasks[i].request)
			engine_cancel(execution->tasks[i].request);
		if (execution->tasks[i].inside)
			inside_cancel(execution->tasks[i].inside);
	}
	alarm_in(&execution->turn, 0);
}

void execute_health_changed(struct execution *execution)
{
	if (execution->awaits && !execution->ending)
		await_look(execution->awaits);
}
