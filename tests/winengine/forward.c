/* SPDX-License-Identifier: MIT */
#include "tests/winengine/forward.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/list.h"
#include "base/memory.h"

enum { BACKLOG = 16, PIECE = 64 << 10 };

struct forward {
	uv_tcp_t listener;
	struct sockaddr_in to;
	bool reachable;
	struct list routes;
};

/* Of a client's connection and one to the container. */
struct route {
	struct list link;
	uv_tcp_t ends[2];
	bool over[2]; /* sends no more */
	unsigned handles;
	uv_connect_t connect;
};

struct output {
	uv_write_t write;
	char *bytes;
};

static void on_route_closed(uv_handle_t *handle)
{
	struct route *route = handle->data;

	if (!--route->handles)
		free(route);
}

static void route_close(struct route *route)
{
	list_unlink(&route->link);
	list_init(&route->link);
	for (int i = 0; i < 2; i++)
		if (!uv_is_closing((uv_handle_t *)&route->ends[i]))
			uv_close((uv_handle_t *)&route->ends[i], on_route_closed);
}

static void buffer_for(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	(void)handle;
	(void)wanted;
	*buffer = uv_buf_init(memory_alloc(PIECE), PIECE);
}

static void on_written(uv_write_t *write, int status)
{
	struct output *output = (struct output *)write;

	(void)status;
	free(output->bytes);
	free(output);
}

static void on_shut(uv_shutdown_t *shutdown, int status)
{
	struct route *route = shutdown->handle->data;

	(void)status;
	free(shutdown);
	if (route->over[0] && route->over[1])
		route_close(route);
}

/* One end sends no more: the other one is told. */
static void end_of(struct route *route, int from)
{
	uv_stream_t *other = (uv_stream_t *)&route->ends[!from];
	uv_shutdown_t *shutdown = memory_zero(1, sizeof(*shutdown));

	route->over[from] = true;
	uv_read_stop((uv_stream_t *)&route->ends[from]);
	if (uv_shutdown(shutdown, other, on_shut) == 0)
		return;
	free(shutdown);
	route_close(route);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct route *route = stream->data;
	int from = stream == (uv_stream_t *)&route->ends[1];

	if (len > 0) {
		struct output *output = memory_zero(1, sizeof(*output));
		uv_buf_t piece = uv_buf_init(buffer->base, (unsigned)len);

		output->bytes = buffer->base;
		if (uv_write(&output->write, (uv_stream_t *)&route->ends[!from], &piece, 1,
			     on_written) == 0)
			return;
		free(output);
	}
	free(buffer->base);
	if (len == UV_EOF)
		end_of(route, from);
	else if (len < 0)
		route_close(route);
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct route *route = connect->data;

	if (uv_is_closing((uv_handle_t *)&route->ends[0]))
		return;
	if (status < 0) {
		route_close(route);
		return;
	}
	for (int i = 0; i < 2; i++)
		uv_read_start((uv_stream_t *)&route->ends[i], buffer_for, on_read);
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct forward *forward = stream->data;
	struct route *route = memory_zero(1, sizeof(*route));

	route->handles = 2;
	route->connect.data = route;
	list_append(&forward->routes, &route->link);
	for (int i = 0; i < 2; i++) {
		uv_tcp_init(stream->loop, &route->ends[i]);
		route->ends[i].data = route;
	}
	if (status < 0 || uv_accept(stream, (uv_stream_t *)&route->ends[0]) < 0 ||
	    !forward->reachable ||
	    uv_tcp_connect(&route->connect, &route->ends[1], (struct sockaddr *)&forward->to,
			   on_connected) < 0)
		route_close(route);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

int forward_open(uv_loop_t *loop, unsigned port, const char *address, unsigned target,
		 struct forward **ret, struct error **err)
{
	struct forward *forward = memory_zero(1, sizeof(*forward));
	struct sockaddr_in any;

	list_init(&forward->routes);
	uv_tcp_init(loop, &forward->listener);
	forward->listener.data = forward;
	forward->reachable = address && *address;
	if (forward->reachable)
		uv_ip4_addr(address, (int)target, &forward->to);
	uv_ip4_addr("0.0.0.0", (int)port, &any);
	int status = uv_tcp_bind(&forward->listener, (struct sockaddr *)&any, 0);

	if (!status)
		status = uv_listen((uv_stream_t *)&forward->listener, BACKLOG, on_connection);
	if (status) {
		forward_close(forward);
		return error_set(err, ERROR_CONFLICT, "port %u: %s", port, uv_strerror(status));
	}
	*ret = forward;
	return 0;
}

void forward_close(struct forward *forward)
{
	if (!forward)
		return;
	LIST_FOR_EACH (struct route, route, &forward->routes, link)
		route_close(route);
	uv_close((uv_handle_t *)&forward->listener, on_closed);
}
