/* SPDX-License-Identifier: MIT */
/* What an engine at a named pipe is refused for, and what the user is told. */
#include "engine/engine.h"

#include <windows.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/pipe.h"
#include "tests/loop.h"
#include "tests/test.h"

struct world {
	uv_loop_t loop;
	char name[64], address[80];
	struct engine *engine;
	struct pipe_server *server;
	HANDLE accepted;
	bool done, closed;
	int code;
	char message[512], detail[512];
};

static int set_up(void **state)
{
	static unsigned count;
	struct world *world = memory_zero(1, sizeof(*world));

	uv_loop_init(&world->loop);
	snprintf(world->name, sizeof(world->name), "\\\\.\\pipe\\wincompose-named-%lu-%u",
		 GetCurrentProcessId(), count++);
	snprintf(world->address, sizeof(world->address), "npipe://%s", world->name);
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

	if (world->engine)
		engine_close(world->engine, closed, world);
	if (world->server)
		pipe_server_close(world->server, NULL, NULL);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	loop_assert_clean(&world->loop);
	if (world->accepted)
		CloseHandle(world->accepted);
	free(world);
	return 0;
}

static void accepted(HANDLE handle, void *payload)
{
	((struct world *)payload)->accepted = handle;
}

static int listen_as(struct world *world, const char *descriptor)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct pipe_listen_options options = {
		.name = world->name,
		.descriptor = descriptor,
		.messages = true,
		.accepted = accepted,
		.payload = world,
	};

	return pipe_listen(&world->loop, &options, &world->server, &err);
}

static void known(const struct engine_host *host, const struct error *err, void *payload)
{
	struct world *world = payload;

	assert_true(!host == !!err);
	world->done = true;
	world->code = err ? err->code : 0;
	snprintf(world->message, sizeof(world->message), "%s", err ? err->message : "");
	snprintf(world->detail, sizeof(world->detail), "%s", err && err->detail ? err->detail : "");
}

static void ask(struct world *world, bool trust, uint64_t timeout)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct engine_options options = {
		.driver = "docker",
		.address = world->address,
		.trust_pipe = trust,
		.timeout = timeout,
	};
	uint64_t limit = clock_monotonic() + 20 * CLOCK_SECOND;

	assert_int_equal(engine_open(&world->loop, &options, &world->engine, &err), 0);
	engine_host(world->engine, known, world);
	while (!world->done && clock_monotonic() < limit)
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_true(world->done);
}

static void where_nobody_listens_the_user_is_told_to_start_the_engine(void **state)
{
	struct world *world = *state;

	ask(world, false, 0);
	assert_int_equal(world->code, ERROR_UNAVAILABLE);
	assert_non_null(strstr(world->message, world->name));
	assert_non_null(strstr(world->message, "nobody listens"));
	assert_non_null(strstr(world->detail, "Start-Service docker"));
}

static void who_is_not_let_in_is_told_of_the_group(void **state)
{
	struct world *world = *state;
	/* Cannot be opened for writing. */
	HANDLE server = CreateNamedPipeA(world->name, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 1, 1024,
					 1024, 0, NULL);

	assert_true(server != INVALID_HANDLE_VALUE);
	ask(world, false, 0);
	assert_int_equal(world->code, ERROR_UNAVAILABLE);
	assert_non_null(strstr(world->message, "does not let this user in"));
	assert_non_null(strstr(world->detail, "docker-users"));
	CloseHandle(server);
}

static void a_stranger_at_the_pipe_is_sent_nothing(void **state)
{
	struct world *world = *state;
	char byte;
	DWORD len = 0;

	/* Windows lets nobody but a backup operator give away what is his; Wine does. */
	if (listen_as(world, "O:BGD:P(A;;GA;;;WD)") < 0) {
		print_message("not seen: a stranger's pipe, as this system lets nobody make one\n");
		skip();
	}
	ask(world, false, 0);
	assert_int_equal(world->code, ERROR_INVALID);
	assert_non_null(strstr(world->message, "S-1-5-32-546"));
	assert_non_null(strstr(world->detail, "--trust-pipe"));
	while (!world->accepted)
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_false(PeekNamedPipe(world->accepted, &byte, 1, &len, NULL, NULL) && len);
}

static void a_stranger_who_is_trusted_is_asked(void **state)
{
	struct world *world = *state;
	char byte;
	DWORD len = 0;

	if (listen_as(world, "O:BGD:P(A;;GA;;;WD)") < 0) {
		print_message("not seen: a stranger's pipe, as this system lets nobody make one\n");
		skip();
	}
	/* He does not answer. */
	ask(world, true, 800 * CLOCK_MS);
	assert_int_equal(world->code, ERROR_TIMEOUT);
	assert_true(PeekNamedPipe(world->accepted, &byte, 1, &len, NULL, NULL));
	assert_int_equal(len, 1);
}

static void a_busy_pipe_is_tried_again_until_it_is_free(void **state)
{
	struct world *world = *state;
	HANDLE others[16];
	CLEANUP(error_drop) struct error *err = NULL;
	char *owner = NULL;
	int count = 0;

	/* Clients take all that is free before the loop, which makes more, turns. */
	assert_int_equal(listen_as(world, NULL), 0);
	while (pipe_dial(world->name, PIPE_TRUST_USER, &others[count], &owner, &err) ==
	       PIPE_CONNECTED)
		assert_true(++count < 16);
	ask(world, false, 800 * CLOCK_MS);
	assert_int_equal(world->code, ERROR_TIMEOUT);
	while (count > 0)
		CloseHandle(others[--count]);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(where_nobody_listens_the_user_is_told_to_start_the_engine),
		TEST(who_is_not_let_in_is_told_of_the_group),
		TEST(a_stranger_at_the_pipe_is_sent_nothing),
		TEST(a_stranger_who_is_trusted_is_asked),
		TEST(a_busy_pipe_is_tried_again_until_it_is_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
