/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "tests/winengine/duct.h"

int duct_listen_other_(uv_loop_t *loop, const char *address, struct duct_server **ret,
		       struct error **err)
{
	(void)loop;
	(void)ret;
	return error_set(err, ERROR_UNSUPPORTED, "%s: unix:// and tcp:// are known here", address);
}
