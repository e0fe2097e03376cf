/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include "base/clock.h"
#include "base/error.h"
#include "tests/loop.h"
#include "tests/server.h"
#include "tests/test.h"

enum { BIG = 1 << 20 };

/* The docker driver's connections that carry both ways, against a server that answers as cat does in
 * a container. */
struct world {
	uv_loop_t loop;
	struct server server;
	struct engine *engine;
	struct engine_stream *stream;
	bool tty;         /* no frames */
	bool hangs_up;    /* at the first bytes */
	struct text sent; /* what the server received */
	bool half_closed;
	struct text data, errors;
	bool opened, ended, closed;
	unsigned done;
	int code, exit_code;
};

/* --- the engine at the other end */

static void frame(struct connection *connection, int channel, const char *bytes, size_t len)
{
	struct world *world = connection->server->payload;
	const char head[8] = {
		(char)channel,    0,        0, 0, (char)(len >> 24), (char)(len >> 16),
		(char)(len >> 8), (char)len};

	if (!world->tty)
		server_send(connection, head, sizeof(head));
	server_send(connection, bytes, len);
}

static void upgrade(struct connection *connection)
{
	connection->raw = true;
	server_say(connection, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
			       "Content-Type: application/vnd.docker.multiplexed-stream\r\n\r\n");
	frame(connection, STREAM_OUTPUT, "ready", 5);
}

static void answer(struct connection *connection)
{
	if (server_asked(connection, "GET /_ping"))
		server_reply(connection, 200, "OK");
	else if (server_asked(connection, "POST /v1.41/containers/cat/attach?") ||
		 server_asked(connection, "POST /v1.41/exec/e1/start"))
		upgrade(connection);
	else if (server_asked(connection, "POST /v1.41/containers/cat/exec"))
		server_reply(connection, 201, "{\"Id\":\"e1\"}");
	else if (server_asked(connection, "GET /v1.41/exec/e1/json"))
		server_reply(connection, 200,
			     "{\"ID\":\"e1\",\"Running\":false,\"ExitCode\":3221225786}");
	else
		server_reply(connection, 404, "{\"message\":\"No such container: none\"}");
}

static void received(struct connection *connection)
{
	struct world *world = connection->server->payload;

	text_add_n(&world->sent, text_string(&connection->in), connection->in.len);
	if (world->hangs_up) {
		server_hang_up(connection);
		return;
	}
	if (connection->in.len)
		frame(connection, STREAM_OUTPUT, connection->in.data, connection->in.len);
	text_clear(&connection->in);
	if (!connection->finished)
		return;
	world->half_closed = true;
	frame(connection, STREAM_ERRORS, "the end", 7);
	server_hang_up(connection);
}

/* --- the reader */

static void opened(struct engine_stream *stream, void *payload)
{
	(void)stream;
	((struct world *)payload)->opened = true;
}

static void data(struct engine_stream *stream, enum stream_channel channel, const char *bytes,
		 size_t len, void *payload)
{
	struct world *world = payload;

	assert_true(world->opened && len > 0 && len <= 64 << 10);
	text_add_n(channel == STREAM_ERRORS ? &world->errors : &world->data, bytes, len);
	engine_stream_read(stream);
}

static void end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct world *world = payload;

	(void)stream;
	world->ended = true;
	world->code = err ? err->code : 0;
}

static const struct engine_reader reader = {.open = opened, .data = data, .end = end};

static void done(const struct error *err, void *payload)
{
	struct world *world = payload;

	world->done++;
	world->code = err ? err->code : 0;
}

/* --- the world */

static int set_up(void **state)
{
	struct world *world = memory_zero(1, sizeof(*world));
	CLEANUP(error_drop) struct error *err = NULL;

	uv_loop_init(&world->loop);
	world->server = (struct server){
		.answer = answer, .received = received, .payload = world, .way = SERVER_WAY};
	server_open(&world->server, &world->loop);
	struct engine_options options = {.driver = "docker", .address = world->server.address};

	assert_int_equal(engine_open(&world->loop, &options, &world->engine, &err), 0);
	*state = world;
	return 0;
}

static void closed(void *payload)
{
	((struct world *)payload)->closed = true;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	engine_close(world->engine, closed, world);
	server_close(&world->server);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_true(world->closed);
	loop_assert_clean(&world->loop);
	text_drop(&world->sent);
	text_drop(&world->data);
	text_drop(&world->errors);
	free(world);
	return 0;
}

