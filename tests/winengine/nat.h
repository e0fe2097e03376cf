/* SPDX-License-Identifier: MIT */
/* nat -- networks, and the endpoints that HNS makes in them
 *
 * windows.md 1.3 (ports), 1.4 (networks), 4.3 (troubles).
 */
#pragma once

#include <cjson/cJSON.h>

#include "tests/winengine/call.h"
#include "tests/winengine/world.h"

struct container;
struct forward;

struct network {
	struct list link;
	char id[ID_LEN];
	char *name;
	char *driver;
	cJSON *ipam; /* Config: subnets */
	cJSON *options, *labels;
	unsigned base, prefix; /* of the subnet */
	unsigned next;         /* host number that HNS gives next */
	bool builtin;
	int64_t created;
};

struct port {
	unsigned target, published; /* published 0: not */
	char *protocol;
	struct forward *forward; /* of TCP */
};

/* A container's place in a network. Its address and ports are there while the container runs. */
struct endpoint {
	struct network *network;
	cJSON *asked; /* EndpointSettings of the request */
	char id[ID_LEN];
	char address[16], mac[18];
};

void nat_init(struct world *world); /* the networks that are there at the start */
struct network *nat_find(const struct world *world, const char *word);

/* Gives a container's endpoints their addresses and ports, or says in the daemon's words why not.
 */
int nat_attach(struct container *container, struct error **err);
void nat_detach(struct container *container);

/* --- what the API asks */
void nat_list(struct call *call);
void nat_inspect(struct call *call);
void nat_create(struct call *call);
void nat_remove(struct call *call);
void nat_connect(struct call *call);
void nat_disconnect(struct call *call);
