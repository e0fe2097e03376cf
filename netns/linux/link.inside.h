/* SPDX-License-Identifier: MIT */
/* Within link: a message and its answer. */
#pragma once

#include <libmnl/libmnl.h>

#include "netns/linux/link.h"

/* The kernel fills up to 32 KiB at a time with a list. */
enum { LINK_BUFFER = 65536 };

struct link_socket {
	struct mnl_socket *netlink;
	char *buffer;
	unsigned sequence;
};

struct nlmsghdr *link_begin_(struct link_socket *socket, unsigned type, unsigned flags);
/* each is called for every message of the answer that is no acknowledgement. Gives 0 or an errno. */
int link_talk_(struct link_socket *socket, struct nlmsghdr *message, mnl_cb_t each, void *payload);
