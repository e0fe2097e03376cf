/* SPDX-License-Identifier: MIT */
/* server -- a small HTTP server on the test's own loop, which answers as the test tells it (cmocka
 * through tests/test.h stands before it)
 *
 *	static void answer(struct connection *connection) { server_reply(connection, 200, "{}"); }
 *	struct server server = {.answer = answer};
 *	server_open(&server, loop);		at server.address, tcp://127.0.0.1:server.port
 *	server_close(&server);			closes what is open; the loop has to run afterwards
 *
 * It listens on TCP, or in another way where the test says so: server.pipe.h.
 */
#pragma once

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/text.h"
#include "tests/test.h"

/* How the servers of a test listen: its source may be included by another that names a way. */
#ifndef SERVER_WAY
#define SERVER_WAY NULL
#endif

struct server;
struct connection;

/* How it listens. A connection's bytes go to server_take. */
struct server_way {
	void (*open)(struct server *server, uv_loop_t *loop);
	void (*close)(struct server *server);
	void (*send)(struct connection *connection, const char *bytes, size_t len);
	/* server_forget follows. What was sent still arrives. */
	void (*hang_up)(struct connection *connection);
};

struct connection {
	struct server *server;
	struct list link;
	uv_tcp_t tcp;
	void *other;    /* of another way */
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
	const struct server_way *way; /* NULL: TCP */
	uv_loop_t *loop;
	uv_tcp_t tcp;
	int port;
	void *other;
	char address[128];              /* tcp://..., or the way's */
	unsigned requests, connections; /* counted */
	bool gone;                      /* TCP: nothing listens at the port any more */
	struct list open;
};

static inline void server_forget(struct connection *connection)
{
	text_drop(&connection->in);
	free(connection);
}

static inline void server_tcp_closed(uv_handle_t *handle)
{
	server_forget(container_of((uv_tcp_t *)handle, struct connection, tcp));
}

static inline void server_hang_up(struct connection *connection)
{
	if (connection->closing)
		return;
	connection->closing = true;
	list_unlink(&connection->link);
	if (connection->server->way)
		connection->server->way->hang_up(connection);
	else
		uv_close((uv_handle_t *)&connection->tcp, server_tcp_closed);
}

static inline void server_sent(uv_write_t *write, int status)
{
	(void)status;
	free(write);
}

static inline void server_send(struct connection *connection, const char *bytes, size_t len)
{
	if (connection->server->way) {
		connection->server->way->send(connection, bytes, len);
		return;
	}
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

/* What came, or len < 0: the end. */
static inline void server_take(struct connection *connection, const char *bytes, ssize_t len)
{
	struct server *server = connection->server;
	size_t whole;

	if (len > 0)
		text_add_n(&connection->in, bytes, (size_t)len);
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

static inline void server_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct connection *connection = container_of((uv_tcp_t *)stream, struct connection, tcp);

	server_take(connection, buffer->base, len);
	free(buffer->base);
}

static inline struct connection *server_connection(struct server *server)
{
	struct connection *connection = memory_zero(1, sizeof(*connection));

	connection->server = server;
	list_append(&server->open, &connection->link);
	server->connections++;
	return connection;
}

static inline void server_accept(uv_stream_t *stream, int status)
{
	struct connection *connection =
		server_connection(container_of((uv_tcp_t *)stream, struct server, tcp));

	assert_int_equal(status, 0);
	uv_tcp_init(stream->loop, &connection->tcp);
	assert_int_equal(uv_accept(stream, (uv_stream_t *)&connection->tcp), 0);
	uv_read_start((uv_stream_t *)&connection->tcp, server_give_buffer, server_read);
}

static inline void server_open(struct server *server, uv_loop_t *loop)
{
	struct sockaddr_in address;
	int len = sizeof(address);

	list_init(&server->open);
	server->loop = loop;
#ifdef SIGPIPE
	/* Answers to who is gone already are no matter. */
	signal(SIGPIPE, SIG_IGN);
#endif
	if (server->way) {
		server->way->open(server, loop);
		return;
	}
	uv_tcp_init(loop, &server->tcp);
	assert_int_equal(uv_ip4_addr("127.0.0.1", server->port, &address), 0);
	assert_int_equal(uv_tcp_bind(&server->tcp, (struct sockaddr *)&address, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&server->tcp, 64, server_accept), 0);
	uv_tcp_getsockname(&server->tcp, (struct sockaddr *)&address, &len);
	server->port = ntohs(address.sin_port);
	snprintf(server->address, sizeof(server->address), "tcp://127.0.0.1:%d", server->port);
}

/* The name of the pipe, as http_host wants it; NULL: there is none. */
static inline const char *server_socket(const struct server *server)
{
	return server->way ? server->address + strlen("npipe://") : NULL;
}

static inline void server_gone(uv_handle_t *handle)
{
	container_of((uv_tcp_t *)handle, struct server, tcp)->gone = true;
}

static inline void server_close(struct server *server)
{
	LIST_FOR_EACH (struct connection, connection, &server->open, link)
		server_hang_up(connection);
	if (server->way)
		server->way->close(server);
	else
		uv_close((uv_handle_t *)&server->tcp, server_gone);
}
