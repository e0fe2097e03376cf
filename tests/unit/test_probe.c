/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/supervise/probe.h"
#include "engine/fake/fake.h"
#include "tests/loop.h"
#include "tests/server.h"

#define PATIENCE (20 * CLOCK_SECOND)
#define COARSE                                                                                     \
	(40 * CLOCK_MS) /* a timer may ring by so much early: loops count in Windows' ticks */

struct bench {
	uv_loop_t loop;
	struct fake_world *world;
	struct engine *engine;
	struct server server;
	bool serves;
	struct container container;
	struct probe probe;
	struct probe_runner *runner;
	bool opening; /* nothing may be told now */
	bool closed;
	struct text told; /* "healthy", "unhealthy WHY", a line each */
	struct text asked;
};

static void on_changed(const char *container, enum container_health health, const char *why,
		       void *payload)
{
	struct bench *bench = payload;

	assert_false(bench->opening);
	assert_false(bench->closed);
	assert_string_equal(container, "shop-web-1");
	assert_int_equal(probe_health(bench->runner), health);
	text_printf(&bench->told, "%s%s%s\n", container_health_name(health), why ? " " : "",
		    why ? why : "");
}

static void host_known(const struct engine_host *host, const struct error *err, void *payload)
{
	(void)host;
	assert_null(err);
	*(bool *)payload = true;
}

static void begin(struct bench *bench, const struct fake_options *given)
{
	struct fake_options options = given ? *given : (struct fake_options){0};
	bool known = false;

	*bench = (struct bench){0};
	options.clock = FAKE_REAL;
	assert_int_equal(uv_loop_init(&bench->loop), 0);
	bench->world = fake_world_new(&options);
	bench->engine = fake_open(bench->world, &bench->loop, NULL);
	engine_host(bench->engine, host_known, &known);
	while (!known)
		uv_run(&bench->loop, UV_RUN_NOWAIT);
	bench->probe = (struct probe){
		.port = 80,
		.interval = 10 * CLOCK_MS,
		.timeout = 5 * CLOCK_SECOND,
		.retries = 1,
	};
	bench->container.name = memory_copy("shop-web-1");
	bench->container.state = CONTAINER_RUNNING;
}

static void add_port(struct bench *bench, const char *ip, unsigned published)
{
	*array_add(&bench->container.ports) = (struct container_port){
		.ip = memory_copy(ip),
		.published = published,
		.target = 80,
		.protocol = memory_copy("tcp"),
	};
}

/* A container whose published port is a server's, which answers so. */
static void begin_server_on(struct bench *bench, const struct fake_options *host,
			    enum probe_kind kind, void (*answer)(struct connection *connection))
{
	begin(bench, host);
	bench->probe.kind = kind;
	bench->server = (struct server){.answer = answer, .payload = bench};
	server_open(&bench->server, &bench->loop);
	bench->serves = true;
	add_port(bench, "0.0.0.0", (unsigned)bench->server.port);
}

static void begin_server(struct bench *bench, enum probe_kind kind,
			 void (*answer)(struct connection *connection))
{
	begin_server_on(bench, NULL, kind, answer);
}

static void open_probe(struct bench *bench)
{
	bench->opening = true;
	bench->runner =
		probe_open(bench->engine, &bench->probe, &bench->container, on_changed, bench);
	bench->opening = false;
	assert_int_equal(probe_health(bench->runner), HEALTH_STARTING);
}

/* Who connects afterwards is refused. */
static void stop_serving(struct bench *bench)
{
	if (!bench->serves)
		return;
	server_close(&bench->server);
	while (!bench->server.gone)
		uv_run(&bench->loop, UV_RUN_ONCE);
	bench->serves = false;
}

static void wake(uv_timer_t *timer)
{
	(void)timer;
}

/* Turns the loop for so long. */
static void pass_time(struct bench *bench, uint64_t ns)
{
	uint64_t until = clock_monotonic() + ns;
	uv_timer_t timer;

	uv_timer_init(&bench->loop, &timer);
	uv_timer_start(&timer, wake, 1, 1);
	do
		uv_run(&bench->loop, UV_RUN_ONCE);
	while (clock_monotonic() < until);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&bench->loop, UV_RUN_NOWAIT);
}

