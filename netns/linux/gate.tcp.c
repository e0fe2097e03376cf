/* SPDX-License-Identifier: MIT */
/* Connections through a gate. What is read is written at once, from one buffer for all; only what
 * the other side does not take is kept, and nothing more read until it did. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "netns/linux/gate.inside.h"
#include "netns/linux/space.h"

enum { BACKLOG = 1024 };

struct relay;

struct side {
	struct relay *relay;
	struct side *other;
	uv_tcp_t tcp;
	char *held; /* bytes for this side that it did not take yet */
	uv_write_t write;
	uv_shutdown_t shutdown;
	bool is_shut; /* nothing more goes to this side, as the other has ended */
};

struct relay {
	struct list link;
	struct gate *gate;
	struct side sides[2]; /* the client's, the container's */
	uv_connect_t connect;
	unsigned open;
};

static void side_closed(uv_handle_t *handle)
{
	struct side *side = handle->data;
	struct relay *relay = side->relay;
	struct gate *gate = relay->gate;

	if (--relay->open == 0)
		free(relay);
	gate_closed_(gate);
}

static void end(struct relay *relay)
{
	list_unlink(&relay->link);
	for (size_t i = 0; i < ARRAY_LEN(relay->sides); i++) {
		uv_handle_t *handle = (uv_handle_t *)&relay->sides[i].tcp;

		if (!uv_is_closing(handle))
			uv_close(handle, side_closed);
	}
}

/* The client shall see an error, not an end. */
static void reset(struct relay *relay)
{
	uv_tcp_t *client = &relay->sides[0].tcp;

	if (!uv_is_closing((uv_handle_t *)client) && uv_tcp_close_reset(client, side_closed) < 0)
		uv_close((uv_handle_t *)client, side_closed);
	end(relay);
}

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	struct side *side = handle->data;

	(void)suggested;
	*ret = uv_buf_init(side->relay->gate->options.buffer, GATE_BUFFER);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer);

static void on_written(uv_write_t *request, int status)
{
	struct side *side = request->data;

	memory_free(&side->held);
	if (uv_is_closing((uv_handle_t *)&side->tcp))
		return;
	if (status < 0 || uv_read_start((uv_stream_t *)&side->other->tcp, lend_buffer, on_read) < 0)
		reset(side->relay);
}

/* Gives the bytes to the side, or keeps what it does not take and stops the other. */
static void pass(struct side *side, char *bytes, size_t len)
{
	uv_buf_t buffer = uv_buf_init(bytes, (unsigned)len);
	int taken = uv_try_write((uv_stream_t *)&side->tcp, &buffer, 1);

	if (taken == UV_EAGAIN)
		taken = 0;
	if (taken < 0) {
		reset(side->relay);
		return;
	}
	if ((size_t)taken == len)
		return;
	side->held = memory_copy_n(bytes + taken, len - (size_t)taken);
	buffer = uv_buf_init(side->held, (unsigned)(len - (size_t)taken));
	side->write.data = side;
	uv_read_stop((uv_stream_t *)&side->other->tcp);
	if (uv_write(&side->write, (uv_stream_t *)&side->tcp, &buffer, 1, on_written) < 0)
		reset(side->relay);
}

static void on_shut(uv_shutdown_t *request, int status)
{
	struct side *side = request->data;

	(void)status;
	side->is_shut = true;
	if (side->other->is_shut && !uv_is_closing((uv_handle_t *)&side->tcp))
		end(side->relay);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct side *side = stream->data;

	if (len == 0)
		return;
	if (len > 0) {
		pass(side->other, buffer->base, (size_t)len);
		return;
	}
	if (len != UV_EOF) {
		reset(side->relay);
		return;
	}
	uv_read_stop(stream);
	side->other->shutdown.data = side->other;
	if (uv_shutdown(&side->other->shutdown, (uv_stream_t *)&side->other->tcp, on_shut) < 0)
		end(side->relay);
}

static void on_connected(uv_connect_t *request, int status)
{
	struct relay *relay = request->data;

	if (uv_is_closing((uv_handle_t *)&relay->sides[1].tcp))
		return;
	for (size_t i = 0; status == 0 && i < ARRAY_LEN(relay->sides); i++) {
		uv_tcp_nodelay(&relay->sides[i].tcp, 1);
		status = uv_read_start((uv_stream_t *)&relay->sides[i].tcp, lend_buffer, on_read);
	}
	if (status < 0)
		reset(relay);
}

static int dial(struct relay *relay, const struct sockaddr_storage *to)
{
	int descriptor = space_socket(relay->gate->options.space, to->ss_family, SOCK_STREAM);

	if (descriptor < 0)
		return descriptor;
	int status = uv_tcp_open(&relay->sides[1].tcp, descriptor);

	if (status < 0) {
		uv_os_sock_t unused = descriptor;

		space_close(&unused);
		return status;
	}
	relay->connect.data = relay;
	return uv_tcp_connect(&relay->connect, &relay->sides[1].tcp, (const struct sockaddr *)to,
			      on_connected);
}

static void on_client(uv_stream_t *stream, int status)
{
	struct gate_mouth *mouth = stream->data;
	struct relay *relay;

	if (status < 0)
		return;
	relay = memory_zero(1, sizeof(*relay));
	relay->gate = mouth->gate;
	list_init(&relay->link);
	list_append(&mouth->through, &relay->link);
	for (size_t i = 0; i < ARRAY_LEN(relay->sides); i++) {
		relay->sides[i].relay = relay;
		relay->sides[i].other = &relay->sides[1 - i];
		uv_tcp_init(mouth->gate->options.loop, &relay->sides[i].tcp);
		relay->sides[i].tcp.data = &relay->sides[i];
		relay->open++;
		mouth->gate->open++;
	}
	if (uv_accept(stream, (uv_stream_t *)&relay->sides[0].tcp) < 0)
		end(relay);
	else if (dial(relay, &mouth->to) < 0)
		reset(relay);
}

int gate_listen_tcp_(struct gate_mouth *mouth)
{
	return uv_listen((uv_stream_t *)&mouth->tcp, BACKLOG, on_client);
}

void gate_cut_tcp_(struct gate_mouth *mouth)
{
	LIST_FOR_EACH (struct relay, relay, &mouth->through, link)
		reset(relay);
}
