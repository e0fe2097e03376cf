/* SPDX-License-Identifier: MIT */
/* request -- one short request: on its way, under way, answered */
#include "engine/fake/world.h"

#include <stdlib.h>
#include <string.h>

#define SLOW_AFTER     (2 * CLOCK_SECOND)
#define TIMEOUT_ABSENT (30 * CLOCK_SECOND)

const struct call_row fake_call_rows[CALL_COUNT] = {
	[CALL_HOST] = {"host", false, false, REPLY_HOST},
	[CALL_PING] = {"ping", false, false, REPLY_PLAIN},
	[CALL_LIST] = {"list", false, false, REPLY_OBSERVED},
	[CALL_INSPECT] = {"inspect", false, false, REPLY_CONTAINER},
	[CALL_CREATE] = {"create", true, false, REPLY_ID},
	[CALL_START] = {"start", true, false, REPLY_PLAIN},
	[CALL_STOP] = {"stop", true, true, REPLY_PLAIN},
	[CALL_RESTART] = {"restart", true, true, REPLY_PLAIN},
	[CALL_KILL] = {"kill", true, false, REPLY_PLAIN},
	[CALL_PAUSE] = {"pause", true, false, REPLY_PLAIN},
	[CALL_REMOVE] = {"remove", true, false, REPLY_PLAIN},
	[CALL_RENAME] = {"rename", true, false, REPLY_PLAIN},
	[CALL_WAIT] = {"wait", false, true, REPLY_EXIT},
	[CALL_RESIZE] = {"resize", false, false, REPLY_PLAIN},
	[CALL_COPY_IN] = {"copy_in", true, false, REPLY_PLAIN},
	[CALL_LOGS] = {"logs", false, true, REPLY_NONE},
	[CALL_EVENTS] = {"events", false, true, REPLY_NONE},
	[CALL_ATTACH] = {"attach", false, true, REPLY_NONE},
	[CALL_EXEC] = {"exec", true, true, REPLY_NONE},
	[CALL_COPY_OUT] = {"copy_out", false, true, REPLY_NONE},
	[CALL_STATS] = {"container_stats", false, true, REPLY_NONE},
	[CALL_PULL] = {"pull", true, true, REPLY_NONE},
	[CALL_PUSH] = {"push", true, true, REPLY_NONE},
	[CALL_BUILD] = {"build", true, true, REPLY_NONE},
	[CALL_EXEC_EXIT] = {"exec_exit", false, false, REPLY_EXIT},
	[CALL_IMAGE] = {"image", false, false, REPLY_IMAGE},
	[CALL_IMAGE_REMOVE] = {"image_remove", true, false, REPLY_PLAIN},
	[CALL_NETWORK_CREATE] = {"network_create", true, false, REPLY_ID},
	[CALL_NETWORK_REMOVE] = {"network_remove", true, false, REPLY_PLAIN},
	[CALL_NETWORK_CONNECT] = {"network_connect", true, false, REPLY_PLAIN},
	[CALL_NETWORK_DISCONNECT] = {"network_disconnect", true, false, REPLY_PLAIN},
	[CALL_VOLUME_CREATE] = {"volume_create", true, false, REPLY_ID},
	[CALL_VOLUME_REMOVE] = {"volume_remove", true, false, REPLY_PLAIN},
};

int fake_call_named(const char *name)
{
	for (int i = 0; i < CALL_COUNT; i++) {
		if (text_same(fake_call_rows[i].name, name))
			return i;
	}
	return -1;
}

uint64_t fake_call_latency(const struct fake_world *world, enum call call)
{
	uint64_t own = world->latency[call];

	return own == CLOCK_NEVER ? world->options.latency : own;
}

void fake_call_count(struct handle *handle, enum call call, const char *subject,
		     struct fake_request *told)
{
	struct fake_world *world = handle->world;
	const struct call_row *row = &fake_call_rows[call];

	world->requests++;
	world->mutations += row->mutates;
	world->calls[call]++;
	*told = (struct fake_request){
		.engine = &handle->engine,
		.call = row->name,
		.subject = subject,
		.mutating = row->mutates,
		.number = world->requests,
		.mutation = row->mutates ? world->mutations : 0,
	};
}

static struct fault *fault_for(struct fake_world *world, const struct fake_request *told)
{
	struct fault *met = NULL;

	LIST_FOR_EACH (struct fault, fault, &world->faults, link) {
		const struct fake_fault *how = &fault->fault;
		if ((!how->any && !told->mutating) ||
		    (how->call && !text_same(how->call, told->call)) ||
		    (how->subject && !text_same(how->subject, told->subject)))
			continue;
		fault->seen++;
		if (fault->seen >= how->nth && fault->seen < how->nth + how->count)
			met = fault;
	}
	return met;
}

