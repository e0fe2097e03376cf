/* SPDX-License-Identifier: MIT */
/* bench -- an engine under test, asked one thing at a time (cmocka through tests/test.h stands
 * before it)
 *
 *	struct bench bench;
 *	bench_open_fake(&bench, &(struct fake_options){.clock = FAKE_JUMP});
 *	assert_int_equal(bench_start(&bench, "a"), 0);	or the error's code; bench.message is its sentence
 *	bench_close(&bench);				asserts that the loop closes clean
 *
 * Requests run the loop until they are answered. A struct reading gathers what a stream tells.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/fake/fake.h"
#include "tests/test.h"
#include "tests/loop.h"

struct bench {
	uv_loop_t loop;
	struct fake_world *world; /* NULL: a real engine */
	struct engine *engine;
	bool answered, closed;
	int code;
	char *message; /* of the last error, or NULL */
	char *id;      /* the last replies */
	int64_t exit_code;
	struct container container;
	struct observed observed;
	struct image image;
	bool has_image;
};

static inline void bench_forget(struct bench *bench)
{
	bench->answered = false;
	memory_free(&bench->message);
	memory_free(&bench->id);
	container_drop(&bench->container);
	observed_drop(&bench->observed);
	image_drop(&bench->image);
	bench->has_image = false;
}

static inline void bench_open_fake(struct bench *bench, const struct fake_options *options)
{
	*bench = (struct bench){0};
	assert_int_equal(uv_loop_init(&bench->loop), 0);
	bench->world = fake_world_new(options);
	bench->engine = fake_open(bench->world, &bench->loop, NULL);
}

static inline void bench_open(struct bench *bench, const char *driver, const char *address)
{
	CLEANUP(error_drop) struct error *err = NULL;

	*bench = (struct bench){0};
	assert_int_equal(uv_loop_init(&bench->loop), 0);
	assert_int_equal(engine_open(&bench->loop,
				     &(struct engine_options){.driver = driver, .address = address},
				     &bench->engine, &err),
			 0);
}

static inline void bench_closed(void *payload)
{
	((struct bench *)payload)->closed = true;
}

static inline void bench_close_engine(struct bench *bench)
{
	bench->closed = false;
	engine_close(bench->engine, bench_closed, bench);
	while (!bench->closed)
		uv_run(&bench->loop, UV_RUN_ONCE);
	bench->engine = NULL;
}

static inline void bench_close(struct bench *bench)
{
	if (bench->engine)
		bench_close_engine(bench);
	bench_forget(bench);
	if (bench->world)
		fake_world_drop(&bench->world);
	loop_assert_clean(&bench->loop);
}

/* --- completions */

static inline void bench_note(struct bench *bench, const struct error *err)
{
	assert_false(bench->answered);
	bench->answered = true;
	bench->code = err ? (int)err->code : 0;
	bench->message = err ? memory_copy(err->message) : NULL;
}

static inline void bench_done(const struct error *err, void *payload)
{
	bench_note(payload, err);
}

static inline void bench_id_done(const char *id, const struct error *err, void *payload)
{
	struct bench *bench = payload;

	bench_note(bench, err);
	bench->id = memory_copy(id);
	assert_true(err ? !id : id != NULL);
}

static inline void bench_exit_done(int64_t exit_code, const struct error *err, void *payload)
{
	struct bench *bench = payload;

	bench_note(bench, err);
	bench->exit_code = exit_code;
}

static inline void bench_container_done(const struct container *container, const struct error *err,
					void *payload)
{
	struct bench *bench = payload;

	bench_note(bench, err);
	if (container)
		container_copy(&bench->container, container);
}

static inline void bench_observed_done(struct observed *observed, const struct error *err,
				       void *payload)
{
	struct bench *bench = payload;

	bench_note(bench, err);
	if (!observed)
		return;
	bench->observed = *observed;
	*observed = (struct observed){0};
}

static inline void bench_image_done(const struct image *image, const struct error *err,
				    void *payload)
{
	struct bench *bench = payload;

	bench_note(bench, err);
	bench->has_image = image != NULL;
}

static inline void bench_host_done(const struct engine_host *host, const struct error *err,
				   void *payload)
{
	bench_note(payload, err);
	assert_true(err ? !host : host != NULL);
}

/* Nothing may have been answered from inside the call; then the loop runs until it is. */
static inline int bench_await(struct bench *bench)
{
	assert_false(bench->answered);
	while (!bench->answered)
		assert_true(uv_run(&bench->loop, UV_RUN_ONCE) || bench->answered);
	return bench->code;
}

/* BENCH_ASK(bench, start, bench_done, "a"): engine_start(..., "a", ...) awaited */
#define BENCH_ASK(bench, function, done, ...)                                                      \
	(bench_forget(bench), (void)engine_##function((bench)->engine, __VA_ARGS__, done, bench),  \
	 bench_await(bench))

static inline int bench_host(struct bench *bench)
{
	bench_forget(bench);
	engine_host(bench->engine, bench_host_done, bench);
	return bench_await(bench);
}

static inline int bench_create(struct bench *bench, const struct container_spec *spec)
{
	return BENCH_ASK(bench, create, bench_id_done, spec);
}

static inline int bench_start(struct bench *bench, const char *container)
{
	return BENCH_ASK(bench, start, bench_done, container);
}

static inline int bench_stop(struct bench *bench, const char *container, int timeout)
{
	return BENCH_ASK(bench, stop, bench_done, container, timeout);
}

static inline int bench_restart(struct bench *bench, const char *container, int timeout)
{
	return BENCH_ASK(bench, restart, bench_done, container, timeout);
}

static inline int bench_kill(struct bench *bench, const char *container, const char *signal)
{
	return BENCH_ASK(bench, kill, bench_done, container, signal);
}

