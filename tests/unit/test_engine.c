/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "engine/ops.h"
#include "tests/loop.h"
#include "tests/server.h"
#include "tests/test.h"

/* The docker driver against a server that answers as a Docker Engine does, or fails as one can. */
struct world {
	uv_loop_t loop;
	struct server server;
	struct engine *engine;
	struct text log; /* the first line of each request, but for pings */
	unsigned pings;
	unsigned asked;       /* how a command ended */
	const char *api;      /* what the ping tells; NULL: no such header */
	bool silent;          /* nothing is answered any more */
	unsigned hang_up_at;  /* the request of this number loses its connection; 0: none */
	unsigned slow;        /* times that slow was told */
	unsigned told, ended; /* completions, ends of streams */
	int code;             /* of the last one */
	char message[256];
	char id[80];
	struct observed observed;
	struct text data;
	bool opened, closed;
};

/* --- the engine at the other end */

static const struct {
	const char *line;
	int status;
	const char *body;
} answers[] = {
	{"GET /v1.41/version", 200,
	 "{\"Version\":\"20.10.24\",\"Components\":[{\"Name\":\"Engine\"}]}"},
	{"GET /v1.41/info", 200,
	 "{\"ID\":\"AB:CD\",\"OSType\":\"linux\",\"Architecture\":\"x86_64\",\"NCPU\":2}"},
	{"GET /v1.41/containers/json?", 200,
	 "[{\"Id\":\"2\",\"Names\":[\"/b\"],\"ImageID\":\"sha256:i\",\"State\":\"running\","
	 "\"Status\":\"Up 1 second\"},"
	 "{\"Id\":\"1\",\"Names\":[\"/a\"],\"ImageID\":\"sha256:i\",\"State\":\"exited\"},"
	 "{\"Id\":\"3\",\"Names\":[\"/c\"],\"ImageID\":\"sha256:i\",\"State\":\"exited\"}]"},
	{"GET /v1.41/networks?", 200, "[{\"Id\":\"n1\",\"Name\":\"p_default\"}]"},
	{"GET /v1.41/networks/p_default", 200, "{\"Id\":\"n1\",\"Name\":\"p_default\"}"},
	{"GET /v1.41/networks/ext", 200, "{\"Id\":\"n2\",\"Name\":\"ext\"}"},
	{"GET /v1.41/volumes?", 200, "{\"Volumes\":[{\"Name\":\"p_data\"}]}"},
	{"GET /v1.41/containers/1/json", 200,
	 "{\"Id\":\"1\",\"Name\":\"/a\",\"Image\":\"sha256:i\",\"State\":{\"Status\":\"exited\"}}"},
	{"GET /v1.41/containers/2/json", 200,
	 "{\"Id\":\"2\",\"Name\":\"/b\",\"Image\":\"sha256:i\",\"RestartCount\":4,"
	 "\"State\":{\"Status\":\"running\"}}"},
	{"GET /v1.41/images/sha256%3Ai/json", 200,
	 "{\"Id\":\"sha256:i\",\"Config\":{\"Labels\":{\"l\":\"v\"}}}"},
	{"POST /v1.41/containers/create?", 201, "{\"Id\":\"new\",\"Warnings\":[]}"},
	{"POST /v1.41/networks/back/connect", 200, ""},
	{"POST /v1.41/networks/locked/connect", 403, "{\"message\":\"no entry\"}"},
	{"DELETE /v1.41/networks/crossed", 403, "{\"message\":\"crossed has active endpoints\"}"},
	{"DELETE /v1.41/networks/starting", 403, "{\"message\":\"starting has active endpoints\"}"},
	{"DELETE /v1.41/networks/used", 403, "{\"message\":\"used has active endpoints\"}"},
	{"GET /v1.41/networks/crossed", 200,
	 "{\"Id\":\"n3\",\"Containers\":{\"ep-1\":{\"Name\":\"gone\"},\"ep-2\":{\"Name\":\"lost\"}}"
	 "}"},
	{"GET /v1.41/networks/starting", 200,
	 "{\"Id\":\"n4\",\"Containers\":{\"ep-3\":{\"Name\":\"1\"}}}"},
	{"GET /v1.41/networks/used", 200,
	 "{\"Id\":\"n5\",\"Containers\":{\"9\":{\"Name\":\"foreign\"}}}"},
	{"POST /v1.41/networks/crossed/disconnect", 200, ""},
	{"PUT /v1.41/containers/new/archive", 200, ""},
	{"DELETE /v1.41/containers/new", 204, ""},
	{"POST /v1.41/containers/a/start", 304, ""},
	{"POST /v1.41/containers/gone/start", 404, "{\"message\":\"No such container: gone\"}"},
	{"DELETE /v1.41/containers/gone", 404, "{\"message\":\"No such container: gone\"}"},
	{"DELETE /v1.41/containers/going", 409,
	 "{\"message\":\"removal of container going is already in progress\"}"},
	{"GET /v1.41/distribution/docker.io%2Flibrary%2Fweb%3A1/json", 200,
	 "{\"Descriptor\":{\"digest\":\"sha256:ab\",\"size\":7},\"Platforms\":[]}"},
	{"POST /v1.41/containers/a/wait", 200, "{\"Error\":null,\"StatusCode\":3}"},
};

