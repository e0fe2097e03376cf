/* SPDX-License-Identifier: MIT */
#include "engine/wire.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/own.h"

struct wire_socket {
	uv_poll_t poll;
	struct wire *wire;
	curl_socket_t socket;
	int events; /* what is watched for */
};

/* --- libcurl's turn */

static void turn(struct wire *wire, curl_socket_t socket, int events)
{
	int number = 0;
	CURLMsg *message;

	wire->lib->multi_socket_action(wire->multi, socket, events, &number);
	while ((message = wire->lib->multi_info_read(wire->multi, &number)))
		if (message->msg == CURLMSG_DONE)
			wire->ended(message->easy_handle, message->data.result, wire->payload);
	wire->turned(wire->payload);
}

static void socket_ready(uv_poll_t *poll, int status, int events)
{
	struct wire_socket *socket = container_of(poll, struct wire_socket, poll);
	int flags = 0;

	/* A socket in error: libcurl finds out itself what it is by reading or writing. */
	if (status < 0)
		events = socket->events;
	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	turn(socket->wire, socket->socket, flags);
	/* libuv has stopped to watch it, libcurl may have more to read from it. */
	if (status < 0 && !uv_is_closing((uv_handle_t *)poll) && !uv_is_active((uv_handle_t *)poll))
		uv_poll_start(poll, socket->events, socket_ready);
}

static void timer_due(uv_timer_t *timer)
{
	turn(container_of(timer, struct wire, timer), CURL_SOCKET_TIMEOUT, 0);
}

/* --- what libcurl asks for */

static void handle_gone(struct wire *wire)
{
	if (--wire->handles == 0)
		wire->closed(wire->payload);
}

static void socket_closed(uv_handle_t *handle)
{
	struct wire_socket *socket = container_of((uv_poll_t *)handle, struct wire_socket, poll);
	struct wire *wire = socket->wire;

	free(socket);
	handle_gone(wire);
}

static struct wire_socket *socket_new(struct wire *wire, curl_socket_t descriptor)
{
	struct wire_socket *socket = memory_zero(1, sizeof(*socket));

	*socket = (struct wire_socket){.wire = wire, .socket = descriptor};
	if (uv_poll_init_socket(wire->loop, &socket->poll, descriptor) < 0) {
		free(socket);
		return NULL;
	}
	wire->handles++;
	wire->lib->multi_assign(wire->multi, descriptor, socket);
	return socket;
}

static int watch(CURL *easy, curl_socket_t descriptor, int what, void *payload, void *assigned)
{
	struct wire *wire = payload;
	struct wire_socket *socket = assigned;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (socket) {
			wire->lib->multi_assign(wire->multi, descriptor, NULL);
			uv_poll_stop(&socket->poll);
			uv_close((uv_handle_t *)&socket->poll, socket_closed);
		}
		return 0;
	}
	if (!socket)
		socket = socket_new(wire, descriptor);
	if (!socket)
		return -1;
	if (what & CURL_POLL_IN)
		events |= UV_READABLE;
	if (what & CURL_POLL_OUT)
		events |= UV_WRITABLE;
	socket->events = events;
	return uv_poll_start(&socket->poll, events, socket_ready) < 0 ? -1 : 0;
}

static int arm(CURLM *multi, long milliseconds, void *payload)
{
	struct wire *wire = payload;

	(void)multi;
	if (milliseconds < 0) {
		uv_timer_stop(&wire->timer);
		return 0;
	}
	/* The loop's idea of now may be old where much was done in this turn. */
	if (milliseconds > 0)
		uv_update_time(wire->loop);
	uv_timer_start(&wire->timer, timer_due, (uint64_t)milliseconds, 0);
	return 0;
}

/* --- life */

void wire_open(struct wire *wire, uv_loop_t *loop, const struct libcurl *lib)
{
	wire->loop = loop;
	wire->lib = lib;
	wire->multi = lib->multi_init();
	lib->multi_setopt(wire->multi, CURLMOPT_SOCKETFUNCTION, watch);
	lib->multi_setopt(wire->multi, CURLMOPT_SOCKETDATA, wire);
	lib->multi_setopt(wire->multi, CURLMOPT_TIMERFUNCTION, arm);
	lib->multi_setopt(wire->multi, CURLMOPT_TIMERDATA, wire);
	lib->multi_setopt(wire->multi, CURLMOPT_MAXCONNECTS, 16L);
	uv_timer_init(loop, &wire->timer);
	wire->handles = 1;
}

static void timer_closed(uv_handle_t *handle)
{
	handle_gone(container_of((uv_timer_t *)handle, struct wire, timer));
}

void wire_close(struct wire *wire, void (*closed)(void *payload))
{
	wire->closed = closed;
	wire->lib->multi_cleanup(wire->multi);
	wire->multi = NULL;
	uv_close((uv_handle_t *)&wire->timer, timer_closed);
}
