/* SPDX-License-Identifier: MIT */
/* The namespace with its bridge and the pair of links to the host. Each step finds what is there
 * already, as the process before may have been killed between any two. */
#include "netns/linux/router.inside.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/linux/space.h"

/* Of the pair between host and namespace in IPv6, where each link has addresses of its own. */
#define HOST_V6   "fe80::77:1/64"
#define ROUTER_V6 "fe80::77:2/64"

static struct cidr of(const char *text)
{
	struct cidr cidr = {0};

	cidr_parse(text, &cidr);
	return cidr;
}

static int open_space(struct router *router, struct error **err)
{
	CLEANUP(memory_free) char *path = path_join(router->folder, "space");
	int status = space_open(path, &router->space, err);

	/* Never pinned, or not any more: the machine was started again. */
	if (status == ERROR_NOT_FOUND || status == ERROR_INVALID) {
		error_drop(err);
		status = space_make(path, &router->space, err);
	}
	if (status == 0)
		status = link_open(router->space, &router->inside, err);
	if (status == 0)
		status = link_open(-1, &router->host, err);
	return status;
}

static int build_bridge(struct router *router, struct error **err)
{
	const struct network *network = &router->network;
	const uint8_t *gateway = network->gateway4.bytes;
	/* Of those that anybody may use, as the first byte says. */
	const uint8_t mac[] = {0x02, 0x77, gateway[0], gateway[1], gateway[2], gateway[3]};
	const struct link_bridge bridge = {
		.name = ROUTER_BRIDGE,
		.group = ROUTER_GROUP,
		.mtu = router_mtu_(router),
		.mac = mac,
	};
	unsigned loopback = 0;
	int status = link_add_bridge(router->inside, &bridge, err);

	if (status == 0)
		status = link_find(router->inside, ROUTER_BRIDGE, &router->bridge, err);
	if (status == 0)
		status = link_add_address(router->inside, router->bridge, &network->gateway4, err);
	if (status == 0 && network->v6.prefix)
		status = link_add_address(router->inside, router->bridge, &network->gateway6, err);
	if (status == 0)
		status = link_up(router->inside, router->bridge, err);
	if (status == 0)
		status = link_find(router->inside, "lo", &loopback, err);
	if (status == 0)
		status = link_up(router->inside, loopback, err);
	if (status == 0)
		status = space_set(router->space, "/proc/sys/net/ipv4/ip_forward", "1", err);
	if (status == 0 && network->v6.prefix)
		status = space_set(router->space, "/proc/sys/net/ipv6/conf/all/forwarding", "1",
				   err);
	return status;
}

/* Makes the pair, from within, so that the group takes both ends with it. */
static int make_uplink(struct router *router, const char *name, struct error **err)
{
	CLEANUP(space_close) int here = -1;
	int status = space_open("/proc/self/ns/net", &here, err);
	const struct link_pair pair = {
		.name = ROUTER_UPLINK,
		.group = ROUTER_GROUP,
		.mtu = router_mtu_(router),
		.space = here,
		.peer = name,
	};

	return status < 0 ? status : link_add_pair(router->inside, &pair, err);
}

/* Finds both ends, where there are both; one alone is of a namespace that is ending. */
static int find_uplink(struct router *router, const char *name, unsigned *host, unsigned *inside,
		       struct error **err)
{
	int status = link_find(router->host, name, host, err);

	if (status == 0)
		status = link_find(router->inside, ROUTER_UPLINK, inside, err);
	if (status < 0 || (*host && *inside))
		return status;
	if (*host)
		status = link_remove(router->host, *host, err);
	if (status == 0 && *inside)
		status = link_remove(router->inside, *inside, err);
	if (status == 0)
		status = make_uplink(router, name, err);
	if (status == 0)
		status = link_find(router->host, name, host, err);
	return status < 0 ? status : link_find(router->inside, ROUTER_UPLINK, inside, err);
}

