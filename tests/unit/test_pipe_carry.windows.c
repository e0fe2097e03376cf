/* SPDX-License-Identifier: MIT */
/* The carrying part of base/pipe.h. */
#include "tests/pipe.h"

/* --- carrying */

static void exchange(struct world *world, size_t size)
{
	struct side side = {0};
	CLEANUP(text_drop) struct text all = {0};

	for (size_t i = 0; i < size; i++)
		text_add_char(&all, (char)(i * 31 >> 3));
	world->echoes = true;
	listen_here(world, NULL);
	side_open(world, &side, connect_here(world));
	pipe_write(side.pipe, all.data, all.len);
	assert_int_equal(side.written, 0);
	UNTIL(world, side.in.len == size && side.written == 1);
	assert_memory_equal(side.in.data, all.data, size);
	assert_int_equal(side.ended, 0);
	side_end(world, &side);
	UNTIL(world, world->sides[0].ended);
}

static void a_megabyte_goes_both_ways_in_messages(void **state)
{
	exchange(*state, BIG);
}

static void a_megabyte_goes_both_ways_in_bytes(void **state)
{
	((struct world *)*state)->messages = false;
	exchange(*state, BIG);
}

static void as_much_as_one_read_takes_is_not_the_end(void **state)
{
	exchange(*state, 64 << 10);
}

static void both_sides_half_close(void **state)
{
	struct world *world = *state;
	struct side side = {0};
	struct side *server = &world->sides[0];

	listen_here(world, NULL);
	side_open(world, &side, connect_here(world));
	UNTIL(world, server->pipe);
	pipe_write(side.pipe, "all", 3);
	UNTIL(world, side.written == 1);
	pipe_shutdown(side.pipe);
	UNTIL(world, server->ended);
	assert_false(server->failed);
	assert_string_equal(text_string(&server->in), "all");
	UNTIL(world, side.written == 2);
	/* The other direction is as it was. */
	pipe_write(server->pipe, "answer", 6);
	UNTIL(world, side.in.len == 6 && server->written == 1);
	assert_int_equal(side.ended, 0);
	pipe_shutdown(server->pipe);
	UNTIL(world, side.ended);
	assert_false(side.failed);
	side_end(world, &side);
	assert_int_equal(server->ended, 1);
}

static void what_lies_before_a_half_close_is_not_lost(void **state)
{
	struct world *world = *state;
	struct side side = {0};
	struct side *server = &world->sides[0];
	CLEANUP(text_drop) struct text all = {0};

	text_add_repeat(&all, 'x', 3000);
	listen_here(world, NULL);
	side_open(world, &side, connect_here(world));
	UNTIL(world, server->pipe);
	pipe_read(server->pipe, false);
	UNTIL(world, world->accepted == 1);
	pipe_write(side.pipe, all.data, all.len);
	UNTIL(world, side.written == 1 || server->in.len);
	pipe_shutdown(side.pipe);
	for (int i = 0; i < 5; i++)
		uv_run(&world->loop, UV_RUN_NOWAIT);
	pipe_read(server->pipe, true);
	UNTIL(world, server->ended);
	assert_int_equal(server->in.len, 3000);
	side_end(world, &side);
}

static void a_write_of_no_bytes_is_not_the_end(void **state)
{
	struct world *world = *state;
	struct side side = {0};
	struct side *server = &world->sides[0];

	listen_here(world, NULL);
	side_open(world, &side, connect_here(world));
	pipe_write(side.pipe, "", 0);
	assert_int_equal(side.written, 0);
	UNTIL(world, side.written == 1);
	pipe_write(side.pipe, "more", 4);
	UNTIL(world, server->in.len == 4);
	assert_int_equal(server->ended, 0);
	side_end(world, &side);
}

static void a_pipe_of_bytes_has_no_half_close(void **state)
{
	struct world *world = *state;
	struct side side = {0};
	struct side *server = &world->sides[0];

	world->messages = false;
	listen_here(world, NULL);
	side_open(world, &side, connect_here(world));
	pipe_shutdown(side.pipe);
	UNTIL(world, side.written == 1 && server->pipe);
	pipe_write(server->pipe, "answer", 6);
	UNTIL(world, side.in.len == 6);
	assert_int_equal(server->ended, 0);
	side_end(world, &side);
	UNTIL(world, server->ended);
	assert_false(server->failed);
}

static void what_was_written_before_a_close_arrives(void **state)
{
	struct world *world = *state;
	struct side side = {0};
	struct side *server = &world->sides[0];

	listen_here(world, NULL);
	side_open(world, &side, connect_here(world));
	UNTIL(world, server->pipe);
	pipe_write(server->pipe, "last words", 10);
	UNTIL(world, server->written);
	side_close(server);
	UNTIL(world, side.ended);
	assert_string_equal(text_string(&side.in), "last words");
	assert_false(side.failed);
	side_end(world, &side);
}

