/* SPDX-License-Identifier: MIT */
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compose/supervise/peer.h"

int peer_bind(uv_pipe_t *pipe, const char *path)
{
	unlink(path);
	/* The mask makes the socket 0600 from its first moment. */
	mode_t mask = umask(0177);
	int status = uv_pipe_bind(pipe, path);
	umask(mask);
	return status;
}

bool peer_trusted(uv_pipe_t *pipe)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)pipe, &fd) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	return peer.uid == geteuid() || peer.uid == 0;
}