static void ping(struct connection *connection, const struct world *world)
{
	CLEANUP(text_drop) struct text reply = {0};

	text_add(&reply, "HTTP/1.1 200 OK\r\nOstype: linux\r\nContent-Length: 2\r\n");
	if (world->api)
		text_printf(&reply, "Api-Version: %s\r\n", world->api);
	text_add(&reply, "\r\nOK");
	server_send(connection, reply.data, reply.len);
}

static void answer(struct connection *connection)
{
	struct world *world = connection->server->payload;
	bool is_ping = server_asked(connection, "GET /_ping");

	if (is_ping)
		world->pings++;
	else
		text_printf(&world->log, "%.*s\n", (int)strcspn(connection->line, "?"),
			    connection->line);
	if (world->silent || server_asked(connection, "POST /v1.41/containers/slow/stop"))
		return;
	if (world->server.requests == world->hang_up_at) {
		server_hang_up(connection);
		return;
	}
	if (is_ping) {
		ping(connection, world);
		return;
	}
	if (server_asked(connection, "GET /v1.41/events") ||
	    server_asked(connection, "GET /v1.41/containers/a/logs")) {
		connection->raw = true;
		server_say(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
		return;
	}
	if (server_asked(connection, "DELETE /v1.41/networks/crossed") &&
	    strstr(text_string(&world->log), "crossed/disconnect")) {
		server_reply(connection, 204, "");
		return;
	}
	if (server_asked(connection, "GET /v1.41/exec/begun/json")) {
		static const char *const stages[] = {
			"{\"Running\":false,\"ExitCode\":null}",
			"{\"Running\":true,\"ExitCode\":null}",
			"{\"Running\":false,\"ExitCode\":9}",
		};

		server_reply(connection, 200, stages[world->asked++ % ARRAY_LEN(stages)]);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		if (server_asked(connection, answers[i].line)) {
			server_reply(connection, answers[i].status, answers[i].body);
			return;
		}
	server_reply(connection, 404, "{\"message\":\"page not found\"}");
}

/* --- completions */

static void report(struct world *world, const struct error *err)
{
	assert_false(world->closed);
	world->told++;
	world->code = err ? err->code : 0;
	snprintf(world->message, sizeof(world->message), "%s", err ? err->message : "");
}

static void done(const struct error *err, void *payload)
{
	report(payload, err);
}

static void id_done(const char *id, const struct error *err, void *payload)
{
	struct world *world = payload;

	assert_true(!id == !!err);
	snprintf(world->id, sizeof(world->id), "%s", id ? id : "");
	report(world, err);
}

static void host_done(const struct engine_host *host, const struct error *err, void *payload)
{
	assert_true(!host == !!err);
	report(payload, err);
}

static void exit_done(int64_t exit_code, const struct error *err, void *payload)
{
	struct world *world = payload;

	snprintf(world->id, sizeof(world->id), "%d", (int)exit_code);
	report(world, err);
}

static void image_done(const struct image *image, const struct error *err, void *payload)
{
	snprintf(((struct world *)payload)->id, 80, "%s", image ? image->id : "");
	report(payload, err);
}

static void list_done(struct observed *observed, const struct error *err, void *payload)
{
	struct world *world = payload;

	assert_true(!observed == !!err);
	observed_drop(&world->observed);
	if (observed) {
		world->observed = *observed;
		*observed = (struct observed){0};
	}
	report(world, err);
}

static void opened(struct engine_stream *stream, void *payload)
{
	(void)stream;
	((struct world *)payload)->opened = true;
}

static void data(struct engine_stream *stream, enum stream_channel channel, const char *bytes,
		 size_t len, void *payload)
{
	(void)stream;
	(void)channel;
	text_add_n(&((struct world *)payload)->data, bytes, len);
}

static void event(struct engine_stream *stream, const struct engine_event *of, void *payload)
{
	text_printf(&((struct world *)payload)->data, "%s ", of->action);
	if (strcmp(of->action, "close") == 0)
		engine_stream_close(stream);
	else
		engine_stream_read(stream);
}

static void end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct world *world = payload;

	(void)stream;
	assert_false(world->closed);
	world->ended++;
	world->code = err ? err->code : 0;
}

static const struct engine_reader reader = {
	.open = opened, .data = data, .event = event, .end = end};

/* --- the world */

static void slow(const char *what, void *payload)
{
	struct world *world = payload;

	assert_true(what && *what);
	world->slow++;
}

static void open_engine(struct world *world, uint64_t timeout)
{
	CLEANUP(error_drop) struct error *err = NULL;

	struct engine_options options = {
		.driver = "docker",
		.address = world->server.address,
		.timeout = timeout,
		.slow = slow,
		.slow_payload = world,
	};

	assert_int_equal(engine_open(&world->loop, &options, &world->engine, &err), 0);
}

static int set_up(void **state)
{
	struct world *world = memory_zero(1, sizeof(*world));

	uv_loop_init(&world->loop);
	world->api = "1.41";
	world->server = (struct server){.answer = answer, .payload = world, .way = SERVER_WAY};
	server_open(&world->server, &world->loop);
	open_engine(world, 10 * CLOCK_SECOND);
	*state = world;
	return 0;
}

static void closed(void *payload)
{
	((struct world *)payload)->closed = true;
}

static void close_engine(struct world *world)
{
	engine_close(world->engine, closed, world);
	assert_false(world->closed);
	while (!world->closed)
		uv_run(&world->loop, UV_RUN_ONCE);
}

static int tear_down(void **state)
{
	struct world *world = *state;

	if (!world->closed)
		close_engine(world);
	server_close(&world->server);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	loop_assert_clean(&world->loop);
	observed_drop(&world->observed);
	text_drop(&world->log);
	text_drop(&world->data);
	free(world);
	return 0;
}

static void run_until(struct world *world, const unsigned *count, unsigned wanted)
{
	uint64_t limit = clock_monotonic() + 20 * CLOCK_SECOND;

	while (*count < wanted && clock_monotonic() < limit)
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_int_equal(*count, wanted);
}

static void turns(struct world *world, int count)
{
	while (count-- > 0)
		uv_run(&world->loop, UV_RUN_NOWAIT);
}

static unsigned lines(const struct world *world, const char *line)
{
	unsigned count = 0;

	for (const char *at = text_string(&world->log); (at = strstr(at, line)); at++)
		count++;
	return count;
}

/* --- the version */

static void the_version_is_negotiated_once_for_all_that_wait(void **state)
{
	struct world *world = *state;

	engine_host(world->engine, host_done, world);
	engine_start(world->engine, "a", done, world);
	assert_null(engine_host_known(world->engine));
	assert_int_equal(world->told, 0);
	run_until(world, &world->told, 2);
	assert_int_equal(world->pings, 1);
	assert_string_equal(engine_host_known(world->engine)->id, "AB:CD");
	assert_string_equal(engine_host_known(world->engine)->api_version, "1.41");
	assert_string_equal(engine_host_known(world->engine)->architecture, "amd64");
	assert_true(engine_host_known(world->engine)->capabilities & ENGINE_LINUX);
	assert_false(engine_host_known(world->engine)->capabilities & ENGINE_MULTI_NETWORK);
}

static void an_engine_that_is_too_old_or_none_is_unsupported(void **state)
{
	static const char *const versions[] = {"1.39", "2.0", "1.x", NULL};
	struct world *world = *state;

	for (unsigned i = 0; i < ARRAY_LEN(versions); i++) {
		world->api = versions[i];
		engine_start(world->engine, "a", done, world);
		run_until(world, &world->told, i + 1);
		assert_int_equal(world->code, ERROR_UNSUPPORTED);
	}
	assert_string_equal(text_string(&world->log), "");
}

static void addresses_that_cannot_be_are_refused_when_opened(void **state)
{
	const struct {
		const char *address;
		int code;
	} rows[] = {
		{"/var/run/docker.sock", ERROR_INVALID},
		{"tcp://", ERROR_INVALID},
		{"npipe://server/pipe/docker_engine",
		 path_host_is_windows() ? ERROR_INVALID : ERROR_UNSUPPORTED},
		{"ssh://host", ERROR_UNSUPPORTED},
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		struct engine_options options = {.driver = "docker", .address = rows[i].address};
		struct engine *engine = NULL;

		assert_int_equal(engine_open(&world->loop, &options, &engine, &err), rows[i].code);
		assert_non_null(strstr(err->message, rows[i].address));
	}
}

/* --- normal outcomes */

static void what_is_so_already_is_no_error(void **state)
{
	struct world *world = *state;

	engine_start(world->engine, "a", done, world);
	run_until(world, &world->told, 1);
	assert_int_equal(world->code, 0);
	engine_remove(world->engine, "gone", false, true, done, world);
	run_until(world, &world->told, 2);
	assert_int_equal(world->code, 0);
	engine_remove(world->engine, "going", false, true, done, world);
	run_until(world, &world->told, 3);
	assert_int_equal(world->code, 0);
	engine_image(world->engine, "none", image_done, world);
	run_until(world, &world->told, 4);
	assert_int_equal(world->code, 0);
	assert_string_equal(world->id, "");
	engine_start(world->engine, "gone", done, world);
	run_until(world, &world->told, 5);
	assert_int_equal(world->code, ERROR_NOT_FOUND);
	assert_string_equal(world->message, "No such container: gone");
	engine_wait(world->engine, "a", exit_done, world);
	run_until(world, &world->told, 6);
	assert_string_equal(world->id, "3");
}

static void a_command_that_does_not_run_yet_has_not_ended(void **state)
{
	struct world *world = *state;

	engine_exec_exit(world->engine, "begun", exit_done, world);
	run_until(world, &world->told, 1);
	assert_int_equal(world->code, 0);
	assert_string_equal(world->id, "9");
	assert_int_equal(world->asked, 3);
}

static const struct engine_filter everything = {
	.project = "p",
	.containers = true,
	.networks = true,
	.volumes = true,
	.inspect = true,
	.network_names = (const char *const[]){"p_default", "ext", "none", NULL},
};

static void an_endpoint_whose_container_is_gone_does_not_keep_a_network(void **state)
{
	struct world *world = *state;

	engine_network_remove(world->engine, "crossed", done, world);
	run_until(world, &world->told, 1);
	assert_int_equal(world->code, 0);
	assert_string_equal(text_string(&world->log),
			    "DELETE /v1.41/networks/crossed HTTP/1.1\n"
			    "GET /v1.41/networks/crossed HTTP/1.1\n"
			    "GET /v1.41/containers/gone/json HTTP/1.1\n"
			    "POST /v1.41/networks/crossed/disconnect HTTP/1.1\n"
			    "GET /v1.41/containers/lost/json HTTP/1.1\n"
			    "POST /v1.41/networks/crossed/disconnect HTTP/1.1\n"
			    "DELETE /v1.41/networks/crossed HTTP/1.1\n");
}

static void an_endpoint_of_a_container_keeps_its_network(void **state)
{
	static const char *const networks[] = {"starting", "used"};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_LEN(networks); i++) {
		engine_network_remove(world->engine, networks[i], done, world);
		run_until(world, &world->told, (unsigned)i + 1);
		assert_int_equal(world->code, ERROR_CONFLICT);
		assert_non_null(strstr(world->message, "has active endpoints"));
	}
	assert_null(strstr(text_string(&world->log), "disconnect"));
}

