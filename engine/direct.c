/* SPDX-License-Identifier: MIT */
#include "engine/direct.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/conduit.h"
#include "engine/head.h"
#include "engine/request.h"

enum { IDLE_MAX = 8, LINE_MAX_LEN = 1024 };

/* A connection, while it serves a request or is kept for the next. */
struct lane {
	struct list link; /* in http->lanes while it is kept */
	struct http *http;
	struct conduit *conduit;
	char *peer;
	struct direct *user; /* NULL: kept */
	bool used;           /* it has served before */
	bool writing;
	bool deaf; /* nothing is received */
};

enum part {
	PART_HEAD,
	PART_LENGTH,
	PART_SIZE,
	PART_CHUNK,
	PART_CHUNK_END,
	PART_TRAILER,
	PART_REST,
	PART_OVER
};

struct direct {
	struct http_request *request;
	struct lane *lane;
	struct text question;
	struct head head;
	enum part part;    /* what comes next */
	int64_t left;      /* bytes of the body or of the chunk */
	struct text line;  /* of a chunk's size or the trailer, while it comes */
	bool bodiless;     /* the question is a HEAD */
	bool heard;        /* some of an answer has come */
	bool asked;        /* the question is with the peer */
	struct text chunk; /* of the upload, while it is sent */
	bool uploads, chunks;
	bool sending, sent; /* a part of the upload; all of it */
};

static const struct conduit_events events;

bool direct_serves(const struct http_call *call)
{
	const struct http_host *host = call->host;

	return call->kind != HTTP_UPGRADE && !call->follow && text_starts(host->url, "http://") &&
	       (host->socket || host->local);
}

/* --- connections */

static void lane_close(struct lane *lane)
{
	if (!list_empty(&lane->link))
		lane->http->lane_count--;
	list_unlink(&lane->link);
	if (lane->user)
		lane->user->lane = NULL;
	lane->conduit->ops->close(lane->conduit);
	free(lane->peer);
	free(lane);
}

static const char *peer_of(const struct http_host *host)
{
	return host->socket ? host->socket : host->url;
}

static void lane_open(struct direct *direct)
{
	struct http_request *request = direct->request;
	struct lane *lane = memory_zero(1, sizeof(*lane));

	list_init(&lane->link);
	lane->http = request->http;
	lane->peer = memory_copy(peer_of(request->host));
	lane->user = direct;
	lane->conduit = conduit_open(request, &events, lane);
	direct->lane = lane;
}

static void ask(struct direct *direct)
{
	struct lane *lane = direct->lane;

	lane->writing = true;
	lane->conduit->ops->write(lane->conduit, direct->question.data, direct->question.len);
}

static void lane_take(struct direct *direct)
{
	struct http *http = direct->request->http;
	const char *peer = peer_of(direct->request->host);

	LIST_FOR_EACH (struct lane, lane, &http->lanes, link) {
		if (!text_same(lane->peer, peer))
			continue;
		list_unlink(&lane->link);
		http->lane_count--;
		lane->conduit->ops->rest(lane->conduit, false);
		lane->user = direct;
		direct->lane = lane;
		ask(direct);
		return;
	}
	lane_open(direct);
}

static bool is_reusable(const struct direct *direct)
{
	const char *connection = head_get(&direct->head, "Connection");

	return direct->part == PART_OVER && direct->asked && !direct->lane->writing &&
	       (!direct->uploads || direct->sent) && !direct->head.old &&
	       !text_same_nocase(connection, "close");
}

/* The reply is whole: the lane is the next request's. */
static void lane_keep(struct direct *direct)
{
	struct lane *lane = direct->lane;
	struct http *http = lane->http;

	if (!is_reusable(direct)) {
		lane_close(lane);
		return;
	}
	if (http->lane_count == IDLE_MAX)
		lane_close(container_of(http->lanes.prev, struct lane, link));
	direct->lane = NULL;
	lane->user = NULL;
	lane->used = true;
	if (lane->deaf)
		lane->conduit->ops->read(lane->conduit, true);
	lane->deaf = false;
	lane->conduit->ops->rest(lane->conduit, true);
	/* Before all others: the same few serve while little is asked. */
	list_append(http->lanes.next, &lane->link);
	http->lane_count++;
}

void direct_close(struct http *http)
{
	LIST_FOR_EACH (struct lane, lane, &http->lanes, link)
		lane_close(lane);
}

/* --- the reply */

static void fail(struct direct *direct, enum error_code code, const char *text)
{
	CLEANUP(error_drop) struct error *err = NULL;

	error_set(&err, code, "%s %s", text, peer_of(direct->request->host));
	lane_close(direct->lane);
	request_finish(direct->request, &err);
}

