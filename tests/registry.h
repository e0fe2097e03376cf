/* SPDX-License-Identifier: MIT */
/* registry -- a registry of a test's own, with one image, which does what the test wants it to do
 * wrong; and pulls from it (cmocka through tests/test.h stands before it)
 *
 * A test is made with set_up and tear_down, and has a struct world as its state.
 */
#pragma once

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/http.h"
#include "engine/image/catalog.h"
#include "engine/image/pull.h"
#include "tests/folder.h"
#include "tests/image.h"
#include "tests/loop.h"
#include "tests/server.h"

enum { LAYER = 300000 };

/* What the registry does wrong, or how it is. */
enum way {
	WELL,
	INDEX,
	FLIPPED_MANIFEST, /* one byte, of what is asked for by digest */
	FLIPPED_CONFIG,
	FLIPPED_LAYER,
	LYING_HEADER,
	LONG_LAYER,
	CUT_LAYER,      /* the first answer of it breaks off in the middle */
	CUT_NO_RANGES,  /* ... and it knows no ranges */
	CUT_OTHER_PART, /* ... and it sends another part */
	BUSY_ONCE,      /* 503 to the first question for the layer */
	ABSENT,
	BASIC,
	TOKEN,
	TOKEN_EXPIRES, /* before the layer */
	REDIRECT,      /* blobs are at the other server */
	REDIRECT_FOREVER,
	ODD_CHALLENGE,
	TOO_LARGE,
};

struct world {
	uv_loop_t loop;
	struct http *http;
	struct server server, other;
	char *folder;
	struct store *store;
	enum way way;
	struct text layer;
	char *config, *manifest, *index;
	char *layer_digest, *config_digest, *manifest_digest, *index_digest;
	char *reference;
	char token[16];
	unsigned tokens, layer_questions;
	struct text other_requests; /* whole heads that the other server got */
	struct text token_request;
	struct text ranges;

	bool done, is_new, closed;
	char *digest;
	struct error *err;
	struct text told;
};

static inline struct world *world_of(struct connection *connection)
{
	return connection->server->payload;
}

/* --- the registry */

static inline void give(struct connection *connection, int status, const char *headers,
			const char *body, size_t len)
{
	CLEANUP(text_drop) struct text reply = {0};

	text_printf(&reply, "HTTP/1.1 %d Status\r\nContent-Length: %zu\r\n%s\r\n", status, len,
		    headers);
	text_add_n(&reply, body, len);
	server_send(connection, reply.data, reply.len);
}

static inline void give_text(struct connection *connection, const char *type, const char *text,
			     bool flip)
{
	CLEANUP(memory_free) char *headers = memory_format("Content-Type: %s; charset=x\r\n", type);
	CLEANUP(memory_free) char *copy = memory_copy(text);

	if (flip)
		copy[strlen(copy) / 2] ^= 1;
	give(connection, 200, headers, copy, strlen(copy));
}

static inline void refuse(struct connection *connection, const char *challenge)
{
	CLEANUP(memory_free)
	char *headers = memory_format("WWW-Authenticate: %s\r\n", challenge);
	static const char body[] =
		"{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"who are you\"}]}";

	give(connection, 401, headers, body, strlen(body));
}

/* Whether the question may be answered; else it was refused. */
static inline bool authorized(struct connection *connection)
{
	struct world *world = world_of(connection);
	const char *head = text_string(&connection->in);
	CLEANUP(memory_free)
	char *challenge = memory_format("Bearer realm=\"http://127.0.0.1:%d/token?x=1\","
					"service=\"the registry\",scope=\"repository:other:pull\"",
					world->other.port);
	CLEANUP(memory_free) char *bearer = memory_format("Authorization: Bearer %s", world->token);

	if (world->way == BASIC && !strstr(head, "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n")) {
		refuse(connection, "Basic realm=\"x\"");
		return false;
	}
	if (world->way == ODD_CHALLENGE) {
		refuse(connection, "Negotiate");
		return false;
	}
	if (world->way != TOKEN && world->way != TOKEN_EXPIRES)
		return true;
	if (*world->token && strstr(head, bearer))
		return true;
	refuse(connection, challenge);
	return false;
}

