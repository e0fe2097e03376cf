/* SPDX-License-Identifier: MIT */
/* A network's DNS on this host's loopback, with one of the test's as the host's own resolver. */
#include "netns/linux/resolver.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "netns/linux/spot.h"
#include "netns/linux/upstream.h"
#include "tests/folder.h"
#include "tests/loop.h"
#include "tests/test.h"

struct world {
	uv_loop_t loop;
	struct names names;
	struct resolver *resolver;
	struct upstream *upstream;
	bool is_internal;
	int above_udp, above_tcp; /* the host's resolver */
	unsigned above_port;
	char *folder;
};

static struct cidr of(const char *text)
{
	struct cidr cidr = {0};

	assert_true(cidr_parse(text, &cidr));
	return cidr;
}

static enum names_result find(const struct cidr *asker, const char *name, bool is_v6,
			      struct cidrs *ret, void *payload)
{
	struct cidr expected = of("127.0.0.1");

	assert_true(cidr_same_address(asker, &expected));
	return names_find(&((struct world *)payload)->names, name, is_v6, ret);
}

static enum names_result reverse(const struct cidr *asker, const struct cidr *address,
				 char name[static DNS_NAME], void *payload)
{
	struct cidr network = of("10.0.0.0/24");
	const char *found = names_reverse(&((struct world *)payload)->names, address);

	(void)asker;
	if (!found)
		return cidr_has(&network, address) ? NAMES_NOBODY : NAMES_FOREIGN;
	snprintf(name, DNS_NAME, "%s", found);
	return NAMES_FOUND;
}

static bool goes_on(const struct cidr *asker, void *payload)
{
	(void)asker;
	return !((struct world *)payload)->is_internal;
}

static int open_socket(int type, unsigned port, bool is_client)
{
	struct cidr here = of("127.0.0.1");
	struct sockaddr_storage spot;
	int descriptor = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	spot_of(&here, port, &spot);
	int status =
		is_client
			? connect(descriptor, (struct sockaddr *)&spot, sizeof(struct sockaddr_in))
			: bind(descriptor, (struct sockaddr *)&spot, sizeof(struct sockaddr_in));

	if (status == 0 && type == SOCK_STREAM && !is_client)
		status = listen(descriptor, 8);
	if (status == 0)
		return descriptor;
	close(descriptor);
	return -1;
}

/* The host's resolver has one port for both kinds. */
static void open_above(struct world *world)
{
	do {
		struct sockaddr_storage spot;
		socklen_t len = sizeof(spot);
		struct cidr address;

		world->above_udp = open_socket(SOCK_DGRAM, 0, false);
		getsockname(world->above_udp, (struct sockaddr *)&spot, &len);
		spot_read((struct sockaddr *)&spot, &address, &world->above_port);
		world->above_tcp = open_socket(SOCK_STREAM, world->above_port, false);
		if (world->above_tcp < 0)
			close(world->above_udp);
	} while (world->above_tcp < 0);
}

static void open_world(struct world *world)
{
	struct cidr here = of("127.0.0.1"), address;
	struct error *err = NULL;

	*world = (struct world){.folder = folder_new()};
	CLEANUP(memory_free) char *file = path_join(world->folder, "resolv.conf");
	const char text[] = "# one\nsearch example\nnameserver 127.0.0.1 # here\n";

	assert_int_equal(file_write(file, text, sizeof(text) - 1, false, &err), 0);
	uv_loop_init(&world->loop);
	open_above(world);
	struct upstream_options above = {
		.loop = &world->loop, .file = file, .port = world->above_port, .timeout_ms = 5000};

	world->upstream = upstream_new(&above);
	struct resolver_options options = {
		.loop = &world->loop,
		.space = -1,
		.addresses = &here,
		.count = 1,
		.zone = {find, reverse, goes_on, world},
		.upstream = world->upstream,
	};

	/* A port that is free for UDP may be taken for TCP. */
	for (unsigned i = 0; i < 50 && !world->resolver; i++) {
		error_drop(&err);
		resolver_open(&options, &world->resolver, &err);
	}
	assert_non_null(world->resolver);
	address = of("10.0.0.2");
	names_add(&world->names, "c1", "web", &address);
	names_reserve(&world->names, "db");
}

static void close_world(struct world *world)
{
	upstream_close(world->upstream);
	resolver_close(world->resolver);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	loop_assert_clean(&world->loop);
	names_drop(&world->names);
	close(world->above_udp);
	close(world->above_tcp);
	folder_drop(&world->folder);
}

static void await(struct world *world, int descriptor)
{
	struct pollfd one = {.fd = descriptor, .events = POLLIN};
	uint64_t end = clock_monotonic() + 20 * CLOCK_SECOND;

	while (poll(&one, 1, 0) == 0 && clock_monotonic() < end)
		uv_run(&world->loop, UV_RUN_NOWAIT);
	assert_int_equal(poll(&one, 1, 0), 1);
}

