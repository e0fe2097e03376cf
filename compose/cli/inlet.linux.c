/* SPDX-License-Identifier: MIT */
#include <fcntl.h>

#include "compose/cli/inlet.h"

int inlet_poll_(uv_loop_t *loop, uv_poll_t *poll, int descriptor)
{
	int flags = fcntl(descriptor, F_GETFL);
	int status = uv_poll_init(loop, poll, descriptor);

	/* libuv made it non-blocking, for every process that has it. */
	if (status == 0 && flags >= 0)
		fcntl(descriptor, F_SETFL, flags);
	return status;
}