static void complete(struct direct *direct)
{
	struct error *none = NULL;

	direct->part = PART_OVER;
	lane_keep(direct);
	request_finish(direct->request, &none);
}

/* False: it is more than is wanted; the request has ended. */
static bool give(struct direct *direct, const char **bytes, size_t *len, size_t count)
{
	struct error *none = NULL;

	if (count && !request_received(direct->request, *bytes, count)) {
		lane_close(direct->lane);
		request_finish(direct->request, &none);
		return false;
	}
	*bytes += count;
	*len -= count;
	return true;
}

static enum part body_of(struct direct *direct)
{
	const struct head *head = &direct->head;
	const char *length = head_get(head, "Content-Length");
	const char *encoding = head_get(head, "Transfer-Encoding");

	if (direct->bodiless || head->status == 204 || head->status == 304)
		return PART_OVER;
	if (text_same_nocase(encoding, "chunked"))
		return PART_SIZE;
	if (!length)
		return PART_REST;
	direct->left = strtoll(length, NULL, 10);
	return direct->left > 0 ? PART_LENGTH : PART_OVER;
}

static bool take_head(struct direct *direct, const char **bytes, size_t *len)
{
	switch (head_take(&direct->head, bytes, len)) {
	case HEAD_BAD:
		fail(direct, ERROR_SYSTEM, "an answer that is not HTTP from");
		return false;
	case HEAD_MORE:
		return true;
	case HEAD_WHOLE:
		break;
	}
	/* 100 Continue and its like come before the answer. */
	if (direct->head.status < 200) {
		head_drop(&direct->head);
		return true;
	}
	direct->part = body_of(direct);
	request_head(direct->request, direct->head.status);
	return true;
}

static bool take_bytes(struct direct *direct, const char **bytes, size_t *len)
{
	size_t count = *len;

	if (direct->part != PART_REST && (int64_t)count > direct->left)
		count = (size_t)direct->left;
	if (!give(direct, bytes, len, count))
		return false;
	if (direct->part == PART_REST)
		return true;
	direct->left -= (int64_t)count;
	if (direct->left == 0)
		direct->part = direct->part == PART_LENGTH ? PART_OVER : PART_CHUNK_END;
	return true;
}

/* Of the lines between chunks: a size, the end of a chunk, or the trailer. */
static bool take_line(struct direct *direct, const char **bytes, size_t *len)
{
	const char *newline = memchr(*bytes, '\n', *len);
	size_t count = newline ? (size_t)(newline + 1 - *bytes) : *len;
	struct text *line = &direct->line;

	text_add_n(line, *bytes, count);
	*bytes += count;
	*len -= count;
	if (!newline && line->len < LINE_MAX_LEN)
		return true;
	char *end = NULL;
	unsigned long long size = strtoull(text_string(line), &end, 16);
	bool blank = line->data[0] == '\r' || line->data[0] == '\n';
	bool bad = !newline || (direct->part == PART_CHUNK_END && !blank) ||
		   (direct->part == PART_SIZE && (end == line->data || size > INT64_MAX));

	if (bad) {
		fail(direct, ERROR_SYSTEM, "an answer that is not HTTP from");
		return false;
	}
	if (direct->part == PART_CHUNK_END) {
		direct->part = PART_SIZE;
	} else if (direct->part == PART_SIZE) {
		direct->left = (int64_t)size;
		direct->part = size ? PART_CHUNK : PART_TRAILER;
	} else if (blank) {
		direct->part = PART_OVER;
	}
	text_clear(line);
	return true;
}

static bool (*const takes[])(struct direct *direct, const char **bytes, size_t *len) = {
	[PART_HEAD] = take_head,    [PART_LENGTH] = take_bytes, [PART_SIZE] = take_line,
	[PART_CHUNK] = take_bytes,  [PART_REST] = take_bytes,   [PART_CHUNK_END] = take_line,
	[PART_TRAILER] = take_line,
};

/* --- the connection's events */

static void connected(void *payload)
{
	struct lane *lane = payload;

	lane->conduit->ops->read(lane->conduit, true);
	ask(lane->user);
}

static void received(const char *bytes, size_t len, void *payload)
{
	struct lane *lane = payload;
	struct direct *direct = lane->user;

	/* Nobody asked. */
	if (!direct) {
		lane_close(lane);
		return;
	}
	struct http_request *request = direct->request;

	if (request->finished)
		return;
	direct->heard = true;
	while (len && direct->part != PART_OVER)
		if (!takes[direct->part](direct, &bytes, &len))
			return;
	if (direct->part == PART_OVER) {
		direct->asked = direct->asked && len == 0;
		complete(direct);
		return;
	}
	if (request->kind != HTTP_SHORT && request->in_len >= request->window &&
	    request_accepted(request)) {
		request->paused = true;
		lane->deaf = true;
		lane->conduit->ops->read(lane->conduit, false);
	}
}