static void attach(struct world *world, const char *container)
{
	world->stream = engine_attach(
		world->engine, container,
		&(struct attach_options){
			.input = true, .output = true, .errors = true, .tty = world->tty},
		&reader, world);
	engine_stream_read(world->stream);
}

/* --- tests */

static void carry(struct world *world)
{
	UNTIL(world, world->data.len == 5);
	engine_stream_write(world->stream, "hello", 5, done, world);
	assert_int_equal(world->done, 0);
	UNTIL(world, world->done == 1 && world->data.len == 10);
	assert_false(world->half_closed);
	engine_stream_shutdown(world->stream, done, world);
	UNTIL(world, world->ended);
	assert_int_equal(world->code, 0);
	assert_true(world->half_closed);
	assert_int_equal(world->done, 2);
	assert_string_equal(text_string(&world->sent), "hello");
	if (world->tty) {
		assert_string_equal(text_string(&world->data), "readyhellothe end");
		return;
	}
	assert_string_equal(text_string(&world->data), "readyhello");
	assert_string_equal(text_string(&world->errors), "the end");
}

static void an_attach_carries_both_ways_and_half_closes(void **state)
{
	attach(*state, "cat");
	carry(*state);
}

static void a_terminal_has_no_frames(void **state)
{
	((struct world *)*state)->tty = true;
	attach(*state, "cat");
	carry(*state);
}

static void exit_known(int64_t exit_code, const struct error *err, void *payload)
{
	struct world *world = payload;

	assert_null(err);
	/* As Windows has it: what was interrupted ends with 0xC000013A. */
	assert_true(exit_code == 3221225786);
	world->exit_code = 1;
}

static void an_exec_carries_both_ways_and_half_closes(void **state)
{
	static const char *const command[] = {"cat", NULL};
	struct world *world = *state;

	world->stream = engine_exec(world->engine, "cat",
				    &(struct exec_options){.command = command, .input = true},
				    &reader, world);
	engine_stream_read(world->stream);
	carry(world);
	engine_exec_exit(world->engine, "e1", exit_known, world);
	UNTIL(world, world->exit_code);
}

static void a_megabyte_comes_back_whole(void **state)
{
	struct world *world = *state;
	CLEANUP(text_drop) struct text all = {0};

	for (size_t i = 0; i < BIG; i++)
		text_add_char(&all, (char)(i * 31 >> 5));
	attach(world, "cat");
	UNTIL(world, world->opened);
	engine_stream_write(world->stream, all.data, all.len, done, world);
	UNTIL(world, world->done == 1);
	engine_stream_shutdown(world->stream, done, world);
	UNTIL(world, world->ended);
	assert_int_equal(world->code, 0);
	assert_int_equal(world->data.len, 5 + BIG);
	assert_memory_equal(world->data.data + 5, all.data, BIG);
	assert_string_equal(text_string(&world->errors), "the end");
}

static void a_refused_attach_ends_with_the_engines_sentence(void **state)
{
	struct world *world = *state;

	attach(world, "none");
	UNTIL(world, world->ended);
	assert_false(world->opened);
	assert_int_equal(world->code, ERROR_NOT_FOUND);
}

static void an_engine_that_goes_away_ends_it(void **state)
{
	struct world *world = *state;

	world->hangs_up = true;
	attach(world, "cat");
	UNTIL(world, world->opened);
	engine_stream_write(world->stream, "hello", 5, done, world);
	UNTIL(world, world->ended);
	assert_int_equal(world->done, 1);
	assert_false(world->half_closed);
}

static void a_closed_attach_ends_once(void **state)
{
	struct world *world = *state;

	attach(world, "cat");
	UNTIL(world, world->data.len == 5);
	engine_stream_write(world->stream, "hello", 5, done, world);
	engine_stream_close(world->stream);
	assert_false(world->ended);
	UNTIL(world, world->ended);
	assert_int_equal(world->code, ERROR_CANCELLED);
	assert_int_equal(world->done, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_attach_carries_both_ways_and_half_closes),
		TEST(a_terminal_has_no_frames),
		TEST(an_exec_carries_both_ways_and_half_closes),
		TEST(a_megabyte_comes_back_whole),
		TEST(a_refused_attach_ends_with_the_engines_sentence),
		TEST(an_engine_that_goes_away_ends_it),
		TEST(a_closed_attach_ends_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