int fake_call_met(struct handle *handle, const struct fake_request *told, enum error_code *lose,
		  struct error **err)
{
	struct fake_world *world = handle->world;

	if (handle->killed)
		return error_set(err, ERROR_CANCELLED, "the client was killed");
	if (world->down)
		return error_set(err, ERROR_UNAVAILABLE, "cannot connect to %s: connection refused",
				 handle->engine.address);
	struct fault *fault = fault_for(world, told);
	if (!fault)
		return 0;
	const struct fake_fault *how = &fault->fault;
	enum error_code code = how->code ? how->code : how->late ? ERROR_UNAVAILABLE : ERROR_SYSTEM;
	world->failed++;
	if (how->late) {
		*lose = code;
		return 0;
	}
	return error_set(err, code, "%s", how->message ? how->message : "a scripted fault");
}

void fake_call_hook(struct fake_world *world, const struct fake_request *told,
		    enum fake_moment moment)
{
	if (world->hook)
		world->hook(told, moment, world->hook_payload);
}

/* --- life */

static void free_request(struct request *request)
{
	fake_timer_stop(request->world, &request->timer);
	fake_timer_stop(request->world, &request->patience);
	list_unlink(&request->link);
	list_unlink(&request->waiting);
	error_drop(&request->err);
	if (request->box)
		fake_box_free(request->box);
	if (request->network)
		fake_network_drop(request->network);
	if (request->volume)
		fake_volume_drop(request->volume);
	fake_endpoint_drop(&request->endpoint);
	text_drop(&request->bytes);
	free(request->filter.project);
	memory_free_vector(&request->filter.network_names);
	memory_free_vector(&request->filter.volume_names);
	memory_free_vector(&request->filter.images);
	observed_drop(&request->observed);
	container_drop(&request->container);
	image_drop(&request->image);
	free(request->subject);
	free(request->name);
	free(request->id);
	free(request);
}

static void deliver(struct request *request)
{
	const struct error *err = request->err;
	void *payload = request->payload;

	switch (fake_call_rows[request->call].reply) {
	case REPLY_PLAIN:
		request->done.plain(err, payload);
		break;
	case REPLY_ID:
		request->done.id(err ? NULL : request->id, err, payload);
		break;
	case REPLY_HOST:
		request->done.host(err ? NULL : &request->handle->engine.host, err, payload);
		break;
	case REPLY_OBSERVED:
		request->done.observed(err ? NULL : &request->observed, err, payload);
		break;
	case REPLY_CONTAINER:
		request->done.container(err ? NULL : &request->container, err, payload);
		break;
	case REPLY_IMAGE:
		request->done.image(err || !request->has_image ? NULL : &request->image, err,
				    payload);
		break;
	case REPLY_EXIT:
		request->done.exit(request->exit_code, err, payload);
		break;
	case REPLY_NONE:
		break;
	}
}

static void on_complete(struct timer *timer)
{
	struct request *request = container_of(timer, struct request, timer);
	struct handle *handle = request->handle;

	list_unlink(&request->link);
	deliver(request);
	free_request(request);
	fake_handle_settle(handle);
}

void fake_request_finish(struct request *request, struct error **err)
{
	struct fake_world *world = request->world;
	bool was_under_way = request->arrived && !request->finished;

	if (request->finished) {
		error_drop(err);
		return;
	}
	request->finished = true;
	list_unlink(&request->waiting);
	fake_timer_stop(world, &request->patience);
	request->err = steal(err);
	if (request->lose && !request->err)
		error_set(&request->err, request->lose_code, "the connection was lost");
	if (!request->handle) {
		free_request(request);
		return;
	}
	fake_timer_set(world, &request->timer, world->now, on_complete);
	if (was_under_way && !request->kept)
		fake_call_hook(world, &request->told, FAKE_AFTER);
}

void fake_request_lost(struct request *request, enum error_code code, const char *why)
{
	struct error *err = NULL;

	if (request->finished) {
		error_drop(&request->err);
		error_set(&request->err, code, "%s", why);
		return;
	}
	/* What arrived has been told to the hook as begun, and ends for it here without a word. */
	request->arrived = false;
	error_set(&err, code, "%s", why);
	fake_request_finish(request, &err);
}

void fake_request_cancel(struct engine_request *base)
{
	struct request *request = (struct request *)base;

	if (!request->finished)
		fake_request_lost(request, ERROR_CANCELLED, "cancelled");
}

