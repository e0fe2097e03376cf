/* SPDX-License-Identifier: MIT */
/* peer -- the platform's part of the control socket: where it is bound, and who may speak over it
 */
#pragma once

#include <stdbool.h>

#include <uv.h>

/* Binds so that only this user can connect. The caller holds the project's lock: what lies at the
 * path is a dead supervisor's. libuv's status. */
int peer_bind(uv_pipe_t *pipe, const char *path);
/* Whether the other end of a connected pipe is this user (or the system's administrator). */
bool peer_trusted(uv_pipe_t *pipe);
