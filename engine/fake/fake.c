/* SPDX-License-Identifier: MIT */
#include "engine/fake/ask.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* --- the handle's place in its loop: an idle where something is due now, a timer where it is due
 * later */

static bool is_busy(const struct handle *handle)
{
	return handle->closing || handle->alarms || !list_empty(&handle->requests) ||
	       !list_empty(&handle->streams);
}

static bool is_anyone_busy(const struct fake_world *world)
{
	LIST_FOR_EACH (struct handle, handle, &world->handles, link) {
		if (is_busy(handle))
			return true;
	}
	return false;
}

static void pump(struct fake_world *world)
{
	uint64_t horizon = world->now;

	if (world->options.clock == FAKE_REAL)
		horizon = clock_monotonic();
	else if (world->options.clock == FAKE_JUMP && is_anyone_busy(world))
		horizon = fake_next(world);
	if (horizon == CLOCK_NEVER || fake_fire(world, horizon))
		return;
	if (world->options.clock == FAKE_REAL && horizon > world->now)
		world->now = horizon;
	fake_arm(world);
}

static void on_idle(uv_idle_t *idle)
{
	struct handle *handle = container_of(idle, struct handle, idle);

	pump(handle->world);
}

static void on_timer(uv_timer_t *timer)
{
	struct handle *handle = container_of(timer, struct handle, timer);

	pump(handle->world);
}

static void hold_loop(struct handle *handle)
{
	void (*hold)(uv_handle_t *) = is_busy(handle) ? uv_ref : uv_unref;

	hold((uv_handle_t *)&handle->idle);
	hold((uv_handle_t *)&handle->timer);
}

void fake_handle_arm(struct handle *handle)
{
	struct fake_world *world = handle->world;
	uint64_t next = fake_next(world);
	bool is_due = next <= world->now;

	if (uv_is_closing((uv_handle_t *)&handle->idle))
		return;
	hold_loop(handle);
	if (world->options.clock == FAKE_JUMP && next != CLOCK_NEVER)
		is_due |= is_anyone_busy(world);
	uint64_t now = world->options.clock == FAKE_REAL ? clock_monotonic() : world->now;
	is_due |= next <= now;
	if (is_due)
		uv_idle_start(&handle->idle, on_idle);
	else
		uv_idle_stop(&handle->idle);
	if (world->options.clock != FAKE_REAL)
		return;
	if (is_due || next == CLOCK_NEVER) {
		uv_timer_stop(&handle->timer);
		return;
	}
	uv_update_time(handle->engine.loop);
	uv_timer_start(&handle->timer, on_timer, (next - now) / CLOCK_MS + 1, 0);
}

/* --- open and close */

struct engine *fake_open(struct fake_world *world, uv_loop_t *loop,
			 const struct engine_options *options)
{
	struct handle *handle = memory_zero(1, sizeof(*handle));

	handle->world = world;
	handle->engine.ops = &fake_ops;
	handle->engine.loop = loop;
	handle->engine.address =
		memory_copy(options && options->address ? options->address : "fake");
	if (options) {
		handle->engine.options.timeout = options->timeout;
		handle->engine.options.slow = options->slow;
		handle->engine.options.slow_payload = options->slow_payload;
	}
	list_init(&handle->engine.refusals);
	list_init(&handle->requests);
	list_init(&handle->streams);
	snprintf(handle->name, sizeof(handle->name), "client %u", ++world->handle_count);
	uv_idle_init(loop, &handle->idle);
	uv_timer_init(loop, &handle->timer);
	handle->open_handles = 2;
	list_append(&world->handles, &handle->link);
	fake_handle_arm(handle);
	return &handle->engine;
}

static int open_alone(uv_loop_t *loop, const struct engine_options *options, struct engine **ret,
		      struct error **err)
{
	struct fake_world *world =
		fake_world_new(&(struct fake_options){.clock = FAKE_REAL, .any_image = true});

	if (options->address && *options->address) {
		int status = fake_script(world, options->address, err);
		if (status) {
			fake_world_drop(&world);
			return status;
		}
	}
	*ret = fake_open(world, loop, options);
	((struct handle *)*ret)->owns_world = true;
	return 0;
}

static void on_closed(uv_handle_t *uv)
{
	struct handle *handle = uv->type == UV_IDLE
					? container_of((uv_idle_t *)uv, struct handle, idle)
					: container_of((uv_timer_t *)uv, struct handle, timer);

	if (--handle->open_handles)
		return;
	void (*closed)(void *) = handle->closed;
	void *payload = handle->closed_payload;
	list_unlink(&handle->link);
	if (handle->owns_world)
		fake_world_drop(&handle->world);
	engine_host_drop(&handle->engine.host);
	free(handle->engine.address);
	free(handle);
	if (closed)
		closed(payload);
}

void fake_handle_settle(struct handle *handle)
{
	if (!handle->closing || uv_is_closing((uv_handle_t *)&handle->idle) ||
	    !list_empty(&handle->requests) || !list_empty(&handle->streams))
		return;
	uv_close((uv_handle_t *)&handle->idle, on_closed);
	uv_close((uv_handle_t *)&handle->timer, on_closed);
}

