/* SPDX-License-Identifier: MIT */
#include "compose/supervise/operate.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/preflight.h"
#include "compose/supervise/control.h"
#include "compose/supervise/facts.h"
#include "compose/supervise/fallback.h"
#include "compose/supervise/record.h"
#include "engine/alarm.h"

#define ATTEMPTS      5 /* of observe, plan, execute, where the world changes under the plan */
#define LOCK_RETRY    (100 * CLOCK_MS)   /* locks tell nobody when they are given up */
#define LOCK_PATIENCE (1 * CLOCK_SECOND) /* then the user is told for whom it waits */

struct operate {
	uv_loop_t *loop;
	struct operation operation;
	struct operate_options options;
	struct execute_options execute;
	struct alarm turn;
	void (*next)(struct operate *operate); /* what the turn does */
	struct file_lock *lock;
	struct control_client *client;
	struct engine_request *request;
	struct execution *execution;
	struct observed observed;
	struct project *skeleton; /* what the labels say, where the operation has a name only */
	struct plan *plan;
	struct fallback fallback;
	bool cured; /* what failed was a refusal that planning again cures */
	unsigned attempts;
	uint64_t waits_since; /* for another process's lock; 0: it does not */
	bool closely;         /* containers are inspected, each */
	bool cancelled;
	bool told_holder, told_version;
	bool asks_ranges;
	bool ranges_known; /* of ports that the system keeps back */
	struct facts_own own;
	struct error *error;
	void (*done)(const struct error *err, void *payload);
	void *payload;
};

static void observe(struct operate *operate);
static void take_lock(struct operate *operate);

static void turned(struct alarm *alarm)
{
	struct operate *operate = alarm->data;

	operate->next(operate);
}

/* Goes on in a turn of its own, after so many ns. */
static void turn(struct operate *operate, uint64_t ns, void (*next)(struct operate *operate))
{
	operate->next = next;
	alarm_in(&operate->turn, ns);
}

static void warn(struct operate *operate, const char *sentence)
{
	const struct progress_sink *sink = operate->options.progress;

	if (sink && sink->warn)
		sink->warn(sentence, sink->payload);
}

/* --- the end */

static void closed(struct alarm *alarm)
{
	struct operate *operate = alarm->data;
	CLEANUP(error_drop) struct error *err = steal(&operate->error);
	void (*done)(const struct error *, void *) = operate->done;
	void *payload = operate->payload;

	assert(!operate->request && !operate->execution && !operate->client);
	if (operate->lock && operate->options.lock && !err)
		*operate->options.lock = steal(&operate->lock);
	file_lock_drop(&operate->lock);
	plan_drop(&operate->plan);
	fallback_drop(&operate->fallback);
	ports_drop_ranges(&operate->own.tcp);
	ports_drop_ranges(&operate->own.udp);
	observed_drop(&operate->observed);
	project_drop(&operate->skeleton);
	free(operate);
	done(err, payload);
}

/* err is copied; NULL: everything was done. */
static void finish(struct operate *operate, const struct error *err)
{
	if (!operate->error)
		operate->error = error_copy(err);
	alarm_close(&operate->turn, closed);
}

static void finish_cancelled(struct operate *operate)
{
	CLEANUP(error_drop) struct error *err = NULL;

	error_set(&err, ERROR_CANCELLED, "cancelled");
	finish(operate, err);
}

/* --- execute */

static void executed(const struct execute_result *result, const struct error *err, void *payload)
{
	struct operate *operate = payload;

	operate->execution = NULL;
	if (err && result->retry && operate->attempts < ATTEMPTS && !operate->cancelled) {
		log_debug("operate: planning again: %s", err->message);
		operate->operation.plan.again = true;
		turn(operate, 0, observe);
		return;
	}
	if (!err && operate->operation.plan.goal == PLAN_DOWN && operate->options.home &&
	    !operate->operation.plan.services) {
		CLEANUP(error_drop) struct error *ignored = NULL;
		record_remove(operate->options.home, &ignored);
	}
	if (operate->cured && operate->cancelled)
		finish_cancelled(operate);
	else
		finish(operate, err);
}

