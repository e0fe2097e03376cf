/* SPDX-License-Identifier: MIT */
/* A conduit over a named pipe. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/pipe.h"
#include "engine/conduit.h"
#include "engine/request.h"

struct named {
	struct conduit conduit; /* first */
	struct http *http;
	const char *name; /* the host's */
	uv_timer_t timer; /* dials, and again while the pipe is busy */
	uint64_t deadline;
	struct pipe *pipe; /* NULL: not connected */
	unsigned handles;  /* the timer and the pipe */
	bool closed;
};

/* --- ends */

static void handle_gone(struct named *named)
{
	struct http *http = named->http;

	if (--named->handles > 0)
		return;
	free(named);
	http_handle_closed(http);
}

static void timer_closed(uv_handle_t *handle)
{
	handle_gone(container_of((uv_timer_t *)handle, struct named, timer));
}

static void pipe_closed(void *payload)
{
	handle_gone(payload);
}

static void named_close(struct conduit *conduit)
{
	struct named *named = container_of(conduit, struct named, conduit);

	named->closed = true;
	uv_close((uv_handle_t *)&named->timer, timer_closed);
	if (named->pipe)
		pipe_close(steal(&named->pipe), pipe_closed, named);
}

/* --- bytes */

static void received(const char *bytes, size_t len, void *payload)
{
	struct named *named = payload;

	named->conduit.events->received(bytes, len, named->conduit.payload);
}

static void written(void *payload)
{
	struct named *named = payload;

	named->conduit.events->written(named->conduit.payload);
}

static void ended(const struct error *err, void *payload)
{
	struct named *named = payload;
	CLEANUP(error_drop) struct error *own = error_copy(err);

	if (own)
		error_wrap(&own, "the connection was lost to %s", named->name);
	named->conduit.events->ended(own, named->conduit.payload);
}

static const struct pipe_events events = {
	.received = received,
	.written = written,
	.ended = ended,
};

static void named_read(struct conduit *conduit, bool on)
{
	pipe_read(container_of(conduit, struct named, conduit)->pipe, on);
}

static void named_write(struct conduit *conduit, const char *bytes, size_t len)
{
	pipe_write(container_of(conduit, struct named, conduit)->pipe, bytes, len);
}

static void named_shutdown(struct conduit *conduit)
{
	pipe_shutdown(container_of(conduit, struct named, conduit)->pipe);
}

static void named_rest(struct conduit *conduit, bool on)
{
	pipe_rest(container_of(conduit, struct named, conduit)->pipe, on);
}

static const struct conduit_ops named_ops = {
	.read = named_read,
	.write = named_write,
	.shutdown = named_shutdown,
	.rest = named_rest,
	.close = named_close,
};

/* --- dialling */

static void refuse(enum pipe_outcome outcome, const char *name, const char *owner,
		   struct error **err)
{
	switch (outcome) {
	case PIPE_CONNECTED:
		break;
	case PIPE_BUSY:
		error_set(err, ERROR_UNAVAILABLE, "cannot connect to %s: it is busy with others",
			  name);
		break;
	case PIPE_ABSENT:
		error_set(err, ERROR_UNAVAILABLE, "cannot connect to %s: nobody listens there",
			  name);
		error_detail(err,
			     "Start Docker Desktop, or as Administrator: Start-Service docker");
		break;
	case PIPE_DENIED:
		error_set(err, ERROR_UNAVAILABLE,
			  "cannot connect to %s: its engine does not let this user in", name);
		error_detail(err, "Run this as Administrator, or have your user added to the group "
				  "that \"group\" in the engine's daemon.json names (Docker "
				  "Desktop: docker-users).");
		break;
	case PIPE_FOREIGN:
		error_set(err, ERROR_INVALID,
			  "%s belongs to %s, who is neither the system, nor the Administrators, "
			  "nor this user",
			  name, owner);
		error_detail(err, "Anyone may listen at a name that is free. Nothing was sent; "
				  "--trust-pipe says that this one is trusted.");
		break;
	}
}

static void connected(struct named *named, HANDLE handle, struct error **err)
{
	if (pipe_open(named->timer.loop, handle, &events, named, &named->pipe, err) < 0)
		return;
	named->handles++;
	named->conduit.events->connected(named->conduit.payload);
}

static void dial(uv_timer_t *timer)
{
	struct named *named = container_of(timer, struct named, timer);
	const struct http_host *host = named->conduit.request->host;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *owner = NULL;
	HANDLE handle = NULL;
	int outcome =
		pipe_dial(named->name, host->trust_pipe ? PIPE_TRUST_ANYONE : PIPE_TRUST_SYSTEM,
			  &handle, &owner, &err);

	if (outcome == PIPE_BUSY && clock_monotonic() < named->deadline) {
		uv_timer_start(timer, dial, PIPE_RETRY_MS, 0);
		return;
	}
	if (outcome == PIPE_CONNECTED)
		connected(named, handle, &err);
	else if (outcome > 0)
		refuse(outcome, named->name, owner, &err);
	if (err)
		named->conduit.events->ended(err, named->conduit.payload);
}

struct conduit *named_open(struct http_request *request,
			   const struct conduit_events *conduit_events, void *payload)
{
	struct named *named = memory_zero(1, sizeof(*named));
	uint64_t limit = request->host->connect_timeout;

	named->conduit = (struct conduit){&named_ops, conduit_events, payload, request};
	named->http = request->http;
	named->http->handles++;
	named->name = request->host->socket;
	named->deadline = clock_monotonic() + (limit ? limit : 10 * CLOCK_SECOND);
	uv_timer_init(named->http->loop, &named->timer);
	uv_timer_start(&named->timer, dial, 0, 0);
	named->handles = 1;
	return &named->conduit;
}

int named_check(const char *name, struct error **err)
{
	return pipe_check(name, err);
}
