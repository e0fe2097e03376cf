/* SPDX-License-Identifier: MIT */
#include "engine/http.h"

#include "base/clock.h"
#include "base/error.h"
#include "tests/loop.h"
#include "tests/server.h"
#include "tests/test.h"

/* What one request told, in order: h head, r ready, w written, s slow, d done. */
struct seen {
	struct http_request *request;
	char calls[64];
	size_t count;
	int status;
	int code; /* of done's error */
	struct text body;
	struct text message;
	bool done;
	bool holds; /* takes nothing when it is ready */
	bool drops; /* drops its request in the first callback */
};

struct world {
	uv_loop_t loop;
	struct http *http;
	struct server server;
	char url[64];
	struct http_host host;
	bool closed;
	struct text received; /* by the server, raw */
	bool half_closed;
	struct connection *kept;
};

static struct world *world_of(struct connection *connection)
{
	return connection->server->payload;
}

static void note(struct seen *seen, char call)
{
	assert_true(seen->count < sizeof(seen->calls) - 1);
	assert_false(seen->done);
	/* What comes piece by piece is one to the tests. */
	if (call != 'r' || seen->count == 0 || seen->calls[seen->count - 1] != 'r')
		seen->calls[seen->count++] = call;
	if (seen->drops) {
		http_drop(seen->request);
		seen->done = true;
	}
}

static void head(struct http_request *request, int status, void *payload)
{
	struct seen *seen = payload;

	(void)request;
	seen->status = status;
	note(seen, 'h');
}

static void ready(struct http_request *request, void *payload)
{
	struct seen *seen = payload;
	size_t len = 0;

	note(seen, 'r');
	if (seen->holds || seen->drops)
		return;
	const char *bytes = http_peek(request, &len);

	text_add_n(&seen->body, bytes, len);
	http_take(request, len);
}

static void written(struct http_request *request, const struct error *err, void *payload)
{
	(void)request;
	note(payload, err ? 'W' : 'w');
}

static void slow(struct http_request *request, void *payload)
{
	(void)request;
	note(payload, 's');
}

static void done(struct http_request *request, const struct http_reply *reply,
		 const struct error *err, void *payload)
{
	struct seen *seen = payload;

	(void)request;
	note(seen, 'd');
	seen->done = true;
	assert_true(!reply == !!err);
	if (err) {
		seen->code = err->code;
		text_add(&seen->message, err->message);
		return;
	}
	seen->status = reply->status;
	text_add_n(&seen->body, reply->body, reply->len);
}

static const struct http_events events = {
	.head = head,
	.ready = ready,
	.written = written,
	.slow = slow,
	.done = done,
};

/* --- the server's answers, by path */