/* Id 7, recursion desired. Gives its length. */
static size_t write_question(const char *name, unsigned type, uint8_t *out)
{
	static const uint8_t head[] = {0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
	size_t len = sizeof(head);

	memcpy(out, head, len);
	while (*name) {
		size_t label = strcspn(name, ".");

		out[len++] = (uint8_t)label;
		memcpy(out + len, name, label);
		len += label;
		name += label + (name[label] == '.');
	}
	memcpy(out + len, (uint8_t[]){0, 0, (uint8_t)type, 0, 1}, 5);
	return len + 5;
}

static int ask(struct world *world, const char *name, unsigned type)
{
	uint8_t bytes[512];
	size_t len = write_question(name, type, bytes);
	int client = open_socket(SOCK_DGRAM, resolver_port(world->resolver), true);

	assert_int_equal(write(client, bytes, len), len);
	return client;
}

static size_t receive(struct world *world, int client, uint8_t *bytes, size_t max)
{
	await(world, client);
	ssize_t len = read(client, bytes, max);

	assert_true(len >= DNS_HEADER);
	assert_int_equal(bytes[1], 7);
	assert_true(bytes[2] & 0x80);
	return (size_t)len;
}

/* Asks, and asserts the code and number of records; nothing may go to the host's resolver. */
static void assert_own(struct world *world, const char *name, unsigned type, unsigned code,
		       unsigned records)
{
	uint8_t bytes[1500];
	struct pollfd above = {.fd = world->above_udp, .events = POLLIN};
	int client = ask(world, name, type);

	receive(world, client, bytes, sizeof(bytes));
	assert_int_equal(bytes[3] & 15, code);
	assert_int_equal(bytes[7], records);
	assert_int_equal(poll(&above, 1, 0), 0);
	close(client);
}

static void own_names_are_answered_and_never_asked_of_others(void **state)
{
	struct world world;

	(void)state;
	open_world(&world);
	assert_own(&world, "web", DNS_A, DNS_GOOD, 1);
	assert_own(&world, "WEB", DNS_A, DNS_GOOD, 1);
	assert_own(&world, "web", DNS_AAAA, DNS_GOOD, 0);
	assert_own(&world, "web", 15, DNS_GOOD, 0);
	assert_own(&world, "db", DNS_A, DNS_NOBODY, 0);
	assert_own(&world, "2.0.0.10.in-addr.arpa", DNS_PTR, DNS_GOOD, 1);
	assert_own(&world, "3.0.0.10.in-addr.arpa", DNS_PTR, DNS_NOBODY, 0);
	close_world(&world);
}

static void others_names_are_refused_where_there_is_no_way_out(void **state)
{
	struct world world;

	(void)state;
	open_world(&world);
	world.is_internal = true;
	assert_own(&world, "example.org", DNS_A, DNS_FAILED, 0);
	close_world(&world);
}

/* Takes a question at the host's resolver and answers it with a code and its bytes. */
static void answer_above(struct world *world, unsigned code, bool with_wrong_ones)
{
	uint8_t bytes[512];
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);

	await(world, world->above_udp);
	ssize_t got =
		recvfrom(world->above_udp, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &len);

	assert_true(got > 0);
	bytes[2] |= 0x80;
	bytes[3] = (uint8_t)code;
	if (with_wrong_ones) {
		/* Another id, and another name: somebody guesses. */
		bytes[0] ^= 1;
		sendto(world->above_udp, bytes, (size_t)got, 0, (struct sockaddr *)&from, len);
		bytes[0] ^= 1;
		bytes[13] ^= 1;
		sendto(world->above_udp, bytes, (size_t)got, 0, (struct sockaddr *)&from, len);
		bytes[13] ^= 1;
	}
	sendto(world->above_udp, bytes, (size_t)got, 0, (struct sockaddr *)&from, len);
}

static void other_names_are_the_hosts_resolvers_matter(void **state)
{
	struct world world;
	uint8_t bytes[1500];

	(void)state;
	open_world(&world);
	int client = ask(&world, "example.org", DNS_A);

	answer_above(&world, DNS_NOBODY, true);
	receive(&world, client, bytes, sizeof(bytes));
	assert_int_equal(bytes[3] & 15, DNS_NOBODY);
	close(client);
	close_world(&world);
}

static void a_broken_resolver_is_asked_twice_and_then_believed(void **state)
{
	struct world world;
	uint8_t bytes[1500];

	(void)state;
	open_world(&world);
	int client = ask(&world, "example.org", DNS_A);

	answer_above(&world, DNS_FAILED, false);
	answer_above(&world, DNS_FAILED, false);
	receive(&world, client, bytes, sizeof(bytes));
	assert_int_equal(bytes[3] & 15, DNS_FAILED);
	close(client);
	close_world(&world);
}

