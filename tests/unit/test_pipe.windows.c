/* SPDX-License-Identifier: MIT */
#include "base/pipe.h"

#include "tests/pipe.h"

static bool is_wine(void)
{
	return GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") != NULL;
}

/* --- dialling */

static void nobody_listens_is_told_apart(void **state)
{
	HANDLE handle;

	assert_int_equal(dial(*state, PIPE_TRUST_SYSTEM, &handle), PIPE_ABSENT);
}

static void what_is_no_pipe_of_this_host_is_invalid(void **state)
{
	static const char *const names[] = {
		"",
		"docker_engine",
		"\\\\.\\pipe\\",
		"\\\\.\\COM1",
		"/tmp/pipe",
		"//server/pipe/docker_engine",
		"./pipe/docker_engine",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		HANDLE handle;
		char *owner;

		assert_int_equal(pipe_dial(names[i], PIPE_TRUST_SYSTEM, &handle, &owner, &err),
				 ERROR_INVALID);
	}
}

static void a_name_may_have_slashes(void **state)
{
	struct world *world = *state;
	HANDLE handle = NULL;

	listen_here(world, NULL);
	for (char *p = world->name; *p; p++)
		if (*p == '\\')
			*p = '/';
	assert_int_equal(dial(world, PIPE_TRUST_SYSTEM, &handle), PIPE_CONNECTED);
	CloseHandle(handle);
}

static void a_pipe_that_serves_others_is_busy_until_the_loop_turns(void **state)
{
	struct world *world = *state;
	HANDLE handles[16];
	int count = 0;

	listen_here(world, NULL);
	while (dial(world, PIPE_TRUST_SYSTEM, &handles[count]) == PIPE_CONNECTED)
		assert_true(++count < 16);
	assert_int_equal(dial(world, PIPE_TRUST_SYSTEM, &handles[count]), PIPE_BUSY);
	UNTIL(world, world->accepted == (unsigned)count);
	assert_int_equal(dial(world, PIPE_TRUST_SYSTEM, &handles[count]), PIPE_CONNECTED);
	for (int i = 0; i <= count; i++)
		CloseHandle(handles[i]);
}

static void a_pipe_that_lets_nobody_in_denies(void **state)
{
	struct world *world = *state;
	HANDLE handle;

	listen_here(world, "D:P(D;;GA;;;WD)");
	int outcome = dial(world, PIPE_TRUST_ANYONE, &handle);

	/* Wine 8 lets everyone into every pipe. */
	if (outcome == PIPE_CONNECTED && is_wine()) {
		CloseHandle(handle);
		print_message("not seen: a pipe whose list of access denies, as Wine does not look "
			      "at it\n");
		skip();
	}
	assert_int_equal(outcome, PIPE_DENIED);
}

static void a_pipe_that_only_reads_denies(void **state)
{
	struct world *world = *state;
	HANDLE handle;
	HANDLE server = CreateNamedPipeA(world->name, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 1, 1024,
					 1024, 0, NULL);

	assert_true(server != INVALID_HANDLE_VALUE);
	assert_int_equal(dial(world, PIPE_TRUST_SYSTEM, &handle), PIPE_DENIED);
	CloseHandle(server);
}

static void a_pipe_of_somebody_else_is_refused_before_a_byte_is_sent(void **state)
{
	struct world *world = *state;
	CLEANUP(error_drop) struct error *err = NULL;
	HANDLE handle;

	/* Windows lets nobody but a backup operator give away what is his; Wine does. */
	if (try_listen(world, "O:BGD:P(A;;GA;;;WD)", &world->server, &err) < 0)
		skip();
	assert_int_equal(dial(world, PIPE_TRUST_SYSTEM, &handle), PIPE_FOREIGN);
	assert_int_equal(dial(world, PIPE_TRUST_USER, &handle), PIPE_FOREIGN);
	UNTIL(world, world->sides[0].ended && world->sides[1].ended);
	assert_int_equal(world->sides[0].in.len, 0);
	assert_int_equal(dial(world, PIPE_TRUST_ANYONE, &handle), PIPE_CONNECTED);
	CloseHandle(handle);
}