static inline int bench_pause(struct bench *bench, const char *container, bool pause)
{
	return BENCH_ASK(bench, pause, bench_done, container, pause);
}

static inline int bench_remove(struct bench *bench, const char *container, bool force, bool volumes)
{
	return BENCH_ASK(bench, remove, bench_done, container, force, volumes);
}

static inline int bench_rename(struct bench *bench, const char *container, const char *name)
{
	return BENCH_ASK(bench, rename, bench_done, container, name);
}

static inline int bench_wait(struct bench *bench, const char *container)
{
	return BENCH_ASK(bench, wait, bench_exit_done, container);
}

static inline int bench_inspect(struct bench *bench, const char *container)
{
	return BENCH_ASK(bench, inspect, bench_container_done, container);
}

static inline int bench_list(struct bench *bench, const struct engine_filter *filter)
{
	return BENCH_ASK(bench, list, bench_observed_done, filter);
}

/* --- streams */

struct reading {
	struct bench *bench;
	struct engine_stream *stream; /* NULL after its end */
	struct text output, errors;
	struct text events; /* "create a\nstart a\n" */
	struct text progress;
	int64_t first_time, last_time; /* of events */
	unsigned pieces;
	int exit_code, signal; /* of the last die, the last kill */
	char *service;         /* label of the last event */
	bool held;             /* what has come is not followed by a further read */
	bool open, ended, stats;
	int code;
	char *message;
};

static inline void reading_more(struct reading *reading, struct engine_stream *stream)
{
	reading->pieces++;
	if (!reading->held)
		engine_stream_read(stream);
}

static inline void reading_data(struct engine_stream *stream, enum stream_channel channel,
				const char *bytes, size_t len, void *payload)
{
	struct reading *reading = payload;

	assert_true(len <= 65536);
	text_add_n(channel == STREAM_OUTPUT ? &reading->output : &reading->errors, bytes, len);
	reading_more(reading, stream);
}

static inline void reading_event(struct engine_stream *stream, const struct engine_event *event,
				 void *payload)
{
	struct reading *reading = payload;

	text_printf(&reading->events, "%s %s\n", event->action, event->name ? event->name : "-");
	if (!reading->first_time)
		reading->first_time = event->time;
	reading->last_time = event->time;
	if (event->kind == EVENT_DIE)
		reading->exit_code = event->exit_code;
	if (event->kind == EVENT_KILL)
		reading->signal = event->signal;
	free(reading->service);
	reading->service = memory_copy(labels_get(&event->labels, "com.docker.compose.service"));
	reading_more(reading, stream);
}

static inline void reading_progress(struct engine_stream *stream,
				    const struct engine_progress *progress, void *payload)
{
	struct reading *reading = payload;

	text_printf(&reading->progress, "%s%s%s\n", progress->id ? progress->id : "",
		    progress->id ? " " : "", progress->text);
	reading_more(reading, stream);
}

static inline void reading_stats(struct engine_stream *stream, const struct engine_stats *stats,
				 void *payload)
{
	struct reading *reading = payload;

	reading->stats = stats->memory_limit > 0;
	reading_more(reading, stream);
}

static inline void reading_end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct reading *reading = payload;

	assert_false(reading->ended);
	assert_ptr_equal(stream, reading->stream);
	reading->ended = true;
	reading->stream = NULL;
	reading->code = err ? (int)err->code : 0;
	reading->message = err ? memory_copy(err->message) : NULL;
}

static inline void reading_open(struct engine_stream *stream, void *payload)
{
	struct reading *reading = payload;

	assert_false(reading->open);
	assert_int_equal(reading->pieces, 0);
	reading->open = true;
	(void)stream;
}

static const struct engine_reader reader = {
	.data = reading_data,
	.event = reading_event,
	.progress = reading_progress,
	.stats = reading_stats,
	.end = reading_end,
	.open = reading_open,
};

static inline void reading_drop(struct reading *reading)
{
	assert_true(reading->ended || !reading->stream);
	text_drop(&reading->output);
	text_drop(&reading->errors);
	text_drop(&reading->events);
	text_drop(&reading->progress);
	memory_free(&reading->message);
	memory_free(&reading->service);
}

/* BENCH_READ(&bench, &reading, logs, "a", &options) */
#define BENCH_READ(bench_, reading_, function, ...)                                                \
	do {                                                                                       \
		*(reading_) = (struct reading){.bench = (bench_)};                                 \
		(reading_)->stream =                                                               \
			engine_##function((bench_)->engine, __VA_ARGS__, &reader, reading_);       \
		engine_stream_read((reading_)->stream);                                            \
	} while (0)

/* Runs the loop until condition holds; a real engine has 30 s for it. */
#define BENCH_UNTIL(bench_, condition)                                                             \
	do {                                                                                       \
		uint64_t deadline_ = clock_monotonic() + 30 * CLOCK_SECOND;                        \
		while (!(condition)) {                                                             \
			uv_run(&(bench_)->loop, UV_RUN_NOWAIT);                                    \
			if (!(condition) && !(bench_)->world)                                      \
				uv_sleep(1);                                                       \
			if (clock_monotonic() > deadline_)                                         \
				fail_msg("%s: has not come to be", #condition);                    \
		}                                                                                  \
	} while (0)

static inline void reading_await(struct reading *reading)
{
	BENCH_UNTIL(reading->bench, reading->ended);
}

static inline void reading_close(struct reading *reading)
{
	if (reading->stream) {
		engine_stream_close(reading->stream);
		reading_await(reading);
		assert_int_equal(reading->code, ERROR_CANCELLED);
	}
	reading_drop(reading);
}
