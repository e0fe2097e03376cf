/* SPDX-License-Identifier: MIT */
#include "engine/conduit.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/request.h"
#include "engine/transfer.h"

enum { PIECE = 16 << 10 };

struct secure {
	struct conduit conduit; /* first */
	struct http *http;
	struct wire wire;
	CURL *easy;
	curl_socket_t socket;
	uv_poll_t poll;
	uv_idle_t soon; /* what TLS holds already, and what fails at once, needs no socket event */
	unsigned handles; /* soon, poll, wire */
	bool connecting, polling, reading, closed;
	CURLcode result; /* of the connecting */
	const char *out;
	size_t out_len;
	bool writing, shutting;
};

static void watch(struct secure *secure);

/* --- ends */

static void handle_gone(struct secure *secure)
{
	struct http *http = secure->http;

	if (--secure->handles > 0)
		return;
	free(secure);
	http_handle_closed(http);
}

static void wire_closed(void *payload)
{
	handle_gone(payload);
}

static void handle_closed(uv_handle_t *handle)
{
	handle_gone(handle->data);
}

static void secure_close(struct conduit *conduit)
{
	struct secure *secure = container_of(conduit, struct secure, conduit);

	secure->closed = true;
	if (secure->polling)
		uv_close((uv_handle_t *)&secure->poll, handle_closed);
	secure->http->lib.multi_remove_handle(secure->wire.multi, secure->easy);
	secure->http->lib.easy_cleanup(secure->easy);
	wire_close(&secure->wire, wire_closed);
	uv_close((uv_handle_t *)&secure->soon, handle_closed);
}

static void end(struct secure *secure, CURLcode code)
{
	CLEANUP(error_drop) struct error *err = NULL;

	if (secure->polling)
		uv_poll_stop(&secure->poll);
	uv_idle_stop(&secure->soon);
	secure->reading = secure->writing = false;
	if (code != CURLE_OK)
		transfer_failed(secure->conduit.request, code, &err);
	secure->conduit.events->ended(err, secure->conduit.payload);
}

/* --- bytes */

/* One piece at a time, so that a reader which has enough can say so. */
static void receive(struct secure *secure)
{
	char *bytes = memory_alloc(PIECE);

	while (!secure->closed && secure->reading) {
		size_t len = 0;
		CURLcode code = secure->http->lib.easy_recv(secure->easy, bytes, PIECE, &len);

		if (code == CURLE_AGAIN)
			break;
		if (code != CURLE_OK || len == 0) {
			end(secure, code);
			break;
		}
		secure->conduit.events->received(bytes, len, secure->conduit.payload);
	}
	free(bytes);
}

static void send_out(struct secure *secure)
{
	while (secure->out_len > 0) {
		size_t len = 0;
		CURLcode code = secure->http->lib.easy_send(secure->easy, secure->out,
							    secure->out_len, &len);

		if (code == CURLE_AGAIN)
			return;
		if (code != CURLE_OK) {
			end(secure, code);
			return;
		}
		secure->out += len;
		secure->out_len -= len;
	}
	/* libcurl has no half-close of TLS. The end of the TCP stream at the border of a record is
	 * one to Go's crypto/tls, which dockerd is written with. 1 is SHUT_WR and SD_SEND. */
	if (secure->shutting)
		shutdown(secure->socket, 1);
	secure->writing = secure->shutting = false;
	secure->conduit.events->written(secure->conduit.payload);
}

static void go_on(struct secure *secure)
{
	if (secure->writing)
		send_out(secure);
	if (!secure->closed && secure->reading)
		receive(secure);
	if (!secure->closed)
		watch(secure);
}

static void socket_ready(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	go_on(poll->data);
}

static void soon_due(uv_idle_t *soon)
{
	uv_idle_stop(soon);
	go_on(soon->data);
}

static void watch(struct secure *secure)
{
	int events = (secure->reading ? UV_READABLE : 0) | (secure->writing ? UV_WRITABLE : 0);

	if (!secure->polling)
		return;
	if (events)
		uv_poll_start(&secure->poll, events, socket_ready);
	else
		uv_poll_stop(&secure->poll);
}

static void secure_read(struct conduit *conduit, bool on)
{
	struct secure *secure = container_of(conduit, struct secure, conduit);

	if (on && !secure->reading)
		uv_idle_start(&secure->soon, soon_due);
	secure->reading = on;
}

static void secure_write(struct conduit *conduit, const char *bytes, size_t len)
{
	struct secure *secure = container_of(conduit, struct secure, conduit);

	secure->out = bytes;
	secure->out_len = len;
	secure->writing = true;
	uv_idle_start(&secure->soon, soon_due);
}

static void secure_shutdown(struct conduit *conduit)
{
	struct secure *secure = container_of(conduit, struct secure, conduit);

	secure->shutting = true;
	secure_write(conduit, "", 0);
}

static const struct conduit_ops secure_ops = {
	.read = secure_read,
	.write = secure_write,
	.shutdown = secure_shutdown,
	.close = secure_close,
};

/* --- dialling */

static void dialled(CURL *easy, CURLcode result, void *payload)
{
	struct secure *secure = payload;

	(void)easy;
	secure->connecting = false;
	secure->result = result;
}

static void turned(void *payload)
{
	struct secure *secure = payload;

	if (secure->connecting || secure->polling || secure->closed)
		return;
	secure->http->lib.easy_getinfo(secure->easy, CURLINFO_ACTIVESOCKET, &secure->socket);
	if (secure->result == CURLE_OK &&
	    uv_poll_init_socket(secure->wire.loop, &secure->poll, secure->socket) < 0)
		secure->result = CURLE_COULDNT_CONNECT;
	if (secure->result != CURLE_OK) {
		end(secure, secure->result);
		return;
	}
	secure->poll.data = secure;
	secure->polling = true;
	secure->handles++;
	secure->conduit.events->connected(secure->conduit.payload);
}

struct conduit *secure_open(struct http_request *request, const struct conduit_events *events,
			    void *payload)
{
	struct secure *secure = memory_zero(1, sizeof(*secure));
	struct http *http = request->http;

	secure->conduit = (struct conduit){&secure_ops, events, payload, request};
	secure->http = http;
	http->handles++;
	secure->handles = 2;
	uv_idle_init(http->loop, &secure->soon);
	secure->soon.data = secure;
	secure->wire.ended = dialled;
	secure->wire.turned = turned;
	secure->wire.payload = secure;
	wire_open(&secure->wire, http->loop, &http->lib);
	secure->connecting = true;
	secure->easy = http->lib.easy_init();
	transfer_dial(request, secure->easy);
	http->lib.easy_setopt(secure->easy, CURLOPT_CONNECT_ONLY, 1L);
	http->lib.multi_add_handle(secure->wire.multi, secure->easy);
	return &secure->conduit;
}