/* Until this is all that was told; forgets it then. */
static void wait_told(struct bench *bench, const char *wanted)
{
	uint64_t until = clock_monotonic() + PATIENCE;

	while (bench->told.len < strlen(wanted) && clock_monotonic() < until)
		pass_time(bench, CLOCK_MS);
	assert_string_equal(text_string(&bench->told), wanted);
	text_clear(&bench->told);
}

static void on_closed(void *payload)
{
	struct bench *bench = payload;

	assert_false(bench->closed);
	bench->closed = true;
}

static void engine_gone(void *payload)
{
	*(bool *)payload = true;
}

static void close_probe(struct bench *bench)
{
	uint64_t until = clock_monotonic() + PATIENCE;

	probe_close(bench->runner, on_closed, bench);
	assert_false(bench->closed);
	while (!bench->closed && clock_monotonic() < until)
		uv_run(&bench->loop, UV_RUN_NOWAIT);
	assert_true(bench->closed);
}

static void end(struct bench *bench)
{
	bool gone = false;

	if (!bench->closed)
		close_probe(bench);
	stop_serving(bench);
	engine_close(bench->engine, engine_gone, &gone);
	for (int i = 0; i < 20; i++)
		uv_run(&bench->loop, UV_RUN_NOWAIT);
	assert_true(gone);
	fake_world_drop(&bench->world);
	loop_assert_clean(&bench->loop);
	container_drop(&bench->container);
	text_drop(&bench->told);
	text_drop(&bench->asked);
}

/* --- http */

static void say_ok(struct connection *connection)
{
	struct bench *bench = connection->server->payload;

	text_clear(&bench->asked);
	text_add_n(&bench->asked, connection->in.data, connection->in.len);
	server_reply(connection, 200, "well");
}

static void say_nothing(struct connection *connection)
{
	(void)connection;
}

static void http_asks_for_the_path_at_the_published_port(void **state)
{
	struct bench bench;
	CLEANUP(text_drop) struct text host = {0};

	(void)state;
	begin_server(&bench, PROBE_HTTP, say_ok);
	bench.probe.path = "/alive?a=b";
	open_probe(&bench);
	wait_told(&bench, "healthy\n");
	text_printf(&host, "\r\nHost: 127.0.0.1:%d\r\n", bench.server.port);
	assert_true(text_starts(text_string(&bench.asked), "GET /alive?a=b HTTP/1.1\r\n"));
	assert_non_null(strstr(text_string(&bench.asked), text_string(&host)));
	assert_non_null(strstr(text_string(&bench.asked), "\r\nConnection: close\r\n"));
	end(&bench);
}

static const char *reply; /* what say_reply says */

static void say_reply(struct connection *connection)
{
	server_say(connection, reply);
}

