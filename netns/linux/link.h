/* SPDX-License-Identifier: MIT */
/* link -- links, addresses and routes of one network namespace, asked of the kernel (rtnetlink)
 *
 * Every call is one message and its answer: tens of microseconds, but for a removal, which waits
 * until no processor can see the link any more (some 40 ms, for one as for a group of them).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "netns/cidr.h"

struct error;
struct link_socket;

int link_open(int space, struct link_socket **ret, struct error **err);
void link_close(struct link_socket **socket); /* for CLEANUP */

/* Its number; 0: there is none of that name. */
int link_find(struct link_socket *socket, const char *name, unsigned *ret, struct error **err);
struct link_bridge {
	const char *name;
	unsigned group; /* what link_remove_group takes */
	unsigned mtu;
	/* A bridge that is given none has the lowest of its ports', which changes when a port comes
	 * or goes, and its neighbours send to the one that they know. */
	const uint8_t *mac;
};
int link_add_bridge(struct link_socket *socket, const struct link_bridge *bridge,
		    struct error **err);

/* Two ends of a cable. */
struct link_pair {
	const char *name;
	unsigned master; /* the bridge that this end is a port of; 0: none */
	unsigned group, mtu;
	int space; /* where the other end is */
	const char *peer;
	const uint8_t *mac; /* of the other end; NULL: any */
};
/* ERROR_CONFLICT: one of the names is taken. */
int link_add_pair(struct link_socket *socket, const struct link_pair *pair, struct error **err);
int link_up(struct link_socket *socket, unsigned index, struct error **err);
/* There already is well, here and below. */
int link_add_address(struct link_socket *socket, unsigned index, const struct cidr *address,
		     struct error **err);

struct link_route {
	const struct cidr *to; /* NULL: everywhere; is_v6 says of which kind */
	bool is_v6;
	const struct cidr *by; /* the next one on the way */
	unsigned index;
	bool is_on_link; /* the next one is reached through the link though no subnet says so */
};
int link_add_route(struct link_socket *socket, const struct link_route *route, struct error **err);

/* Absent: well. */
int link_remove(struct link_socket *socket, unsigned index, struct error **err);
int link_remove_group(struct link_socket *socket, unsigned group, struct error **err);

/* Adds where the namespace's routes of every table lead, and its own addresses' subnets, without
 * those of links whose names begin with except. */
int link_subnets(struct link_socket *socket, const char *except, struct cidrs *ret,
		 struct error **err);
int link_each(struct link_socket *socket,
	      void (*each)(const char *name, unsigned index, void *payload), void *payload,
	      struct error **err);

/* A descriptor that is readable when links of the namespace came, went or changed; link_gone then
 * tells of each that went. False from link_gone: some may have been lost, look at all. */
int link_watch(int space, struct link_socket **ret, struct error **err);
int link_descriptor(const struct link_socket *socket);
bool link_gone(struct link_socket *socket, void (*gone)(const char *name, void *payload),
	       void *payload);
