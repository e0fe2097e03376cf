/* SPDX-License-Identifier: MIT */
/* lease -- who has which address of one subnet
 *
 * Addresses are given in rising order and one that was given back is not given again before the
 * end was reached: who still remembers it (a neighbour's table, a client's connection) does not
 * meet another there. The zero value with its subnet set has everything free.
 */
#pragma once

#include "netns/cidr.h"

struct error;

struct lease {
	struct cidr subnet;
	struct cidr range;     /* where addresses are given from; prefix 0: the whole subnet */
	ARRAY(uint64_t) taken; /* host numbers, rising */
	uint64_t next;         /* where the search begins */
};

/* Any free one. ERROR_CONFLICT: all are given. */
int lease_any(struct lease *lease, struct cidr *ret, struct error **err);
/* This one. ERROR_INVALID: it is no host of the subnet; ERROR_CONFLICT: it is given. */
int lease_this(struct lease *lease, const struct cidr *address, struct error **err);
/* Given back. One that is not given: nothing. */
void lease_return(struct lease *lease, const struct cidr *address);
void lease_drop(struct lease *lease);
