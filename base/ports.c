/* SPDX-License-Identifier: MIT */
#include "base/ports.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/own.h"
#include "base/text.h"

#define PORT_MAX 65535
#define LISTEN   0x0A /* the kernel's number of the state */

/* A number at *at that is a port, with the blanks before it. */
static bool take_port(const char **at, unsigned *port)
{
	const char *start = *at + strspn(*at, " \t");
	size_t len = strspn(start, "0123456789");

	if (!len || len > 5)
		return false;
	*port = (unsigned)strtoul(start, NULL, 10);
	*at = start + len;
	return *port <= PORT_MAX;
}

static bool take_range(const char *line, struct ports_range *range)
{
	if (!take_port(&line, &range->first) || !strspn(line, " \t") ||
	    !take_port(&line, &range->last) || range->first > range->last)
		return false;
	line += strspn(line, " \t");
	range->administered = *line == '*';
	line += range->administered;
	line += strspn(line, " \t\r");
	return *line == '\n' || !*line;
}

void ports_parse_ranges(const char *text, struct ports_ranges *ranges)
{
	for (const char *line = text; line && *line;) {
		struct ports_range range;

		if (take_range(line, &range))
			array_push(ranges, range);
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
}

const struct ports_range *ports_in_range(const struct ports_ranges *ranges, unsigned port)
{
	ARRAY_FOR_EACH (const struct ports_range, range, ranges) {
		if (port >= range->first && port <= range->last)
			return range;
	}
	return NULL;
}

void ports_drop_ranges(struct ports_ranges *ranges)
{
	array_drop(ranges);
}

static bool is_any(const char *address)
{
	return !address || !*address || text_same(address, "0.0.0.0") || text_same(address, "::");
}

/* 0: not in the way; the more, the likelier it is the one. */
static int likeness(const struct ports_socket *socket, const char *address)
{
	bool is_same_kind = !strchr(socket->address, ':') == !(address && strchr(address, ':'));

	if (address && text_same(socket->address, address))
		return 4;
	if (is_any(socket->address))
		return is_same_kind ? 3 : 2;
	return is_any(address) ? 1 + is_same_kind : 0;
}

const struct ports_socket *ports_find(const struct ports_sockets *sockets, const char *address,
				      unsigned port, enum ports_protocol protocol)
{
	const struct ports_socket *found = NULL;
	int best = 0;

	ARRAY_FOR_EACH (const struct ports_socket, socket, sockets) {
		if (socket->port != port || socket->protocol != protocol)
			continue;
		int like = likeness(socket, address);
		if (like > best) {
			best = like;
			found = socket;
		}
	}
	return found;
}

/* --- /proc/net */

/* The kernel prints an address as words of the machine's own byte order, eight digits each. */
static bool take_address(const char *hex, size_t len, char address[static 46])
{
	uint32_t words[4];

	if (len != 8 && len != 32)
		return false;
	for (size_t i = 0; i < len / 8; i++) {
		char word[9] = {0};
		memcpy(word, hex + i * 8, 8);
		words[i] = (uint32_t)strtoul(word, NULL, 16);
	}
	return uv_inet_ntop(len == 8 ? AF_INET : AF_INET6, words, address, 46) == 0;
}

static bool take_socket(const char *line, enum ports_protocol protocol, struct ports_socket *socket)
{
	char local[33];
	unsigned port, remote_port, state;
	uint64_t inode;

	/* sl, local, remote, state, queues, timer, retransmits, user, timeout, inode */
	if (sscanf(line,
		   " %*u: %32[0-9A-F]:%x %*32[0-9A-F]:%x %x %*x:%*x %*x:%*x %*x %*u %*u %" SCNu64,
		   local, &port, &remote_port, &state, &inode) != 5)
		return false;
	/* A UDP socket with a remote end is a client's. */
	if (protocol == PORTS_TCP ? state != LISTEN : remote_port != 0)
		return false;
	*socket = (struct ports_socket){.protocol = protocol, .port = port, .inode = inode};
	return take_address(local, strlen(local), socket->address);
}

void ports_parse_proc_(const char *text, enum ports_protocol protocol,
		       struct ports_sockets *sockets)
{
	for (const char *line = text; line && *line;) {
		struct ports_socket socket;

		if (take_socket(line, protocol, &socket))
			array_push(sockets, socket);
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
}

void ports_drop_sockets(struct ports_sockets *sockets)
{
	array_drop(sockets);
}
