/* SPDX-License-Identifier: MIT */
#include "engine/http.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/direct.h"
#include "engine/request.h"
#include "engine/transfer.h"
#include "engine/upgrade.h"

static void settle(struct http *http);

/* --- what transports note */

static void soon_due(uv_idle_t *soon)
{
	struct http *http = container_of(soon, struct http, soon);

	uv_idle_stop(soon);
	settle(http);
}

void request_due(struct http_request *request)
{
	struct http *http = request->http;

	if (list_empty(&request->due) && !request->dropped)
		list_append(&http->due, &request->due);
	/* An idle handle makes the loop turn at once; it costs nothing where libcurl's own turn
	 * settles first. */
	if (!uv_is_active((uv_handle_t *)&http->soon))
		uv_idle_start(&http->soon, soon_due);
}

void request_head(struct http_request *request, int status)
{
	request->status = status;
	request->heard = clock_monotonic();
	request->head_due = request_accepted(request);
	request_due(request);
}

bool request_received(struct http_request *request, const char *bytes, size_t len)
{
	bool streamed = request->kind != HTTP_SHORT && request_accepted(request);

	request->heard = clock_monotonic();
	if (!streamed && request->in_len + len > request->reply_max) {
		if (!request->err)
			error_set(&request->err, ERROR_INVALID,
				  "the reply is larger than %zu bytes", request->reply_max);
		return false;
	}
	if (request->in_start + request->in_len + len + 1 > request->in_cap) {
		if (request->in_start)
			memmove(request->in, request->in + request->in_start, request->in_len);
		request->in_start = 0;
		if (request->in_len + len + 1 > request->in_cap) {
			size_t cap = request->in_cap * 2;

			if (cap < request->in_len + len + 1)
				cap = request->in_len + len + 1;
			request->in = memory_grow(request->in, cap, 1);
			request->in_cap = cap;
		}
	}
	memcpy(request->in + request->in_start + request->in_len, bytes, len);
	request->in_len += len;
	if (streamed) {
		request->woken = true;
		request_due(request);
	}
	return true;
}

void request_written(struct http_request *request)
{
	request->heard = clock_monotonic();
	request->written_due = true;
	request_due(request);
}

void request_finish(struct http_request *request, struct error **err)
{
	if (request->finished)
		return;
	request->finished = true;
	request->woken = true;
	if (!request->err)
		request->err = steal(err);
	request_due(request);
}

/* --- silence */

static uint64_t deadline(const struct http_request *request)
{
	bool waits = request->kind == HTTP_SHORT ? !request->finished : !request->status;
	uint64_t at = CLOCK_NEVER;

	if (!waits)
		return CLOCK_NEVER;
	if (request->slow_after && !request->slow_told)
		at = request->heard + request->slow_after;
	if (request->timeout && request->heard + request->timeout < at)
		at = request->heard + request->timeout;
	return at;
}

static void silence_due(uv_timer_t *timer);

static void silence_arm(struct http *http, uint64_t at)
{
	if (at == CLOCK_NEVER || (http->silence_due && http->silence_due <= at))
		return;
	uint64_t now = clock_monotonic();

	http->silence_due = at;
	uv_update_time(http->loop);
	uv_timer_start(&http->silence, silence_due, at > now ? (at - now) / CLOCK_MS + 1 : 0, 0);
}

static void fall_silent(struct http_request *request, uint64_t now)
{
	if (request->timeout && now >= request->heard + request->timeout) {
		CLEANUP(error_drop) struct error *err = NULL;

		error_set(&err, ERROR_TIMEOUT, "no answer within %.3g s",
			  (double)request->timeout / CLOCK_SECOND);
		request_finish(request, &err);
	} else if (!request->slow_told) {
		/* Told from settling, where a callback may drop any request. */
		request->slow_told = true;
		request_due(request);
	}
}

static void silence_due(uv_timer_t *timer)
{
	struct http *http = container_of(timer, struct http, silence);
	uint64_t now = clock_monotonic();

	http->silence_due = 0;
	LIST_FOR_EACH (struct http_request, request, &http->requests, link)
		if (deadline(request) <= now)
			fall_silent(request, now);
	LIST_FOR_EACH (struct http_request, request, &http->requests, link)
		silence_arm(http, deadline(request));
}

