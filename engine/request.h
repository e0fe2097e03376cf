/* SPDX-License-Identifier: MIT */
/* request -- the inside of http.h: what its transports share: libcurl's transfers (transfer.c),
 * requests over a connection of our own (direct.c) and upgraded connections (upgrade.c)
 *
 * A transport notes what happened by the request_ functions below, which make the request due; the
 * callbacks are called by the client's settling, outside of every transport's code.
 */
#pragma once

#include "base/list.h"
#include "engine/http.h"
#include "engine/libcurl.h"
#include "engine/wire.h"

struct direct;
struct upgrade;

struct http {
	uv_loop_t *loop;
	struct libcurl lib;
	struct wire wire;
	bool loaded;
	struct list requests;
	struct list lanes; /* of direct.c: connections that are kept */
	unsigned lane_count;
	struct list due; /* requests that have something to tell */
	bool settling;
	uv_idle_t soon;       /* runs while something became due outside of libcurl's turn */
	uv_timer_t silence;   /* the nearest deadline of a request */
	uint64_t silence_due; /* ns; 0: not armed */
	unsigned handles;     /* soon, silence, wire, connections: what http_close waits for */
	void (*closed)(void *payload);
	void *closed_payload;
};

struct http_request {
	struct http *http;
	struct list link;
	struct list due;
	enum http_kind kind;
	const struct http_events *events;
	void *payload;
	const struct http_host *host;

	/* The transport: one of them. */
	CURL *easy;
	struct direct *direct;
	struct upgrade *upgrade;
	struct curl_slist *headers;
	char *url;
	char *body;
	size_t body_len;
	char error_text[CURL_ERROR_SIZE];

	int status; /* 0: no head yet */
	bool head_due;
	bool woken; /* ready is due */
	char *in;   /* received bytes that nobody took: in_len from in_start */
	size_t in_start, in_len, in_cap;
	size_t window, reply_max;
	bool paused; /* receiving */

	const char *out; /* what http_write gave and was not sent yet */
	size_t out_len;
	bool out_pending; /* a `written` is owed */
	bool out_paused;  /* libcurl waits for more of the body */
	bool out_end;     /* http_shutdown was called */
	bool written_due;

	bool finished; /* the transport is done: err or the whole reply */
	struct error *err;
	bool busy, dropped; /* in a callback of it; and http_drop was called there */
	bool slow_told;
	uint64_t heard; /* ns, when the peer was last heard */
	uint64_t timeout, slow_after;
};

/* The status is one whose body belongs to a stream's reader. */
static inline bool request_accepted(const struct http_request *request)
{
	return request->status == 101 || (request->status >= 200 && request->status < 300);
}

void request_due(struct http_request *request);
void request_head(struct http_request *request, int status);
/* Bytes of the body. False: the reply is larger than it may be (the error is set). */
bool request_received(struct http_request *request, const char *bytes, size_t len);
void request_written(struct http_request *request);
/* The transport ended: takes *err, which may hold NULL. */
void request_finish(struct http_request *request, struct error **err);
void http_handle_closed(struct http *http); /* one of http->handles is gone */