static void a_list_joins_its_parts_and_leaves_out_what_went_meanwhile(void **state)
{
	struct world *world = *state;

	for (unsigned i = 1; i <= 2; i++) {
		engine_list(world->engine, &everything, list_done, world);
		run_until(world, &world->told, i);
		assert_int_equal(world->code, 0);
		assert_int_equal(world->observed.containers.len, 2);
		assert_string_equal(world->observed.containers.items[0].name, "a");
		assert_int_equal(world->observed.containers.items[1].restart_count, 4);
		assert_string_equal(world->observed.containers.items[1].status, "Up 1 second");
		assert_string_equal(
			labels_get(&world->observed.containers.items[0].image_labels, "l"), "v");
		assert_int_equal(world->observed.networks.len, 2);
		assert_int_equal(world->observed.volumes.len, 1);
	}
	/* What an image id stands for never changes. */
	assert_int_equal(lines(world, "/images/"), 1);
	assert_int_equal(lines(world, "/containers/1/json"), 2);
}

/* --- create is one operation */

static struct container_spec *two_networks(const char *second)
{
	static struct spec_endpoint endpoints[2];
	static struct spec_file files[] = {
		{.target = "/run/secrets/x", .bytes = "s", .len = 1, .mode = 0440}};
	static struct container_spec spec;

