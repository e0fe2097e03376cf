/* SPDX-License-Identifier: MIT */
#include "netns/netns.h"

#include "base/error.h"

int netns_look(struct netns_view *ret, struct error **err)
{
	(void)ret;
	return error_set(err, ERROR_UNSUPPORTED, "only Windows has a network service to ask");
}

int netns_remove(const char *endpoint, struct error **err)
{
	(void)endpoint;
	return error_set(err, ERROR_UNSUPPORTED, "only Windows has a network service to ask");
}