static void big(struct connection *connection, size_t size)
{
	CLEANUP(text_drop) struct text reply = {0};

	text_printf(&reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
	text_add_repeat(&reply, 'x', size);
	server_send(connection, reply.data, reply.len);
}

static void upgraded(struct connection *connection)
{
	connection->raw = true;
	server_say(connection,
		   "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello");
}

static void answer(struct connection *connection)
{
	if (server_asked(connection, "GET /plain"))
		server_reply(connection, 200, "{\"a\":1}");
	else if (server_asked(connection, "GET /refused"))
		server_reply(connection, 404, "{\"message\":\"no\"}");
	else if (server_asked(connection, "GET /big"))
		big(connection, 8 << 20);
	else if (server_asked(connection, "GET /cut"))
		server_say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
	else if (server_asked(connection, "GET /stream"))
		server_say(connection,
			   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
	else if (server_asked(connection, "POST /upgrade"))
		upgraded(connection);
	else if (server_asked(connection, "GET /old"))
		server_say(connection, "HTTP/1.0 200 OK\r\n\r\nto the end");
	else if (server_asked(connection, "GET /alien"))
		server_say(connection, "SSH-2.0-no web server\r\n\r\n");
	else if (server_asked(connection, "GET /unsized"))
		server_say(connection,
			   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nsome\r\n");
	else if (server_asked(connection, "GET /once"))
		server_reply(connection, 200, "once");
	else if (server_asked(connection, "PUT /upload"))
		server_reply(connection, 200, strstr(connection->in.data, "\r\n\r\n") + 4);
	if (server_asked(connection, "GET /hangup") || server_asked(connection, "GET /cut") ||
	    server_asked(connection, "GET /old") || server_asked(connection, "GET /once"))
		server_hang_up(connection);
	world_of(connection)->kept = connection->closing ? NULL : connection;
}

static void received(struct connection *connection)
{
	struct world *world = world_of(connection);

	text_add_n(&world->received, text_string(&connection->in), connection->in.len);
	text_clear(&connection->in);
	if (connection->finished) {
		world->half_closed = true;
		server_say(connection, " bye");
		server_hang_up(connection);
	} else {
		server_say(connection, "!");
	}
}

/* --- the world */

static int set_up(void **state)
{
	struct world *world = memory_zero(1, sizeof(*world));

	uv_loop_init(&world->loop);
	world->server = (struct server){
		.answer = answer, .received = received, .payload = world, .way = SERVER_WAY};
	server_open(&world->server, &world->loop);
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%d", world->server.port);
	world->host = (struct http_host){.url = world->url, .local = true};
	world->host.socket = server_socket(&world->server);
	world->http = http_open(&world->loop);
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

	server_close(&world->server);
	http_close(world->http, closed, world);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_true(world->closed);
	loop_assert_clean(&world->loop);
	text_drop(&world->received);
	free(world);
	return 0;
}

static void start(struct world *world, struct seen *seen, struct http_call call)
{
	call.host = &world->host;
	call.events = &events;
	call.payload = seen;
	seen->request = http_start(world->http, &call);
	/* Never from inside the call. */
	assert_int_equal(seen->count, 0);
}

static void run_until(struct world *world, const bool *flag)
{
	uint64_t end = clock_monotonic() + 20 * CLOCK_SECOND;

	while (!*flag && clock_monotonic() < end)
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_true(*flag);
}

static void seen_drop(struct seen *seen)
{
	text_drop(&seen->body);
	text_drop(&seen->message);
}

static void turns(struct world *world, int count)
{
	while (count-- > 0)
		uv_run(&world->loop, UV_RUN_NOWAIT);
}

/* --- tests */

static void a_short_request_ends_with_the_whole_reply(void **state)
{
	CLEANUP(seen_drop) struct seen seen = {0};

	start(*state, &seen, (struct http_call){.path = "/plain"});
	run_until(*state, &seen.done);
	assert_string_equal(seen.calls, "hd");
	assert_int_equal(seen.status, 200);
	assert_string_equal(text_string(&seen.body), "{\"a\":1}");
}

static void another_status_is_a_reply_and_no_error(void **state)
{
	CLEANUP(seen_drop) struct seen shorter = {0};
	CLEANUP(seen_drop) struct seen stream = {0};

	start(*state, &shorter, (struct http_call){.path = "/refused"});
	start(*state, &stream, (struct http_call){.kind = HTTP_STREAM, .path = "/refused"});
	run_until(*state, &shorter.done);
	run_until(*state, &stream.done);
	assert_int_equal(shorter.status, 404);
	assert_int_equal(stream.status, 404);
	assert_string_equal(stream.calls, "d");
	assert_string_equal(text_string(&stream.body), "{\"message\":\"no\"}");
}

static void connections_are_used_again(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < 5; i++) {
		CLEANUP(seen_drop) struct seen seen = {0};

		start(world, &seen, (struct http_call){.path = "/plain"});
		run_until(world, &seen.done);
	}
	assert_int_equal(world->server.requests, 5);
	assert_int_equal(world->server.connections, 1);
}

static void a_connection_that_died_while_it_was_kept_is_replaced(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < 3; i++) {
		CLEANUP(seen_drop) struct seen seen = {0};

		start(world, &seen, (struct http_call){.path = "/once"});
		run_until(world, &seen.done);
		assert_int_equal(seen.code, 0);
		assert_string_equal(text_string(&seen.body), "once");
	}
	assert_int_equal(world->server.connections, 3);
}

static void a_fresh_request_takes_no_kept_connection(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < 3; i++) {
		CLEANUP(seen_drop) struct seen seen = {0};

		start(world, &seen, (struct http_call){.path = "/plain", .fresh = true});
		run_until(world, &seen.done);
	}
	assert_int_equal(world->server.connections, 3);
}

