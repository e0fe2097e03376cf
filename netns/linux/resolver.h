/* SPDX-License-Identifier: MIT */
/* resolver -- the DNS server of a network, by UDP and TCP
 *
 * Its own names are answered from the zone, everything else by the host's resolvers where the asker
 * may go on to them, else with "refused to": SERVFAIL, upon which a resolver asks its next server.
 * A name of the zone's own is never asked of another.
 */
#pragma once

#include <stdbool.h>

#include <uv.h>

#include "netns/dns.h"
#include "netns/names.h"

struct error;
struct resolver;
struct upstream;

/* What is known of the network. asker: the address that asks. */
struct resolver_zone {
	enum names_result (*find)(const struct cidr *asker, const char *name, bool is_v6,
				  struct cidrs *ret, void *payload);
	enum names_result (*reverse)(const struct cidr *asker, const struct cidr *address,
				     char name[static DNS_NAME], void *payload);
	bool (*goes_on)(const struct cidr *asker, void *payload);
	void *payload;
};

struct resolver_options {
	uv_loop_t *loop;
	int space;                    /* where it listens; -1: here */
	const struct cidr *addresses; /* these, IPv4 or IPv6 */
	size_t count;                 /* 2 at most */
	unsigned port;                /* 53; 0: any, for tests */
	struct resolver_zone zone;
	struct upstream *upstream; /* outlives the resolver; NULL: there is none */
};

int resolver_open(const struct resolver_options *options, struct resolver **ret,
		  struct error **err);
/* Of the first address. */
unsigned resolver_port(const struct resolver *resolver);
/* The upstream is closed before, so that nothing of the resolver's is asked any more. */
void resolver_close(struct resolver *resolver);
