/* SPDX-License-Identifier: MIT */
#include "compose/supervise/job.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/supervise/heal.h"

struct job *job_new(struct supervisor *supervisor, enum job_kind kind)
{
	struct job *job = memory_zero(1, sizeof(*job));

	job->supervisor = supervisor;
	job->kind = kind;
	list_append(&supervisor->jobs, &job->link);
	return job;
}

static void drop(struct job *job)
{
	list_unlink(&job->link);
	if (job->owned)
		operation_drop(&job->operation);
	keeper_action_drop(&job->action);
	plan_drop(&job->plan);
	free(job);
}

/* --- steps of ours */

static bool puts_on_hold(enum plan_goal goal)
{
	return goal == PLAN_STOP || goal == PLAN_KILL || goal == PLAN_REMOVE || goal == PLAN_DOWN;
}

static void on_step(const struct step *step, bool finished, const struct error *err, void *payload)
{
	static const bool is_container[] = {
		[STEP_CREATE] = true, [STEP_START] = true,         [STEP_STOP] = true,
		[STEP_KILL] = true,   [STEP_RESTART] = true,       [STEP_REMOVE] = true,
		[STEP_RENAME] = true, [STEP_IMAGE_REMOVE] = false,
	};
	struct job *job = payload;
	struct supervisor *supervisor = job->supervisor;
	struct keeper *keeper = supervisor->keeper;
	uint64_t now = supervisor_now(supervisor);

	if (!is_container[step->kind])
		return;
	keeper_ours(keeper, step->subject, !finished, now);
	if (step->container && !text_same(step->container->name, step->subject))
		keeper_ours(keeper, step->container->name, !finished, now);
	if (step->kind == STEP_RESTART && !finished)
		probes_forget(supervisor->probes, step->subject);
	if (!finished || err)
		return;
	bool makes = step->kind == STEP_CREATE || step->kind == STEP_RENAME;
	if (makes && job->kind == JOB_RECONCILE)
		keeper_owe(keeper, step->subject);
	else if (step->kind == STEP_CREATE && job->operation.plan.no_start)
		keeper_hold(keeper, step->subject, true, now);
	else if (job->kind == JOB_HEAL)
		job->acted = job->acted || text_same(step->subject, job->action.container);
	else if (puts_on_hold(job->operation.plan.goal))
		/* What a verb of ours stopped stays stopped. */
		keeper_hold(keeper, step->subject, true, now);
}

static enum container_health health_of(const char *container, void *payload)
{
	struct job *job = payload;
	bool is_whole = job->kind != JOB_HEAL && job->operation.project->root;
	const struct project *project =
		is_whole ? job->operation.project : job->supervisor->desired;

	return probes_health(job->supervisor->probes, project, container);
}

static struct execute_options execute_options(struct job *job)
{
	return (struct execute_options){
		.project = job->supervisor->project_name,
		.parallel = job->operation.parallel,
		.progress = job->progress,
		.health = health_of,
		.health_payload = job,
		.step = on_step,
		.step_payload = job,
	};
}

/* --- actions of the loop */

static void reconcile(struct supervisor *supervisor)
{
	LIST_FOR_EACH (struct job, job, &supervisor->jobs, link) {
		if (job->kind == JOB_RECONCILE && !job->running)
			return;
	}
	if (supervisor->desired)
		job_new(supervisor, JOB_RECONCILE)->progress = supervisor->options.progress;
}

static void finish_heal(struct job *job, bool done)
{
	struct supervisor *supervisor = job->supervisor;
	bool recreate = job->action.verb == KEEPER_RECREATE && job->acted;

	keeper_acted(supervisor->keeper, job->action.container, done, supervisor_now(supervisor));
	drop(job);
	if (recreate && !supervisor->closing)
		reconcile(supervisor);
	if (!supervisor->closing)
		watch_list_now(supervisor->watch);
	supervisor_go_on(supervisor);
}

/* From the first step to the last, what the plan touches is our own matter, and nobody's removal or
 * stop. */
static void claim(struct job *job, bool begin)
{
	uint64_t now = supervisor_now(job->supervisor);

	ARRAY_FOR_EACH (struct step, step, &job->plan->steps) {
		keeper_ours(job->supervisor->keeper, step->subject, begin, now);
		if (begin && step->kind == STEP_STOP &&
		    !text_same(step->subject, job->action.container))
			keeper_owe(job->supervisor->keeper, step->subject);
	}
}

