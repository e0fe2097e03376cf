/* SPDX-License-Identifier: MIT */
/* peer -- the platform's part of the control socket: where it listens, and who may speak over it
 *
 * On Linux a unix socket of mode 0600 whose both ends look at the other's user. On Windows a named
 * pipe that belongs to this user and lets in nobody else; the client looks at its owner, as anyone
 * may listen at a name that is free.
 */
#pragma once

#include <stdbool.h>

#include <uv.h>

struct error;
struct peer_server;

/* accepted is told of each connection, and takes it by one peer_accept before it returns. The caller
 * holds the project's lock: what lies at the path is a dead supervisor's. */
int peer_listen(uv_loop_t *loop, const char *path,
		void (*accepted)(struct peer_server *server, void *payload), void *payload,
		struct peer_server **ret, struct error **err);
/* Opens the pipe for the connection; the caller closes it, also where the answer is false: it is
 * another user's, or gone. */
bool peer_accept(struct peer_server *server, uv_pipe_t *pipe);
void peer_server_close(struct peer_server *server, void (*closed)(void *payload), void *payload);

/* An attempt to connect; embedded where the pipe is. */
struct peer_dial {
	uv_pipe_t *pipe;
	void (*done)(struct peer_dial *dial, bool connected);
	uv_connect_t connect;
	struct peer_retry *retry; /* while a pipe of Windows is busy */
};

/* Opens the pipe. done is called once, never from inside, unless the attempt is dropped, which comes
 * before the pipe is closed. False: nobody listens, or another user does. */
void peer_connect(struct peer_dial *dial, uv_loop_t *loop, const char *path);
void peer_dial_drop(struct peer_dial *dial);
