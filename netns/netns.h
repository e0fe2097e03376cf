/* SPDX-License-Identifier: MIT */
/* netns -- the networks below containers: what this host's own network service holds
 *
 * On Windows that is HNS, which Docker and the native engine both work through: its networks, the
 * endpoints that containers are attached to, and the port mappings (NAT policies) of these. On
 * Linux an engine's networks are its own matter so far, and every call is ERROR_UNSUPPORTED.
 *
 * The calls block for as long as the service takes: milliseconds mostly, but it has been seen to
 * hang for good. Who may not wait calls them in a child process and ends that when its time is over.
 * They need an elevated Administrator: without, ERROR_SYSTEM says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"

struct error;

struct netns_network {
	char *id;               /* a GUID */
	char *name;             /* of a network that Docker made: Docker's id of it */
	char *type;             /* nat, transparent, l2bridge, ... */
	char *subnet, *gateway; /* of its first subnet; NULL: none */
};

/* A host port that is passed on to a container's. */
struct netns_mapping {
	bool is_udp;
	unsigned external, internal;
};

struct netns_endpoint {
	char *id; /* a GUID */
	char *name;
	char *network, *network_name;
	char *address;     /* NULL: none yet */
	char **containers; /* that are attached to it; NULL-ended */
	ARRAY(struct netns_mapping) mappings;
};

/* The zero value is valid to drop. */
struct netns_view {
	ARRAY(struct netns_network) networks;
	ARRAY(struct netns_endpoint) endpoints;
};

/* ERROR_UNAVAILABLE: the service does not run, or is not there at all. */
int netns_look(struct netns_view *ret, struct error **err);
void netns_drop(struct netns_view *view);
/* Removes an endpoint that nothing is attached to. It is looked at once more before: attached by
 * now, ERROR_CONFLICT. Absent: well. */
int netns_remove(const char *endpoint, struct error **err);
