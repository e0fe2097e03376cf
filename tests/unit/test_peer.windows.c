/* SPDX-License-Identifier: MIT */
#include "compose/supervise/peer.h"

#include <stdio.h>

#include <windows.h>

/* windows.h first: these need its types. */
#include <aclapi.h>
#include <sddl.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/pipe.h"
#include "base/text.h"
#include "compose/supervise/control.h"
#include "tests/loop.h"
#include "tests/test.h"

enum { CLIENTS = 30 };

struct world {
	uv_loop_t loop;
	uv_timer_t watch; /* so that a test that waits in vain fails */
	char name[64];
	struct home_project home;
	struct control_server *server;
	struct pipe_server *other;
	HANDLE handle;
	unsigned asked, gone, told, nobody;
	bool server_closed;
	enum control_outcome outcome;
	struct control_request *kept;
};

static void nothing(uv_timer_t *timer)
{
	(void)timer;
}

static int set_up(void **state)
{
	static unsigned count;
	struct world *world = memory_zero(1, sizeof(*world));

	uv_loop_init(&world->loop);
	uv_timer_init(&world->loop, &world->watch);
	uv_timer_start(&world->watch, nothing, 1000, 1000);
	uv_unref((uv_handle_t *)&world->watch);
	snprintf(world->name, sizeof(world->name), "\\\\.\\pipe\\wincompose-peer-%lu-%u",
		 GetCurrentProcessId(), count++);
	world->home.socket = world->name;
	*state = world;
	return 0;
}

static void server_closed(void *payload)
{
	((struct world *)payload)->server_closed = true;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	if (world->server)
		control_server_close(world->server, server_closed, world);
	if (world->other)
		pipe_server_close(world->other, NULL, NULL);
	uv_close((uv_handle_t *)&world->watch, NULL);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_true(!world->server || world->server_closed);
	loop_assert_clean(&world->loop);
	if (world->handle)
		CloseHandle(world->handle);
	free(world);
	return 0;
}

/* --- both ends */

static void handle(struct control_request *request, const cJSON *message, void *payload)
{
	struct world *world = payload;

	world->asked++;
	if (text_same(json_string(message, "verb"), "wait"))
		world->kept = request;
	else
		control_finish(request, NULL, message);
}

static void gone(struct control_request *request, void *payload)
{
	((struct world *)payload)->gone++;
	control_drop(request);
}

static void answered(enum control_outcome outcome, const cJSON *reply, const struct error *err,
		     void *payload)
{
	struct world *world = payload;

	assert_null(err);
	assert_true(!reply == (outcome != CONTROL_ANSWERED));
	world->outcome = outcome;
	world->told++;
	world->nobody += outcome == CONTROL_NOBODY;
}

static struct control_client *call(struct world *world, const char *verb)
{
	CLEANUP(json_drop) cJSON *message = cJSON_CreateObject();

	json_set_int(message, "version", CONTROL_VERSION);
	json_set_string(message, "verb", verb);
	unsigned before = world->told;
	struct control_client *client =
		control_call(&world->loop, &world->home, message, NULL, answered, world);

	assert_int_equal(world->told, before);
	return client;
}

static void serve(struct world *world)
{
	CLEANUP(error_drop) struct error *err = NULL;

	assert_int_equal(control_listen(&world->loop, &world->home, handle, gone, world,
					&world->server, &err),
			 0);
}

/* --- tests */

static void a_request_is_answered_over_the_pipe(void **state)
{
	struct world *world = *state;

	serve(world);
	call(world, "echo");
	UNTIL(world, world->told);
	assert_int_equal(world->outcome, CONTROL_ANSWERED);
}

static void many_at_once_are_all_answered(void **state)
{
	struct world *world = *state;

	serve(world);
	/* More than can connect between two turns of the loop. */
	for (int i = 0; i < CLIENTS; i++)
		call(world, "echo");
	UNTIL(world, world->told == CLIENTS);
	assert_int_equal(world->asked, CLIENTS);
	assert_int_equal(world->nobody, 0);
}

