/* SPDX-License-Identifier: MIT */
#include "tests/winengine/duct.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

enum { BACKLOG = 128, PIECE = 64 << 10 };

/* --- the queue, for every carrier */

static void send_next(struct duct *duct)
{
	if (duct->closed || duct->sending)
		return;
	if (duct->len) {
		duct->sending = duct->len < PIECE ? duct->len : PIECE;
		duct->ops->write(duct, duct->queue, duct->sending);
	} else if (duct->finishing) {
		duct_close(duct);
	} else if (duct->events.drained) {
		duct->events.drained(duct->payload);
	}
}

void duct_wrote_(struct duct *duct, bool failed)
{
	if (duct->closed)
		return;
	/* Nobody reads it: what is left is dropped, and the end comes by reading. */
	if (failed)
		duct->sending = duct->len;
	memmove(duct->queue, duct->queue + duct->sending, duct->len - duct->sending);
	duct->len -= duct->sending;
	duct->sending = 0;
	send_next(duct);
}

/* Of a duct that finishes, what still comes is read and dropped: closed over unread bytes, a socket
 * would take back what it has sent. */
void duct_received_(struct duct *duct, const char *bytes, size_t len)
{
	if (!duct->closed && !duct->finishing)
		duct->events.received(bytes, len, duct->payload);
}

void duct_ended_(struct duct *duct)
{
	if (duct->closed || duct->ended || duct->finishing)
		return;
	duct->ended = true;
	duct->events.ended(duct->payload);
}

void duct_start(struct duct *duct, const struct duct_events *events, void *payload)
{
	duct->events = *events;
	duct->payload = payload;
	duct->ops->read(duct, true);
}

void duct_read(struct duct *duct, bool on)
{
	if (!duct->closed)
		duct->ops->read(duct, on);
}

void duct_write(struct duct *duct, const char *bytes, size_t len)
{
	if (duct->closed || !len)
		return;
	if (duct->len + len > duct->cap) {
		duct->cap = (duct->len + len) * 2;
		duct->queue = memory_grow(duct->queue, duct->cap, 1);
	}
	memcpy(duct->queue + duct->len, bytes, len);
	duct->len += len;
	if (!duct->sending)
		send_next(duct);
}

size_t duct_queued(const struct duct *duct)
{
	return duct->len;
}

void duct_finish(struct duct *duct)
{
	if (duct->closed)
		return;
	duct->finishing = true;
	if (!duct->sending)
		send_next(duct);
}

void duct_close(struct duct *duct)
{
	if (duct->closed)
		return;
	duct->closed = true;
	free(duct->queue);
	duct->queue = NULL;
	duct->ops->close(duct);
}

/* --- sockets */

struct stream_duct {
	struct duct duct; /* first */
	union {
		uv_stream_t stream;
		uv_pipe_t pipe;
		uv_tcp_t tcp;
	} handle;
};

struct stream_server {
	struct duct_server server; /* first */
	union {
		uv_stream_t stream;
		uv_pipe_t pipe;
		uv_tcp_t tcp;
	} handle;
	bool is_tcp;
};

struct output {
	uv_write_t write;
	struct stream_duct *duct;
	char bytes[];
};

static void buffer_for(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	(void)handle;
	(void)wanted;
	*buffer = uv_buf_init(memory_alloc(PIECE), PIECE);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct duct *duct = stream->data;

	if (len > 0)
		duct_received_(duct, buffer->base, (size_t)len);
	free(buffer->base);
	if (len < 0)
		duct_ended_(duct);
}

static void stream_read(struct duct *duct, bool on)
{
	struct stream_duct *of = (struct stream_duct *)duct;

	if (on)
		uv_read_start(&of->handle.stream, buffer_for, on_read);
	else
		uv_read_stop(&of->handle.stream);
}

static void on_written(uv_write_t *write, int status)
{
	struct output *output = (struct output *)write;

	duct_wrote_(&output->duct->duct, status < 0);
	free(output);
}