static void healed(const struct execute_result *result, const struct error *err, void *payload)
{
	struct job *job = payload;

	(void)result;
	(void)err;
	job->execution = NULL;
	claim(job, false);
	finish_heal(job, job->acted);
}

/* Why nothing is to be done any more, or NULL: the container is still what the decision was about.
 */
static const char *moot(const struct job *job, const struct container *container)
{
	struct supervisor *supervisor = job->supervisor;

	if (!plan_owns(supervisor->project_name, container))
		return "it is not the project's own";
	if (job->action.verb == KEEPER_START)
		return container->state == CONTAINER_EXITED || container->state == CONTAINER_CREATED
			       ? NULL
			       : "it does not stand still";
	enum container_health own =
		probes_health(supervisor->probes, supervisor->desired, container->name);
	if (container->state != CONTAINER_RUNNING)
		return "it does not run";
	if (container->health != HEALTH_UNHEALTHY && own != HEALTH_UNHEALTHY)
		return "it is not unhealthy any more";
	if (job->action.started && container->started > job->action.started)
		return "somebody started it anew";
	return NULL;
}

/* Nothing is done to a container that is not any more what the decision was about. */
static void looked(const struct container *container, const struct error *err, void *payload)
{
	struct job *job = payload;
	struct supervisor *supervisor = job->supervisor;
	const char *why = NULL;

	job->look = NULL;
	if (supervisor->closing || (err && err->code == ERROR_NOT_FOUND)) {
		finish_heal(job, true);
		return;
	}
	if (err) {
		supervisor_say(supervisor, job->action.container, PROGRESS_WARNING, "Warning",
			       err->message);
		finish_heal(job, false);
		return;
	}
	why = moot(job, container);
	if (why) {
		log_info("%s: %s", job->action.container, why);
		finish_heal(job, true);
		return;
	}
	supervisor_say(supervisor, container->name, PROGRESS_WARNING,
		       job->action.verb == KEEPER_START ? "Down" : "Unhealthy", job->action.cause);
	struct execute_options options = execute_options(job);
	job->plan = heal_plan(&job->action, supervisor->desired, &supervisor->observed,
			      engine_host_known(supervisor->options.engine));
	claim(job, true);
	wish_write_holds(supervisor);
	job->execution =
		execute_start(supervisor->options.engine, job->plan, &options, healed, job);
}

static void start_heal(struct job *job)
{
	job->running = true;
	job->look =
		engine_inspect(job->supervisor->options.engine, job->action.container, looked, job);
}

void job_take_actions(struct supervisor *supervisor)
{
	struct keeper_action action;

	while (keeper_next(supervisor->keeper, supervisor_now(supervisor), &action)) {
		if (action.verb == KEEPER_LOOK) {
			log_debug("%s", action.cause);
			watch_list_now(supervisor->watch);
			keeper_action_drop(&action);
			continue;
		}
		if (action.verb == KEEPER_RECONCILE) {
			if (supervisor->desired)
				supervisor_say(supervisor, NULL, PROGRESS_WARNING, "Missing",
					       action.cause);
			reconcile(supervisor);
			keeper_action_drop(&action);
			continue;
		}
		struct job *job = job_new(supervisor, JOB_HEAL);
		job->action = action;
		job->progress = supervisor->options.progress;
	}
}

/* --- operations */

/* A supervisor that closes leaves an unfinished operation to the verb that asked for it. */
static void answer(struct job *job, const struct error *err)
{
	if (job->done)
		job->done(err, job->payload);
	else if (job->request && job->supervisor->closing && err)
		control_drop(job->request);
	else if (job->request)
		control_finish(job->request, err, NULL);
	else if (err && err->code != ERROR_CANCELLED)
		supervisor_say(job->supervisor, NULL, PROGRESS_WARNING, "Warning", err->message);
}

static void operated(const struct error *err, void *payload)
{
	struct job *job = payload;
	struct supervisor *supervisor = job->supervisor;

	job->operate = NULL;
	keeper_busy(supervisor->keeper, false);
	if (job->operation.plan.goal == PLAN_DOWN && !err && !job->operation.plan.services)
		wish_forget(supervisor);
	answer(job, err);
	drop(job);
	if (!supervisor->closing)
		watch_list_now(supervisor->watch);
	supervisor_go_on(supervisor);
}

