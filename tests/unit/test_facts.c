/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/ports.h"
#include "compose/plan/preflight.h"
#include "compose/supervise/facts.h"
#include "engine/model.h"

/* A TCP socket that listens on a port that the system chose. */
struct listener {
	uv_loop_t loop;
	uv_tcp_t tcp;
	unsigned port;
};

static void listen_somewhere(struct listener *l)
{
	struct sockaddr_in address;
	int len = sizeof(address);

	assert_int_equal(uv_loop_init(&l->loop), 0);
	assert_int_equal(uv_tcp_init(&l->loop, &l->tcp), 0);
	assert_int_equal(uv_ip4_addr("127.0.0.1", 0, &address), 0);
	assert_int_equal(uv_tcp_bind(&l->tcp, (const struct sockaddr *)&address, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&l->tcp, 1, NULL), 0);
	assert_int_equal(uv_tcp_getsockname(&l->tcp, (struct sockaddr *)&address, &len), 0);
	/* In the order of the network. */
	const unsigned char *bytes = (const unsigned char *)&address.sin_port;
	l->port = (unsigned)(bytes[0] << 8 | bytes[1]);
}

static void listener_close(struct listener *l)
{
	uv_close((uv_handle_t *)&l->tcp, NULL);
	uv_run(&l->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&l->loop), 0);
}

/* Wine does not know whose sockets they are. */
static bool is_told(unsigned port)
{
	struct ports_sockets sockets = {0};
	struct error *err = NULL;

	assert_int_equal(ports_read(&sockets, &err), 0);
	const struct ports_socket *socket = ports_find(&sockets, NULL, port, PORTS_TCP);
	assert_non_null(socket);
	bool told = socket->process || socket->inode;
	ports_drop_sockets(&sockets);
	return told;
}

static void a_port_that_somebody_listens_on_is_taken_by_its_process(void **state)
{
	struct preflight_obstacle obstacle = {0};
	struct listener l;

	(void)state;
	listen_somewhere(&l);
	assert_true(facts_port_taken("127.0.0.1", l.port, "tcp", &obstacle, NULL));
	CLEANUP(memory_free) char *here = memory_format("(process %d)", (int)uv_os_getpid());
	if (is_told(l.port))
		assert_non_null(strstr(obstacle.holder, here));
	else
		assert_string_equal(obstacle.holder, "");
	assert_int_equal(obstacle.first, 0);
	listener_close(&l);
	obstacle = (struct preflight_obstacle){0};
	assert_false(facts_port_taken("127.0.0.1", l.port, "tcp", &obstacle, NULL));
	assert_string_equal(obstacle.holder, "");
}

static void a_port_that_windows_keeps_back_is_taken_by_its_range(void **state)
{
	struct ports_range ranges[] = {{100, 199, false}, {300, 300, true}};
	struct observed observed = {0};
	struct facts_own own = {.project = "shop", .observed = &observed, .tcp = {ranges, 2, 2}};
	struct preflight_obstacle obstacle = {0};

	(void)state;
	assert_true(facts_port_taken(NULL, 150, "tcp", &obstacle, &own));
	assert_int_equal(obstacle.first, 100);
	assert_int_equal(obstacle.last, 199);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_that_somebody_listens_on_is_taken_by_its_process),
		cmocka_unit_test(a_port_that_windows_keeps_back_is_taken_by_its_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
