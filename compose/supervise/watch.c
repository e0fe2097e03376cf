/* SPDX-License-Identifier: MIT */
#include "compose/supervise/watch.h"

#include <assert.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"

#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS   2000
#define RELIST_MS      10000

struct watch {
	struct engine *engine;
	char *project;
	struct watch_reader reader;
	void *payload;
	struct engine_stream *stream;
	struct engine_request *list;
	bool open;       /* the stream is accepted */
	bool broken;     /* told, and not yet open again */
	bool list_again; /* something asked for a list while one was under way */
	bool closing;
	unsigned retry_ms;
	uv_timer_t retry;  /* tries the stream again */
	uv_timer_t relist; /* the one timer at rest */
	unsigned handles;
	void (*closed)(void *payload);
	void *closed_payload;
};

static void follow(struct watch *watch);
static void list(struct watch *watch);

static void handle_closed(uv_handle_t *handle)
{
	struct watch *watch = handle->data;

	if (--watch->handles)
		return;
	void (*closed)(void *payload) = watch->closed;
	void *payload = watch->closed_payload;
	assert(!watch->stream && !watch->list);
	free(watch->project);
	free(watch);
	closed(payload);
}

static void maybe_closed(struct watch *watch)
{
	if (!watch->closing || watch->stream || watch->list)
		return;
	uv_close((uv_handle_t *)&watch->retry, handle_closed);
	uv_close((uv_handle_t *)&watch->relist, handle_closed);
}

static void relist_due(uv_timer_t *timer)
{
	list(timer->data);
}

static void listed(struct observed *observed, const struct error *err, void *payload)
{
	struct watch *watch = payload;

	watch->list = NULL;
	if (watch->closing) {
		maybe_closed(watch);
		return;
	}
	uv_timer_start(&watch->relist, relist_due, RELIST_MS, 0);
	if (err)
		log_debug("watch: no list: %s", err->message);
	else
		watch->reader.observed(observed, watch->payload);
	if (watch->list_again && !watch->closing)
		list(watch);
}

static void list(struct watch *watch)
{
	struct engine_filter filter = {
		.project = watch->project,
		.containers = true,
	};

	if (watch->list) {
		watch->list_again = true;
		return;
	}
	watch->list_again = false;
	watch->list = engine_list(watch->engine, &filter, listed, watch);
}

static void on_event(struct engine_stream *stream, const struct engine_event *event, void *payload)
{
	struct watch *watch = payload;

	if (!watch->closing)
		watch->reader.event(event, watch->payload);
	engine_stream_read(stream);
}

static void on_open(struct engine_stream *stream, void *payload)
{
	struct watch *watch = payload;

	watch->open = true;
	watch->broken = false;
	watch->retry_ms = RETRY_FIRST_MS;
	if (!watch->closing) {
		watch->reader.open(watch->payload);
		list(watch);
	}
	engine_stream_read(stream);
}

static void retry_now(uv_timer_t *timer)
{
	follow(timer->data);
}

static void on_end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct watch *watch = payload;

	(void)stream;
	watch->stream = NULL;
	watch->open = false;
	if (watch->closing) {
		maybe_closed(watch);
		return;
	}
	uv_timer_start(&watch->retry, retry_now, watch->retry_ms, 0);
	watch->retry_ms = watch->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : watch->retry_ms * 2;
	if (!watch->broken) {
		watch->broken = true;
		watch->reader.broken(err, watch->payload);
	}
}

static void follow(struct watch *watch)
{
	static const struct engine_reader reader = {
		.open = on_open,
		.event = on_event,
		.end = on_end,
	};
	struct events_options options = {.project = watch->project, .no_exec = true};

	watch->stream = engine_events(watch->engine, &options, &reader, watch);
	engine_stream_read(watch->stream);
}

struct watch *watch_open(struct engine *engine, const char *project,
			 const struct watch_reader *reader, void *payload)
{
	struct watch *watch = memory_zero(1, sizeof(*watch));

	watch->engine = engine;
	watch->project = memory_copy(project);
	watch->reader = *reader;
	watch->payload = payload;
	watch->retry_ms = RETRY_FIRST_MS;
	uv_timer_init(engine_loop(engine), &watch->retry);
	uv_timer_init(engine_loop(engine), &watch->relist);
	watch->retry.data = watch;
	watch->relist.data = watch;
	watch->handles = 2;
	follow(watch);
	return watch;
}

void watch_list_now(struct watch *watch)
{
	if (!watch->closing)
		list(watch);
}

void watch_close(struct watch *watch, void (*closed)(void *payload), void *payload)
{
	assert(!watch->closing);
	watch->closing = true;
	watch->closed = closed;
	watch->closed_payload = payload;
	uv_timer_stop(&watch->retry);
	uv_timer_stop(&watch->relist);
	if (watch->list)
		engine_cancel(watch->list);
	if (watch->stream)
		engine_stream_close(watch->stream);
	maybe_closed(watch);
}
