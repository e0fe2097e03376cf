/* SPDX-License-Identifier: MIT */
#include "netns/linux/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "netns/linux/link.inside.h"
#include "netns/linux/space.h"

static int open_in(int space, unsigned groups, struct link_socket **ret, struct error **err)
{
	int back;
	int status = space_enter(space, &back, err);

	if (status < 0)
		return status;
	struct mnl_socket *netlink = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int number = errno;

	if (netlink && mnl_socket_bind(netlink, groups, MNL_SOCKET_AUTOPID) < 0) {
		number = errno;
		mnl_socket_close(netlink);
		netlink = NULL;
	}
	space_leave(back);
	if (!netlink)
		return error_errno(err, number, "cannot speak with the kernel about links");
	*ret = memory_zero(1, sizeof(**ret));
	(*ret)->netlink = netlink;
	(*ret)->buffer = memory_alloc(LINK_BUFFER);
	return 0;
}

int link_open(int space, struct link_socket **ret, struct error **err)
{
	return open_in(space, 0, ret, err);
}

int link_watch(int space, struct link_socket **ret, struct error **err)
{
	int status = open_in(space, RTMGRP_LINK, ret, err);

	if (status == 0)
		fcntl(link_descriptor(*ret), F_SETFL, O_NONBLOCK);
	return status;
}

void link_close(struct link_socket **socket)
{
	if (!*socket)
		return;
	mnl_socket_close((*socket)->netlink);
	memory_free(&(*socket)->buffer);
	memory_free(socket);
}

int link_descriptor(const struct link_socket *socket)
{
	return mnl_socket_get_fd(socket->netlink);
}

struct nlmsghdr *link_begin_(struct link_socket *socket, unsigned type, unsigned flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(socket->buffer);

	message->nlmsg_type = (uint16_t)type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	message->nlmsg_seq = ++socket->sequence;
	return message;
}

int link_talk_(struct link_socket *socket, struct nlmsghdr *message, mnl_cb_t each, void *payload)
{
	unsigned port = mnl_socket_get_portid(socket->netlink);
	ssize_t len;
	int status = MNL_CB_OK;

	if (mnl_socket_sendto(socket->netlink, message, message->nlmsg_len) < 0)
		return errno;
	do {
		len = mnl_socket_recvfrom(socket->netlink, socket->buffer, LINK_BUFFER);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return errno;
		status = mnl_cb_run(socket->buffer, (size_t)len, socket->sequence, port, each,
				    payload);
		/* What is left of an answer that we stopped to read is not ours. */
		if (status < 0 && errno == ESRCH)
			status = MNL_CB_OK;
		else if (status < 0)
			return errno;
	} while (status > MNL_CB_STOP || len < 0);
	return 0;
}

static int find_one(const struct nlmsghdr *message, void *payload)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);

	*(unsigned *)payload = (unsigned)info->ifi_index;
	return MNL_CB_OK;
}

static struct nlmsghdr *begin_link(struct link_socket *socket, unsigned type, unsigned flags,
				   unsigned index)
{
	struct nlmsghdr *message = link_begin_(socket, type, NLM_F_ACK | flags);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));

	info->ifi_family = AF_UNSPEC;
	info->ifi_index = (int)index;
	return message;
}

int link_find(struct link_socket *socket, const char *name, unsigned *ret, struct error **err)
{
	struct nlmsghdr *message = begin_link(socket, RTM_GETLINK, 0, 0);
	unsigned found = 0;

	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	int number = link_talk_(socket, message, find_one, &found);

	if (number && number != ENODEV)
		return error_errno(err, number, "cannot look for the link %s", name);
	*ret = number ? 0 : found;
	return 0;
}

int link_add_bridge(struct link_socket *socket, const struct link_bridge *bridge,
		    struct error **err)
{
	struct nlmsghdr *message = begin_link(socket, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);

	mnl_attr_put_strz(message, IFLA_IFNAME, bridge->name);
	mnl_attr_put_u32(message, IFLA_GROUP, bridge->group);
	mnl_attr_put_u32(message, IFLA_MTU, bridge->mtu);
	mnl_attr_put(message, IFLA_ADDRESS, 6, bridge->mac);
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);

	mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(message, info);
	int number = link_talk_(socket, message, NULL, NULL);

	return number && number != EEXIST
		       ? error_errno(err, number, "cannot make the bridge %s", bridge->name)
		       : 0;
}

static void put_peer(struct nlmsghdr *message, const struct link_pair *pair)
{
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);

	mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
	struct nlattr *data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	struct nlattr *peer = mnl_attr_nest_start(message, VETH_INFO_PEER);

	/* Without IFF_UP: the kernel answers ENOTCONN to a peer that shall be up at once. */
	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(message, IFLA_IFNAME, pair->peer);
	mnl_attr_put_u32(message, IFLA_MTU, pair->mtu);
	mnl_attr_put_u32(message, IFLA_NET_NS_FD, (uint32_t)pair->space);
	if (pair->mac)
		mnl_attr_put(message, IFLA_ADDRESS, 6, pair->mac);
	mnl_attr_nest_end(message, peer);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
}

