/* SPDX-License-Identifier: MIT */
/* What there is: lists of links, of subnets, and of what went. */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "base/error.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/linux/link.inside.h"

struct names_of {
	void (*each)(const char *name, unsigned index, void *payload);
	void *payload;
};

static const char *name_of(const struct nlmsghdr *message)
{
	struct nlattr *attribute;

	mnl_attr_for_each(
		attribute, message,
		sizeof(struct ifinfomsg)) if (mnl_attr_get_type(attribute) == IFLA_IFNAME &&
					      mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) ==
						      0) return mnl_attr_get_str(attribute);
	return "";
}

static int list_one(const struct nlmsghdr *message, void *payload)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct names_of *names = payload;

	names->each(name_of(message), (unsigned)info->ifi_index, names->payload);
	return MNL_CB_OK;
}

int link_each(struct link_socket *socket,
	      void (*each)(const char *name, unsigned index, void *payload), void *payload,
	      struct error **err)
{
	struct names_of names = {each, payload};
	struct nlmsghdr *message = link_begin_(socket, RTM_GETLINK, NLM_F_DUMP);

	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	int number = link_talk_(socket, message, list_one, &names);

	return number ? error_errno(err, number, "cannot list the links") : 0;
}

struct gathering {
	struct cidrs *to;
	ARRAY(unsigned) except;
	const char *prefix;
};

static void note_except(const char *name, unsigned index, void *payload)
{
	struct gathering *gathering = payload;

	if (text_starts(name, gathering->prefix))
		array_push(&gathering->except, index);
}

/* One route or address: its destination and its link. */
static void gather(struct gathering *gathering, int family, unsigned prefix,
		   const struct nlattr *address, unsigned index)
{
	size_t len = family == AF_INET6 ? 16 : 4;
	struct cidr cidr = {.is_v6 = family == AF_INET6, .prefix = prefix};

	if (!address || mnl_attr_get_payload_len(address) < len || prefix > 8 * len)
		return;
	ARRAY_FOR_EACH (unsigned, except, &gathering->except) {
		if (*except == index)
			return;
	}
	memcpy(cidr.bytes, mnl_attr_get_payload(address), len);
	array_push(&gathering->to->list, cidr_base(&cidr));
}

/* Broadcasts, multicasts and link-local ones of IPv6 are nobody's subnet. */
static int gather_route(const struct nlmsghdr *message, void *payload)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *to = NULL;
	struct nlattr *attribute;
	unsigned index = 0;

	if (info->rtm_family != AF_INET && info->rtm_family != AF_INET6)
		return MNL_CB_OK;
	if (info->rtm_type == RTN_BROADCAST || info->rtm_type == RTN_MULTICAST ||
	    info->rtm_type == RTN_ANYCAST || (info->rtm_flags & RTM_F_CLONED))
		return MNL_CB_OK;
	mnl_attr_for_each(attribute, message, sizeof(*info))
	{
		if (mnl_attr_get_type(attribute) == RTA_DST)
			to = attribute;
		if (mnl_attr_get_type(attribute) == RTA_OIF &&
		    mnl_attr_validate(attribute, MNL_TYPE_U32) == 0)
			index = mnl_attr_get_u32(attribute);
	}
	gather(payload, info->rtm_family, info->rtm_dst_len, to, index);
	return MNL_CB_OK;
}

static int gather_address(const struct nlmsghdr *message, void *payload)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *address = NULL;
	struct nlattr *attribute;

	if (info->ifa_family != AF_INET && info->ifa_family != AF_INET6)
		return MNL_CB_OK;
	mnl_attr_for_each(attribute, message, sizeof(*info)) if (mnl_attr_get_type(attribute) ==
								 IFA_ADDRESS) address = attribute;
	gather(payload, info->ifa_family, info->ifa_prefixlen, address, info->ifa_index);
	return MNL_CB_OK;
}

int link_subnets(struct link_socket *socket, const char *except, struct cidrs *ret,
		 struct error **err)
{
	struct gathering gathering = {.to = ret, .prefix = except};
	int status = link_each(socket, note_except, &gathering, err);
	struct nlmsghdr *message;
	int number = 0;

	if (status == 0) {
		message = link_begin_(socket, RTM_GETROUTE, NLM_F_DUMP);
		mnl_nlmsg_put_extra_header(message, sizeof(struct rtmsg));
		number = link_talk_(socket, message, gather_route, &gathering);
	}
	if (status == 0 && number == 0) {
		message = link_begin_(socket, RTM_GETADDR, NLM_F_DUMP);
		mnl_nlmsg_put_extra_header(message, sizeof(struct ifaddrmsg));
		number = link_talk_(socket, message, gather_address, &gathering);
	}
	array_drop(&gathering.except);
	if (number)
		status = error_errno(err, number, "cannot list the routes");
	return status;
}

struct going {
	void (*gone)(const char *name, void *payload);
	void *payload;
};

static int gone_one(const struct nlmsghdr *message, void *payload)
{
	struct going *going = payload;

	if (message->nlmsg_type == RTM_DELLINK)
		going->gone(name_of(message), going->payload);
	return MNL_CB_OK;
}

bool link_gone(struct link_socket *socket, void (*gone)(const char *name, void *payload),
	       void *payload)
{
	struct going going = {gone, payload};

	for (;;) {
		ssize_t len = mnl_socket_recvfrom(socket->netlink, socket->buffer, LINK_BUFFER);

		if (len < 0)
			return errno == EAGAIN || errno == EINTR;
		mnl_cb_run(socket->buffer, (size_t)len, 0, 0, gone_one, &going);
	}
}
