/* SPDX-License-Identifier: MIT */
/* ports -- what this host says of its own ports: who has one, and which ones Windows keeps back
 *
 * Whether a port can be had is for a bind to say; this says who has it, and why a bind that nobody
 * stands in the way of fails all the same. On Windows the system keeps ranges of ports back ("port
 * exclusion ranges", mostly WinNAT's and Hyper-V's at boot): a bind inside one fails with
 * WSAEACCES, and HNS answers as if the port were in use. Linux has no such ranges.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

struct error;

enum ports_protocol { PORTS_TCP, PORTS_UDP };

/* A range that is kept back, both ends within. */
struct ports_range {
	unsigned first, last;
	/* Set aside with netsh (an asterisk): nobody gets such a port by chance, and who names it
	 * binds it all the same. So it is in nobody's way. */
	bool administered;
};

struct ports_ranges {
	struct ports_range *items;
	size_t len, cap;
};

/* Adds the ranges of what "netsh int ipv4 show excludedportrange" prints, in whatever language: a
 * line of two port numbers, and an asterisk where it is administered, is a range; every other line
 * is words. */
void ports_parse_ranges(const char *text, struct ports_ranges *ranges);
/* The range that the port is in; NULL: none. */
const struct ports_range *ports_in_range(const struct ports_ranges *ranges, unsigned port);
void ports_drop_ranges(struct ports_ranges *ranges);

/* Asks the system for its ranges. done is called exactly once, never from inside; the ranges are
 * borrowed until it returns, and NULL where err is set. Linux: there are none. netsh needs a tenth
 * of a second, so ask once and only where ports are published. */
void ports_ask_ranges(uv_loop_t *loop, enum ports_protocol protocol,
		      void (*done)(const struct ports_ranges *ranges, const struct error *err,
				   void *payload),
		      void *payload);

/* A TCP socket that listens, or a UDP socket that is bound. */
struct ports_socket {
	enum ports_protocol protocol;
	unsigned port;
	char address[46]; /* "0.0.0.0", "::1", ... */
	uint32_t process; /* Windows: its number */
	uint64_t inode;   /* Linux: the socket's */
};

struct ports_sockets {
	struct ports_socket *items;
	size_t len, cap;
};

/* All of them now, IPv4's and IPv6's. A few system calls. On Linux those of our network namespace.
 * ERROR_SYSTEM. */
int ports_read(struct ports_sockets *ret, struct error **err);
/* The socket that stands in the way of binding the address (NULL or an unspecified one: any) and
 * port; NULL: none. One of the same kind of address is preferred. */
const struct ports_socket *ports_find(const struct ports_sockets *sockets, const char *address,
				      unsigned port, enum ports_protocol protocol);
/* "nginx (process 1234)", yours. NULL: it is not told to this user, or the process has ended. On
 * Linux it looks through /proc, a few milliseconds: for messages. */
char *ports_holder(const struct ports_socket *socket);
void ports_drop_sockets(struct ports_sockets *sockets);

/* Within ports: the lines of /proc/net/{tcp,tcp6,udp,udp6}. */
void ports_parse_proc_(const char *text, enum ports_protocol protocol,
		       struct ports_sockets *sockets);