static void http_is_judged_by_the_status(void **state)
{
	static const struct {
		const char *reply;
		int status;
		const char *told;
	} cases[] = {
		{"HTTP/1.1 200 OK\r\n\r\n", 0, "healthy\n"},
		{"HTTP/1.0 204\r\n\r\n", 0, "healthy\n"},
		/* Where it leads to is not looked at. */
		{"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", 0, "healthy\n"},
		{"HTTP/1.1 404 Not Found\r\n\r\n", 0, "unhealthy it answered with status 404\n"},
		{"HTTP/1.1 500 No\r\n\r\n", 0, "unhealthy it answered with status 500\n"},
		{"HTTP/1.1 199 No\r\n\r\n", 0, "unhealthy it answered with status 199\n"},
		{"HTTP/1.1 404 Not Found\r\n\r\n", 404, "healthy\n"},
		{"HTTP/1.1 200 OK\r\n\r\n", 204, "unhealthy it answered with status 200\n"},
		{"SSH-2.0-OpenSSH_9.2\r\n", 0,
		 "unhealthy it does not answer as an HTTP server does\n"},
		{"\n", 0, "unhealthy it does not answer as an HTTP server does\n"},
		{"HTTP/1.1 \r\n", 0, "unhealthy it does not answer as an HTTP server does\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct bench bench;
		reply = cases[i].reply;
		begin_server(&bench, PROBE_HTTP, say_reply);
		bench.probe.status = cases[i].status;
		open_probe(&bench);
		wait_told(&bench, cases[i].told);
		pass_time(&bench, 30 * CLOCK_MS);
		assert_string_equal(text_string(&bench.told), "");
		end(&bench);
	}
}

static void say_garbage(struct connection *connection)
{
	static const char garbage[4000] = {'x', 0, 'y', 1};

	server_send(connection, garbage, sizeof(garbage));
}

static void hang_up(struct connection *connection)
{
	server_hang_up(connection);
}

static void http_that_is_none_fails(void **state)
{
	static void (*const answers[])(struct connection * connection) = {say_garbage, hang_up};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct bench bench;
		begin_server(&bench, PROBE_HTTP, answers[i]);
		open_probe(&bench);
		wait_told(&bench, "unhealthy it does not answer as an HTTP server does\n");
		end(&bench);
	}
}

static void a_status_line_may_come_in_bits(void **state)
{
	static const char *const bits[] = {"HT", "TP/1.1", " 2", "00", " OK\r", "\n"};
	struct bench bench;

	(void)state;
	begin_server(&bench, PROBE_HTTP, say_nothing);
	open_probe(&bench);
	while (!bench.server.requests)
		pass_time(&bench, CLOCK_MS);
	LIST_FOR_EACH (struct connection, connection, &bench.server.open, link) {
		for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
			assert_string_equal(text_string(&bench.told), "");
			server_say(connection, bits[i]);
			pass_time(&bench, 5 * CLOCK_MS);
		}
	}
	wait_told(&bench, "healthy\n");
	end(&bench);
}

static void a_server_that_is_too_slow_fails(void **state)
{
	struct bench bench;

	(void)state;
	begin_server(&bench, PROBE_HTTP, say_nothing);
	bench.probe.timeout = 100 * CLOCK_MS;
	uint64_t from = clock_monotonic();
	open_probe(&bench);
	wait_told(&bench, "unhealthy it did not answer in time\n");
	assert_true(clock_monotonic() - from >= 110 * CLOCK_MS - COARSE);
	end(&bench);
}

static void checks_are_one_after_the_other(void **state)
{
	struct bench bench;

	(void)state;
	begin_server(&bench, PROBE_HTTP, say_nothing);
	bench.probe.timeout = 40 * CLOCK_MS;
	bench.probe.retries = 3;
	open_probe(&bench);
	for (int i = 0; i < 60 && !bench.told.len; i++) {
		size_t open = 0;
		LIST_FOR_EACH (struct connection, connection, &bench.server.open, link)
			open += connection->server != NULL;
		/* One that was given up may not have gone from the server yet. */
		assert_true(open <= 2);
		pass_time(&bench, 5 * CLOCK_MS);
	}
	wait_told(&bench, "unhealthy it did not answer in time\n");
	assert_true(bench.server.connections >= 3 && bench.server.connections <= 4);
	end(&bench);
}

/* --- retries, recovery, start period */

static void nobody_there_fails_after_so_many_tries_and_recovers(void **state)
{
	struct bench bench;

	(void)state;
	begin_server(&bench, PROBE_TCP, say_ok);
	int port = bench.server.port;
	stop_serving(&bench);
	pass_time(&bench, CLOCK_MS);
	bench.probe.retries = 3;
	bench.probe.interval = 40 * CLOCK_MS;
	uint64_t from = clock_monotonic();
	open_probe(&bench);
	wait_told(&bench, "unhealthy connection refused\n");
	assert_true(clock_monotonic() - from >= 120 * CLOCK_MS - COARSE);
	bench.server = (struct server){.answer = say_ok, .payload = &bench, .port = port};
	server_open(&bench.server, &bench.loop);
	bench.serves = true;
	wait_told(&bench, "healthy\n");
	stop_serving(&bench);
	wait_told(&bench, "unhealthy connection refused\n");
	end(&bench);
}

