/* SPDX-License-Identifier: MIT */
#include "engine/upgrade.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/conduit.h"
#include "engine/head.h"
#include "engine/request.h"

struct upgrade {
	struct http_request *request;
	struct conduit *conduit;
	struct text question; /* what is sent first; empty once it is */
	struct head head;
	struct text refusal; /* a chunked one, while it comes */
	bool asked;          /* the question is with the peer */
	bool chunked;        /* of a refusal */
	int64_t expected;    /* bytes of a refusal's body; -1: until the end */
	bool reading, sending;
};

/* --- the reply */

static void finish(struct upgrade *upgrade, enum error_code code, const char *text)
{
	CLEANUP(error_drop) struct error *err = NULL;

	if (text)
		error_set(&err, code, "%s", text);
	request_finish(upgrade->request, &err);
}

/* A refusal's body is one short sentence; of a chunked one the first chunk is taken. */
static void unchunk(struct upgrade *upgrade, const char *bytes, size_t len)
{
	const char *start = memchr(bytes, '\n', len);
	size_t rest = start ? len - (size_t)(start + 1 - bytes) : 0;
	size_t size = strtoul(bytes, NULL, 16);

	if (!start || rest < size)
		return;
	request_received(upgrade->request, start + 1, size);
	finish(upgrade, 0, NULL);
}

static void body(struct upgrade *upgrade, const char *bytes, size_t len)
{
	struct http_request *request = upgrade->request;

	if (request_accepted(request)) {
		if (len)
			request_received(request, bytes, len);
		return;
	}
	if (upgrade->chunked) {
		text_add_n(&upgrade->refusal, bytes, len);
		unchunk(upgrade, text_string(&upgrade->refusal), upgrade->refusal.len);
		return;
	}
	if (len && !request_received(request, bytes, len))
		finish(upgrade, 0, NULL);
	else if (upgrade->expected >= 0 && (int64_t)request->in_len >= upgrade->expected)
		finish(upgrade, 0, NULL);
}

static void head(struct upgrade *upgrade, const char *bytes, size_t len)
{
	enum head_step step = head_take(&upgrade->head, &bytes, &len);

	if (step == HEAD_BAD)
		finish(upgrade, ERROR_SYSTEM, "an answer that is not HTTP");
	if (step != HEAD_WHOLE)
		return;
	const char *length = head_get(&upgrade->head, "Content-Length");

	upgrade->expected = length ? strtoll(length, NULL, 10) : -1;
	upgrade->chunked =
		text_same_nocase(head_get(&upgrade->head, "Transfer-Encoding"), "chunked");
	request_head(upgrade->request, upgrade->head.status);
	body(upgrade, bytes, len);
}

/* --- the conduit's events */

static void connected(void *payload)
{
	struct upgrade *upgrade = payload;
	struct text *question = &upgrade->question;

	upgrade->conduit->ops->write(upgrade->conduit, question->data, question->len);
}

static void received(const char *bytes, size_t len, void *payload)
{
	struct upgrade *upgrade = payload;
	struct http_request *request = upgrade->request;

	if (request->finished)
		return;
	if (request->status)
		body(upgrade, bytes, len);
	else
		head(upgrade, bytes, len);
	if (request->in_len >= request->window && request_accepted(request)) {
		request->paused = true;
		upgrade->reading = false;
		upgrade->conduit->ops->read(upgrade->conduit, false);
	}
}

static void written(void *payload)
{
	struct upgrade *upgrade = payload;

	if (upgrade->asked) {
		upgrade->sending = false;
		request_written(upgrade->request);
		return;
	}
	upgrade->asked = true;
	text_drop(&upgrade->question);
	upgrade->reading = true;
	upgrade->conduit->ops->read(upgrade->conduit, true);
}

static void ended(const struct error *err, void *payload)
{
	struct upgrade *upgrade = payload;
	CLEANUP(error_drop) struct error *own = error_copy(err);

	if (!err && !upgrade->request->status)
		error_set(&own, ERROR_UNAVAILABLE, "the connection was lost before an answer came");
	request_finish(upgrade->request, &own);
}

static const struct conduit_events events = {
	.connected = connected,
	.received = received,
	.written = written,
	.ended = ended,
};

/* --- the request */

void upgrade_start(struct http_request *request, const struct http_call *call)
{
	struct upgrade *upgrade = memory_zero(1, sizeof(*upgrade));
	struct text *out = &upgrade->question;
	const char *authority = strstr(call->host->url, "://") + 3;

	request->upgrade = upgrade;
	upgrade->request = request;
	text_printf(out, "%s %s HTTP/1.1\r\nHost: %s\r\n", call->method ? call->method : "GET",
		    call->path, authority);
	for (const char *const *line = call->headers; line && *line; line++)
		text_printf(out, "%s\r\n", *line);
	if (call->body)
		text_add(out, "Content-Type: application/json\r\n");
	text_printf(out, "Content-Length: %zu\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
		    call->body_len);
	text_add_n(out, call->body ? call->body : "", call->body_len);
	upgrade->conduit = conduit_open(request, &events, upgrade);
}

void upgrade_resume(struct http_request *request)
{
	struct upgrade *upgrade = request->upgrade;

	if (!upgrade || !upgrade->asked)
		return;
	if (request->paused && request->in_len < request->window / 2) {
		request->paused = false;
		upgrade->reading = true;
		upgrade->conduit->ops->read(upgrade->conduit, true);
	}
	/* Nothing is sent before the peer has said that it listens. */
	if (!request->out_pending || upgrade->sending || request->written_due ||
	    !request_accepted(request))
		return;
	upgrade->sending = true;
	if (request->out_end)
		upgrade->conduit->ops->shutdown(upgrade->conduit);
	else
		upgrade->conduit->ops->write(upgrade->conduit, request->out, request->out_len);
}

void upgrade_close(struct http_request *request)
{
	struct upgrade *upgrade = steal(&request->upgrade);

	if (!upgrade)
		return;
	upgrade->conduit->ops->close(upgrade->conduit);
	text_drop(&upgrade->question);
	text_drop(&upgrade->refusal);
	head_drop(&upgrade->head);
	free(upgrade);
}