static void on_arrive(struct timer *timer)
{
	struct request *request = container_of(timer, struct request, timer);
	struct fake_world *world = request->world;
	struct handle *handle = request->handle;
	struct error *err = NULL;
	enum error_code lose = 0;
	int status = 0;

	if (world->hung && !request->kept)
		return;
	world->actor = handle ? handle->name : "a client that gave up";
	if (handle && !request->kept) {
		fake_call_hook(world, &request->told, FAKE_BEFORE);
		status = fake_call_met(handle, &request->told, &lose, &err);
		request->arrived = !handle->killed;
	}
	if (request->finished) {
		error_drop(&err);
		return;
	}
	request->lose = lose != 0;
	request->lose_code = lose;
	if (!status)
		status = fake_effect(request, &err);
	if (status <= 0)
		fake_request_finish(request, &err);
}

void fake_request_resume(struct request *request)
{
	bool is_on_its_way = !request->arrived && !request->finished;

	if (is_on_its_way && (!request->timer.link.next || list_empty(&request->timer.link)))
		fake_timer_set(request->world, &request->timer, request->world->now, on_arrive);
}

/* What was asked goes on without its client, which keeps the request for its answer. */
static void give_up(struct request *request)
{
	struct fake_world *world = request->world;
	struct request *orphan = memory_zero(1, sizeof(*orphan));
	bool is_armed = request->timer.link.next && !list_empty(&request->timer.link);
	uint64_t due = request->timer.due;

	fake_timer_stop(world, &request->timer);
	*orphan = *request;
	orphan->handle = NULL;
	orphan->timer = (struct timer){0};
	orphan->patience = (struct timer){0};
	list_init(&orphan->waiting);
	list_init(&orphan->link);
	list_append(&world->orphans, &orphan->link);
	if (is_armed)
		fake_timer_set(world, &orphan->timer, due, on_arrive);
	request->subject = request->name = NULL;
	request->box = NULL;
	request->network = NULL;
	request->volume = NULL;
	request->endpoint = (struct endpoint){0};
	request->bytes = (struct text){0};
	request->filter = (struct filter){0};
}

/* The client has no answer: first it is told so, then the request ends without one. */
static void on_patience(struct timer *timer)
{
	struct request *request = container_of(timer, struct request, patience);
	struct handle *handle = request->handle;
	struct engine_options *options = &handle->engine.options;
	uint64_t timeout = options->timeout ? options->timeout : TIMEOUT_ABSENT;
	bool is_slow = !request->slow_told && timeout > SLOW_AFTER;
	CLEANUP(error_drop) struct error *err = NULL;

	if (is_slow) {
		request->slow_told = true;
		fake_timer_set(request->world, timer, request->world->now + timeout - SLOW_AFTER,
			       on_patience);
		if (options->slow)
			options->slow(fake_call_rows[request->call].name, options->slow_payload);
		return;
	}
	error_set(&err, ERROR_TIMEOUT, "%s: no answer within %.3g s",
		  fake_call_rows[request->call].name, (double)timeout / CLOCK_SECOND);
	give_up(request);
	fake_request_finish(request, &err);
}

struct request *fake_request_new(struct engine *engine, enum call call, const char *subject,
				 void *payload)
{
	struct handle *handle = (struct handle *)engine;
	struct fake_world *world = handle->world;
	struct request *request = memory_zero(1, sizeof(*request));
	uint64_t timeout = engine->options.timeout ? engine->options.timeout : TIMEOUT_ABSENT;

	request->base.engine = engine;
	request->world = world;
	request->handle = handle;
	request->call = call;
	request->subject = memory_copy(subject);
	request->payload = payload;
	list_init(&request->waiting);
	list_append(&handle->requests, &request->link);
	request->kept = call == CALL_HOST && engine->host_known;
	if (!request->kept)
		fake_call_count(handle, call, request->subject, &request->told);
	fake_timer_set(world, &request->timer,
		       world->now + (request->kept ? 0 : fake_call_latency(world, call)),
		       on_arrive);
	if (!fake_call_rows[call].is_long)
		fake_timer_set(world, &request->patience,
			       world->now + (timeout > SLOW_AFTER ? SLOW_AFTER : timeout),
			       on_patience);
	return request;
}

/* A hook may change the list at each turn, so each turn begins it again. */
static struct request *waiting(struct box *box, enum waits_for waits)
{
	LIST_FOR_EACH (struct request, request, &box->waiters, waiting) {
		if (request->waits == waits)
			return request;
	}
	return NULL;
}

void fake_request_wake(struct box *box, enum waits_for waits, int64_t exit_code,
		       const struct error *err)
{
	for (struct request *request; (request = waiting(box, waits));) {
		struct error *copy = error_copy(err);
		request->exit_code = exit_code;
		fake_request_finish(request, &copy);
	}
}
