/* SPDX-License-Identifier: MIT */
#include "engine/conduit.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/request.h"

struct plain {
	struct conduit conduit; /* first */
	struct http *http;
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_pipe_t pipe;
		uv_tcp_t tcp;
	};
	uv_timer_t timer; /* bounds the dialling */
	unsigned handles;
	uv_getaddrinfo_t resolve;
	bool resolving;
	uv_connect_t connect;
	uv_write_t write;
	uv_shutdown_t shutdown;
	char *peer; /* as errors name it */
	char *out;  /* a copy: a write that is cancelled on Windows goes on reading for a while */
	bool closed;
};

/* --- ends */

static void plain_free(struct plain *plain)
{
	struct http *http = plain->http;

	/* A look-up that cannot be cancelled any more comes to its end first. */
	if (plain->handles > 0 || plain->resolving)
		return;
	free(plain->peer);
	free(plain->out);
	free(plain);
	http_handle_closed(http);
}

static void handle_closed(uv_handle_t *handle)
{
	struct plain *plain = handle->data;

	plain->handles--;
	plain_free(plain);
}

static void plain_close(struct conduit *conduit)
{
	struct plain *plain = container_of(conduit, struct plain, conduit);

	plain->closed = true;
	if (plain->resolving)
		uv_cancel((uv_req_t *)&plain->resolve);
	uv_close(&plain->handle, handle_closed);
	uv_close((uv_handle_t *)&plain->timer, handle_closed);
}

static void end(struct plain *plain, int status, const char *what)
{
	CLEANUP(error_drop) struct error *err = NULL;

	if (plain->closed)
		return;
	if (status != 0)
		error_set(&err, ERROR_UNAVAILABLE, "%s %s: %s", what, plain->peer,
			  uv_strerror(status));
	plain->conduit.events->ended(err, plain->conduit.payload);
}

/* --- bytes */

static void give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	(void)handle;
	(void)wanted;
	*buffer = uv_buf_init(memory_alloc(16 << 10), 16 << 10);
}

static void received(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct plain *plain = stream->data;

	if (len > 0 && !plain->closed)
		plain->conduit.events->received(buffer->base, (size_t)len, plain->conduit.payload);
	free(buffer->base);
	if (len >= 0)
		return;
	uv_read_stop(stream);
	end(plain, len == UV_EOF ? 0 : (int)len, "the connection was lost to");
}

static void plain_read(struct conduit *conduit, bool on)
{
	struct plain *plain = container_of(conduit, struct plain, conduit);

	if (on)
		uv_read_start(&plain->stream, give_buffer, received);
	else
		uv_read_stop(&plain->stream);
}

static void sent(struct plain *plain, int status)
{
	if (plain->closed)
		return;
	if (status < 0)
		end(plain, status, "the connection was lost to");
	else
		plain->conduit.events->written(plain->conduit.payload);
}

static void written(uv_write_t *write, int status)
{
	sent(container_of(write, struct plain, write), status);
}

static void plain_write(struct conduit *conduit, const char *bytes, size_t len)
{
	struct plain *plain = container_of(conduit, struct plain, conduit);

	free(plain->out);
	plain->out = memory_copy_n(bytes, len);
	uv_buf_t buffer = uv_buf_init(plain->out, (unsigned)len);

	uv_write(&plain->write, &plain->stream, &buffer, 1, written);
}

static void shut(uv_shutdown_t *shutdown, int status)
{
	sent(container_of(shutdown, struct plain, shutdown), status);
}

static void plain_shutdown(struct conduit *conduit)
{
	struct plain *plain = container_of(conduit, struct plain, conduit);

	if (uv_shutdown(&plain->shutdown, &plain->stream, shut) < 0)
		end(plain, UV_ENOTCONN, "the connection was lost to");
}

static void plain_rest(struct conduit *conduit, bool on)
{
	struct plain *plain = container_of(conduit, struct plain, conduit);

	if (on)
		uv_unref(&plain->handle);
	else
		uv_ref(&plain->handle);
}