/* --- settling: every callback is called from here */

static void detach(struct http_request *request)
{
	list_unlink(&request->link);
	list_unlink(&request->due);
	transfer_end(request);
	direct_end(request);
	upgrade_close(request);
}

static void request_free(struct http_request *request)
{
	error_drop(&request->err);
	free(request->url);
	free(request->body);
	free(request->in);
	free(request);
}

static void tell_head(struct http_request *request)
{
	if (!request->head_due)
		return;
	request->head_due = false;
	if (request->events->head)
		request->events->head(request, request->status, request->payload);
}

static void tell_slow(struct http_request *request)
{
	if (!request->slow_told || !request->slow_after)
		return;
	request->slow_after = 0;
	if (!request->finished && request->events->slow)
		request->events->slow(request, request->payload);
}

static void tell_written(struct http_request *request)
{
	CLEANUP(error_drop) struct error *err = NULL;

	if (request->out_pending && request->finished && !request->written_due) {
		error_set(&err, ERROR_UNAVAILABLE, "the other side is gone");
		request->written_due = true;
	}
	if (!request->written_due)
		return;
	request->written_due = false;
	request->out_pending = false;
	if (request->events->written)
		request->events->written(request, err, request->payload);
}

static void tell_ready(struct http_request *request)
{
	if (!request->woken)
		return;
	request->woken = false;
	if (request->kind != HTTP_SHORT && request_accepted(request) && request->events->ready)
		request->events->ready(request, request->payload);
}

/* Whether everything that came has been taken, or is the reply itself. */
static bool drained(const struct http_request *request)
{
	return request->in_len == 0 || request->kind == HTTP_SHORT || !request_accepted(request);
}

/* At rest no timer is armed. */
static void silence_end(struct http *http)
{
	LIST_FOR_EACH (struct http_request, request, &http->requests, link)
		if (deadline(request) != CLOCK_NEVER)
			return;
	uv_timer_stop(&http->silence);
	http->silence_due = 0;
}

static void tell_done(struct http_request *request)
{
	static char nothing[] = "";
	struct http_reply reply = {.status = request->status, .body = nothing};

	if (request->in_len) {
		reply.body = request->in + request->in_start;
		reply.len = request->in_len;
		request->in[request->in_start + request->in_len] = '\0';
	}
	list_unlink(&request->link);
	silence_end(request->http);
	if (request->events->done)
		request->events->done(request, request->err ? NULL : &reply, request->err,
				      request->payload);
	request->dropped = true;
}

static void settle_one(struct http_request *request)
{
	static void (*const tells[])(struct http_request * request) = {
		tell_head,
		tell_slow,
		tell_written,
		tell_ready,
	};

	request->busy = true;
	for (size_t i = 0; i < ARRAY_LEN(tells) && !request->dropped; i++)
		tells[i](request);
	if (!request->dropped && request->finished && drained(request))
		tell_done(request);
	request->busy = false;
	if (request->dropped) {
		detach(request);
		request_free(request);
		return;
	}
	/* What makes libcurl or the kernel go on comes last: it may make the request due again. */
	if (!request->finished) {
		transfer_resume(request);
		direct_resume(request);
		upgrade_resume(request);
	}
}

static void settle(struct http *http)
{
	struct list now;

	if (http->settling)
		return;
	http->settling = true;
	list_init(&now);
	while (!list_empty(&http->due)) {
		struct http_request *request = list_first(&http->due, struct http_request, due);

		list_unlink(&request->due);
		list_append(&now, &request->due);
	}
	while (!list_empty(&now)) {
		struct http_request *request = list_first(&now, struct http_request, due);

		list_unlink(&request->due);
		settle_one(request);
	}
	http->settling = false;
	if (list_empty(&http->due))
		uv_idle_stop(&http->soon);
}

/* --- the client */

static void turned(void *payload)
{
	settle(payload);
}

struct http *http_open(uv_loop_t *loop)
{
	struct http *http = memory_zero(1, sizeof(*http));

	http->loop = loop;
	list_init(&http->requests);
	list_init(&http->due);
	list_init(&http->lanes);
	uv_idle_init(loop, &http->soon);
	uv_timer_init(loop, &http->silence);
	http->handles = 2;
	return http;
}