	endpoints[0] = (struct spec_endpoint){.network = "front"};
	endpoints[1] = (struct spec_endpoint){.network = second};
	spec = (struct container_spec){
		.name = "c",
		.image = "i",
		.stop_timeout = -1,
		.endpoints = endpoints,
		.endpoint_count = 2,
		.files = files,
		.file_count = 1,
	};
	return &spec;
}

static void a_create_connects_and_copies_before_it_is_done(void **state)
{
	struct world *world = *state;

	engine_create(world->engine, two_networks("back"), id_done, world);
	run_until(world, &world->told, 1);
	assert_string_equal(world->id, "new");
	assert_string_equal(text_string(&world->log),
			    "POST /v1.41/containers/create\nPOST /v1.41/networks/back/connect "
			    "HTTP/1.1\nPUT /v1.41/containers/new/archive\n");
}

static void a_create_that_fails_half_way_removes_the_container(void **state)
{
	struct world *world = *state;

	engine_create(world->engine, two_networks("locked"), id_done, world);
	run_until(world, &world->told, 1);
	assert_int_equal(world->code, ERROR_CONFLICT);
	assert_string_equal(world->message, "c: no entry");
	assert_int_equal(lines(world, "DELETE /v1.41/containers/new"), 1);
}

/* --- faults */