static void nothing_is_received_while_nothing_is_wanted(void **state)
{
	struct world *world = *state;
	struct side side = {0};
	struct side *server = &world->sides[0];
	CLEANUP(text_drop) struct text all = {0};

	text_add_repeat(&all, 'x', BIG);
	listen_here(world, NULL);
	side_open(world, &side, connect_here(world));
	UNTIL(world, server->pipe);
	pipe_read(side.pipe, false);
	pipe_write(server->pipe, all.data, all.len);
	for (int i = 0; i < 20; i++)
		uv_run(&world->loop, UV_RUN_NOWAIT);
	assert_int_equal(side.in.len, 0);
	/* It waits for its reader. */
	assert_int_equal(server->written, 0);
	pipe_read(side.pipe, true);
	UNTIL(world, side.in.len == BIG && server->written == 1);
	side_end(world, &side);
}

static void many_connections_are_served_at_once(void **state)
{
	struct world *world = *state;
	struct side sides[MANY] = {0};
	CLEANUP(text_drop) struct text all = {0};
	unsigned whole = 0;

	text_add_repeat(&all, 'y', 16 << 10);
	world->echoes = true;
	listen_here(world, NULL);
	for (int i = 0; i < MANY; i++) {
		side_open(world, &sides[i], connect_here(world));
		pipe_write(sides[i].pipe, all.data, all.len);
	}
	for (int i = 0; i < MANY; i++) {
		UNTIL(world, sides[i].in.len == all.len && sides[i].written == 1);
		pipe_shutdown(sides[i].pipe);
	}
	for (int i = 0; i < MANY; i++) {
		UNTIL(world, sides[i].ended);
		whole += sides[i].in.len == all.len && !sides[i].failed;
	}
	assert_int_equal(whole, MANY);
	for (int i = 0; i < MANY; i++)
		side_end(world, &sides[i]);
}

static void a_close_ends_what_is_pending(void **state)
{
	struct world *world = *state;
	struct side reads = {0}, writes = {0}, flushes = {0};
	CLEANUP(text_drop) struct text all = {0};

	text_add_repeat(&all, 'x', BIG);
	listen_here(world, NULL);
	side_open(world, &reads, connect_here(world));
	side_open(world, &writes, connect_here(world));
	side_open(world, &flushes, connect_here(world));
	UNTIL(world, world->accepted == 3);
	for (int i = 0; i < 3; i++)
		pipe_read(world->sides[i].pipe, false);
	/* A read that the system had already takes up to 64 KiB. */
	pipe_write(writes.pipe, all.data, all.len);
	pipe_write(flushes.pipe, all.data, 64 << 10);
	UNTIL(world, flushes.written == 1);
	pipe_write(flushes.pipe, all.data, 1000);
	UNTIL(world, flushes.written == 2);
	pipe_shutdown(flushes.pipe);
	for (int i = 0; i < 5; i++)
		uv_run(&world->loop, UV_RUN_NOWAIT);
	assert_int_equal(flushes.written, 2);
	assert_int_equal(writes.written, 0);
	side_close(&reads);
	side_close(&writes);
	side_close(&flushes);
	assert_false(reads.closed || writes.closed || flushes.closed);
	UNTIL(world, reads.closed && writes.closed && flushes.closed);
	assert_int_equal(flushes.written, 2);
	side_drop(&reads);
	side_drop(&writes);
	side_drop(&flushes);
}

/* The system's threads tell of what ends while the loop closes it, in every order that some hundred
 * tries bring about. */
static void a_pipe_may_be_closed_at_any_moment(void **state)
{
	struct world *world = *state;
	CLEANUP(text_drop) struct text all = {0};

	text_add_repeat(&all, 'x', 100 << 10);
	world->echoes = true;
	listen_here(world, NULL);
	for (unsigned i = 0; i < TRIES; i++) {
		struct side side = {0};

		side_open(world, &side, connect_here(world));
		if (i & 1)
			pipe_write(side.pipe, all.data, i & 2 ? all.len : 10);
		else if (i & 4)
			pipe_shutdown(side.pipe);
		for (unsigned turn = 0; turn < i % 11; turn++)
			uv_run(&world->loop, UV_RUN_NOWAIT);
		side_end(world, &side);
		UNTIL(world, world->accepted == 1);
		if (i & 8)
			UNTIL(world, world->sides[0].ended);
		side_close(&world->sides[0]);
		UNTIL(world, world->sides[0].closed);
		side_drop(&world->sides[0]);
		world->sides[0] = (struct side){0};
		world->accepted = 0;
	}
}

/* The same of who listens, with a client on its way. */
static void a_server_may_be_closed_at_any_moment(void **state)
{
	struct world *world = *state;

	for (unsigned i = 0; i < TRIES; i++) {
		HANDLE handle = NULL;

		listen_here(world, NULL);
		if (i & 1)
			handle = connect_here(world);
		for (unsigned turn = 0; turn < i % 5; turn++)
			uv_run(&world->loop, UV_RUN_NOWAIT);
		pipe_server_close(steal(&world->server), server_closed, world);
		UNTIL(world, world->server_closed);
		world->server_closed = false;
		if (handle)
			CloseHandle(handle);
		if (world->accepted) {
			side_close(&world->sides[0]);
			UNTIL(world, world->sides[0].closed);
			side_drop(&world->sides[0]);
			world->sides[0] = (struct side){0};
			world->accepted = 0;
		}
	}
}