static void a_reply_may_come_in_any_pieces(void **state)
{
	static const char reply[] = "HTTP/1.1 100 Continue\r\n\r\n"
				    "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n"
				    "3;of=this\r\nabc\r\n0A\r\ndefghijklm\r\n0\r\nLast: 1\r\n\r\n";
	struct world *world = *state;
	CLEANUP(seen_drop) struct seen seen = {0};
	CLEANUP(seen_drop) struct seen next = {0};

	start(world, &seen, (struct http_call){.path = "/silent"});
	while (!world->kept)
		uv_run(&world->loop, UV_RUN_ONCE);
	for (size_t i = 0; i < sizeof(reply) - 1; i++) {
		assert_false(seen.done);
		server_send(world->kept, reply + i, 1);
		turns(world, 3);
	}
	run_until(world, &seen.done);
	assert_string_equal(text_string(&seen.body), "abcdefghijklm");
	start(world, &next, (struct http_call){.path = "/plain"});
	run_until(world, &next.done);
	assert_int_equal(world->server.connections, 1);
}

static void a_reply_without_a_length_ends_with_the_connection(void **state)
{
	CLEANUP(seen_drop) struct seen seen = {0};

	start(*state, &seen, (struct http_call){.path = "/old"});
	run_until(*state, &seen.done);
	assert_int_equal(seen.code, 0);
	assert_string_equal(text_string(&seen.body), "to the end");
}

static void what_is_no_http_is_an_error(void **state)
{
	static const char *const paths[] = {"/alien", "/unsized"};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		CLEANUP(seen_drop) struct seen seen = {0};

		start(*state, &seen, (struct http_call){.path = paths[i]});
		run_until(*state, &seen.done);
		assert_int_equal(seen.code, ERROR_SYSTEM);
	}
}

static void a_reply_larger_than_allowed_is_invalid(void **state)
{
	CLEANUP(seen_drop) struct seen seen = {0};

	start(*state, &seen, (struct http_call){.path = "/big", .reply_max = 1000});
	run_until(*state, &seen.done);
	assert_int_equal(seen.code, ERROR_INVALID);
}

static void a_lost_connection_is_unavailable(void **state)
{
	static const char *const paths[] = {"/hangup", "/cut"};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		CLEANUP(seen_drop) struct seen seen = {0};

		start(*state, &seen, (struct http_call){.path = paths[i]});
		run_until(*state, &seen.done);
		assert_int_equal(seen.code, ERROR_UNAVAILABLE);
	}
}

static void nobody_listening_is_unavailable_at_once(void **state)
{
	struct world *world = *state;
	CLEANUP(seen_drop) struct seen seen = {0};
	CLEANUP(seen_drop) struct seen upgrade = {0};
	uint64_t before = clock_monotonic();

	/* A port that was ours a moment ago. */
	struct server gone = {.answer = answer, .way = SERVER_WAY};

	server_open(&gone, &world->loop);
	server_close(&gone);
	turns(world, 2);
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%d", gone.port);
	world->host.socket = server_socket(&gone);
	world->host.connect_timeout = CLOCK_SECOND;
	start(world, &seen, (struct http_call){.path = "/"});
	start(world, &upgrade, (struct http_call){.kind = HTTP_UPGRADE, .path = "/"});
	run_until(world, &seen.done);
	run_until(world, &upgrade.done);
	assert_int_equal(seen.code, ERROR_UNAVAILABLE);
	assert_int_equal(upgrade.code, ERROR_UNAVAILABLE);
	/* Windows tries a refused port three times within a second or two. */
	assert_true(clock_monotonic() - before < 5 * CLOCK_SECOND);
}

