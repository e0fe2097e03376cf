/* SPDX-License-Identifier: MIT */
/* router -- one network at work: its namespace with the bridge and the gateway's address, its DNS,
 * its containers' links, their published ports and the host's rules for them
 *
 * The namespace is pinned in the network's folder (settle.h) and outlives this process, as do the
 * rules: while no process runs, containers still reach each other and published ports still lead
 * to them where rules carry them. Who opens the network again finds out what there is and mends
 * what is half done; what ends meanwhile, or is killed at any call, is no other case.
 */
#pragma once

#include <stdbool.h>

#include <uv.h>

#include "netns/network.h"

struct error;
struct router;
struct text;

/* All links of a network are of one group, so that one message removes them all. */
enum { ROUTER_GROUP = 0x7763 };

struct router_options {
	uv_loop_t *loop;
	const char *folder;
	const char *resolvers; /* "/etc/resolv.conf" */
};

/* ERROR_CONFLICT: another process has the network, or its subnet is used otherwise. */
int router_open(const struct router_options *options, struct router **ret, struct error **err);
const struct network *router_network(const struct router *router);

/* Puts a container into the network; line: endpoint.h. Adds the endpoint as it came to be to reply.
 * One that is in it already, in the same namespace: well, as it is. ERROR_CONFLICT: an address or a
 * port is taken; nothing is left of it then. */
int router_attach(struct router *router, const char *line, struct text *reply, struct error **err);
/* Takes it out; an absent one is well. Its link's removal waits for the kernel some 40 ms, unless
 * the container's namespace ends by itself (is_gone). */
int router_detach(struct router *router, const char *id, bool is_gone, struct error **err);
/* Another set of networks whose names the container may ask for: ids with commas between, or "". */
int router_also(struct router *router, const char *id, const char *others, struct error **err);
/* A line for each endpoint. */
void router_list(const struct router *router, struct text *ret);
/* Removes everything that the network has, and its folder. The process is to end then. */
int router_end(struct router *router, struct error **err);
/* Leaves the network at work, and lets go of what this process has of it. */
void router_close(struct router *router);
