/* SPDX-License-Identifier: MIT */
/* server -- a small HTTP server on the test's own loop, which answers as the test tells it (cmocka
 * through tests/test.h stands before it)
 *
 *	static void answer(struct connection *connection) { server_reply(connection, 200, "{}"); }
 *	struct server server = {.answer = answer};
 *	server_open(&server, loop);		tcp://127.0.0.1:server.port
 *	server_close(&server);			closes what is open; the loop has to run afterwards
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/text.h"
#include "tests/test.h"

struct server;

struct connection {
	struct server *server;
	struct list link;
	uv_tcp_t tcp;
	struct text in; /* the request: head and body */
	char line[512]; /* its first line */
	bool raw;       /* no request is looked for any more; bytes gather in `in` */
	bool finished;  /* the client has ended its side */
	bool closing;
};

struct server {
	void (*answer)(struct connection *connection); /* a whole request has come */
	void (*received)(
		struct connection *connection); /* raw: more bytes, or the end. May be absent */
	void *payload;
	uv_tcp_t tcp;
	int port;
	unsigned requests, connections; /* counted */
	struct list open;
};

static inline void server_forget(uv_handle_t *handle)
{
	struct connection *connection = container_of((uv_tcp_t *)handle, struct connection, tcp);

	text_drop(&connection->in);
	free(connection);
}

static inline void server_hang_up(struct connection *connection)
{
	if (connection->closing)
		return;
	connection->closing = true;
	list_unlink(&connection->link);
	uv_close((uv_handle_t *)&connection->tcp, server_forget);
}

static inline void server_sent(uv_write_t *write, int status)
{
	(void)status;
	free(write);
}

static inline void server_send(struct connection *connection, const char *bytes, size_t len)
{
	uv_write_t *write = memory_alloc(sizeof(*write) + len);
	uv_buf_t buffer = uv_buf_init((char *)(write + 1), (unsigned)len);

	memcpy(buffer.base, bytes, len);
	if (uv_write(write, (uv_stream_t *)&connection->tcp, &buffer, 1, server_sent) < 0)
		free(write);
}

static inline void server_say(struct connection *connection, const char *text)
{
	server_send(connection, text, strlen(text));
}

/* With the headers that make a client of the API believe in a Docker Engine. */
static inline void server_reply(struct connection *connection, int status, const char *body)
{
	CLEANUP(text_drop) struct text reply = {0};

	text_printf(&reply,
		    "HTTP/1.1 %d Status\r\nApi-Version: 1.41\r\nOstype: linux\r\n"
		    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		    status, strlen(body), body);
	server_send(connection, reply.data, reply.len);
}

/* Whether the request's first line begins with these words: "GET /v1.41/info". */
static inline bool server_asked(const struct connection *connection, const char *words)
{
	return text_starts(connection->line, words);
}

static inline void server_give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	(void)handle;
	(void)wanted;
	*buffer = uv_buf_init(memory_alloc(65536), 65536);
}

/* The length of a whole request at the start of `in`; 0: it is not whole. */
static inline size_t server_request(const struct connection *connection)
{
	const char *text = text_string(&connection->in);
	const char *end = strstr(text, "\r\n\r\n");
	const char *length = strstr(text, "Content-Length: ");

	if (!end)
		return 0;
	size_t head = (size_t)(end + 4 - text);

	if (strstr(text, "Transfer-Encoding: chunked")) {
		const char *last = strstr(text, "\r\n0\r\n\r\n");

		return last ? (size_t)(last + 7 - text) : 0;
	}
	if (length && length < end)
		head += strtoul(length + strlen("Content-Length: "), NULL, 10);
	return connection->in.len >= head ? head : 0;
}

static inline void server_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct connection *connection = container_of((uv_tcp_t *)stream, struct connection, tcp);
	struct server *server = connection->server;
	size_t whole;

	if (len > 0)
		text_add_n(&connection->in, buffer->base, (size_t)len);
	free(buffer->base);
	connection->finished = len < 0;
	while (!connection->raw && !connection->closing &&
	       (whole = server_request(connection)) > 0) {
		const char *text = text_string(&connection->in);

		snprintf(connection->line, sizeof(connection->line), "%.*s",
			 (int)strcspn(text, "\r"), text);
		server->requests++;
		server->answer(connection);
		text_remove(&connection->in, 0, whole);
	}
	if (connection->closing)
		return;
	if (connection->raw && server->received && (connection->in.len || len < 0))
		server->received(connection);
	else if (len < 0)
		server_hang_up(connection);
}

static inline void server_accept(uv_stream_t *stream, int status)
{
	struct server *server = container_of((uv_tcp_t *)stream, struct server, tcp);
	struct connection *connection = memory_zero(1, sizeof(*connection));

	assert_int_equal(status, 0);
	connection->server = server;
	uv_tcp_init(stream->loop, &connection->tcp);
	assert_int_equal(uv_accept(stream, (uv_stream_t *)&connection->tcp), 0);
	list_append(&server->open, &connection->link);
	server->connections++;
	uv_read_start((uv_stream_t *)&connection->tcp, server_give_buffer, server_read);
}

static inline void server_open(struct server *server, uv_loop_t *loop)
{
	struct sockaddr_in address;
	int len = sizeof(address);

	list_init(&server->open);
	uv_tcp_init(loop, &server->tcp);
	assert_int_equal(uv_ip4_addr("127.0.0.1", server->port, &address), 0);
	assert_int_equal(uv_tcp_bind(&server->tcp, (struct sockaddr *)&address, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&server->tcp, 64, server_accept), 0);
	uv_tcp_getsockname(&server->tcp, (struct sockaddr *)&address, &len);
	server->port = ntohs(address.sin_port);
}

static inline void server_close(struct server *server)
{
	LIST_FOR_EACH (struct connection, connection, &server->open, link)
		server_hang_up(connection);
	uv_close((uv_handle_t *)&server->tcp, NULL);
}