static void stream_write(struct duct *duct, const char *bytes, size_t len)
{
	struct stream_duct *of = (struct stream_duct *)duct;
	struct output *output = memory_alloc(sizeof(*output) + len);
	uv_buf_t buffer = uv_buf_init(output->bytes, (unsigned)len);

	output->duct = of;
	memcpy(output->bytes, bytes, len);
	if (uv_write(&output->write, &of->handle.stream, &buffer, 1, on_written) == 0)
		return;
	/* It is gone already; reading tells its owner, if there is one still. */
	free(output);
	duct->len = duct->sending = 0;
	if (duct->finishing)
		duct_close(duct);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void stream_close(struct duct *duct)
{
	uv_close((uv_handle_t *)&((struct stream_duct *)duct)->handle.stream, on_closed);
}

static const struct duct_ops stream_ops = {
	.read = stream_read,
	.write = stream_write,
	.close = stream_close,
};

static void on_connection(uv_stream_t *stream, int status)
{
	struct stream_server *server = stream->data;
	struct stream_duct *duct = memory_zero(1, sizeof(*duct));

	duct->duct.ops = &stream_ops;
	if (server->is_tcp)
		uv_tcp_init(stream->loop, &duct->handle.tcp);
	else
		uv_pipe_init(stream->loop, &duct->handle.pipe, 0);
	duct->handle.stream.data = duct;
	if (status < 0 || uv_accept(stream, &duct->handle.stream) < 0)
		duct_close(&duct->duct);
	else
		server->server.accepted(&duct->duct, server->server.payload);
}

static void server_close(struct duct_server *server)
{
	struct stream_server *of = (struct stream_server *)server;

	uv_close((uv_handle_t *)&of->handle.stream, on_closed);
}

static int bind_tcp(struct stream_server *server, const char *authority)
{
	CLEANUP(memory_free) char *host = memory_copy(authority);
	char *colon = strrchr(host, ':');
	struct sockaddr_in address;
	int len = sizeof(address);

	if (!colon)
		return UV_EINVAL;
	*colon = '\0';
	int status = uv_ip4_addr(host, (int)strtol(colon + 1, NULL, 10), &address);

	if (!status)
		status = uv_tcp_bind(&server->handle.tcp, (struct sockaddr *)&address, 0);
	if (!status)
		status = uv_tcp_getsockname(&server->handle.tcp, (struct sockaddr *)&address, &len);
	if (!status)
		server->server.address =
			memory_format("tcp://%s:%d", host, ntohs(address.sin_port));
	return status;
}

static int listen_stream(uv_loop_t *loop, const char *address, struct duct_server **ret,
			 struct error **err)
{
	struct stream_server *server = memory_zero(1, sizeof(*server));
	int status;

	server->is_tcp = text_starts(address, "tcp://");
	server->server.close = server_close;
	if (server->is_tcp) {
		uv_tcp_init(loop, &server->handle.tcp);
		status = bind_tcp(server, address + strlen("tcp://"));
	} else {
		uv_pipe_init(loop, &server->handle.pipe, 0);
		status = uv_pipe_bind(&server->handle.pipe, address + strlen("unix://"));
		server->server.address = memory_copy(address);
	}
	server->handle.stream.data = server;
	if (!status)
		status = uv_listen(&server->handle.stream, BACKLOG, on_connection);
	if (status) {
		duct_server_close(&server->server);
		return error_uv(err, status, "cannot listen on %s", address);
	}
	*ret = &server->server;
	return 0;
}

int duct_listen(uv_loop_t *loop, const char *address, duct_accepted *accepted, void *payload,
		struct duct_server **ret, struct error **err)
{
	bool stream = text_starts(address, "tcp://") || text_starts(address, "unix://");
	int code = stream ? listen_stream(loop, address, ret, err)
			  : duct_listen_other_(loop, address, ret, err);

	if (code < 0)
		return code;
	(*ret)->accepted = accepted;
	(*ret)->payload = payload;
	return 0;
}

const char *duct_server_address(const struct duct_server *server)
{
	return server->address;
}

void duct_server_close(struct duct_server *server)
{
	free(server->address);
	server->address = NULL;
	server->close(server);
}
