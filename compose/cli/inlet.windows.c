/* SPDX-License-Identifier: MIT */
#include "compose/cli/inlet.h"

/* Only sockets can be waited for, and a standard handle is none. */
int inlet_poll_(uv_loop_t *loop, uv_poll_t *poll, int descriptor)
{
	(void)loop;
	(void)poll;
	(void)descriptor;
	return UV_ENOTSUP;
}