static inline void give_layer(struct connection *connection, struct world *world)
{
	const char *range = strstr(text_string(&connection->in), "Range: bytes=");
	size_t offset = range ? strtoul(range + strlen("Range: bytes="), NULL, 10) : 0;
	bool first = ++world->layer_questions == 1;
	CLEANUP(memory_free)
	char *headers =
		memory_format("Content-Range: bytes %zu-%d/%d\r\n",
			      world->way == CUT_OTHER_PART ? offset + 1 : offset, LAYER - 1, LAYER);

	if (range)
		text_printf(&world->ranges, "%zu ", offset);
	if (world->way == BUSY_ONCE && first) {
		give(connection, 503, "", "", 0);
	} else if (first && world->way >= CUT_LAYER && world->way <= CUT_OTHER_PART) {
		CLEANUP(text_drop) struct text reply = {0};

		text_printf(&reply, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", LAYER);
		text_add_n(&reply, world->layer.data, LAYER / 2);
		server_send(connection, reply.data, reply.len);
		/* What was sent still arrives. */
		uv_shutdown_t *shutdown = memory_alloc(sizeof(*shutdown));

		uv_shutdown(shutdown, (uv_stream_t *)&connection->tcp,
			    (uv_shutdown_cb)(void *)free);
	} else if (range && world->way != CUT_NO_RANGES) {
		give(connection, 206, headers, world->layer.data + offset, LAYER - offset);
	} else if (world->way == LONG_LAYER) {
		CLEANUP(memory_free) char *longer = memory_format("%s!", world->layer.data);

		give(connection, 200, "", longer, LAYER + 1);
	} else {
		give_text(connection, "application/octet-stream", world->layer.data,
			  world->way == FLIPPED_LAYER);
	}
}

static inline void give_blob(struct connection *connection, struct world *world)
{
	bool layer = strstr(connection->line, world->layer_digest);
	CLEANUP(memory_free)
	char *elsewhere =
		memory_format("Location: http://localhost:%d/cdn/%s\r\n", world->other.port,
			      layer ? world->layer_digest : world->config_digest);

	if (world->way == REDIRECT_FOREVER)
		give(connection, 307, "Location: ?again\r\n", "", 0);
	else if (world->way == REDIRECT && connection->server == &world->server)
		give(connection, 307, elsewhere, "", 0);
	else if (layer)
		give_layer(connection, world);
	else
		give_text(connection, "application/octet-stream", world->config,
			  world->way == FLIPPED_CONFIG);
}

static inline void give_manifest(struct connection *connection, struct world *world)
{
	bool by_digest = strstr(connection->line, "manifests/sha256:");

	if (world->way == ABSENT) {
		static const char body[] = "{\"errors\":[{\"message\":\"manifest unknown\"}]}";

		give(connection, 404, "", body, strlen(body));
	} else if (world->way == TOO_LARGE) {
		CLEANUP(text_drop) struct text body = {0};

		text_add_repeat(&body, ' ', MANIFEST_MAX + 1);
		give(connection, 200, "", body.data, body.len);
	} else if (world->way == LYING_HEADER) {
		CLEANUP(memory_free)
		char *headers = memory_format("Docker-Content-Digest: %s\r\n", world->layer_digest);

		give(connection, 200, headers, world->manifest, strlen(world->manifest));
	} else if (world->way == INDEX && !by_digest) {
		give_text(connection, MANIFEST_TYPE_INDEX, world->index, false);
	} else {
		give_text(connection, MANIFEST_TYPE_IMAGE, world->manifest,
			  by_digest && world->way == FLIPPED_MANIFEST);
	}
}

static inline void answer(struct connection *connection)
{
	struct world *world = world_of(connection);

	if (!authorized(connection))
		return;
	if (server_asked(connection, "GET /v2/ "))
		give(connection, 200, "", "{}", 2);
	else if (server_asked(connection, "GET /v2/a/b/manifests/"))
		give_manifest(connection, world);
	else if (server_asked(connection, "GET /v2/a/b/blobs/"))
		give_blob(connection, world);
	else
		give(connection, 404, "", "", 0);
	if (world->way == TOKEN_EXPIRES && strstr(connection->line, world->config_digest))
		strcpy(world->token, "");
}

/* Gives tokens, and blobs of a redirect. */
static inline void answer_other(struct connection *connection)
{
	struct world *world = world_of(connection);

	text_add(&world->other_requests, text_string(&connection->in));
	if (server_asked(connection, "GET /token?") || server_asked(connection, "POST /token")) {
		CLEANUP(memory_free) char *body = NULL;

		text_clear(&world->token_request);
		text_add(&world->token_request, text_string(&connection->in));
		snprintf(world->token, sizeof(world->token), "t%u", ++world->tokens);
		body = memory_format("{\"token\":\"%s\"}", world->token);
		give(connection, 200, "", body, strlen(body));
	} else {
		give_blob(connection, world);
	}
}

/* --- the pull */

static inline void progress(const struct engine_progress *line, void *payload)
{
	struct world *world = payload;

	if (line->text && strcmp(line->text, "Downloading") != 0)
		text_printf(&world->told, "%s\n", line->text);
}

static inline void done(const struct store_name *name, bool is_new, const struct error *err,
			void *payload)
{
	struct world *world = payload;

	assert_false(world->done);
	assert_true(!name == !!err);
	world->done = true;
	world->is_new = is_new;
	free(world->digest);
	world->digest = name ? memory_copy(name->digest) : NULL;
	error_drop(&world->err);
	world->err = error_copy(err);
}

static const struct pull_events events = {.progress = progress, .done = done};

static inline void pull_with(struct world *world, const struct credentials *credentials,
			     const char *const *mirrors, const char *reference)
{
	static const struct platform platform = {"linux", "amd64", NULL, NULL};
	const struct pull_order order = {.reference = reference,
					 .platform = &platform,
					 .credentials = credentials,
					 .mirrors = mirrors};

	world->done = false;
	text_clear(&world->told);
	pull_start(&world->loop, world->http, world->store, &order, &events, world);
	assert_false(world->done);
	UNTIL(world, world->done);
}

static inline void run(struct world *world, enum way way)
{
	world->way = way;
	pull_with(world, NULL, NULL, world->reference);
}

/* Nothing of a failed pull is named, and nothing is left under way. */
static inline void assert_nothing(struct world *world)
{
	CLEANUP(store_names_drop) struct store_names names = {0};
	CLEANUP(catalog_removal_drop) struct catalog_removal removal = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	assert_non_null(world->err);
	assert_int_equal(store_names(world->store, &names, &err), 0);
	assert_int_equal(names.len, 0);
	assert_int_equal(catalog_prune(world->store, false, &removal, &err), 0);
}

static inline void assert_whole(struct world *world)
{
	CLEANUP(catalog_drop) struct catalog catalog = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(text_drop) struct text layer = {0};
	const struct catalog_image *image = NULL;

	if (world->err)
		print_error("%s\n", world->err->message);
	assert_null(world->err);
	assert_string_equal(world->digest, world->manifest_digest);
	assert_int_equal(catalog_read(world->store, &catalog, &err), 0);
	assert_int_equal(catalog_find(&catalog, world->reference, &image, &err), 0);
	assert_non_null(image);
	assert_null(image->damage);
	assert_int_equal(store_read(world->store, world->layer_digest, LAYER, &layer, &err), 0);
}

/* --- the world */

static inline void close_world(void *payload)
{
	((struct world *)payload)->closed = true;
}

static inline int set_up(void **state)
{
	struct world *world = memory_zero(1, sizeof(*world));
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *images = NULL;

	uv_loop_init(&world->loop);
	world->http = http_open(&world->loop);
	world->server = (struct server){.answer = answer, .payload = world};
	world->other = (struct server){.answer = answer_other, .payload = world};
	server_open(&world->server, &world->loop);
	server_open(&world->other, &world->loop);
	world->folder = folder_new();
	uv_os_setenv("DOCKER_CONFIG", world->folder);
	images = path_join(world->folder, "images");
	assert_int_equal(store_open(images, true, &world->store, &err), 0);
	for (unsigned i = 0; world->layer.len < LAYER; i++)
		text_add_char(&world->layer, (char)('a' + i * i % 23));
	world->config = image_config(world->layer.data, NULL);
	world->manifest = image_manifest(world->layer.data, world->config);
	world->layer_digest = image_digest(world->layer.data, world->layer.len);
	world->config_digest = image_digest(world->config, strlen(world->config));
	world->manifest_digest = image_digest(world->manifest, strlen(world->manifest));
	world->index = memory_format(
		"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" MANIFEST_TYPE_IMAGE
		"\",\"digest\":\"%s\",\"size\":%zu,\"platform\":{\"os\":\"linux\","
		"\"architecture\":\"amd64\"}}]}",
		world->manifest_digest, strlen(world->manifest));
	world->index_digest = image_digest(world->index, strlen(world->index));
	world->reference = memory_format("127.0.0.1:%d/a/b:1", world->server.port);
	*state = world;
	return 0;
}

static inline int tear_down(void **state)
{
	struct world *world = *state;

	http_close(world->http, close_world, world);
	server_close(&world->server);
	server_close(&world->other);
	UNTIL(world, world->closed);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	loop_assert_clean(&world->loop);
	store_drop(&world->store);
	folder_drop(&world->folder);
	text_drop(&world->layer);
	text_drop(&world->other_requests);
	text_drop(&world->token_request);
	text_drop(&world->ranges);
	text_drop(&world->told);
	error_drop(&world->err);
	free(world->config);
	free(world->manifest);
	free(world->index);
	free(world->layer_digest);
	free(world->config_digest);
	free(world->manifest_digest);
	free(world->index_digest);
	free(world->reference);
	free(world->digest);
	free(world);
	return 0;
}
