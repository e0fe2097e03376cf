/* SPDX-License-Identifier: MIT */
#include "compose/supervise/inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "engine/alarm.h"

#define TAIL_MAX   (4u << 10)
#define TAIL_LINES 10

struct inside {
	struct engine *engine;
	struct engine_stream *stream;
	struct engine_request *request;
	struct alarm limit;
	uint64_t allowed;
	struct text tail; /* the end of what it wrote */
	struct error *error;
	engine_done *done;
	void *payload;
};

/* --- the end */

static void closed(struct alarm *alarm)
{
	struct inside *inside = alarm->data;
	CLEANUP(error_drop) struct error *err = steal(&inside->error);
	engine_done *done = inside->done;
	void *payload = inside->payload;

	text_drop(&inside->tail);
	free(inside);
	done(err, payload);
}

static void finish(struct inside *inside)
{
	alarm_close(&inside->limit, closed);
}

/* --- what it wrote */

static void keep(struct inside *inside, const char *bytes, size_t len)
{
	size_t extra = len > TAIL_MAX ? len - TAIL_MAX : 0;

	text_add_n(&inside->tail, bytes + extra, len - extra);
	if (inside->tail.len > TAIL_MAX)
		text_remove(&inside->tail, 0, inside->tail.len - TAIL_MAX);
}

static const char *last_lines(struct inside *inside)
{
	struct text *tail = &inside->tail;
	size_t lines = 0;

	while (tail->len && strchr("\r\n \t", tail->data[tail->len - 1]))
		text_remove(tail, tail->len - 1, 1);
	for (size_t i = tail->len; i-- > 0;)
		if (tail->data[i] == '\n' && ++lines == TAIL_LINES)
			return tail->data + i + 1;
	return text_string(tail);
}

/* --- from the exec to its code */

static void coded(int64_t code, const struct error *err, void *payload)
{
	struct inside *inside = payload;

	inside->request = NULL;
	if (err && !inside->error) {
		inside->error = error_copy(err);
	} else if (!inside->error && code) {
		error_set(&inside->error, ERROR_SYSTEM, "the hook ended with code %lld",
			  (long long)code);
		if (*last_lines(inside))
			error_detail(&inside->error, "%s", last_lines(inside));
	}
	finish(inside);
}

static void on_data(struct engine_stream *stream, enum stream_channel channel, const char *bytes,
		    size_t len, void *payload)
{
	(void)channel;
	keep(payload, bytes, len);
	engine_stream_read(stream);
}

static void on_end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct inside *inside = payload;
	const char *exec = engine_stream_id(stream);

	inside->stream = NULL;
	if (err && !inside->error)
		inside->error = error_copy(err);
	if (!inside->error && !exec)
		error_set(&inside->error, ERROR_SYSTEM, "the engine told no id of the hook's run");
	if (inside->error)
		finish(inside);
	else
		inside->request = engine_exec_exit(inside->engine, exec, coded, inside);
}

static void give_up(struct inside *inside)
{
	if (inside->stream)
		engine_stream_close(inside->stream);
	else if (inside->request)
		engine_cancel(inside->request);
}

static void limit_over(struct alarm *alarm)
{
	struct inside *inside = alarm->data;

	if (!inside->error)
		error_set(&inside->error, ERROR_TIMEOUT, "the hook did not end within %llu s",
			  (unsigned long long)(inside->allowed / CLOCK_SECOND));
	give_up(inside);
}

/* --- the beginning */

static struct exec_options options_of(const struct hook *hook, struct arena *arena)
{
	const char **env = arena_alloc(arena, (hook->environment.len + 1) * sizeof(*env));
	size_t len = 0;

	ARRAY_FOR_EACH (const struct pair, pair, &hook->environment)
		env[len++] = pair->value ? arena_format(arena, "%s=%s", pair->key, pair->value)
					 : pair->key;
	env[len] = NULL;
	return (struct exec_options){
		.command = (const char *const *)hook->command,
		.env = env,
		.user = hook->user,
		.folder = hook->working_dir,
		.privileged = hook->privileged,
	};
}

struct inside *inside_start(struct engine *engine, const char *container, const struct hook *hook,
			    uint64_t limit, engine_done *done, void *payload)
{
	static const struct engine_reader reader = {.data = on_data, .end = on_end};
	struct inside *inside = memory_zero(1, sizeof(*inside));
	CLEANUP(arena_drop) struct arena arena = {0};
	struct exec_options options = options_of(hook, &arena);

	inside->engine = engine;
	inside->allowed = limit;
	inside->done = done;
	inside->payload = payload;
	alarm_open(&inside->limit, engine, limit_over, inside);
	if (limit)
		alarm_in(&inside->limit, limit);
	inside->stream = engine_exec(engine, container, &options, &reader, inside);
	engine_stream_read(inside->stream);
	return inside;
}

void inside_cancel(struct inside *inside)
{
	if (!inside->error)
		error_set(&inside->error, ERROR_CANCELLED, "cancelled");
	give_up(inside);
}
