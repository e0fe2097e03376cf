/* SPDX-License-Identifier: MIT */
#include "netns/netns.h"

#include "netns/hns.h"

int netns_look(struct netns_view *ret, struct error **err)
{
	struct hns_api api;
	int status = hns_load(&api, err);

	return status < 0 ? status : hns_look(&api, ret, err);
}

int netns_remove(const char *endpoint, struct error **err)
{
	struct hns_api api;
	int status = hns_load(&api, err);

	return status < 0 ? status : hns_remove(&api, endpoint, err);
}
