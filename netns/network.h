/* SPDX-License-Identifier: MIT */
/* network -- what one network of ours on Linux is, as values: the file "network" in its folder
 *
 * It is one line of fields (field.h): "owner=0a1b2 id=89abcdef subnet=172.31.240.0/20 ...". owner
 * and id are hexadecimal and stand in the names of everything that the network has in the kernel
 * (a link has 15 characters), so that what a power cut or a kill left says whose it was.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "netns/cidr.h"

struct error;
struct names;
struct text;

enum {
	NETWORK_OWNER = 5, /* digits */
	NETWORK_ID = 8,
	NETWORK_NAME = 32, /* characters of network_link and network_table, with the NUL */
};

/* The zero value is valid to drop. */
struct network {
	char owner[NETWORK_OWNER + 1]; /* whose store it belongs to */
	char id[NETWORK_ID + 1];
	char *name;         /* the user's: "web.shop_default" is web's full name; or NULL */
	struct cidr v4, v6; /* prefix 0: to be chosen (IPv4), none (IPv6) */
	struct cidr gateway4, gateway6; /* prefix 0: the first host */
	struct cidr range4;             /* where addresses are given from; prefix 0: everywhere */
	bool wants_v6;                  /* choose one where v6 is none */
	bool is_internal;               /* no way out, no way in but published ports */
	bool is_proxied;                /* ports are carried by the proxy only */
	unsigned mtu;                   /* 0: 1500 */
	ARRAY(char *) reserved;         /* names that are its own with nobody there */
};

/* ERROR_INVALID: what is wrong with the line, or does not fit together. */
int network_parse(const char *line, struct network *ret, struct error **err);
void network_write(const struct network *network, struct text *line);
void network_drop(struct network *network);

/* Fills in what is to be chosen, such that nothing of taken (the host's routes, other networks) is
 * overlapped. ERROR_CONFLICT: a subnet that was asked for overlaps one; or nothing is free. */
int network_choose(struct network *network, const struct cidrs *taken, struct error **err);

/* Whether an address is of one of its subnets. */
bool network_has(const struct network *network, const struct cidr *address);
/* Reserves the names that are its own with nobody there, alone and with the network's behind. */
void network_announce(const struct network *network, struct names *names);

/* The link on the host, and the table of rules. */
void network_link(const struct network *network, char out[static NETWORK_NAME]);
void network_table(const struct network *network, char out[static NETWORK_NAME]);