static void a_resolver_that_does_not_answer_is_an_error_in_time(void **state)
{
	struct world world;
	uint8_t bytes[1500];

	(void)state;
	open_world(&world);
	/* Nobody is at this port any more: each try is refused at once. */
	close(world.above_udp);
	int client = ask(&world, "example.org", DNS_A);

	receive(&world, client, bytes, sizeof(bytes));
	assert_int_equal(bytes[3] & 15, DNS_FAILED);
	world.above_udp = open_socket(SOCK_DGRAM, 0, false);
	close(client);
	close_world(&world);
}

static void what_is_still_asked_when_it_closes_is_let_go(void **state)
{
	struct world world;

	(void)state;
	open_world(&world);
	int client = ask(&world, "example.org", DNS_A);

	await(&world, world.above_udp);
	close_world(&world);
	close(client);
}

static void read_whole(struct world *world, int client, uint8_t *bytes, size_t len)
{
	for (size_t got = 0; got < len;) {
		await(world, client);
		ssize_t more = read(client, bytes + got, len - got);

		assert_true(more > 0);
		got += (size_t)more;
	}
}

static void by_tcp_questions_are_answered_one_after_the_other(void **state)
{
	struct world world;
	uint8_t bytes[2048];
	size_t len = 0;

	(void)state;
	open_world(&world);
	int client = open_socket(SOCK_STREAM, resolver_port(world.resolver), true);

	/* An own name, another's, and an own one: the answers keep this order. */
	static const char *const names[] = {"web", "example.org", "db"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t one = write_question(names[i], DNS_A, bytes + len + 2);

		bytes[len] = 0;
		bytes[len + 1] = (uint8_t)one;
		len += one + 2;
	}
	assert_int_equal(write(client, bytes, len), len);
	await(&world, world.above_tcp);
	int above = accept(world.above_tcp, NULL, NULL);

	read_whole(&world, above, bytes, 2);
	size_t one = bytes[1];

	read_whole(&world, above, bytes + 2, one);
	assert_memory_equal(bytes + 2 + 12, "\7example\3org", 12);
	bytes[4] |= 0x80;
	bytes[5] = DNS_REFUSED;
	/* In two pieces, as a stream may be. */
	assert_int_equal(write(above, bytes, 3), 3);
	uv_run(&world.loop, UV_RUN_NOWAIT);
	assert_int_equal(write(above, bytes + 3, one - 1), one - 1);
	close(above);
	/* Refused: asked once more. */
	await(&world, world.above_tcp);
	above = accept(world.above_tcp, NULL, NULL);
	read_whole(&world, above, bytes, one + 2);
	bytes[4] |= 0x80;
	bytes[5] = DNS_GOOD;
	assert_int_equal(write(above, bytes, one + 2), one + 2);
	static const uint8_t codes[] = {DNS_GOOD, DNS_GOOD, DNS_NOBODY};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		read_whole(&world, client, bytes, 2);
		read_whole(&world, client, bytes + 2, bytes[1]);
		assert_int_equal(bytes[3], 7);
		assert_int_equal(bytes[5] & 15, codes[i]);
	}
	close(above);
	close(client);
	close_world(&world);
}

static void more_addresses_than_a_datagram_has_room_for_come_by_tcp(void **state)
{
	struct world world;
	static uint8_t bytes[16384];

	(void)state;
	open_world(&world);
	for (unsigned i = 0; i < 200; i++) {
		struct cidr address = of("10.0.0.0");

		address.bytes[3] = (uint8_t)(3 + i);
		names_add(&world.names, "c2", "many", &address);
	}
	int client = ask(&world, "many", DNS_A);
	size_t len = receive(&world, client, bytes, sizeof(bytes));

	assert_in_range(len, 400, 512);
	assert_true(bytes[2] & 0x02);
	close(client);
	client = open_socket(SOCK_STREAM, resolver_port(world.resolver), true);
	bytes[0] = 0;
	bytes[1] = (uint8_t)write_question("many", DNS_A, bytes + 2);
	assert_int_equal(write(client, bytes, bytes[1] + 2u), bytes[1] + 2);
	read_whole(&world, client, bytes, 2);
	len = (size_t)bytes[0] << 8 | bytes[1];
	read_whole(&world, client, bytes, len);
	assert_false(bytes[2] & 0x02);
	assert_int_equal(bytes[7], 200);
	close(client);
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_names_are_answered_and_never_asked_of_others),
		cmocka_unit_test(others_names_are_refused_where_there_is_no_way_out),
		cmocka_unit_test(other_names_are_the_hosts_resolvers_matter),
		cmocka_unit_test(a_broken_resolver_is_asked_twice_and_then_believed),
		cmocka_unit_test(a_resolver_that_does_not_answer_is_an_error_in_time),
		cmocka_unit_test(what_is_still_asked_when_it_closes_is_let_go),
		cmocka_unit_test(by_tcp_questions_are_answered_one_after_the_other),
		cmocka_unit_test(more_addresses_than_a_datagram_has_room_for_come_by_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