static void the_first_check_comes_after_an_interval(void **state)
{
	struct bench bench;

	(void)state;
	begin_server(&bench, PROBE_TCP, say_ok);
	bench.probe.interval = 100 * CLOCK_MS;
	uint64_t from = clock_monotonic();
	open_probe(&bench);
	wait_told(&bench, "healthy\n");
	assert_true(clock_monotonic() - from >= 100 * CLOCK_MS - COARSE);
	end(&bench);
}

static void failures_of_the_start_period_count_only_once_it_was_healthy(void **state)
{
	struct bench bench;

	(void)state;
	begin_server(&bench, PROBE_TCP, say_ok);
	int port = bench.server.port;
	stop_serving(&bench);
	pass_time(&bench, CLOCK_MS);
	bench.probe.start_period = 3600 * CLOCK_SECOND;
	open_probe(&bench);
	pass_time(&bench, 80 * CLOCK_MS);
	assert_string_equal(text_string(&bench.told), "");
	assert_int_equal(probe_health(bench.runner), HEALTH_STARTING);
	bench.server = (struct server){.answer = say_ok, .payload = &bench, .port = port};
	server_open(&bench.server, &bench.loop);
	bench.serves = true;
	wait_told(&bench, "healthy\n");
	stop_serving(&bench);
	wait_told(&bench, "unhealthy connection refused\n");
	end(&bench);

	begin_server(&bench, PROBE_TCP, say_ok);
	stop_serving(&bench);
	bench.probe.start_period = 50 * CLOCK_MS;
	uint64_t from = clock_monotonic();
	open_probe(&bench);
	wait_told(&bench, "unhealthy connection refused\n");
	assert_true(clock_monotonic() - from >= 50 * CLOCK_MS);
	end(&bench);
}

/* --- whom it dials */

static void add_network(struct bench *bench, const char *address)
{
	array_add(&bench->container.networks)->address = memory_copy(address);
}

static void the_published_port_comes_before_the_containers_own_address(void **state)
{
	struct bench bench;

	(void)state;
	begin_server(&bench, PROBE_TCP, say_ok);
	add_network(&bench, "127.0.0.1");
	bench.container.ports.items[0].published = 1; /* where nobody listens */
	open_probe(&bench);
	wait_told(&bench, "unhealthy connection refused\n");
	end(&bench);
}

static void on_windows_the_containers_own_address_comes_first(void **state)
{
	struct bench bench;

	(void)state;
	begin_server_on(&bench,
			&(struct fake_options){.os_type = "windows",
					       .os_version = "10.0.20348.1",
					       .capabilities = ENGINE_LOCAL | ENGINE_ROUTABLE},
			PROBE_TCP, say_ok);
	bench.probe.port = (unsigned)bench.server.port;
	bench.container.ports.items[0].target = bench.probe.port;
	bench.container.ports.items[0].published = 1; /* where nobody listens */
	add_network(&bench, "127.0.0.1");
	open_probe(&bench);
	wait_told(&bench, "healthy\n");
	end(&bench);
}

static void what_is_not_published_is_dialled_at_its_own_address_where_that_can_be(void **state)
{
	struct bench bench;

	(void)state;
	begin_server(&bench, PROBE_TCP, say_ok);
	bench.container.ports.items[0].published = 0;
	bench.probe.port = (unsigned)bench.server.port;
	add_network(&bench, "");
	add_network(&bench, "127.0.0.1");
	open_probe(&bench);
	wait_told(&bench, "healthy\n");
	end(&bench);
}

static void what_cannot_be_dialled_fails_and_says_so(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, &(struct fake_options){.capabilities = ENGINE_LINUX});
	bench.probe.kind = PROBE_TCP;
	add_network(&bench, "127.0.0.1");
	open_probe(&bench);
	wait_told(&bench,
		  "unhealthy its port is not published, and its address cannot be dialled here\n");
	end(&bench);
}