/* Loads libcurl and opens its handle, once. */
static int load(struct http *http, struct error **err)
{
	if (http->loaded)
		return 0;
	int code = libcurl_load(&http->lib, err);

	if (code < 0)
		return code;
	http->loaded = true;
	http->wire.ended = transfer_ended;
	http->wire.turned = turned;
	http->wire.payload = http;
	wire_open(&http->wire, http->loop, &http->lib);
	http->handles++;
	return 0;
}

void http_handle_closed(struct http *http)
{
	if (--http->handles > 0)
		return;
	void (*closed)(void *payload) = http->closed;
	void *payload = http->closed_payload;

	free(http);
	closed(payload);
}

static void wire_closed(void *payload)
{
	http_handle_closed(payload);
}

static void soon_closed(uv_handle_t *handle)
{
	http_handle_closed(container_of((uv_idle_t *)handle, struct http, soon));
}

static void silence_closed(uv_handle_t *handle)
{
	http_handle_closed(container_of((uv_timer_t *)handle, struct http, silence));
}

void http_close(struct http *http, void (*closed)(void *payload), void *payload)
{
	assert(list_empty(&http->requests));
	http->closed = closed;
	http->closed_payload = payload;
	direct_close(http);
	if (http->loaded)
		wire_close(&http->wire, wire_closed);
	uv_close((uv_handle_t *)&http->soon, soon_closed);
	uv_close((uv_handle_t *)&http->silence, silence_closed);
}

/* --- requests */

struct http_request *http_start(struct http *http, const struct http_call *call)
{
	struct http_request *request = memory_zero(1, sizeof(*request));
	CLEANUP(error_drop) struct error *err = NULL;
	bool direct = direct_serves(call);
	bool plain =
		direct || (call->kind == HTTP_UPGRADE && text_starts(call->host->url, "http://"));

	request->http = http;
	list_init(&request->due);
	list_append(&http->requests, &request->link);
	request->kind = call->kind;
	request->events = call->events;
	request->payload = call->payload;
	request->host = call->host;
	request->reply_max = call->reply_max ? call->reply_max : HTTP_REPLY_MAX;
	request->window = HTTP_WINDOW;
	request->timeout = call->timeout;
	request->slow_after = call->slow_after;
	request->heard = clock_monotonic();
	request->url = memory_format("%s%s", call->host->url, call->path);
	if (!plain && load(http, &err) < 0)
		request_finish(request, &err);
	else if (call->kind == HTTP_UPGRADE)
		upgrade_start(request, call);
	else if (direct)
		direct_start(request, call);
	else
		transfer_start(request, call);
	silence_arm(http, deadline(request));
	return request;
}

void http_drop(struct http_request *request)
{
	if (!request || request->dropped)
		return;
	request->dropped = true;
	list_unlink(&request->link);
	list_unlink(&request->due);
	if (request->busy)
		return;
	detach(request);
	request_free(request);
}

const char *http_header(struct http_request *request, const char *name)
{
	return request->direct ? direct_header(request, name) : transfer_header(request, name);
}

const char *http_peek(struct http_request *request, size_t *len)
{
	*len = request->in_len;
	return request->in_len ? request->in + request->in_start : "";
}

void http_take(struct http_request *request, size_t len)
{
	assert(len <= request->in_len);
	request->in_start += len;
	request->in_len -= len;
	if (request->in_len)
		return;
	request->in_start = 0;
	/* A stream at rest keeps no large buffer. */
	if (request->in_cap > 2 * HTTP_WINDOW) {
		free(steal(&request->in));
		request->in_cap = 0;
	}
	request_due(request);
}

bool http_finished(const struct http_request *request)
{
	return request->finished;
}

void http_wake(struct http_request *request)
{
	request->woken = true;
	request_due(request);
}

void http_window(struct http_request *request, size_t bytes)
{
	request->window = bytes;
	request_due(request);
}

void http_write(struct http_request *request, const char *bytes, size_t len)
{
	assert(!request->out_pending && !request->out_end);
	request->out = bytes;
	request->out_len = len;
	request->out_pending = true;
	request_due(request);
}

void http_shutdown(struct http_request *request)
{
	assert(!request->out_pending && !request->out_end);
	request->out_end = true;
	request->out_pending = true;
	request_due(request);
}
