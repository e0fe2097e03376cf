/* SPDX-License-Identifier: MIT */
#include "tests/docker/harness.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "tests/loop.h"
#include "tests/test.h"

enum { LIMIT = 30000, TICK = 20 };

const char *harness_host(void)
{
	const char *host = getenv("WINCOMPOSE_TEST_HOST");

	return host && *host ? host : NULL;
}

static void ticked(uv_timer_t *timer)
{
	struct harness *harness = container_of(timer, struct harness, limit);

	if (++harness->ticks > LIMIT / TICK)
		fail_msg("nothing happened for %d s", LIMIT / 1000);
}

void harness_open(struct harness *harness)
{
	CLEANUP(error_drop) struct error *err = NULL;
	const struct engine_options options = {.driver = "docker", .address = harness_host()};

	assert_int_equal(uv_loop_init(&harness->loop), 0);
	uv_timer_init(&harness->loop, &harness->limit);
	if (engine_open(&harness->loop, &options, &harness->engine, &err))
		fail_msg("%s", err->message);
}

static void closed(void *payload)
{
	struct harness *harness = payload;

	harness->engine = NULL;
	uv_close((uv_handle_t *)&harness->limit, NULL);
}

void harness_close(struct harness *harness)
{
	engine_close(harness->engine, closed, harness);
	assert_non_null(harness->engine);
	uv_run(&harness->loop, UV_RUN_DEFAULT);
	assert_null(harness->engine);
	loop_assert_clean(&harness->loop);
}

int harness_set_up(void **state)
{
	struct harness *harness = memory_zero(1, sizeof(*harness));

	harness_open(harness);
	*state = harness;
	return 0;
}

int harness_tear_down(void **state)
{
	harness_close(*state);
	free(*state);
	return 0;
}

bool harness_begin(int argc, char **argv)
{
	if (!harness_host()) {
		print_message(
			"skipped: WINCOMPOSE_TEST_HOST names no engine (tests/docker/run does)\n");
		return false;
	}
	if (argc == 2)
		cmocka_set_test_filter(argv[1]);
	return true;
}

/* libuv's single turn runs idle handles and then waits, also where they did what is waited for: so
 * no wait is longer than a tick. */
void harness_turn(struct harness *harness)
{
	int before = harness->ticks;

	uv_timer_start(&harness->limit, ticked, TICK, 0);
	uv_run(&harness->loop, UV_RUN_ONCE);
	uv_timer_stop(&harness->limit);
	if (harness->ticks == before)
		harness->ticks = 0;
}

void harness_turns(struct harness *harness, int turns)
{
	for (; turns > 0; turns--)
		harness_turn(harness);
}

/* --- requests */

static void take_error(const struct error *err, int *code, char **message, char **detail)
{
	if (!err)
		return;
	*code = err->code;
	*message = memory_copy(err->message);
	*detail = memory_copy(err->detail);
}

void told_done(const struct error *err, void *payload)
{
	struct told *told = payload;

	assert_int_equal(told->calls++, 0);
	take_error(err, &told->code, &told->message, &told->detail);
}

void told_id(const char *id, const struct error *err, void *payload)
{
	struct told *told = payload;

	told->id = memory_copy(id);
	told_done(err, told);
}

void told_exit(int64_t exit_code, const struct error *err, void *payload)
{
	struct told *told = payload;

	told->exit_code = exit_code;
	told_done(err, told);
}

void told_wait(struct told *told, struct harness *harness)
{
	while (!told->calls)
		harness_turn(harness);
}

void told_drop(struct told *told)
{
	free(told->message);
	free(told->detail);
	free(told->id);
	*told = (struct told){0};
}

/* --- streams */

static void read_on(struct heard *heard)
{
	if (!heard->lazy)
		engine_stream_read(heard->stream);
}

static void data(struct engine_stream *stream, enum stream_channel channel, const char *bytes,
		 size_t len, void *payload)
{
	struct heard *heard = payload;

	assert_ptr_equal(stream, heard->stream);
	assert_true(len > 0 && len <= 64 << 10);
	heard->reads++;
	text_add_n(&heard->bytes[channel], bytes, len);
	read_on(heard);
}

