/* SPDX-License-Identifier: MIT */
#include "compose/supervise/watch.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "engine/alarm.h"

#define RETRY_FIRST (100 * CLOCK_MS)
#define RETRY_MAX   (2 * CLOCK_SECOND)
#define RELIST      (10 * CLOCK_SECOND)
#define STALES_MAX  5 /* lists in a row that are not believed, where events never cease */

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
	bool stale;      /* the list under way may be older than what was told since it was begun */
	unsigned stales; /* in a row */
	bool listed;     /* one has come since the stream was opened */
	bool closing;
	uint64_t wait;       /* before the next try */
	struct alarm retry;  /* tries the stream again */
	struct alarm relist; /* the one timer at rest */
	unsigned handles;
	void (*closed)(void *payload);
	void *closed_payload;
};

static void follow(struct watch *watch);
static void list(struct watch *watch);

static void alarm_closed(struct alarm *alarm)
{
	struct watch *watch = alarm->data;

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
	alarm_close(&watch->retry, alarm_closed);
	alarm_close(&watch->relist, alarm_closed);
}

static void relist_due(struct alarm *alarm)
{
	list(alarm->data);
}

/* What was asked before a break says nothing of the time after it, and what was asked before an
 * event may undo it. */
static void take_list(struct watch *watch, struct observed *observed, const struct error *err)
{
	bool stale = watch->stale && watch->stales < STALES_MAX;

	watch->stale = false;
	watch->stales = stale ? watch->stales + 1 : 0;
	if (!watch->open)
		return;
	if (stale || watch->list_again) {
		alarm_at(&watch->relist, engine_now(watch->engine));
	} else if (err && !watch->listed) {
		alarm_in(&watch->relist, watch->wait);
	} else {
		alarm_in(&watch->relist, RELIST);
	}
	if (err)
		log_debug("watch: no list: %s", err->message);
	if (err || stale)
		return;
	watch->listed = true;
	watch->reader.observed(observed, watch->payload);
}

static void listed(struct observed *observed, const struct error *err, void *payload)
{
	struct watch *watch = payload;

	watch->list = NULL;
	if (watch->closing) {
		maybe_closed(watch);
		return;
	}
	take_list(watch, observed, err);
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
	alarm_stop(&watch->relist);
	watch->list = engine_list(watch->engine, &filter, listed, watch);
}

static void on_event(struct engine_stream *stream, const struct engine_event *event, void *payload)
{
	struct watch *watch = payload;

	watch->stale = watch->stale || watch->list;
	if (!watch->closing)
		watch->reader.event(event, watch->payload);
	engine_stream_read(stream);
}

static void on_open(struct engine_stream *stream, void *payload)
{
	struct watch *watch = payload;

	watch->open = true;
	watch->broken = false;
	watch->listed = false;
	watch->wait = RETRY_FIRST;
	if (!watch->closing) {
		watch->reader.open(watch->payload);
		list(watch);
	}
	engine_stream_read(stream);
}

static void retry_now(struct alarm *alarm)
{
	follow(alarm->data);
}

static void on_end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct watch *watch = payload;

	(void)stream;
	watch->stream = NULL;
	watch->open = false;
	watch->stale = watch->list != NULL;
	alarm_stop(&watch->relist);
	if (watch->closing) {
		maybe_closed(watch);
		return;
	}
	alarm_in(&watch->retry, watch->wait);
	watch->wait = watch->wait * 2 > RETRY_MAX ? RETRY_MAX : watch->wait * 2;
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
	watch->wait = RETRY_FIRST;
	alarm_open(&watch->retry, engine, retry_now, watch);
	alarm_open(&watch->relist, engine, relist_due, watch);
	watch->handles = 2;
	follow(watch);
	return watch;
}

void watch_list_now(struct watch *watch)
{
	/* Closed or broken: the next opening lists. */
	if (!watch->closing && watch->open)
		list(watch);
}

void watch_close(struct watch *watch, void (*closed)(void *payload), void *payload)
{
	assert(!watch->closing);
	watch->closing = true;
	watch->closed = closed;
	watch->closed_payload = payload;
	alarm_stop(&watch->retry);
	alarm_stop(&watch->relist);
	if (watch->list)
		engine_cancel(watch->list);
	if (watch->stream)
		engine_stream_close(watch->stream);
	maybe_closed(watch);
}
