/* SPDX-License-Identifier: MIT */
/* The containers of these tests are sockets on this host's loopback. */
#include "netns/linux/gate.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "netns/linux/spot.h"
#include "tests/loop.h"
#include "tests/test.h"

struct world {
	uv_loop_t loop;
	struct gate_options options;
	struct gate *gate;
	int server; /* the container's socket */
	unsigned inner;
	bool is_closed;
};

static struct cidr of(const char *text)
{
	struct cidr cidr = {0};

	assert_true(cidr_parse(text, &cidr));
	return cidr;
}

static unsigned port_of(int descriptor)
{
	struct sockaddr_storage spot;
	socklen_t len = sizeof(spot);
	struct cidr address;
	unsigned port = 0;

	assert_int_equal(getsockname(descriptor, (struct sockaddr *)&spot, &len), 0);
	assert_true(spot_read((const struct sockaddr *)&spot, &address, &port));
	return port;
}

static socklen_t length(const struct sockaddr_storage *spot)
{
	return spot->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					   : sizeof(struct sockaddr_in);
}

static int listener(const char *address, int type)
{
	struct cidr cidr = of(address);
	struct sockaddr_storage spot;
	int descriptor = socket(cidr.is_v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);

	spot_of(&cidr, 0, &spot);
	assert_int_equal(bind(descriptor, (struct sockaddr *)&spot, length(&spot)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(descriptor, 16), 0);
	return descriptor;
}

static int dial(const char *address, unsigned port, int type)
{
	struct cidr cidr = of(address);
	struct sockaddr_storage spot;
	int descriptor = socket(cidr.is_v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);

	spot_of(&cidr, port, &spot);
	assert_int_equal(connect(descriptor, (struct sockaddr *)&spot, length(&spot)), 0);
	return descriptor;
}

static void closed(void *payload)
{
	((struct world *)payload)->is_closed = true;
}

static void open_world(struct world *world, int type)
{
	*world = (struct world){0};
	uv_loop_init(&world->loop);
	world->server = listener("127.0.0.1", type);
	world->inner = port_of(world->server);
	world->options = (struct gate_options){
		.loop = &world->loop,
		.space = -1,
		.v4 = of("127.0.0.1"),
		.buffer = memory_alloc(GATE_BUFFER),
		.idle_ms = 60000,
	};
}

static void open_gate(struct world *world, bool is_udp, const char *host)
{
	struct endpoint_port port = {.is_udp = is_udp, .inner = world->inner};
	struct error *err = NULL;

	port.is_any = strcmp(host, "*") == 0;
	if (!port.is_any)
		port.host = of(host);
	assert_int_equal(gate_open(&world->options, &port, &world->gate, &err), 0);
	assert_int_not_equal(gate_port(world->gate), 0);
}

static void close_world(struct world *world)
{
	if (world->gate) {
		gate_close(world->gate, closed, world);
		UNTIL(world, world->is_closed);
	}
	uv_run(&world->loop, UV_RUN_DEFAULT);
	loop_assert_clean(&world->loop);
	close(world->server);
	free(world->options.buffer);
}

/* Runs the loop until the descriptor has something. */
static bool is_ready(struct world *world, int descriptor, short what)
{
	struct pollfd poll_one = {.fd = descriptor, .events = what};

	(void)world;
	return poll(&poll_one, 1, 0) == 1;
}

#define AWAIT(world_, descriptor_, what_)                                                          \
	do {                                                                                       \
		uint64_t end_ = clock_monotonic() + 20 * CLOCK_SECOND;                             \
		while (!is_ready(world_, descriptor_, what_) && clock_monotonic() < end_)          \
			uv_run(&(world_)->loop, UV_RUN_NOWAIT);                                    \
		assert_true(is_ready(world_, descriptor_, what_));                                 \
	} while (0)

static void assert_receives(struct world *world, int descriptor, const char *expected)
{
	char bytes[64] = "";
	size_t got = 0;

	while (got < strlen(expected)) {
		AWAIT(world, descriptor, POLLIN);
		ssize_t len = read(descriptor, bytes + got, sizeof(bytes) - 1 - got);

		assert_true(len > 0);
		got += (size_t)len;
	}
	assert_string_equal(bytes, expected);
}

static int accept_one(struct world *world)
{
	AWAIT(world, world->server, POLLIN);
	int descriptor = accept(world->server, NULL, NULL);

	assert_true(descriptor >= 0);
	return descriptor;
}

static void the_end_of_one_direction_leaves_the_other_open(void **state)
{
	struct world world;
	char byte;

	(void)state;
	open_world(&world, SOCK_STREAM);
	open_gate(&world, false, "127.0.0.1");
	int client = dial("127.0.0.1", gate_port(world.gate), SOCK_STREAM);
	int server = accept_one(&world);

	assert_int_equal(write(client, "question", 8), 8);
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	assert_receives(&world, server, "question");
	AWAIT(&world, server, POLLIN);
	assert_int_equal(read(server, &byte, 1), 0);
	assert_int_equal(write(server, "answer", 6), 6);
	assert_receives(&world, client, "answer");
	close(server);
	AWAIT(&world, client, POLLIN);
	assert_int_equal(read(client, &byte, 1), 0);
	close(client);
	close_world(&world);
}

static void what_the_container_does_not_take_is_not_read_from_the_client(void **state)
{
	enum { CHUNK = 65536, MOST = 256 << 20 };
	struct world world;
	static char chunk[CHUNK];
	size_t sent = 0, got = 0, idle = 0;

	(void)state;
	open_world(&world, SOCK_STREAM);
	open_gate(&world, false, "127.0.0.1");
	int client = dial("127.0.0.1", gate_port(world.gate), SOCK_STREAM);
	int server = accept_one(&world);

	/* Until nothing more moves: the sockets' buffers are full, and the gate holds one piece. */
	while (idle < 200 && sent < MOST) {
		ssize_t len = send(client, chunk, CHUNK, MSG_DONTWAIT);

		idle = len > 0 ? 0 : idle + 1;
		sent += len > 0 ? (size_t)len : 0;
		uv_run(&world.loop, UV_RUN_NOWAIT);
	}
	assert_true(sent < MOST);
	shutdown(client, SHUT_WR);
	/* All of it comes through, and the end behind it. */
	for (;;) {
		AWAIT(&world, server, POLLIN);
		ssize_t len = read(server, chunk, CHUNK);

		assert_true(len >= 0);
		if (len == 0)
			break;
		got += (size_t)len;
	}
	assert_int_equal(got, sent);
	close(server);
	close(client);
	close_world(&world);
}

static void a_container_that_does_not_listen_is_an_error_at_the_client(void **state)
{
	struct world world;
	char byte;

	(void)state;
	open_world(&world, SOCK_STREAM);
	int unused = listener("127.0.0.1", SOCK_STREAM);

	world.inner = port_of(unused);
	close(unused);
	open_gate(&world, false, "127.0.0.1");
	int client = dial("127.0.0.1", gate_port(world.gate), SOCK_STREAM);

	AWAIT(&world, client, POLLIN);
	assert_int_equal(read(client, &byte, 1), -1);
	assert_int_equal(errno, ECONNRESET);
	close(client);
	close_world(&world);
}

static void a_gate_that_closes_cuts_what_goes_through(void **state)
{
	struct world world;
	char byte;

	(void)state;
	open_world(&world, SOCK_STREAM);
	open_gate(&world, false, "*");
	int client = dial("127.0.0.1", gate_port(world.gate), SOCK_STREAM);
	int server = accept_one(&world);

	assert_int_equal(write(client, "x", 1), 1);
	assert_receives(&world, server, "x");
	close_world(&world);
	assert_int_equal(read(client, &byte, 1), -1);
	close(server);
	close(client);
}

static bool has_v6(void)
{
	struct cidr cidr = of("::1");
	struct sockaddr_storage spot;
	int descriptor = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	spot_of(&cidr, 0, &spot);
	bool has =
		descriptor >= 0 && bind(descriptor, (struct sockaddr *)&spot, length(&spot)) == 0;

	if (descriptor >= 0)
		close(descriptor);
	return has;
}

static void every_address_means_ipv6_too(void **state)
{
	struct world world;

	(void)state;
	if (!has_v6())
		skip();
	open_world(&world, SOCK_STREAM);
	open_gate(&world, false, "*");
	int client = dial("::1", gate_port(world.gate), SOCK_STREAM);
	int server = accept_one(&world);

	assert_int_equal(write(client, "six", 3), 3);
	assert_receives(&world, server, "six");
	close(server);
	close(client);
	close_world(&world);
}

static void a_port_that_is_taken_is_a_conflict_and_a_range_goes_on_to_the_next(void **state)
{
	struct world world;
	struct error *err = NULL;

	(void)state;
	open_world(&world, SOCK_STREAM);
	int taken = listener("127.0.0.1", SOCK_STREAM);
	struct endpoint_port port = {
		.host = of("127.0.0.1"),
		.first = port_of(taken),
		.last = port_of(taken),
		.inner = 80,
	};

	assert_int_equal(gate_open(&world.options, &port, &world.gate, &err), ERROR_CONFLICT);
	assert_non_null(strstr(err->message, "tcp/127.0.0.1/"));
	error_drop(&err);
	port.last = port.first + 20 < 65535 ? port.first + 20 : 65535;
	if (port.last > port.first) {
		assert_int_equal(gate_open(&world.options, &port, &world.gate, &err), 0);
		assert_in_range(gate_port(world.gate), port.first + 1, port.last);
	}
	close(taken);
	close_world(&world);
}

static void an_address_that_the_host_lacks_is_told(void **state)
{
	struct world world;
	struct endpoint_port port = {.host = of("192.0.2.1"), .inner = 80};
	struct error *err = NULL;

	(void)state;
	open_world(&world, SOCK_STREAM);
	assert_int_equal(gate_open(&world.options, &port, &world.gate, &err), ERROR_INVALID);
	assert_non_null(strstr(err->message, "no such address"));
	error_drop(&err);
	close_world(&world);
}

static void datagrams_find_their_way_back_to_each_client(void **state)
{
	struct world world;
	struct sockaddr_storage from[2];
	char bytes[16];

	(void)state;
	open_world(&world, SOCK_DGRAM);
	open_gate(&world, true, "127.0.0.1");
	int clients[2];

	for (size_t i = 0; i < 2; i++) {
		socklen_t len = sizeof(from[i]);

		clients[i] = dial("127.0.0.1", gate_port(world.gate), SOCK_DGRAM);
		assert_int_equal(write(clients[i], i ? "b" : "a", 1), 1);
		AWAIT(&world, world.server, POLLIN);
		assert_int_equal(recvfrom(world.server, bytes, sizeof(bytes), 0,
					  (struct sockaddr *)&from[i], &len),
				 1);
		assert_int_equal(bytes[0], i ? 'b' : 'a');
	}
	assert_memory_not_equal(&from[0], &from[1], sizeof(struct sockaddr_in));
	sendto(world.server, "to b", 4, 0, (struct sockaddr *)&from[1], length(&from[1]));
	sendto(world.server, "to a", 4, 0, (struct sockaddr *)&from[0], length(&from[0]));
	assert_receives(&world, clients[0], "to a");
	assert_receives(&world, clients[1], "to b");
	/* An empty one is one too. */
	sendto(world.server, "", 0, 0, (struct sockaddr *)&from[0], length(&from[0]));
	AWAIT(&world, clients[0], POLLIN);
	assert_int_equal(read(clients[0], bytes, sizeof(bytes)), 0);
	close(clients[0]);
	close(clients[1]);
	close_world(&world);
}

static void a_client_that_was_silent_has_a_new_flow_afterwards(void **state)
{
	struct world world;
	struct sockaddr_storage first, second;
	socklen_t len = sizeof(first);
	char bytes[16];

	(void)state;
	open_world(&world, SOCK_DGRAM);
	world.options.idle_ms = 20;
	open_gate(&world, true, "127.0.0.1");
	int client = dial("127.0.0.1", gate_port(world.gate), SOCK_DGRAM);

	assert_int_equal(write(client, "1", 1), 1);
	AWAIT(&world, world.server, POLLIN);
	recvfrom(world.server, bytes, sizeof(bytes), 0, (struct sockaddr *)&first, &len);
	/* The flow is over when its port is free again. */
	int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t end = clock_monotonic() + 20 * CLOCK_SECOND;

	while (bind(probe, (struct sockaddr *)&first, len) < 0 && clock_monotonic() < end)
		uv_run(&world.loop, UV_RUN_NOWAIT);
	assert_true(clock_monotonic() < end);
	assert_int_equal(write(client, "2", 1), 1);
	AWAIT(&world, world.server, POLLIN);
	len = sizeof(second);
	recvfrom(world.server, bytes, sizeof(bytes), 0, (struct sockaddr *)&second, &len);
	assert_memory_not_equal(&first, &second, sizeof(struct sockaddr_in));
	close(probe);
	close(client);
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_of_one_direction_leaves_the_other_open),
		cmocka_unit_test(what_the_container_does_not_take_is_not_read_from_the_client),
		cmocka_unit_test(a_container_that_does_not_listen_is_an_error_at_the_client),
		cmocka_unit_test(a_gate_that_closes_cuts_what_goes_through),
		cmocka_unit_test(every_address_means_ipv6_too),
		cmocka_unit_test(
			a_port_that_is_taken_is_a_conflict_and_a_range_goes_on_to_the_next),
		cmocka_unit_test(an_address_that_the_host_lacks_is_told),
		cmocka_unit_test(datagrams_find_their_way_back_to_each_client),
		cmocka_unit_test(a_client_that_was_silent_has_a_new_flow_afterwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