static void progress(struct engine_stream *stream, const struct engine_progress *told,
		     void *payload)
{
	struct heard *heard = payload;

	(void)stream;
	heard->reads++;
	if (told->id)
		text_printf(&heard->lines, "%s: ", told->id);
	text_printf(&heard->lines, "%s\n", told->text);
	if (told->total > heard->largest_total)
		heard->largest_total = told->total;
	read_on(heard);
}

static void stats(struct engine_stream *stream, const struct engine_stats *told, void *payload)
{
	struct heard *heard = payload;

	(void)stream;
	heard->stats = *told;
	heard->samples++;
	read_on(heard);
}

static void open_told(struct engine_stream *stream, void *payload)
{
	struct heard *heard = payload;

	(void)stream;
	assert_int_equal(heard->opened++, 0);
	assert_int_equal(heard->reads, 0);
}

static void end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct heard *heard = payload;

	assert_ptr_equal(stream, heard->stream);
	assert_int_equal(heard->ends++, 0);
	heard->stream = NULL;
	take_error(err, &heard->code, &heard->message, &heard->detail);
}

const struct engine_reader heard_reader = {
	.data = data,
	.progress = progress,
	.stats = stats,
	.end = end,
	.open = open_told,
};

void heard_begin(struct heard *heard, struct harness *harness, struct engine_stream *stream)
{
	assert_int_equal(heard->ends + heard->opened + heard->reads, 0);
	heard->harness = harness;
	heard->stream = stream;
	read_on(heard);
}

void heard_wait_end(struct heard *heard)
{
	while (!heard->ends)
		harness_turn(heard->harness);
}

void heard_wait_text(struct heard *heard, int channel, const char *part)
{
	while (!strstr(text_string(&heard->bytes[channel]), part)) {
		if (heard->ends)
			fail_msg("no \"%s\" before the end: %s", part, heard->message);
		harness_turn(heard->harness);
	}
}

void heard_write(struct heard *heard, const char *bytes, size_t len)
{
	CLEANUP(told_drop) struct told told = {0};

	engine_stream_write(heard->stream, bytes, len, told_done, &told);
	told_wait(&told, heard->harness);
	if (told.code)
		fail_msg("%s", told.message);
}

void heard_shutdown(struct heard *heard)
{
	CLEANUP(told_drop) struct told told = {0};

	engine_stream_shutdown(heard->stream, told_done, &told);
	told_wait(&told, heard->harness);
	if (told.code)
		fail_msg("%s", told.message);
}

void heard_drop(struct heard *heard)
{
	for (size_t i = 0; i < ARRAY_LEN(heard->bytes); i++)
		text_drop(&heard->bytes[i]);
	text_drop(&heard->lines);
	free(heard->message);
	free(heard->detail);
	*heard = (struct heard){0};
}

struct heard *heard_new(void)
{
	return memory_zero(1, sizeof(struct heard));
}

void heard_free(struct heard **heard)
{
	heard_drop(*heard);
	memory_free(heard);
}

/* --- containers */

char *box_start(struct harness *harness, bool tty, const char *script)
{
	CLEANUP(told_drop) struct told created = {0}, started = {0};
	const char *const command[] = {"sh", "-c", script, NULL};
	const struct container_spec spec = {
		.image = "wincompose/tiny",
		.command = command,
		.tty = tty,
		.open_stdin = true,
		.attach_stdin = true,
		.stdin_once = true,
		.stop_timeout = -1,
		.network_mode = "none",
		.init = true,
		.init_set = false,
	};

	engine_create(harness->engine, &spec, told_id, &created);
	told_wait(&created, harness);
	if (created.code)
		fail_msg("%s", created.message);
	engine_start(harness->engine, created.id, told_done, &started);
	told_wait(&started, harness);
	if (started.code)
		fail_msg("%s", started.message);
	return steal(&created.id);
}

void box_remove(struct harness *harness, char *id)
{
	CLEANUP(told_drop) struct told removed = {0};

	engine_remove(harness->engine, id, true, true, told_done, &removed);
	told_wait(&removed, harness);
	assert_int_equal(removed.code, 0);
	free(id);
}