static void a_silent_engine_is_named_and_then_given_up(void **state)
{
	struct world *world = *state;

	close_engine(world);
	world->closed = false;
	world->silent = true;
	open_engine(world, 2200 * CLOCK_MS);
	engine_host(world->engine, host_done, world);
	engine_start(world->engine, "a", done, world);
	engine_events(world->engine, &(struct events_options){0}, &reader, world);
	run_until(world, &world->told, 2);
	run_until(world, &world->ended, 1);
	assert_int_equal(world->slow, 1);
	assert_int_equal(world->code, ERROR_TIMEOUT);
}

static void a_stop_is_not_bounded_by_the_timeout(void **state)
{
	struct world *world = *state;

	close_engine(world);
	world->closed = false;
	open_engine(world, 500 * CLOCK_MS);
	engine_stop(world->engine, "slow", -1, done, world);
	for (; !lines(world, "/stop"); assert_int_equal(world->told, 0))
		uv_run(&world->loop, UV_RUN_ONCE);
	/* Another request's time passes meanwhile. */
	world->silent = true;
	engine_start(world->engine, "a", done, world);
	run_until(world, &world->told, 1);
	assert_int_equal(world->code, ERROR_TIMEOUT);
	assert_int_equal(lines(world, "/stop"), 1);
	close_engine(world);
	assert_int_equal(world->told, 2);
	assert_int_equal(world->code, ERROR_CANCELLED);
}