static void written(void *payload)
{
	struct lane *lane = payload;
	struct direct *direct = lane->user;

	lane->writing = false;
	if (!direct)
		return;
	if (!direct->asked) {
		direct->asked = true;
		request_due(direct->request);
		return;
	}
	direct->sending = false;
	direct->sent = direct->request->out_end;
	request_written(direct->request);
}

static void ended(const struct error *err, void *payload)
{
	struct lane *lane = payload;
	struct direct *direct = lane->user;
	bool used = lane->used;
	CLEANUP(error_drop) struct error *own = NULL;

	lane_close(lane);
	if (!direct)
		return;
	if (!direct->heard && used && !direct->request->finished) {
		direct->asked = false;
		lane_open(direct);
		return;
	}
	if (err)
		own = error_copy(err);
	else if (direct->part != PART_REST)
		error_set(&own, ERROR_UNAVAILABLE, "the connection was lost to %s",
			  peer_of(direct->request->host));
	direct->part = PART_OVER;
	request_finish(direct->request, &own);
}

static const struct conduit_events events = {
	.connected = connected,
	.received = received,
	.written = written,
	.ended = ended,
};

/* --- the request */

static void compose(struct direct *direct, const struct http_call *call)
{
	struct text *out = &direct->question;
	const char *authority = strstr(call->host->url, "://") + 3;
	const char *method = call->method ? call->method : "GET";
	bool typed = false;

	text_printf(out, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, call->path, authority);
	for (const char *const *line = call->headers; line && *line; line++) {
		text_printf(out, "%s\r\n", *line);
		typed |= text_starts(*line, "Content-Type:");
	}
	if (call->body && !typed)
		text_add(out, "Content-Type: application/json\r\n");
	if (direct->chunks)
		text_add(out, "Transfer-Encoding: chunked\r\n");
	else if (call->upload)
		text_printf(out, "Content-Length: %lld\r\n", (long long)call->upload_len);
	else if (call->body || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0)
		text_printf(out, "Content-Length: %zu\r\n", call->body ? call->body_len : 0);
	text_add(out, "\r\n");
	if (call->body && !call->upload)
		text_add_n(out, call->body, call->body_len);
}

void direct_start(struct http_request *request, const struct http_call *call)
{
	struct direct *direct = memory_zero(1, sizeof(*direct));

	request->direct = direct;
	direct->request = request;
	direct->bodiless = text_same(call->method, "HEAD");
	direct->uploads = call->upload;
	direct->chunks = call->upload && call->upload_len <= 0;
	compose(direct, call);
	/* What is uploaded cannot be sent again from its beginning. */
	if (call->fresh || call->upload)
		lane_open(direct);
	else
		lane_take(direct);
}

/* Sends what http_write or http_shutdown gave. */
static void upload(struct direct *direct)
{
	struct http_request *request = direct->request;
	struct lane *lane = direct->lane;

	/* An empty chunk would be the end; of a body of known length the end needs no bytes. */
	if (request->out_end ? !direct->chunks : !request->out_len) {
		direct->sent = request->out_end;
		request_written(request);
		return;
	}
	direct->sending = true;
	lane->writing = true;
	if (!direct->chunks) {
		lane->conduit->ops->write(lane->conduit, request->out, request->out_len);
		return;
	}
	struct text *chunk = &direct->chunk;

	text_clear(chunk);
	if (request->out_end) {
		text_add(chunk, "0\r\n\r\n");
	} else {
		text_printf(chunk, "%zx\r\n", request->out_len);
		text_add_n(chunk, request->out, request->out_len);
		text_add(chunk, "\r\n");
	}
	lane->conduit->ops->write(lane->conduit, chunk->data, chunk->len);
}

void direct_resume(struct http_request *request)
{
	struct direct *direct = request->direct;

	if (!direct || !direct->lane)
		return;
	if (request->paused && request->in_len < request->window / 2) {
		request->paused = false;
		direct->lane->deaf = false;
		direct->lane->conduit->ops->read(direct->lane->conduit, true);
	}
	if (direct->uploads && direct->asked && request->out_pending && !direct->sending &&
	    !request->written_due)
		upload(direct);
}

void direct_end(struct http_request *request)
{
	struct direct *direct = steal(&request->direct);

	if (!direct)
		return;
	if (direct->lane)
		lane_close(direct->lane);
	text_drop(&direct->question);
	text_drop(&direct->line);
	text_drop(&direct->chunk);
	head_drop(&direct->head);
	free(direct);
}

const char *direct_header(const struct http_request *request, const char *name)
{
	return request->direct ? head_get(&request->direct->head, name) : NULL;
}
