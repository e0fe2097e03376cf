/* SPDX-License-Identifier: MIT */
#include "compose/supervise/peer.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"

enum { BACKLOG = 16 };

struct peer_server {
	uv_pipe_t pipe;
	void (*accepted)(struct peer_server *server, void *payload);
	void *payload;
	void (*closed)(void *payload);
	void *closed_payload;
};

/* Whether the other end of a connected socket is this user (or the system's administrator). */
static bool is_trusted(uv_pipe_t *pipe)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)pipe, &fd) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	return peer.uid == geteuid() || peer.uid == 0;
}

/* --- the server */

static void on_connection(uv_stream_t *stream, int status)
{
	struct peer_server *server = container_of((uv_pipe_t *)stream, struct peer_server, pipe);

	if (status == 0)
		server->accepted(server, server->payload);
}

bool peer_accept(struct peer_server *server, uv_pipe_t *pipe)
{
	uv_pipe_init(server->pipe.loop, pipe, 0);
	return uv_accept((uv_stream_t *)&server->pipe, (uv_stream_t *)pipe) == 0 &&
	       is_trusted(pipe);
}

static void on_closed(uv_handle_t *handle)
{
	struct peer_server *server = container_of((uv_pipe_t *)handle, struct peer_server, pipe);
	void (*closed)(void *payload) = server->closed;
	void *payload = server->closed_payload;

	free(server);
	if (closed)
		closed(payload);
}

void peer_server_close(struct peer_server *server, void (*closed)(void *payload), void *payload)
{
	server->closed = closed;
	server->closed_payload = payload;
	uv_close((uv_handle_t *)&server->pipe, on_closed);
}

int peer_listen(uv_loop_t *loop, const char *path,
		void (*accepted)(struct peer_server *server, void *payload), void *payload,
		struct peer_server **ret, struct error **err)
{
	struct peer_server *server = memory_zero(1, sizeof(*server));

	server->accepted = accepted;
	server->payload = payload;
	uv_pipe_init(loop, &server->pipe, 0);
	unlink(path);
	/* The mask makes the socket 0600 from its first moment. */
	mode_t mask = umask(0177);
	int status = uv_pipe_bind(&server->pipe, path);

	umask(mask);
	if (status == 0)
		status = uv_listen((uv_stream_t *)&server->pipe, BACKLOG, on_connection);
	if (status < 0) {
		peer_server_close(server, NULL, NULL);
		return error_uv(err, status, "the control socket %s", path);
	}
	*ret = server;
	return 0;
}

/* --- the client */

static void on_connect(uv_connect_t *connect, int status)
{
	struct peer_dial *dial = container_of(connect, struct peer_dial, connect);

	if (status != UV_ECANCELED && !uv_is_closing((uv_handle_t *)dial->pipe))
		dial->done(dial, status == 0 && is_trusted(dial->pipe));
}

void peer_connect(struct peer_dial *dial, uv_loop_t *loop, const char *path)
{
	uv_pipe_init(loop, dial->pipe, 0);
	uv_pipe_connect(&dial->connect, dial->pipe, path, on_connect);
}

/* The end of the pipe is the end of the attempt. */
void peer_dial_drop(struct peer_dial *dial)
{
	(void)dial;
}