/* A refused start that the other isolation cures: what was found is in the next plan. */
static bool failing(const struct step *step, struct error **err, void *payload)
{
	struct operate *operate = payload;
	const struct fallback_facts facts = {
		.project = operate->operation.project,
		.observed = &operate->observed,
		.host = engine_host_known(operate->options.engine),
		.plan = operate->plan,
	};
	struct plan_options *options = &operate->operation.plan;
	const char *sentence = NULL;

	if (!fallback_consider(&operate->fallback, &facts, step, err, &sentence) ||
	    options->goal != PLAN_UP)
		return false;
	if (sentence)
		warn(operate, sentence);
	options->isolations = operate->fallback.found.items;
	options->isolation_count = operate->fallback.found.len;
	/* One for each service at the most: these are no attempts at the same thing. */
	operate->attempts = 1;
	operate->cured = true;
	return true;
}

static void execute(struct operate *operate)
{
	operate->cured = false;
	operate->execute.failing = failing;
	operate->execute.failing_payload = operate;
	operate->execute.project = operate->operation.project->name;
	operate->execute.parallel = operate->operation.parallel;
	operate->execute.wait_timeout = operate->operation.wait_timeout;
	operate->execute.progress = operate->options.progress;
	operate->execution = execute_start(operate->options.engine, operate->plan,
					   &operate->execute, executed, operate);
}

/* --- observe and plan */

static int preflight(struct operate *operate, struct error **err)
{
	const struct engine_host *host = engine_host_known(operate->options.engine);
	CLEANUP(diagnostics_drop) struct diagnostics findings = {0};
	struct facts_own *own = &operate->own;
	struct preflight_facts facts = {
		.host = host,
		.observed = &operate->observed,
	};

	if (operate->operation.plan.goal != PLAN_UP || operate->attempts > 1 || operate->closely)
		return 0;
	if (host->capabilities & ENGINE_LOCAL) {
		facts.exists = facts_exists;
		facts.is_file = facts_is_file;
		facts.port_taken = facts_port_taken;
		own->project = operate->operation.project->name;
		own->observed = &operate->observed;
		facts.payload = own;
	}
	preflight_check(operate->operation.project, &facts, &findings);
	ARRAY_FOR_EACH (struct diagnostic, finding, &findings.list) {
		if (finding->severity == SEVERITY_WARNING)
			warn(operate, finding->message);
	}
	return diagnostics_fail(&findings, err);
}

static void list(struct operate *operate);

/* A project without a tree is what labels told, then or now. The plan of the one before is gone. */
static int ask_labels(struct operate *operate, struct error **err)
{
	struct operation *operation = &operate->operation;
	struct project *now = NULL;

	if (operation->project->root)
		return 0;
	if (plan_skeleton(operation->project->name, &operate->observed, &now, err) < 0)
		return (*err)->code;
	project_drop(&operate->skeleton);
	operate->skeleton = now;
	operation->project = now;
	return 0;
}

static void decide(struct operate *operate)
{
	const struct engine_host *host = engine_host_known(operate->options.engine);
	CLEANUP(error_drop) struct error *err = NULL;

	plan_drop(&operate->plan);
	if (ask_labels(operate, &err) < 0 || preflight(operate, &err) < 0 ||
	    plan_make(operate->operation.project, &operate->observed, host,
		      &operate->operation.plan, &operate->plan, &err) < 0) {
		finish(operate, err);
		return;
	}
	if (operate->plan->blind && !operate->closely) {
		operate->closely = true;
		list(operate);
		return;
	}
	for (size_t i = 0; operate->attempts == 1 && i < operate->plan->warnings.len; i++)
		warn(operate, operate->plan->warnings.items[i]);
	if (operate->options.planned)
		operate->options.planned(operate->plan, operate->options.payload);
	if (operate->operation.dry_run)
		finish(operate, NULL);
	else
		execute(operate);
}

/* --- ports that Windows keeps back; asked for once, and where ports are published alone */

static void ranges_copy(struct ports_ranges *to, const struct ports_ranges *from)
{
	for (size_t i = 0; from && i < from->len; i++)
		array_push(to, from->items[i]);
}

static void udp_ranges(const struct ports_ranges *ranges, const struct error *err, void *payload)
{
	struct operate *operate = payload;

	if (err)
		log_debug("ports: %s", err->message);
	ranges_copy(&operate->own.udp, ranges);
	operate->asks_ranges = false;
	operate->ranges_known = true;
	if (operate->cancelled)
		finish_cancelled(operate);
	else
		decide(operate);
}