static const struct conduit_ops plain_ops = {
	.read = plain_read,
	.write = plain_write,
	.shutdown = plain_shutdown,
	.rest = plain_rest,
	.close = plain_close,
};

/* --- dialling */

static void connected(uv_connect_t *connect, int status)
{
	struct plain *plain = container_of(connect, struct plain, connect);

	if (plain->closed)
		return;
	uv_timer_stop(&plain->timer);
	if (status < 0)
		end(plain, status, "cannot connect to");
	else
		plain->conduit.events->connected(plain->conduit.payload);
}

static void too_late(uv_timer_t *timer)
{
	struct plain *plain = timer->data;

	end(plain, UV_ETIMEDOUT, "cannot connect to");
}

static void resolved(uv_getaddrinfo_t *resolve, int status, struct addrinfo *addresses)
{
	struct plain *plain = container_of(resolve, struct plain, resolve);

	plain->resolving = false;
	if (plain->closed) {
		uv_freeaddrinfo(addresses);
		plain_free(plain);
		return;
	}
	if (status == 0)
		status =
			uv_tcp_connect(&plain->connect, &plain->tcp, addresses->ai_addr, connected);
	uv_freeaddrinfo(addresses);
	if (status < 0)
		end(plain, status, "cannot find the host of");
}

/* Splits http://host:port or http://[::1]:port. */
static void split(const char *url, struct text *name, struct text *port)
{
	const char *start = url + strlen("http://");
	const char *end_of_name = strpbrk(start, *start == '[' ? "]" : ":/");

	if (*start == '[')
		start++;
	text_add_n(name, start, end_of_name ? (size_t)(end_of_name - start) : strlen(start));
	const char *colon = end_of_name ? strchr(end_of_name, ':') : NULL;

	text_add(port, colon ? colon + 1 : "80");
}

static int dial_tcp(struct plain *plain, uv_loop_t *loop)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	CLEANUP(text_drop) struct text name = {0};
	CLEANUP(text_drop) struct text port = {0};

	split(plain->conduit.request->host->url, &name, &port);
	int status = uv_getaddrinfo(loop, &plain->resolve, resolved, text_string(&name),
				    text_string(&port), &hints);

	plain->resolving = status == 0;
	return status;
}

/* What fails at once is told by the timer, in a later turn. */
static void failed_at_once(uv_timer_t *timer)
{
	end(timer->data, UV_EADDRNOTAVAIL, "cannot connect to");
}

struct conduit *plain_open(struct http_request *request, const struct conduit_events *events,
			   void *payload)
{
	struct plain *plain = memory_zero(1, sizeof(*plain));
	uv_loop_t *loop = request->http->loop;
	uint64_t limit = request->host->connect_timeout / 1000000;
	int status = 0;

	plain->conduit = (struct conduit){&plain_ops, events, payload, request};
	plain->peer =
		memory_copy(request->host->socket ? request->host->socket : request->host->url);
	plain->http = request->http;
	plain->http->handles++;
	plain->handles = 2;
	uv_timer_init(loop, &plain->timer);
	uv_timer_start(&plain->timer, too_late, limit ? limit : 10000, 0);
	if (request->host->socket) {
		uv_pipe_init(loop, &plain->pipe, 0);
		uv_pipe_connect(&plain->connect, &plain->pipe, request->host->socket, connected);
	} else {
		uv_tcp_init(loop, &plain->tcp);
		status = dial_tcp(plain, loop);
	}
	if (status < 0)
		uv_timer_start(&plain->timer, failed_at_once, 0, 0);
	plain->handle.data = plain;
	plain->timer.data = plain;
	return &plain->conduit;
}

/* --- which kind */

struct conduit *conduit_open(struct http_request *request, const struct conduit_events *events,
			     void *payload)
{
	const struct http_host *host = request->host;

	if (text_starts(host->url, "https://"))
		return secure_open(request, events, payload);
	if (host->socket &&
	    (text_starts(host->socket, "\\\\.\\") || text_starts(host->socket, "//./pipe/")))
		return named_open(request, events, payload);
	return plain_open(request, events, payload);
}