static void silence_is_told_once_and_then_given_up(void **state)
{
	CLEANUP(seen_drop) struct seen seen = {0};

	start(*state, &seen,
	      (struct http_call){
		      .path = "/silent", .slow_after = 20 * CLOCK_MS, .timeout = 400 * CLOCK_MS});
	run_until(*state, &seen.done);
	assert_string_equal(seen.calls, "sd");
	assert_int_equal(seen.code, ERROR_TIMEOUT);
}

static void a_stream_may_be_silent_once_its_head_came(void **state)
{
	struct world *world = *state;
	CLEANUP(seen_drop) struct seen seen = {0};
	CLEANUP(seen_drop) struct seen other = {0};

	start(world, &seen,
	      (struct http_call){
		      .kind = HTTP_STREAM, .path = "/stream", .timeout = 500 * CLOCK_MS});
	while (seen.body.len < 3) {
		uv_run(&world->loop, UV_RUN_ONCE);
		assert_false(seen.done);
	}
	struct connection *stream = world->kept;

	start(world, &other, (struct http_call){.path = "/silent", .timeout = 600 * CLOCK_MS});
	run_until(world, &other.done);
	assert_false(seen.done);
	server_say(stream, "3\r\ndef\r\n0\r\n\r\n");
	run_until(world, &seen.done);
	assert_string_equal(text_string(&seen.body), "abcdef");
	assert_string_equal(seen.calls, "hrd");
}

static void what_is_not_taken_is_not_received(void **state)
{
	struct world *world = *state;
	CLEANUP(seen_drop) struct seen seen = {.holds = true};
	size_t len = 0;

	start(world, &seen, (struct http_call){.kind = HTTP_STREAM, .path = "/big"});
	while (!strchr(seen.calls, 'r'))
		uv_run(&world->loop, UV_RUN_ONCE);
	turns(world, 200);
	http_peek(seen.request, &len);
	assert_true(len > 0 && len < 2 * HTTP_WINDOW);
	seen.holds = false;
	http_wake(seen.request);
	run_until(world, &seen.done);
	assert_int_equal(seen.code, 0);
	assert_int_equal(seen.body.len, 8 << 20);
}

static void a_dropped_request_is_silent(void **state)
{
	struct world *world = *state;
	CLEANUP(seen_drop) struct seen before = {0};
	CLEANUP(seen_drop) struct seen during = {0};
	CLEANUP(seen_drop) struct seen inside = {.drops = true};
	CLEANUP(seen_drop) struct seen upgrade = {.drops = true};

	start(world, &before, (struct http_call){.path = "/plain"});
	http_drop(before.request);
	start(world, &during, (struct http_call){.path = "/silent"});
	start(world, &inside, (struct http_call){.kind = HTTP_STREAM, .path = "/big"});
	start(world, &upgrade,
	      (struct http_call){.kind = HTTP_UPGRADE, .method = "POST", .path = "/upgrade"});
	run_until(world, &inside.done);
	run_until(world, &upgrade.done);
	http_drop(during.request);
	turns(world, 20);
	assert_string_equal(before.calls, "");
	assert_string_equal(during.calls, "");
	assert_string_equal(inside.calls, "h");
	assert_string_equal(upgrade.calls, "h");
}

static void wait_for(struct world *world, const struct seen *seen, char call)
{
	bool told = false;

	while (!told) {
		uv_run(&world->loop, UV_RUN_ONCE);
		told = strchr(seen->calls, call) != NULL;
		assert_false(seen->done && !told);
	}
}