static void a_port_of_another_protocol_is_not_dialled(void **state)
{
	struct bench bench;

	(void)state;
	begin_server(&bench, PROBE_TCP, say_ok);
	memory_free(&bench.container.ports.items[0].protocol);
	bench.container.ports.items[0].protocol = memory_copy("udp");
	open_probe(&bench);
	wait_told(&bench,
		  "unhealthy its port is not published, and its address cannot be dialled here\n");
	end(&bench);
}

/* --- log */

static void made(const char *id, const struct error *err, void *payload)
{
	struct bench *bench = payload;

	assert_null(err);
	bench->container.id = memory_copy(id);
}

static void begin_log(struct bench *bench, size_t chop)
{
	const struct container_spec spec = {.name = "shop-web-1", .image = "web"};

	begin(bench, &(struct fake_options){.chop = chop});
	fake_image_add(bench->world, "web");
	engine_create(bench->engine, &spec, made, bench);
	while (!bench->container.id)
		uv_run(&bench->loop, UV_RUN_NOWAIT);
	assert_int_equal(fake_client_start(bench->world, "shop-web-1"), 0);
	bench->probe.kind = PROBE_LOG;
	bench->probe.pattern = "ready to serve";
}

static void print(struct bench *bench, const char *line)
{
	fake_print(bench->world, "shop-web-1", STREAM_OUTPUT, line);
}

static void a_line_is_found_however_its_pieces_come(void **state)
{
	(void)state;
	for (size_t chop = 1; chop < 40; chop++) {
		struct bench bench;
		begin_log(&bench, chop);
		open_probe(&bench);
		print(&bench, "almost ready");
		print(&bench, "to serve");
		print(&bench, "ready  to serve");
		pass_time(&bench, 3 * CLOCK_MS);
		assert_string_equal(text_string(&bench.told), "");
		print(&bench, "now it is ready to serve you");
		wait_told(&bench, "healthy\n");
		end(&bench);
	}
}

static void a_line_of_either_channel_counts(void **state)
{
	struct bench bench;

	(void)state;
	begin_log(&bench, 0);
	open_probe(&bench);
	fake_print(bench.world, "shop-web-1", STREAM_ERRORS, "ready to serve");
	wait_told(&bench, "healthy\n");
	end(&bench);
}

static void what_was_printed_before_counts_as_well(void **state)
{
	struct bench bench;

	(void)state;
	begin_log(&bench, 0);
	print(&bench, "ready to serve");
	for (int i = 0; i < 100; i++)
		print(&bench, "another line");
	open_probe(&bench);
	wait_told(&bench, "healthy\n");
	end(&bench);
}

static void what_is_not_found_never_fails(void **state)
{
	struct bench bench;

	(void)state;
	begin_log(&bench, 0);
	open_probe(&bench);
	print(&bench, "something else");
	pass_time(&bench, 100 * CLOCK_MS);
	assert_string_equal(text_string(&bench.told), "");
	assert_int_equal(probe_health(bench.runner), HEALTH_STARTING);
	end(&bench);
}

static void once_found_it_stays_true_and_nothing_more_is_read(void **state)
{
	struct bench bench;

	(void)state;
	begin_log(&bench, 0);
	print(&bench, "ready to serve");
	open_probe(&bench);
	wait_told(&bench, "healthy\n");
	unsigned before = fake_calls(bench.world, "logs");
	fake_break_streams(bench.world);
	print(&bench, "no more ready to serve");
	pass_time(&bench, 50 * CLOCK_MS);
	assert_string_equal(text_string(&bench.told), "");
	assert_int_equal(probe_health(bench.runner), HEALTH_HEALTHY);
	assert_int_equal(fake_calls(bench.world, "logs"), before);
	end(&bench);
}

static void a_log_that_broke_off_is_read_again_from_the_start(void **state)
{
	struct bench bench;

	(void)state;
	begin_log(&bench, 0);
	open_probe(&bench);
	pass_time(&bench, 5 * CLOCK_MS);
	fake_break_streams(bench.world);
	print(&bench, "ready to serve");
	wait_told(&bench, "healthy\n");
	assert_int_equal(fake_calls(bench.world, "logs"), 2);
	end(&bench);
}

