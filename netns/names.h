/* SPDX-License-Identifier: MIT */
/* names -- who is called what in one network: the table behind its DNS
 *
 * A name may be several endpoints' (the replicas of a service), an endpoint may have several names.
 * Letters are compared without their case. A name that was ever told stays the network's own, with
 * nobody there, so that no question for it goes to another resolver.
 */
#pragma once

#include "base/map.h"
#include "netns/cidr.h"

enum names_result {
	NAMES_FOREIGN, /* it is not this network's matter */
	NAMES_NOBODY,  /* a name of this network, which nobody has now */
	NAMES_FOUND,
};

/* The zero value is an empty table. */
struct names {
	struct map table;   /* a name to its holders */
	struct map reverse; /* an address to its first name */
};

#define NAMES_MAX 253 /* characters of a name */

/* 1 to 253 letters, digits, hyphens, underscores and points, labels of 1 to 63: what can be asked
 * for. */
bool names_valid(const char *name);
/* The name is this network's own. One that is not valid: nothing. */
void names_reserve(struct names *names, const char *name);
/* The address is called name, for the endpoint owner; the first name of an address is the one that
 * its reverse look-up gives. Told twice: once. */
void names_add(struct names *names, const char *owner, const char *name,
	       const struct cidr *address);
/* All that the owner was called. */
void names_remove(struct names *names, const char *owner);
/* Adds the name's addresses of the kind to ret, each time beginning with the next one. FOUND with
 * no address added: there are some, but of the other kind. */
enum names_result names_find(struct names *names, const char *name, bool is_v6, struct cidrs *ret);
/* NULL: nobody's. Borrowed. */
const char *names_reverse(const struct names *names, const struct cidr *address);
void names_drop(struct names *names);