static void after_a_restart_of_the_engine_the_next_request_goes_through(void **state)
{
	struct world *world = *state;

	engine_restart(world->engine, "a", -1, done, world);
	run_until(world, &world->told, 1);
	world->hang_up_at = world->server.requests + 1;
	engine_restart(world->engine, "a", -1, done, world);
	run_until(world, &world->told, 2);
	assert_int_equal(world->code, ERROR_UNAVAILABLE);
	/* A restart is never sent a second time behind our back. */
	assert_int_equal(lines(world, "/restart"), 2);
	engine_start(world->engine, "a", done, world);
	run_until(world, &world->told, 3);
	assert_int_equal(world->code, 0);
	assert_int_equal(world->pings, 2);
}

/* Each request of an operation in turn loses its connection. Where libcurl asks again on a new
 * connection, it succeeds. */
static void torture(struct world *world, void (*begin)(struct world *world))
{
	for (unsigned n = 1;; n++) {
		unsigned told = world->told;
		unsigned requests = world->server.requests;

		world->hang_up_at = requests + n;
		begin(world);
		run_until(world, &world->told, told + 1);
		turns(world, 20);
		assert_int_equal(world->told, told + 1);
		if (world->server.requests < world->hang_up_at)
			break;
		assert_true(world->code == 0 || world->code == ERROR_UNAVAILABLE);
		assert_true(n < 100);
	}
	assert_int_equal(world->code, 0);
}

static void begin_list(struct world *world)
{
	engine_list(world->engine, &everything, list_done, world);
}

static void begin_create(struct world *world)
{
	engine_create(world->engine, two_networks("back"), id_done, world);
}

static void begin_host(struct world *world)
{
	engine_host(world->engine, host_done, world);
}

static void begin_removal(struct world *world)
{
	engine_network_remove(world->engine, "crossed", done, world);
}

static void whichever_request_fails_one_completion_tells_it(void **state)
{
	torture(*state, begin_list);
	torture(*state, begin_create);
	torture(*state, begin_host);
	torture(*state, begin_removal);
}

/* --- ends */

static void closing_completes_everything_once(void **state)
{
	/* At each of these turns of the loop something else is under way. */
	for (int after = 0; after < 40; after++) {
		struct world *world = *state;

		engine_host(world->engine, host_done, world);
		begin_list(world);
		begin_create(world);
		engine_image(world->engine, "x", image_done, world);
		engine_wait(world->engine, "a", exit_done, world);
		engine_stop(world->engine, "slow", 3, done, world);
		engine_stream_read(
			engine_logs(world->engine, "a", &(struct logs_options){0}, &reader, world));
		engine_stream_read(
			engine_events(world->engine, &(struct events_options){0}, &reader, world));
		turns(world, after);
		close_engine(world);
		assert_int_equal(world->told, 6);
		assert_int_equal(world->ended, 2);
		tear_down(state);
		set_up(state);
	}
}

static void what_is_asked_while_closing_is_cancelled(void **state)
{
	struct world *world = *state;

	engine_close(world->engine, closed, world);
	engine_start(world->engine, "a", done, world);
	while (!world->closed)
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_int_equal(world->told, 1);
	assert_int_equal(world->code, ERROR_CANCELLED);
}

