/* SPDX-License-Identifier: MIT */
/* endpoint -- a container's place in one network, as it is asked for and as it was given
 *
 * As a line of fields (field.h): "id=c1 space=/proc/42/ns/net interface=eth0 name=web-1 name=web
 * ip=172.31.240.2 port=tcp/127.0.0.1/8080/80". Of a port the parts are the protocol, the host's
 * address or *, the host's port (0: any that is free; 8000-8010: the first of these that is free),
 * and the container's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "netns/cidr.h"

struct error;
struct names;
struct text;

struct endpoint_port {
	bool is_udp;
	bool is_any;      /* every address of the host, of both kinds */
	struct cidr host; /* else this one */
	unsigned first, last, inner;
};

/* The zero value is valid to drop. */
struct endpoint {
	char *id;       /* whose it is; field_name says what may be one */
	char *space;    /* the path of the container's network namespace */
	uint64_t inode; /* the namespace's number, so that another one at this path is told from it;
			    0: not known yet */
	char *interface; /* its name within; "eth0" */
	uint64_t link;   /* the number in the name of the link's other end; 0: none yet */
	bool is_outlet;  /* the container's way out of its networks leads through this one */
	bool has_mac;
	uint8_t mac[6];
	struct cidr v4, v6;  /* prefix 0: none yet, or none at all */
	ARRAY(char *) names; /* the container's own first */
	ARRAY(char *) also;  /* other networks that it is in, whose names it may ask for */
	ARRAY(struct endpoint_port) ports;
};

/* ERROR_INVALID: what is wrong with the line. */
int endpoint_parse(const char *line, struct endpoint *ret, struct error **err);
/* What endpoint_parse reads. */
void endpoint_write(const struct endpoint *endpoint, struct text *line);
void endpoint_drop(struct endpoint *endpoint);

/* Tells its names, and where the network has one, each with the network's behind a point:
 * "web.shop_default". */
void endpoint_announce(const struct endpoint *endpoint, const char *network, struct names *names);

/* "tcp/127.0.0.1/8080/80" */
void endpoint_write_port(const struct endpoint_port *port, struct text *text);
