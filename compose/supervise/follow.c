/* SPDX-License-Identifier: MIT */
#include "compose/supervise/follow.h"

#include <assert.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "engine/alarm.h"

#define RETRY_MAX (2 * CLOCK_SECOND)

struct follow {
	struct engine *engine;
	char *project;
	struct follow_reader reader;
	void *payload;
	struct engine_stream *stream;
	struct alarm retry;
	uint64_t wait; /* before the next try */
	bool open;     /* the stream is accepted */
	bool broken;   /* told, and not yet open again */
	bool closing;
	void (*closed)(void *payload);
	void *closed_payload;
};

static void begin(struct follow *follow);

static void alarm_closed(struct alarm *alarm)
{
	struct follow *follow = alarm->data;
	void (*closed)(void *payload) = follow->closed;
	void *payload = follow->closed_payload;

	assert(!follow->stream);
	free(follow->project);
	free(follow);
	closed(payload);
}

static void on_open(struct engine_stream *stream, void *payload)
{
	struct follow *follow = payload;

	if (follow->closing)
		return;
	follow->open = true;
	follow->broken = false;
	follow->wait = FOLLOW_FIRST;
	follow->reader.open(follow->payload);
	engine_stream_read(stream);
}

static void on_event(struct engine_stream *stream, const struct engine_event *event, void *payload)
{
	struct follow *follow = payload;

	if (!follow->closing && follow->reader.event(event, follow->payload))
		engine_stream_read(stream);
}

static void on_end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct follow *follow = payload;

	(void)stream;
	follow->stream = NULL;
	follow->open = false;
	if (follow->closing) {
		alarm_close(&follow->retry, alarm_closed);
		return;
	}
	log_debug("events: the stream ended: %s", err ? err->message : "end");
	alarm_in(&follow->retry, follow->wait);
	follow->wait = follow->wait * 2 > RETRY_MAX ? RETRY_MAX : follow->wait * 2;
	if (follow->broken)
		return;
	follow->broken = true;
	follow->reader.broken(err, follow->payload);
}

static void retry_now(struct alarm *alarm)
{
	begin(alarm->data);
}

static void begin(struct follow *follow)
{
	static const struct engine_reader reader = {
		.open = on_open,
		.event = on_event,
		.end = on_end,
	};
	struct events_options options = {.project = follow->project, .no_exec = true};

	follow->stream = engine_events(follow->engine, &options, &reader, follow);
	engine_stream_read(follow->stream);
}

struct follow *follow_open(struct engine *engine, const char *project,
			   const struct follow_reader *reader, void *payload)
{
	struct follow *follow = memory_zero(1, sizeof(*follow));

	follow->engine = engine;
	follow->project = memory_copy(project);
	follow->reader = *reader;
	follow->payload = payload;
	follow->wait = FOLLOW_FIRST;
	alarm_open(&follow->retry, engine, retry_now, follow);
	begin(follow);
	return follow;
}

void follow_on(struct follow *follow)
{
	if (follow->open && !follow->closing)
		engine_stream_read(follow->stream);
}

bool follow_is_open(const struct follow *follow)
{
	return follow->open;
}

void follow_close(struct follow *follow, void (*closed)(void *payload), void *payload)
{
	assert(!follow->closing);
	follow->closing = true;
	follow->closed = closed;
	follow->closed_payload = payload;
	alarm_stop(&follow->retry);
	if (follow->stream)
		engine_stream_close(follow->stream);
	else
		alarm_close(&follow->retry, alarm_closed);
}