static void a_cancelled_request_completes_in_a_later_turn(void **state)
{
	struct world *world = *state;
	struct engine_request *request = engine_start(world->engine, "a", done, world);

	engine_cancel(request);
	assert_int_equal(world->told, 0);
	run_until(world, &world->told, 1);
	assert_int_equal(world->code, ERROR_CANCELLED);
	turns(world, 20);
	assert_int_equal(lines(world, "/start"), 0);
}

/* --- streams */

static struct connection *stream_of(struct world *world)
{
	while (!world->opened)
		uv_run(&world->loop, UV_RUN_ONCE);
	LIST_FOR_EACH (struct connection, connection, &world->server.open, link)
		if (connection->raw)
			return connection;
	return NULL;
}

static void events_come_one_by_one_and_an_end_is_unavailable(void **state)
{
	struct world *world = *state;
	struct engine_stream *stream = engine_events(
		world->engine, &(struct events_options){.project = "p"}, &reader, world);
	struct connection *connection = stream_of(world);

	server_say(connection, "24\r\n{\"Type\":\"container\",\"Action\":\"one\"}\n\r\n1\r\n{\r\n");
	turns(world, 50);
	assert_string_equal(text_string(&world->data), "");
	engine_stream_read(stream);
	assert_string_equal(text_string(&world->data), "");
	while (world->data.len == 0)
		uv_run(&world->loop, UV_RUN_ONCE);
	server_say(connection, "23\r\n\"Type\":\"container\",\"Action\":\"two\"}\n\r\n");
	while (world->data.len < 8)
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_string_equal(text_string(&world->data), "one two ");
	server_say(connection, "0\r\n\r\n");
	run_until(world, &world->ended, 1);
	assert_int_equal(world->code, ERROR_UNAVAILABLE);
}

static void a_stream_may_be_closed_by_its_own_reader(void **state)
{
	struct world *world = *state;
	struct engine_stream *stream =
		engine_events(world->engine, &(struct events_options){0}, &reader, world);

	engine_stream_read(stream);
	server_say(stream_of(world), "4c\r\n{\"Type\":\"container\",\"Action\":\"close\"}\n"
				     "{\"Type\":\"container\",\"Action\":\"late\"}\n\r\n");
	run_until(world, &world->ended, 1);
	assert_int_equal(world->code, ERROR_CANCELLED);
	assert_string_equal(text_string(&world->data), "close ");
}

static void logs_come_once_for_each_read(void **state)
{
	struct world *world = *state;
	struct engine_stream *stream =
		engine_logs(world->engine, "a", &(struct logs_options){.tail = -1}, &reader, world);
	struct connection *connection = stream_of(world);

	server_send(connection, "16\r\n\1\0\0\0\0\0\0\3one\2\0\0\0\0\0\0\3two\r\n0\r\n\r\n", 33);
	turns(world, 50);
	engine_stream_read(stream);
	engine_stream_read(stream);
	while (world->data.len == 0)
		uv_run(&world->loop, UV_RUN_ONCE);
	turns(world, 50);
	assert_string_equal(text_string(&world->data), "one");
	assert_int_equal(world->ended, 0);
	engine_stream_read(stream);
	run_until(world, &world->ended, 1);
	assert_string_equal(text_string(&world->data), "onetwo");
	assert_int_equal(world->code, 0);
}

static void a_stream_that_is_refused_ends_with_the_daemons_sentence(void **state)
{
	struct world *world = *state;

	engine_logs(world->engine, "nobody", &(struct logs_options){0}, &reader, world);
	run_until(world, &world->ended, 1);
	assert_false(world->opened);
	assert_int_equal(world->code, ERROR_NOT_FOUND);
}

/* --- what a driver has no function for */

static void bare_close(struct engine *engine, void (*after)(void *payload), void *payload)
{
	(void)engine;
	after(payload);
}

