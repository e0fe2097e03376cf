/* SPDX-License-Identifier: MIT */
#include "netns/netns.h"

#include "base/error.h"
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

static int unsupported(struct error **err)
{
	return error_set(err, ERROR_UNSUPPORTED, "networks of our own are not made on Windows yet");
}

char **netns_start_arguments(const char *program, const char *root, const char *id)
{
	(void)program;
	(void)root;
	(void)id;
	return NULL;
}

int netns_create(const char *root, const struct network *network, struct error **err)
{
	(void)root;
	(void)network;
	return unsupported(err);
}

int netns_network(const char *root, const char *id, struct network *ret, struct error **err)
{
	(void)root;
	(void)id;
	(void)ret;
	return unsupported(err);
}

int netns_attach(const char *root, const char *id, const struct endpoint *endpoint,
		 struct endpoint *ret, struct error **err)
{
	(void)root;
	(void)id;
	(void)endpoint;
	(void)ret;
	return unsupported(err);
}

int netns_detach(const char *root, const char *id, const char *endpoint, bool is_gone,
		 struct error **err)
{
	(void)root;
	(void)id;
	(void)endpoint;
	(void)is_gone;
	return unsupported(err);
}

int netns_also(const char *root, const char *id, const char *endpoint, const char *const *others,
	       struct error **err)
{
	(void)root;
	(void)id;
	(void)endpoint;
	(void)others;
	return unsupported(err);
}

int netns_end(const char *root, const char *id, struct error **err)
{
	(void)root;
	(void)id;
	return unsupported(err);
}
