/* SPDX-License-Identifier: MIT */
#include "compose/supervise/peer.h"

int peer_bind(uv_pipe_t *pipe, const char *path)
{
	return uv_pipe_bind(pipe, path);
}

/* The pipe's name holds the user's SID, and its default descriptor lets only this user, the system
 * and administrators write to it. */
bool peer_trusted(uv_pipe_t *pipe)
{
	(void)pipe;
	return true;
}