static void an_absent_function_is_unsupported_in_a_later_turn(void **state)
{
	static const struct engine_ops ops = {.name = "bare", .close = bare_close};
	struct world *world = *state;
	struct engine bare = {.ops = &ops, .loop = &world->loop};

	list_init(&bare.refusals);
	engine_start(&bare, "a", done, world);
	engine_create(&bare, two_networks("x"), id_done, world);
	engine_list(&bare, &everything, list_done, world);
	struct engine_stream *stream =
		engine_logs(&bare, "a", &(struct logs_options){0}, &reader, world);

	engine_stream_read(stream);
	engine_stream_write(stream, "x", 1, done, world);
	assert_null(engine_stream_id(stream));
	assert_int_equal(world->told, 0);
	run_until(world, &world->told, 4);
	run_until(world, &world->ended, 1);
	assert_int_equal(world->code, ERROR_UNSUPPORTED);
	assert_true(text_starts(world->message, "the bare engine cannot "));
	engine_cancel(engine_start(&bare, "a", done, world));
	engine_stop(&bare, "a", 1, done, world);
	engine_close(&bare, closed, world);
	while (!world->closed)
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_int_equal(world->told, 6);
	assert_int_equal(world->code, ERROR_CANCELLED);
	world->closed = false;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static void a_registry_is_asked_for_a_digest_by_the_full_name(void **state)
{
	struct world *world = *state;

	engine_image_digest(world->engine, "web:1", id_done, world);
	assert_int_equal(world->told, 0);
	run_until(world, &world->told, 1);
	assert_string_equal(world->id, "sha256:ab");
	engine_image_digest(world->engine, "none", id_done, world);
	run_until(world, &world->told, 2);
	assert_int_equal(world->code, ERROR_NOT_FOUND);
	assert_non_null(strstr(world->message, "docker.io/library/none:latest"));
	engine_image_digest(world->engine, "No Image", id_done, world);
	run_until(world, &world->told, 3);
	assert_int_equal(world->code, ERROR_INVALID);
}

static void closing_ends_a_question_for_a_digest(void **state)
{
	struct world *world = *state;

	world->silent = true;
	engine_image_digest(world->engine, "web:1", id_done, world);
	engine_cancel(engine_image_digest(world->engine, "web:1", id_done, world));
	run_until(world, &world->told, 1);
	assert_int_equal(world->code, ERROR_CANCELLED);
	close_engine(world);
	assert_int_equal(world->told, 2);
	assert_int_equal(world->code, ERROR_CANCELLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_version_is_negotiated_once_for_all_that_wait),
		TEST(an_engine_that_is_too_old_or_none_is_unsupported),
		TEST(addresses_that_cannot_be_are_refused_when_opened),
		TEST(what_is_so_already_is_no_error),
		TEST(a_command_that_does_not_run_yet_has_not_ended),
		TEST(an_endpoint_whose_container_is_gone_does_not_keep_a_network),
		TEST(an_endpoint_of_a_container_keeps_its_network),
		TEST(a_list_joins_its_parts_and_leaves_out_what_went_meanwhile),
		TEST(a_create_connects_and_copies_before_it_is_done),
		TEST(a_create_that_fails_half_way_removes_the_container),
		TEST(a_silent_engine_is_named_and_then_given_up),
		TEST(a_stop_is_not_bounded_by_the_timeout),
		TEST(after_a_restart_of_the_engine_the_next_request_goes_through),
		TEST(whichever_request_fails_one_completion_tells_it),
		TEST(closing_completes_everything_once),
		TEST(what_is_asked_while_closing_is_cancelled),
		TEST(a_cancelled_request_completes_in_a_later_turn),
		TEST(events_come_one_by_one_and_an_end_is_unavailable),
		TEST(a_registry_is_asked_for_a_digest_by_the_full_name),
		TEST(closing_ends_a_question_for_a_digest),
		TEST(a_stream_may_be_closed_by_its_own_reader),
		TEST(logs_come_once_for_each_read),
		TEST(a_stream_that_is_refused_ends_with_the_daemons_sentence),
		TEST(an_absent_function_is_unsupported_in_a_later_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