static void a_line_without_end_takes_no_memory_without_end(void **state)
{
	CLEANUP(memory_free) char *line = memory_alloc((200 << 10) + 1);
	struct bench bench;

	(void)state;
	memset(line, 'x', 200 << 10);
	line[200 << 10] = '\0';
	begin_log(&bench, 0);
	print(&bench, line);
	print(&bench, "ready to serve");
	open_probe(&bench);
	wait_told(&bench, "healthy\n");
	end(&bench);
}

/* --- closing, and what it is */

static void closed_in_any_state_it_tells_nothing_more(void **state)
{
	(void)state;
	/* Waiting for its time, dialling, waiting for an answer, having had one. */
	for (uint64_t wait = 0; wait < 30; wait++) {
		struct bench bench;
		begin_server(&bench, PROBE_HTTP, wait % 2 ? say_nothing : say_ok);
		open_probe(&bench);
		if (wait)
			pass_time(&bench, wait * CLOCK_MS);
		close_probe(&bench);
		text_clear(&bench.told);
		pass_time(&bench, 5 * CLOCK_MS);
		assert_string_equal(text_string(&bench.told), "");
		end(&bench);
	}
}

static void closed_while_it_reads_a_log_it_ends_clean(void **state)
{
	(void)state;
	for (int turns = 0; turns < 6; turns++) {
		struct bench bench;
		begin_log(&bench, 0);
		open_probe(&bench);
		for (int i = 0; i < turns; i++)
			uv_run(&bench.loop, UV_RUN_NOWAIT);
		if (turns == 5) {
			fake_break_streams(bench.world);
			pass_time(&bench, 5 * CLOCK_MS);
		}
		end(&bench);
	}
}

static void another_probe_is_told_from_its_own(void **state)
{
	struct bench bench;

	(void)state;
	begin_server(&bench, PROBE_HTTP, say_ok);
	bench.probe.path = "/a";
	open_probe(&bench);
	assert_true(probe_is(bench.runner, &bench.probe));
	struct probe others[] = {bench.probe, bench.probe, bench.probe, bench.probe,
				 bench.probe, bench.probe, bench.probe};
	others[0].path = "/b";
	others[1].port = 81;
	others[2].kind = PROBE_TCP;
	others[3].interval++;
	others[4].retries++;
	others[5].start_period++;
	others[6].status = 201;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_false(probe_is(bench.runner, &others[i]));
	end(&bench);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(http_asks_for_the_path_at_the_published_port),
		TEST(http_is_judged_by_the_status),
		TEST(http_that_is_none_fails),
		TEST(a_status_line_may_come_in_bits),
		TEST(a_server_that_is_too_slow_fails),
		TEST(checks_are_one_after_the_other),
		TEST(nobody_there_fails_after_so_many_tries_and_recovers),
		TEST(the_first_check_comes_after_an_interval),
		TEST(failures_of_the_start_period_count_only_once_it_was_healthy),
		TEST(the_published_port_comes_before_the_containers_own_address),
		TEST(on_windows_the_containers_own_address_comes_first),
		TEST(what_is_not_published_is_dialled_at_its_own_address_where_that_can_be),
		TEST(what_cannot_be_dialled_fails_and_says_so),
		TEST(a_port_of_another_protocol_is_not_dialled),
		TEST(a_line_is_found_however_its_pieces_come),
		TEST(a_line_of_either_channel_counts),
		TEST(what_was_printed_before_counts_as_well),
		TEST(what_is_not_found_never_fails),
		TEST(once_found_it_stays_true_and_nothing_more_is_read),
		TEST(a_log_that_broke_off_is_read_again_from_the_start),
		TEST(a_line_without_end_takes_no_memory_without_end),
		TEST(closed_in_any_state_it_tells_nothing_more),
		TEST(closed_while_it_reads_a_log_it_ends_clean),
		TEST(another_probe_is_told_from_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