static void tcp_ranges(const struct ports_ranges *ranges, const struct error *err, void *payload)
{
	struct operate *operate = payload;

	if (err)
		log_debug("ports: %s", err->message);
	ranges_copy(&operate->own.tcp, ranges);
	ports_ask_ranges(operate->loop, PORTS_UDP, udp_ranges, operate);
}

static bool needs_ranges(const struct operate *operate)
{
	const struct engine_host *host = engine_host_known(operate->options.engine);

	if (operate->ranges_known || operate->operation.plan.goal != PLAN_UP ||
	    !(host->capabilities & ENGINE_LOCAL) || (host->capabilities & ENGINE_LINUX))
		return false;
	ARRAY_FOR_EACH (const struct service, service, &operate->operation.project->services) {
		if (service->ports.len)
			return true;
	}
	return false;
}

static void listed(struct observed *observed, const struct error *err, void *payload)
{
	struct operate *operate = payload;

	operate->request = NULL;
	if (operate->cancelled) {
		finish_cancelled(operate);
		return;
	}
	if (err) {
		finish(operate, err);
		return;
	}
	observed_drop(&operate->observed);
	operate->observed = *observed;
	*observed = (struct observed){0};
	if (needs_ranges(operate)) {
		operate->asks_ranges = true;
		ports_ask_ranges(operate->loop, PORTS_TCP, tcp_ranges, operate);
	} else {
		decide(operate);
	}
}

static void strings_drop(struct strings *strings)
{
	array_drop(strings);
}

static void list(struct operate *operate)
{
	const struct project *project = operate->operation.project;
	bool up = operate->operation.plan.goal == PLAN_UP;
	CLEANUP(strings_drop) struct strings networks = {0};
	CLEANUP(strings_drop) struct strings volumes = {0};
	CLEANUP(strings_drop) struct strings images = {0};
	CLEANUP(map_drop) struct map named = {0};

	ARRAY_FOR_EACH (struct network, network, &project->networks)
		array_push(&networks, network->name);
	ARRAY_FOR_EACH (struct volume, volume, &project->volumes)
		array_push(&volumes, volume->name);
	ARRAY_FOR_EACH (struct service, service, &project->services) {
		if (service->image && !map_set(&named, service->image, operate))
			array_push(&images, service->image);
	}
	array_push(&networks, NULL);
	array_push(&volumes, NULL);
	array_push(&images, NULL);
	struct engine_filter filter = {
		.project = project->name,
		.containers = true,
		.networks = true,
		.volumes = true,
		.inspect = operate->closely,
		.origin = true,
		.network_names = up ? networks.items : NULL,
		.volume_names = up ? volumes.items : NULL,
		.images = up ? images.items : NULL,
	};
	operate->request = engine_list(operate->options.engine, &filter, listed, operate);
}

static void host_known(const struct engine_host *host, const struct error *err, void *payload)
{
	struct operate *operate = payload;

	(void)host;
	operate->request = NULL;
	if (operate->cancelled)
		finish_cancelled(operate);
	else if (err)
		finish(operate, err);
	else
		list(operate);
}

static void observe(struct operate *operate)
{
	operate->attempts++;
	if (engine_host_known(operate->options.engine))
		list(operate);
	else
		operate->request = engine_host(operate->options.engine, host_known, operate);
}

/* --- the lock, and who holds it */

static void ask_to_give_up(struct operate *operate);

/* A verb that changes the project holds the lock for as long as it works, and answers nobody. */
static void tell_holder(struct operate *operate)
{
	uint64_t now = engine_now(operate->options.engine);
	long holder = file_lock_holder(operate->options.home->lock);

	if (!operate->waits_since)
		operate->waits_since = now;
	if (operate->told_holder || holder <= 0 || now - operate->waits_since < LOCK_PATIENCE)
		return;
	CLEANUP(memory_free)
	char *sentence =
		memory_format("waiting for process %ld, which is changing the project", holder);
	warn(operate, sentence);
	operate->told_holder = true;
}