static void where_nobody_listens_there_is_nobody(void **state)
{
	struct world *world = *state;

	call(world, "echo");
	UNTIL(world, world->told);
	assert_int_equal(world->outcome, CONTROL_NOBODY);
}

static void a_client_that_gives_up_is_gone_for_the_server(void **state)
{
	struct world *world = *state;

	serve(world);
	struct control_client *client = call(world, "wait");

	UNTIL(world, world->asked);
	control_cancel(client);
	UNTIL(world, world->told && world->gone);
	assert_int_equal(world->outcome, CONTROL_CANCELLED);
	/* Before it is connected, too. */
	control_cancel(call(world, "wait"));
	UNTIL(world, world->told == 2);
	assert_int_equal(world->outcome, CONTROL_CANCELLED);
}

static void a_server_that_goes_away_is_told(void **state)
{
	struct world *world = *state;

	serve(world);
	call(world, "wait");
	UNTIL(world, world->asked);
	control_drop(world->kept);
	UNTIL(world, world->told);
	assert_int_equal(world->outcome, CONTROL_LOST);
}

static void strangers_come(HANDLE given, void *payload)
{
	((struct world *)payload)->handle = given;
}

static void a_strangers_pipe_is_nobody_and_is_sent_nothing(void **state)
{
	struct world *world = *state;
	CLEANUP(error_drop) struct error *err = NULL;
	struct pipe_listen_options options = {
		.name = world->name,
		/* Also where the stranger is an administrator. */
		.descriptor = "O:BAD:P(A;;GA;;;WD)",
		.accepted = strangers_come,
		.payload = world,
	};
	char byte;
	DWORD len = 0;

	if (pipe_listen(&world->loop, &options, &world->other, &err) < 0) {
		print_message("not seen: a stranger's pipe, as this user may not make one\n");
		skip();
	}
	call(world, "echo");
	UNTIL(world, world->told && world->handle);
	assert_int_equal(world->outcome, CONTROL_NOBODY);
	assert_false(PeekNamedPipe(world->handle, &byte, 1, &len, NULL, NULL) && len);
}

static void the_pipe_is_the_users_and_lets_in_nobody_else(void **state)
{
	struct world *world = *state;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *user = NULL;
	CLEANUP(memory_free) char *owner = NULL;
	PSECURITY_DESCRIPTOR descriptor = NULL;
	HANDLE client = NULL;
	char *written = NULL;

	serve(world);
	assert_int_equal(pipe_user(&user, &err), 0);
	assert_int_equal(pipe_dial(world->name, PIPE_TRUST_USER, &client, &owner, &err),
			 PIPE_CONNECTED);
	DWORD what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;

	assert_int_equal(GetSecurityInfo(client, SE_KERNEL_OBJECT, what, NULL, NULL, NULL, NULL,
					 &descriptor),
			 0);
	assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorA(
		descriptor, SDDL_REVISION_1, what, &written, NULL));
	CLEANUP(memory_free) char *start = memory_format("O:%sD:P(A;;", user);
	CLEANUP(memory_free) char *end = memory_format(";;;%s)", user);
	size_t len = strlen(written);

	/* The rights that GA stands for are between. One entry only. */
	assert_true(text_starts(written, start));
	assert_true(len > strlen(end) && text_same(written + len - strlen(end), end));
	assert_ptr_equal(strchr(written, '('), strrchr(written, '('));
	LocalFree(written);
	LocalFree(descriptor);
	CloseHandle(client);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_answered_over_the_pipe),
		TEST(many_at_once_are_all_answered),
		TEST(where_nobody_listens_there_is_nobody),
		TEST(a_client_that_gives_up_is_gone_for_the_server),
		TEST(a_server_that_goes_away_is_told),
		TEST(a_strangers_pipe_is_nobody_and_is_sent_nothing),
		TEST(the_pipe_is_the_users_and_lets_in_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