/* One kind of address on the pair: each end its own, and routes through the other. */
static int route_uplink(struct router *router, unsigned host, unsigned inside, bool is_v6,
			struct error **err)
{
	struct cidr near = of(is_v6 ? HOST_V6 : RULESET_HOST);
	struct cidr far = of(is_v6 ? ROUTER_V6 : RULESET_ROUTER);
	const struct link_route in = {
		.to = is_v6 ? &router->network.v6 : &router->network.v4,
		.is_v6 = is_v6,
		.by = &far,
		.index = host,
		.is_on_link = true,
	};
	const struct link_route out = {
		.is_v6 = is_v6, .by = &near, .index = inside, .is_on_link = true};
	int status = link_add_address(router->host, host, &near, err);

	if (status == 0)
		status = link_add_address(router->inside, inside, &far, err);
	if (status == 0)
		status = link_add_route(router->host, &in, err);
	return status < 0 ? status : link_add_route(router->inside, &out, err);
}

static int switch_forwarding_on(const char *name, struct error **err)
{
	CLEANUP(memory_free)
	char *loopback = memory_format("/proc/sys/net/ipv4/conf/%s/route_localnet", name);
	int status = space_set(-1, "/proc/sys/net/ipv4/ip_forward", "1", err);

	/* So that 127.0.0.1:8080 may lead to a container. */
	return status < 0 ? status : space_set(-1, loopback, "1", err);
}

static int build_uplink(struct router *router, struct error **err)
{
	char name[NETWORK_NAME];
	unsigned host = 0, inside = 0;

	network_link(&router->network, name);
	int status = find_uplink(router, name, &host, &inside, err);

	if (status == 0)
		status = link_up(router->host, host, err);
	if (status == 0)
		status = link_up(router->inside, inside, err);
	if (status == 0)
		status = route_uplink(router, host, inside, false, err);
	if (status == 0 && router->network.v6.prefix)
		status = route_uplink(router, host, inside, true, err);
	return status < 0 ? status : switch_forwarding_on(name, err);
}

/* The table, empty of ports, and the pass through another's chain. */
static int build_rules(struct router *router, struct error **err)
{
	CLEANUP(text_drop) struct text rules = {0};
	CLEANUP(text_drop) struct text listing = {0};
	char table[NETWORK_NAME];
	int status = filter_open(&router->filter, err);

	if (status < 0)
		return status;
	network_table(&router->network, table);
	ruleset_network(&rules, &router->network);
	if (filter_list(router->filter, "list chain ip filter FORWARD", &listing)) {
		ruleset_unpass(&rules, text_string(&listing), table);
		ruleset_pass(&rules, &router->network);
	}
	return filter_run(router->filter, text_string(&rules), err);
}

int router_build_(struct router *router, struct error **err)
{
	int status = open_space(router, err);

	if (status == 0)
		status = build_bridge(router, err);
	if (status == 0 && !router->network.is_internal)
		status = build_uplink(router, err);
	if (status == 0 && !router->network.is_internal)
		status = build_rules(router, err);
	return status;
}

static int remove_rules(struct router *router, struct error **err)
{
	CLEANUP(text_drop) struct text rules = {0};
	CLEANUP(text_drop) struct text listing = {0};
	char table[NETWORK_NAME];

	if (!router->filter)
		return 0;
	network_table(&router->network, table);
	ruleset_remove(&rules, &router->network);
	if (filter_list(router->filter, "list chain ip filter FORWARD", &listing))
		ruleset_unpass(&rules, text_string(&listing), table);
	return filter_run(router->filter, text_string(&rules), err);
}

int router_raze_(struct router *router, struct error **err)
{
	CLEANUP(memory_free) char *path = path_join(router->folder, "space");
	int status = remove_rules(router, err);

	if (status == 0)
		status = link_remove_group(router->inside, ROUTER_GROUP, err);
	return status < 0 ? status : space_unpin(path, err);
}
