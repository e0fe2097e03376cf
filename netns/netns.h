/* SPDX-License-Identifier: MIT */
/* netns -- the networks below containers: what an engine asks for, and what the host's service holds
 *
 * The first half is for engines of our own: networks and containers' endpoints in them, as values
 * (network.h, endpoint.h). On Linux each network has a process (linux/router.h), which is started as
 * a program and asked over a socket; on Windows HNS is to be asked for the same, and until it is
 * every call of this half is ERROR_UNSUPPORTED there.
 *
 * The second half looks at what is there whoever made it. On Windows that is HNS, which Docker and
 * the native engine both work through: its networks, the endpoints that containers are attached to,
 * and the port mappings (NAT policies) of these. On Linux it is ERROR_UNSUPPORTED: an engine knows
 * its own networks, and Docker's are Docker's.
 *
 * The calls block for as long as the service takes: milliseconds mostly, for an end or a removal
 * some tens, but HNS has been seen to hang for good. Who may not wait calls them in a child process
 * and ends that when its time is over. HNS needs an elevated Administrator: without, ERROR_SYSTEM
 * says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"

struct endpoint; /* netns/endpoint.h */
struct error;
struct network; /* netns/network.h */

/* --- for engines: root is the folder of all networks' folders, which is the engine's and private;
 * a network is known by its id. */

/* Writes down what a network shall be, before it is started. ERROR_CONFLICT: there is one of the
 * id. */
int netns_create(const char *root, const struct network *network, struct error **err);
/* The arguments by which the network is started, program is wincompose-net's path; NULL-ended,
 * yours. It ends with 0 when the network answers, else it has said why on stderr. To start one that
 * runs, or that lost its process, is the same. NULL: unsupported. */
char **netns_start_arguments(const char *program, const char *root, const char *id);
/* The network as it came to be, its subnets chosen. ERROR_NOT_FOUND: it was never started. */
int netns_network(const char *root, const char *id, struct network *ret, struct error **err);
/* Puts a container in, and takes it out. *ret is the endpoint as it came to be, yours to drop: its
 * addresses, and the ports that were chosen. One that is in is well, one that is not, too.
 * ERROR_CONFLICT: an address or a port is taken. ERROR_UNAVAILABLE: the network has no process:
 * start it. is_gone: the container has ended, its link goes without us. */
int netns_attach(const char *root, const char *id, const struct endpoint *endpoint,
		 struct endpoint *ret, struct error **err);
int netns_detach(const char *root, const char *id, const char *endpoint, bool is_gone,
		 struct error **err);
/* The container is in these other networks by now (NULL-ended ids): it may ask for their names. */
int netns_also(const char *root, const char *id, const char *endpoint, const char *const *others,
	       struct error **err);
/* Removes the network with all that is in it. What was never there is well; of one that lost its
 * process prune removes what is left, so ERROR_UNAVAILABLE. */
int netns_end(const char *root, const char *id, struct error **err);

/* --- what the host's service holds */

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