static void an_upload_is_sent_as_it_is_written(void **state)
{
	struct world *world = *state;
	CLEANUP(seen_drop) struct seen seen = {0};

	start(world, &seen, (struct http_call){.method = "PUT", .path = "/upload", .upload = true});
	turns(world, 10);
	http_write(seen.request, "first ", 6);
	wait_for(world, &seen, 'w');
	seen.calls[--seen.count] = '\0';
	http_write(seen.request, "second", 6);
	wait_for(world, &seen, 'w');
	seen.calls[--seen.count] = '\0';
	http_shutdown(seen.request);
	run_until(world, &seen.done);
	assert_int_equal(seen.status, 200);
	assert_string_equal(text_string(&seen.body), "6\r\nfirst \r\n6\r\nsecond\r\n0\r\n\r\n");
}

static void an_upgraded_connection_carries_both_ways_and_half_closes(void **state)
{
	struct world *world = *state;
	CLEANUP(seen_drop) struct seen seen = {0};

	start(world, &seen,
	      (struct http_call){.kind = HTTP_UPGRADE,
				 .method = "POST",
				 .path = "/upgrade",
				 .body = "{}",
				 .body_len = 2});
	/* Given before the peer has agreed: it is sent when it has. */
	http_write(seen.request, "ping", 4);
	wait_for(world, &seen, 'w');
	while (!strchr(text_string(&seen.body), '!'))
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_int_equal(seen.status, 101);
	assert_string_equal(text_string(&seen.body), "hello!");
	http_shutdown(seen.request);
	run_until(world, &seen.done);
	assert_int_equal(seen.code, 0);
	assert_true(world->half_closed);
	assert_string_equal(text_string(&world->received), "ping");
	assert_string_equal(text_string(&seen.body), "hello! bye");
}

static void a_refused_upgrade_is_a_reply(void **state)
{
	CLEANUP(seen_drop) struct seen seen = {0};

	start(*state, &seen, (struct http_call){.kind = HTTP_UPGRADE, .path = "/refused"});
	run_until(*state, &seen.done);
	assert_int_equal(seen.status, 404);
	assert_string_equal(seen.calls, "d");
	assert_string_equal(text_string(&seen.body), "{\"message\":\"no\"}");
}

static void a_write_to_one_who_is_gone_is_unavailable(void **state)
{
	CLEANUP(seen_drop) struct seen seen = {0};

	start(*state, &seen, (struct http_call){.kind = HTTP_UPGRADE, .path = "/hangup"});
	http_write(seen.request, "ping", 4);
	run_until(*state, &seen.done);
	assert_string_equal(seen.calls, "Wd");
	assert_int_equal(seen.code, ERROR_UNAVAILABLE);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_short_request_ends_with_the_whole_reply),
		TEST(another_status_is_a_reply_and_no_error),
		TEST(connections_are_used_again),
		TEST(a_connection_that_died_while_it_was_kept_is_replaced),
		TEST(a_fresh_request_takes_no_kept_connection),
		TEST(a_reply_may_come_in_any_pieces),
		TEST(a_reply_without_a_length_ends_with_the_connection),
		TEST(what_is_no_http_is_an_error),
		TEST(a_reply_larger_than_allowed_is_invalid),
		TEST(a_lost_connection_is_unavailable),
		TEST(nobody_listening_is_unavailable_at_once),
		TEST(silence_is_told_once_and_then_given_up),
		TEST(a_stream_may_be_silent_once_its_head_came),
		TEST(what_is_not_taken_is_not_received),
		TEST(a_dropped_request_is_silent),
		TEST(an_upload_is_sent_as_it_is_written),
		TEST(an_upgraded_connection_carries_both_ways_and_half_closes),
		TEST(a_refused_upgrade_is_a_reply),
		TEST(a_write_to_one_who_is_gone_is_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