static void lose(struct handle *handle, enum error_code code, const char *why)
{
	LIST_FOR_EACH (struct request, request, &handle->requests, link)
		fake_request_lost(request, code, why);
	LIST_FOR_EACH (struct stream, stream, &handle->streams, link) {
		if (!stream->closing)
			fake_stream_lost(stream, code, why);
	}
}

static void close_handle(struct engine *engine, void (*closed)(void *payload), void *payload)
{
	struct handle *handle = (struct handle *)engine;

	assert(!handle->closing);
	handle->closing = handle->killed = true;
	handle->closed = closed;
	handle->closed_payload = payload;
	lose(handle, ERROR_CANCELLED, "the engine was closed");
	fake_handle_arm(handle);
	fake_handle_settle(handle);
}

void fake_kill(struct engine *engine)
{
	struct handle *handle = (struct handle *)engine;

	handle->killed = true;
	lose(handle, ERROR_CANCELLED, "the client was killed");
}

void fake_engine_lost(struct fake_world *world, const char *why)
{
	LIST_FOR_EACH (struct request, request, &world->orphans, link)
		fake_request_finish(request, &(struct error *){NULL});
	LIST_FOR_EACH (struct handle, handle, &world->handles, link)
		lose(handle, ERROR_UNAVAILABLE, why);
}

static void break_streams(struct fake_world *world, bool events_only)
{
	LIST_FOR_EACH (struct handle, handle, &world->handles, link) {
		LIST_FOR_EACH (struct stream, stream, &handle->streams, link) {
			if (!stream->closing && (!events_only || stream->call == CALL_EVENTS))
				fake_stream_lost(stream, ERROR_UNAVAILABLE,
						 "the connection was lost");
		}
	}
}

void fake_break_events(struct fake_world *world)
{
	break_streams(world, true);
}

void fake_break_streams(struct fake_world *world)
{
	break_streams(world, false);
}

void fake_hang(struct fake_world *world, bool hang)
{
	world->hung = hang;
	if (hang)
		return;
	LIST_FOR_EACH (struct request, request, &world->orphans, link)
		fake_request_resume(request);
	LIST_FOR_EACH (struct handle, handle, &world->handles, link) {
		LIST_FOR_EACH (struct request, request, &handle->requests, link)
			fake_request_resume(request);
		LIST_FOR_EACH (struct stream, stream, &handle->streams, link)
			fake_stream_resume(stream);
	}
}

/* --- the alarms of clients: a virtual clock is theirs too */

static uint64_t now(const struct engine *engine)
{
	const struct fake_world *world = ((const struct handle *)engine)->world;

	return world->options.clock == FAKE_REAL ? clock_monotonic() : world->now;
}

static void *at(struct engine *engine, uint64_t time, void (*call)(void *payload), void *payload)
{
	struct handle *handle = (struct handle *)engine;

	if (handle->world->options.clock == FAKE_REAL)
		return NULL;
	struct fake_alarm *alarm = fake_at(handle->world, time, call, payload);
	alarm->handle = handle;
	handle->alarms++;
	fake_handle_arm(handle);
	return alarm;
}

static void forget(struct engine *engine, void *pending)
{
	struct fake_alarm *alarm = pending;

	(void)engine;
	fake_forget(&alarm);
}

const struct engine_ops fake_ops = {
	.name = "fake",
	.open = open_alone,
	.close = close_handle,
	.cancel = fake_request_cancel,
	.now = now,
	.at = at,
	.forget = forget,
	.host = fake_ask_host,
	.ping = fake_ask_ping,
	.list = fake_ask_list,
	.inspect = fake_ask_inspect,
	.create = fake_ask_create,
	.start = fake_ask_start,
	.stop = fake_ask_stop,
	.restart = fake_ask_restart,
	.kill = fake_ask_kill,
	.pause = fake_ask_pause,
	.remove = fake_ask_remove,
	.rename = fake_ask_rename,
	.wait = fake_ask_wait,
	.resize = fake_ask_resize,
	.copy_in = fake_ask_copy_in,
	.logs = fake_ask_logs,
	.events = fake_ask_events,
	.attach = fake_ask_attach,
	.exec = fake_ask_exec,
	.copy_out = fake_ask_copy_out,
	.container_stats = fake_ask_stats,
	.pull = fake_ask_pull,
	.push = fake_ask_push,
	.build = fake_ask_build,
	.stream_read = fake_stream_read,
	.stream_write = fake_stream_write,
	.stream_shutdown = fake_stream_shutdown,
	.stream_close = fake_stream_close,
	.stream_id = fake_stream_id,
	.exec_exit = fake_ask_exec_exit,
	.image = fake_ask_image,
	.image_remove = fake_ask_image_remove,
	.network_create = fake_ask_network_create,
	.network_remove = fake_ask_network_remove,
	.network_connect = fake_ask_network_connect,
	.network_disconnect = fake_ask_network_disconnect,
	.volume_create = fake_ask_volume_create,
	.volume_remove = fake_ask_volume_remove,
};
