/* SPDX-License-Identifier: MIT */
/* ruleset -- the host's rules of one network, as text for libnftables
 *
 * Each text is one transaction. A network has one table, so that one word removes all of it. In it:
 * what comes from the network and lies about its source is dropped; what is not an answer and not
 * for a published port does not come in; what goes out has the host's address; a published port's
 * way to its container is an element of a map.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "netns/network.h"

struct text;

/* The addresses of the pair of links between the host and the network's namespace. They are the
 * same for every network, as each stands on its own link and is asked for by that. */
#define RULESET_HOST   "169.254.77.1"
#define RULESET_ROUTER "169.254.77.2"

struct ruleset_port {
	bool is_udp;
	const struct cidr *host; /* NULL: every address */
	unsigned port;
	const struct cidr *to;
	unsigned inner;
};

/* The whole table, empty of ports. What was there before goes in the same transaction. */
void ruleset_network(struct text *text, const struct network *network);
void ruleset_remove(struct text *text, const struct network *network);
void ruleset_publish(struct text *text, const struct network *network,
		     const struct ruleset_port *port);
void ruleset_withdraw(struct text *text, const struct network *network,
		      const struct ruleset_port *port);

/* Docker, and some firewalls, let nothing be forwarded that they do not know: their chain FORWARD
 * ends with a drop, which no other table can take back. So two rules in that chain let our network
 * pass; the network's own table decides what does. Their comment is the table's name. */
void ruleset_pass(struct text *text, const struct network *network);
/* The rules of a listing with handles ("nft -a list chain") whose comment is this: adds their
 * removal. Gives how many. */
unsigned ruleset_unpass(struct text *text, const char *listing, const char *comment);