static void a_pipe_may_be_closed_from_inside_its_callbacks(void **state)
{
	struct world *world = *state;
	struct side side = {.closes = true}, other = {.closes = true};

	world->echoes = true;
	listen_here(world, NULL);
	side_open(world, &side, connect_here(world));
	/* Else sides[1] may be the first one's: two that come at once are taken in any order. */
	UNTIL(world, world->accepted == 1);
	side_open(world, &other, connect_here(world));
	pipe_write(side.pipe, "a", 1);
	UNTIL(world, side.closed);
	UNTIL(world, world->accepted == 2);
	pipe_write(world->sides[1].pipe, "b", 1);
	UNTIL(world, other.closed);
	assert_int_equal(side.written + (unsigned)side.in.len, 1);
	side_drop(&side);
	side_drop(&other);
}

static void a_write_to_one_who_is_gone_ends_it(void **state)
{
	struct world *world = *state;
	struct side *server = &world->sides[0];
	HANDLE handle;

	listen_here(world, NULL);
	handle = connect_here(world);
	UNTIL(world, server->pipe);
	pipe_read(server->pipe, false);
	CloseHandle(handle);
	pipe_write(server->pipe, "hello?", 6);
	/* It may have been in time. */
	UNTIL(world, server->written || server->ended);
	pipe_read(server->pipe, true);
	UNTIL(world, server->ended);
	/* Nobody waits for ever for what is written afterwards. */
	unsigned before = server->written;

	pipe_write(server->pipe, "hello?", 6);
	UNTIL(world, server->written == before + 1);
	assert_int_equal(server->ended, 1);
}

static void a_pipe_at_rest_does_not_keep_the_loop_running(void **state)
{
	struct world *world = *state;
	struct side side = {0};

	listen_here(world, NULL);
	side_open(world, &side, connect_here(world));
	UNTIL(world, world->accepted == 1);
	pipe_server_close(steal(&world->server), server_closed, world);
	UNTIL(world, world->server_closed);
	pipe_rest(side.pipe, true);
	pipe_rest(world->sides[0].pipe, true);
	assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
	side_end(world, &side);
}

/* --- libuv's own */

static void give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	static char room[1000];

	(void)handle;
	(void)wanted;
	*buffer = uv_buf_init(room, sizeof(room));
}

static void read_by_libuv(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	if (len > 0)
		text_add_n(stream->data, buffer->base, (size_t)len);
}

static void a_handle_becomes_libuvs(void **state)
{
	struct world *world = *state;
	struct side side = {0};
	CLEANUP(text_drop) struct text got = {0};
	uv_pipe_t pipe;

	world->messages = false;
	world->keeps_raw = true;
	listen_here(world, NULL);
	side_open(world, &side, connect_here(world));
	UNTIL(world, world->raw);
	uv_pipe_init(&world->loop, &pipe, 0);
	pipe.data = &got;
	assert_int_equal(pipe_give(&pipe, world->raw), 0);
	assert_int_equal(uv_read_start((uv_stream_t *)&pipe, give_buffer, read_by_libuv), 0);
	pipe_write(side.pipe, "to libuv", 8);
	UNTIL(world, got.len == 8);
	uv_buf_t buffer = uv_buf_init((char *)"from libuv", 10);

	assert_int_equal(uv_try_write((uv_stream_t *)&pipe, &buffer, 1), UV_EAGAIN);
	uv_write_t *write = memory_zero(1, sizeof(*write));

	assert_int_equal(uv_write(write, (uv_stream_t *)&pipe, &buffer, 1, NULL), 0);
	UNTIL(world, side.in.len == 10);
	uv_close((uv_handle_t *)&pipe, NULL);
	UNTIL(world, side.ended);
	side_end(world, &side);
	free(write);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_megabyte_goes_both_ways_in_messages),
		TEST(a_megabyte_goes_both_ways_in_bytes),
		TEST(as_much_as_one_read_takes_is_not_the_end),
		TEST(both_sides_half_close),
		TEST(what_lies_before_a_half_close_is_not_lost),
		TEST(a_write_of_no_bytes_is_not_the_end),
		TEST(a_pipe_of_bytes_has_no_half_close),
		TEST(what_was_written_before_a_close_arrives),
		TEST(nothing_is_received_while_nothing_is_wanted),
		TEST(many_connections_are_served_at_once),
		TEST(a_close_ends_what_is_pending),
		TEST(a_pipe_may_be_closed_at_any_moment),
		TEST(a_server_may_be_closed_at_any_moment),
		TEST(a_pipe_may_be_closed_from_inside_its_callbacks),
		TEST(a_write_to_one_who_is_gone_ends_it),
		TEST(a_pipe_at_rest_does_not_keep_the_loop_running),
		TEST(a_handle_becomes_libuvs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
