/* SPDX-License-Identifier: MIT */
/* cidr -- an address and how many of its bits are its network's; plain values of IPv4 and IPv6
 *
 * "172.31.240.5/20" is the host 5 of the network 172.31.240.0/20. An address alone has all its bits
 * (32, 128). Nothing here asks the system.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"

#define CIDR_TEXT 64 /* characters of one as text with its NUL */

struct cidr {
	bool is_v6;
	uint8_t bytes[16]; /* in network order; 4 of them for IPv4, the others are 0 */
	unsigned prefix;
};

struct cidrs {
	ARRAY(struct cidr) list;
};

/* "10.1.2.3", "10.1.0.0/16", "fd00::1/64". False: it is none; ret is left alone. */
bool cidr_parse(const char *text, struct cidr *ret);
void cidr_format(const struct cidr *subnet, char out[static CIDR_TEXT]);
/* Without the prefix. */
void cidr_format_address(const struct cidr *subnet, char out[static CIDR_TEXT]);

bool cidr_same_address(const struct cidr *a, const struct cidr *b);
bool cidr_overlap(const struct cidr *a, const struct cidr *b);
bool cidr_has(const struct cidr *network, const struct cidr *address);
/* The network's own address: all bits of hosts are 0. */
struct cidr cidr_base(const struct cidr *subnet);
/* The host bits as a number; of IPv6 the lowest 63. */
uint64_t cidr_number(const struct cidr *address);
/* The host of that number, with the network's prefix. False: there is none, as the network is
 * smaller, or, in IPv4, as it is the network's own address or its broadcast. */
bool cidr_host(const struct cidr *network, uint64_t number, struct cidr *ret);

/* A network that overlaps none of taken. IPv4: private ones, from the end of 172.16.0.0/12 down, as
 * Docker takes them from its start, so that the two seldom want the same; then the others of RFC
 * 1918. IPv6: a /64 of the range that RFC 4193 leaves to chance, which seed is. False: all is
 * taken. */
bool cidr_choose(const struct cidrs *taken, bool is_v6, uint64_t seed, struct cidr *ret);
void cidrs_drop(struct cidrs *subnets);
