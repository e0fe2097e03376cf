/* SPDX-License-Identifier: MIT */
/* port -- the short form of published ports
 *
 * [[ip:]host[-host]:]container[-container][/protocol]. The last two parts are ports, what is before
 * them is the address, so that
 * ::1:8080:80 works; [::1] too. Ranges of one length go pairwise; a host range to one port stays a
 * range to choose from.
 */
#pragma once

#include <stdbool.h>

#include "compose/project/schema.h"

enum { PORTS_MAX = 100000 }; /* of a project, after ranges are written out */

bool port_expand(struct shaper *shaper, const struct node *brief, const struct trail *trail,
		 struct node *items);
/* host_ip:published:target/protocol, in the arena. */
char *port_identity(struct arena *arena, const struct node *item);

/* A port or a range "8000-8010"; from 1 to 65535, 0 where zero is allowed. */
bool port_range(const char *text, bool zero, unsigned *first, unsigned *last);
bool port_is_address(const char *text); /* IPv4 or IPv6 */