static void answered(enum control_outcome outcome, const cJSON *reply, const struct error *err,
		     void *payload)
{
	struct operate *operate = payload;

	(void)reply;
	operate->client = NULL;
	if (operate->cancelled) {
		finish_cancelled(operate);
		return;
	}
	switch (outcome) {
	case CONTROL_ANSWERED:
		finish(operate, err);
		return;
	case CONTROL_OTHER_VERSION:
		ask_to_give_up(operate);
		return;
	case CONTROL_NOBODY:
		tell_holder(operate);
		turn(operate, LOCK_RETRY, take_lock);
		return;
	case CONTROL_LOST:
	case CONTROL_CANCELLED:
		turn(operate, LOCK_RETRY, take_lock);
		return;
	}
}

static void gave_up(enum control_outcome outcome, const cJSON *reply, const struct error *err,
		    void *payload)
{
	struct operate *operate = payload;

	(void)outcome, (void)reply, (void)err;
	operate->client = NULL;
	if (operate->cancelled)
		finish_cancelled(operate);
	else
		turn(operate, LOCK_RETRY, take_lock);
}

/* A supervisor of another version ends and leaves the containers; then the lock is free. */
static void ask_to_give_up(struct operate *operate)
{
	CLEANUP(json_drop) cJSON *message = cJSON_CreateObject();

	if (!operate->told_version)
		warn(operate, "the project's supervisor is of another version: it ends, and this "
			      "one carries on");
	operate->told_version = true;
	json_set_string(message, "verb", "give-up");
	operate->client =
		control_call(operate->loop, operate->options.home, message, NULL, gave_up, operate);
}

static void ask_holder(struct operate *operate)
{
	CLEANUP(json_drop) cJSON *message = cJSON_CreateObject();

	json_set_int(message, "version", CONTROL_VERSION);
	json_set_string(message, "verb", "operate");
	cJSON_AddItemToObject(message, "operation", operation_json(&operate->operation));
	operate->client = control_call(operate->loop, operate->options.home, message,
				       operate->options.progress, answered, operate);
}

static void take_lock(struct operate *operate)
{
	CLEANUP(error_drop) struct error *err = NULL;
	int status = file_lock_take(operate->options.home->lock, &operate->lock, &err);

	if (operate->cancelled)
		finish_cancelled(operate);
	else if (status == 0 && operate->options.lock)
		finish(operate, NULL);
	else if (status == 0)
		observe(operate);
	else if (status == ERROR_CONFLICT)
		ask_holder(operate);
	else
		finish(operate, err);
}

/* --- the beginning */

static struct operate *operate_new(uv_loop_t *loop, const struct operation *operation,
				   const struct operate_options *options,
				   void (*done)(const struct error *err, void *payload),
				   void *payload)
{
	struct operate *operate = memory_zero(1, sizeof(*operate));

	operate->loop = loop;
	operate->operation = *operation;
	operate->options = *options;
	operate->done = done;
	operate->payload = payload;
	alarm_open(&operate->turn, options->engine, turned, operate);
	return operate;
}

struct operate *operate_start(uv_loop_t *loop, const struct operation *operation,
			      const struct operate_options *options,
			      void (*done)(const struct error *err, void *payload), void *payload)
{
	struct operate *operate = operate_new(loop, operation, options, done, payload);

	turn(operate, 0, operation->dry_run ? observe : take_lock);
	return operate;
}

struct operate *operate_alone(uv_loop_t *loop, const struct operation *operation,
			      const struct operate_options *options,
			      const struct execute_options *execute_options,
			      void (*done)(const struct error *err, void *payload), void *payload)
{
	struct operate *operate = operate_new(loop, operation, options, done, payload);

	operate->execute = *execute_options;
	turn(operate, 0, observe);
	return operate;
}

void operate_cancel(struct operate *operate)
{
	if (alarm_is_closing(&operate->turn))
		return;
	operate->cancelled = true;
	if (operate->execution)
		execute_cancel(operate->execution);
	else if (operate->request)
		engine_cancel(operate->request);
	else if (operate->client)
		control_cancel(operate->client);
	else if (operate->asks_ranges)
		return;
	else
		turn(operate, 0, finish_cancelled);
}

void operate_health_changed(struct operate *operate)
{
	if (operate->execution)
		execute_health_changed(operate->execution);
}
