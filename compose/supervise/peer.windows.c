/* SPDX-License-Identifier: MIT */
#include "compose/supervise/peer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/pipe.h"

#define CONFLICT_TIME (2 * CLOCK_SECOND)
#define BUSY_TIME     (2 * CLOCK_SECOND)

struct peer_server {
	uv_loop_t *loop;
	struct pipe_server *pipes;
	HANDLE handle; /* of the connection that is told of */
	void (*accepted)(struct peer_server *server, void *payload);
	void *payload;
	void (*closed)(void *payload);
	void *closed_payload;
};

/* --- the server */

static void on_accepted(HANDLE handle, void *payload)
{
	struct peer_server *server = payload;

	server->handle = handle;
	server->accepted(server, server->payload);
	if (server->handle)
		CloseHandle(steal(&server->handle));
}

/* The pipe's descriptor has let in only this user. */
bool peer_accept(struct peer_server *server, uv_pipe_t *pipe)
{
	uv_pipe_init(server->loop, pipe, 0);
	return pipe_give(pipe, steal(&server->handle)) == 0;
}

static void on_closed(void *payload)
{
	struct peer_server *server = payload;
	void (*closed)(void *payload) = server->closed;
	void *closed_payload = server->closed_payload;

	free(server);
	if (closed)
		closed(closed_payload);
}

void peer_server_close(struct peer_server *server, void (*closed)(void *payload), void *payload)
{
	server->closed = closed;
	server->closed_payload = payload;
	pipe_server_close(server->pipes, on_closed, server);
}

int peer_listen(uv_loop_t *loop, const char *path,
		void (*accepted)(struct peer_server *server, void *payload), void *payload,
		struct peer_server **ret, struct error **err)
{
	struct peer_server *server = memory_zero(1, sizeof(*server));
	struct pipe_listen_options options = {
		.name = path,
		.accepted = on_accepted,
		.payload = server,
	};
	uint64_t until = clock_monotonic() + CONFLICT_TIME;
	int code;

	server->loop = loop;
	server->accepted = accepted;
	server->payload = payload;
	/* Of a supervisor that was killed the pipe may outlive the lock for a moment, until its last
	 * client has closed its end. */
	while ((code = pipe_listen(loop, &options, &server->pipes, err)) == ERROR_CONFLICT &&
	       clock_monotonic() < until) {
		error_drop(err);
		uv_sleep(PIPE_RETRY_MS);
	}
	if (code < 0) {
		free(server);
		return error_wrap(err, "the control pipe");
	}
	*ret = server;
	return 0;
}

/* --- the client */

struct peer_retry {
	uv_timer_t timer;
	struct peer_dial *dial;
	char *path;
	uint64_t until;
};

static void retry_closed(uv_handle_t *handle)
{
	struct peer_retry *retry = container_of((uv_timer_t *)handle, struct peer_retry, timer);

	free(retry->path);
	free(retry);
}

void peer_dial_drop(struct peer_dial *dial)
{
	struct peer_retry *retry = steal(&dial->retry);

	if (retry)
		uv_close((uv_handle_t *)&retry->timer, retry_closed);
}

static void attempt(uv_timer_t *timer)
{
	struct peer_retry *retry = container_of(timer, struct peer_retry, timer);
	struct peer_dial *dial = retry->dial;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *owner = NULL;
	HANDLE handle = NULL;
	int outcome = pipe_dial(retry->path, PIPE_TRUST_USER, &handle, &owner, &err);

	if (outcome == PIPE_BUSY && clock_monotonic() < retry->until) {
		uv_timer_start(timer, attempt, PIPE_RETRY_MS, 0);
		return;
	}
	if (outcome == PIPE_FOREIGN)
		log_info("control: the pipe belongs to %s, who is not asked", owner);
	bool connected = outcome == PIPE_CONNECTED && pipe_give(dial->pipe, handle) == 0;

	peer_dial_drop(dial);
	dial->done(dial, connected);
}

void peer_connect(struct peer_dial *dial, uv_loop_t *loop, const char *path)
{
	struct peer_retry *retry = memory_zero(1, sizeof(*retry));

	uv_pipe_init(loop, dial->pipe, 0);
	retry->path = memory_copy(path);
	retry->dial = dial;
	retry->until = clock_monotonic() + BUSY_TIME;
	uv_timer_init(loop, &retry->timer);
	uv_timer_start(&retry->timer, attempt, 0, 0);
	dial->retry = retry;
}