/* What should be is what an up asked for once it is known that it can be done. */
static void planned(const struct plan *plan, void *payload)
{
	struct job *job = payload;

	(void)plan;
	if (job->operation.keep && !job->operation.dry_run)
		wish_take(job->supervisor, &job->operation);
}

static void start_operation(struct job *job)
{
	struct supervisor *supervisor = job->supervisor;
	struct execute_options execute = execute_options(job);
	struct operate_options options = {
		.engine = supervisor->options.engine,
		.progress = job->progress,
		.planned = planned,
		.payload = job,
	};

	job->running = true;
	keeper_busy(supervisor->keeper, true);
	job->operate =
		operate_alone(supervisor->loop, &job->operation, &options, &execute, operated, job);
}

static bool listed(const char *const *names, const char *name)
{
	for (; *names; names++) {
		if (text_same(*names, name))
			return true;
	}
	return false;
}

/* Containers that the loop must leave as they are: on hold, or exited with nobody's break to blame.
 */
static char **left_alone(struct supervisor *supervisor)
{
	const char *const *held = keeper_held(supervisor->keeper);
	ARRAY(char *) names = {0};

	for (; *held; held++)
		array_push(&names, memory_copy(*held));
	const char *const *owed = keeper_owed(supervisor->keeper);
	ARRAY_FOR_EACH (struct container, container, &supervisor->observed.containers) {
		if ((container->state == CONTAINER_EXITED || container->state == CONTAINER_DEAD) &&
		    !listed(owed, container->name))
			array_push(&names, memory_copy(container->name));
	}
	array_push(&names, NULL);
	return names.items;
}

/* What should be and what is on hold are as they are when it begins, not when it was thought of. It
 * makes and starts nothing: the keeper starts each container when what it depends on is well, so
 * that nothing waits behind a wait. */
static int make_reconcile(struct job *job, struct error **err)
{
	struct supervisor *supervisor = job->supervisor;
	CLEANUP(memory_free) const char **services = wish_services(supervisor);
	CLEANUP(memory_free_vector) char **held = left_alone(supervisor);
	struct operation operation = {
		.project = supervisor->desired,
		.plan =
			{
				.goal = PLAN_UP,
				.no_recreate = true,
				.no_deps = true,
				.no_start = true,
				.ignore_orphans = true,
				.supervised = true,
				.timeout = -1,
				.quick = true,
				.services = services,
				.held = (const char *const *)held,
			},
	};
	/* A copy that owns all of it, as what should be may change while it runs. */
	CLEANUP(json_drop) cJSON *json = operation_json(&operation);

	if (operation_read(json, &job->operation, err) < 0)
		return (*err)->code;
	job->owned = true;
	return 0;
}

static void start_reconcile(struct job *job)
{
	CLEANUP(error_drop) struct error *err = NULL;

	if (make_reconcile(job, &err) < 0) {
		log_info("reconcile: %s", err->message);
		drop(job);
		return;
	}
	start_operation(job);
}

/* --- in order */

void job_start_ready(struct supervisor *supervisor)
{
	static void (*const starters[])(struct job * job) = {
		[JOB_OPERATION] = start_operation,
		[JOB_RECONCILE] = start_reconcile,
		[JOB_HEAL] = start_heal,
	};
	bool first = true;

	LIST_FOR_EACH (struct job, job, &supervisor->jobs, link) {
		bool alone = job->kind != JOB_HEAL;

		if (job->cancelled)
			continue;
		if (job->kind == JOB_RECONCILE && !job->running && !supervisor->desired) {
			drop(job);
			continue;
		}
		if (alone && !first)
			return;
		first = false;
		if (!job->running)
			starters[job->kind](job);
		if (alone)
			return;
	}
}

void job_cancel(struct job *job)
{
	if (job->operate) {
		operate_cancel(job->operate);
	} else if (job->execution) {
		execute_cancel(job->execution);
	} else if (job->look) {
		engine_cancel(job->look);
	} else {
		job->cancelled = true;
		alarm_in(&job->supervisor->turn, 0);
	}
}

void job_sweep(struct supervisor *supervisor)
{
	LIST_FOR_EACH (struct job, job, &supervisor->jobs, link) {
		CLEANUP(error_drop) struct error *err = NULL;

		if (!job->cancelled)
			continue;
		error_set(&err, ERROR_CANCELLED, "cancelled");
		answer(job, err);
		if (job->kind == JOB_HEAL)
			keeper_acted(supervisor->keeper, job->action.container, false,
				     supervisor_now(supervisor));
		drop(job);
	}
}