static void a_pipe_of_the_administrators_is_the_systems_and_not_the_users(void **state)
{
	struct world *world = *state;
	CLEANUP(error_drop) struct error *err = NULL;
	HANDLE handle;

	if (try_listen(world, "O:BAD:P(A;;GA;;;WD)", &world->server, &err) < 0)
		skip();
	assert_int_equal(dial(world, PIPE_TRUST_SYSTEM, &handle), PIPE_CONNECTED);
	CloseHandle(handle);
	assert_int_equal(dial(world, PIPE_TRUST_USER, &handle), PIPE_FOREIGN);
}

static void our_own_pipe_is_the_users(void **state)
{
	struct world *world = *state;
	HANDLE handle;

	listen_here(world, NULL);
	assert_int_equal(dial(world, PIPE_TRUST_USER, &handle), PIPE_CONNECTED);
	CloseHandle(handle);
}

/* --- listening */

static void a_name_that_is_taken_is_a_conflict(void **state)
{
	struct world *world = *state;
	CLEANUP(error_drop) struct error *err = NULL;
	struct pipe_server *second = NULL;

	listen_here(world, NULL);
	int code = try_listen(world, NULL, &second, &err);

	/* Wine 8 does not know FILE_FLAG_FIRST_PIPE_INSTANCE. */
	if (code == 0 && is_wine()) {
		pipe_server_close(second, NULL, NULL);
		print_message("not seen: a name that is taken, as Wine has no first instance\n");
		skip();
	}
	assert_int_equal(code, ERROR_CONFLICT);
}

static void a_descriptor_that_is_none_is_invalid(void **state)
{
	struct world *world = *state;
	CLEANUP(error_drop) struct error *err = NULL;

	assert_int_equal(try_listen(world, "all of them", &world->server, &err), ERROR_INVALID);
}

static void a_server_that_closed_listens_no_more_and_its_connections_stay(void **state)
{
	struct world *world = *state;
	struct side side = {0};
	HANDLE handle;

	world->echoes = true;
	listen_here(world, NULL);
	side_open(world, &side, connect_here(world));
	UNTIL(world, world->accepted == 1);
	pipe_server_close(steal(&world->server), server_closed, world);
	assert_false(world->server_closed);
	UNTIL(world, world->server_closed);
	pipe_write(side.pipe, "still", 5);
	UNTIL(world, side.in.len == 5);
	side_end(world, &side);
	UNTIL(world, world->sides[0].ended);
	side_close(&world->sides[0]);
	UNTIL(world, world->sides[0].closed);
	assert_int_equal(dial(world, PIPE_TRUST_SYSTEM, &handle), PIPE_ABSENT);
}

static void clients_that_came_and_went_leave_the_server_as_it_was(void **state)
{
	struct world *world = *state;

	listen_here(world, NULL);
	for (int i = 0; i < 20; i++)
		CloseHandle(connect_here(world));
	UNTIL(world, world->accepted == 20);
	for (int i = 0; i < 20; i++)
		UNTIL(world, world->sides[i].ended);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_listens_is_told_apart),
		TEST(what_is_no_pipe_of_this_host_is_invalid),
		TEST(a_name_may_have_slashes),
		TEST(a_pipe_that_serves_others_is_busy_until_the_loop_turns),
		TEST(a_pipe_that_lets_nobody_in_denies),
		TEST(a_pipe_that_only_reads_denies),
		TEST(a_pipe_of_somebody_else_is_refused_before_a_byte_is_sent),
		TEST(a_pipe_of_the_administrators_is_the_systems_and_not_the_users),
		TEST(our_own_pipe_is_the_users),
		TEST(a_name_that_is_taken_is_a_conflict),
		TEST(a_descriptor_that_is_none_is_invalid),
		TEST(a_server_that_closed_listens_no_more_and_its_connections_stay),
		TEST(clients_that_came_and_went_leave_the_server_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