int link_add_pair(struct link_socket *socket, const struct link_pair *pair, struct error **err)
{
	struct nlmsghdr *message = begin_link(socket, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	struct ifinfomsg *info = mnl_nlmsg_get_payload(message);

	info->ifi_flags = info->ifi_change = IFF_UP;
	mnl_attr_put_strz(message, IFLA_IFNAME, pair->name);
	mnl_attr_put_u32(message, IFLA_GROUP, pair->group);
	mnl_attr_put_u32(message, IFLA_MTU, pair->mtu);
	if (pair->master)
		mnl_attr_put_u32(message, IFLA_MASTER, pair->master);
	put_peer(message, pair);
	int number = link_talk_(socket, message, NULL, NULL);

	if (number == EEXIST)
		return error_set(err, ERROR_CONFLICT, "a link %s or %s is there already",
				 pair->name, pair->peer);
	return number ? error_errno(err, number, "cannot make the links %s and %s", pair->name,
				    pair->peer)
		      : 0;
}

int link_up(struct link_socket *socket, unsigned index, struct error **err)
{
	struct nlmsghdr *message = begin_link(socket, RTM_NEWLINK, 0, index);
	struct ifinfomsg *info = mnl_nlmsg_get_payload(message);

	info->ifi_flags = info->ifi_change = IFF_UP;
	int number = link_talk_(socket, message, NULL, NULL);

	return number ? error_errno(err, number, "cannot switch link %u on", index) : 0;
}

int link_remove(struct link_socket *socket, unsigned index, struct error **err)
{
	struct nlmsghdr *message = begin_link(socket, RTM_DELLINK, 0, index);
	int number = link_talk_(socket, message, NULL, NULL);

	return number && number != ENODEV ? error_errno(err, number, "cannot remove link %u", index)
					  : 0;
}

int link_remove_group(struct link_socket *socket, unsigned group, struct error **err)
{
	struct nlmsghdr *message = begin_link(socket, RTM_DELLINK, 0, 0);

	mnl_attr_put_u32(message, IFLA_GROUP, group);
	int number = link_talk_(socket, message, NULL, NULL);

	return number && number != ENODEV
		       ? error_errno(err, number, "cannot remove the links of group %u", group)
		       : 0;
}

static void put_address(struct nlmsghdr *message, unsigned attribute, const struct cidr *address)
{
	mnl_attr_put(message, (uint16_t)attribute, address->is_v6 ? 16 : 4, address->bytes);
}

int link_add_address(struct link_socket *socket, unsigned index, const struct cidr *address,
		     struct error **err)
{
	struct nlmsghdr *message =
		link_begin_(socket, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	char text[CIDR_TEXT];

	info->ifa_family = address->is_v6 ? AF_INET6 : AF_INET;
	info->ifa_prefixlen = (uint8_t)address->prefix;
	info->ifa_index = index;
	/* No second is waited for another that might have it: addresses are ours to give. */
	if (address->is_v6)
		info->ifa_flags = IFA_F_NODAD;
	put_address(message, IFA_LOCAL, address);
	put_address(message, IFA_ADDRESS, address);
	int number = link_talk_(socket, message, NULL, NULL);

	cidr_format(address, text);
	return number && number != EEXIST
		       ? error_errno(err, number, "cannot give link %u the address %s", index, text)
		       : 0;
}

int link_add_route(struct link_socket *socket, const struct link_route *route, struct error **err)
{
	struct nlmsghdr *message =
		link_begin_(socket, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	struct rtmsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	char text[CIDR_TEXT] = "everywhere";

	info->rtm_family = route->is_v6 ? AF_INET6 : AF_INET;
	info->rtm_table = RT_TABLE_MAIN;
	info->rtm_protocol = RTPROT_STATIC;
	info->rtm_scope = RT_SCOPE_UNIVERSE;
	info->rtm_type = RTN_UNICAST;
	if (route->is_on_link)
		info->rtm_flags = RTNH_F_ONLINK;
	if (route->to) {
		info->rtm_dst_len = (uint8_t)route->to->prefix;
		put_address(message, RTA_DST, route->to);
		cidr_format(route->to, text);
	}
	put_address(message, RTA_GATEWAY, route->by);
	mnl_attr_put_u32(message, RTA_OIF, route->index);
	int number = link_talk_(socket, message, NULL, NULL);

	return number && number != EEXIST ? error_errno(err, number, "cannot set a route %s", text)
					  : 0;
}
