/* SPDX-License-Identifier: MIT */
#include "netns/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/field.h"
#include "netns/names.h"

enum {
	LIST_MAX = 1024, /* of names, networks or ports of one container */
	INTERFACE = 15,  /* characters of a link's name: IFNAMSIZ with its NUL is 16 */
	PATH_LENGTH = 4096,
};

static bool take(char **to, const char *value)
{
	if (*to)
		return false;
	*to = memory_copy(value);
	return true;
}

static bool read_id(void *target, const char *value)
{
	return field_name(value) && take(&((struct endpoint *)target)->id, value);
}

static bool read_space(void *target, const char *value)
{
	return value[0] == '/' && strlen(value) < PATH_LENGTH &&
	       take(&((struct endpoint *)target)->space, value);
}

static bool read_interface(void *target, const char *value)
{
	return field_name(value) && strlen(value) <= INTERFACE &&
	       take(&((struct endpoint *)target)->interface, value);
}

static bool read_inode(void *target, const char *value)
{
	return field_number(value, UINT64_MAX, &((struct endpoint *)target)->inode);
}

static bool read_link(void *target, const char *value)
{
	return field_number(value, UINT32_MAX, &((struct endpoint *)target)->link);
}

static bool read_outlet(void *target, const char *value)
{
	uint64_t number;

	if (!field_number(value, 1, &number))
		return false;
	((struct endpoint *)target)->is_outlet = number;
	return true;
}

static bool read_mac(void *target, const char *value)
{
	struct endpoint *endpoint = target;
	unsigned b[6];
	int end = 0;

	if (sscanf(value, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
		   &end) != 6 ||
	    end != 17 || value[end])
		return false;
	/* An address of many is no host's. */
	if (b[0] & 1)
		return false;
	for (size_t i = 0; i < 6; i++)
		endpoint->mac[i] = (uint8_t)b[i];
	endpoint->has_mac = true;
	return true;
}

static bool read_address(struct cidr *to, const char *value, bool is_v6)
{
	struct cidr address;

	if (to->prefix || !cidr_parse(value, &address) || address.is_v6 != is_v6 ||
	    address.prefix == 0)
		return false;
	*to = address;
	return true;
}

static bool read_v4(void *target, const char *value)
{
	return read_address(&((struct endpoint *)target)->v4, value, false);
}

static bool read_v6(void *target, const char *value)
{
	return read_address(&((struct endpoint *)target)->v6, value, true);
}

static bool read_name(void *target, const char *value)
{
	struct endpoint *endpoint = target;

	if (!names_valid(value) || endpoint->names.len >= LIST_MAX)
		return false;
	array_push(&endpoint->names, memory_copy(value));
	return true;
}

static bool read_also(void *target, const char *value)
{
	struct endpoint *endpoint = target;

	if (!field_name(value) || endpoint->also.len >= LIST_MAX)
		return false;
	array_push(&endpoint->also, memory_copy(value));
	return true;
}

static bool read_number(const char *text, uint64_t min, unsigned *ret)
{
	uint64_t number;

	if (!field_number(text, 65535, &number) || number < min)
		return false;
	*ret = (unsigned)number;
	return true;
}

static bool read_range(char *text, struct endpoint_port *port)
{
	char *dash = strchr(text, '-');

	if (dash)
		*dash++ = '\0';
	if (!read_number(text, dash ? 1 : 0, &port->first))
		return false;
	port->last = port->first;
	return !dash || (read_number(dash, 1, &port->last) && port->last >= port->first);
}

static bool read_port(void *target, const char *value)
{
	struct endpoint *endpoint = target;
	CLEANUP(memory_free) char *copy = memory_copy(value);
	struct endpoint_port port = {0};
	char *parts[4] = {copy};
	size_t count = 1;

	for (char *c = copy; *c; c++) {
		if (*c != '/')
			continue;
		if (count == ARRAY_LEN(parts))
			return false;
		*c = '\0';
		parts[count++] = c + 1;
	}
	if (count != ARRAY_LEN(parts) || endpoint->ports.len >= LIST_MAX)
		return false;
	port.is_udp = text_same(parts[0], "udp");
	port.is_any = text_same(parts[1], "*");
	if ((!port.is_udp && !text_same(parts[0], "tcp")) ||
	    (!port.is_any && !cidr_parse(parts[1], &port.host)) || !read_range(parts[2], &port) ||
	    !read_number(parts[3], 1, &port.inner))
		return false;
	array_push(&endpoint->ports, port);
	return true;
}

static const struct field_row rows[] = {
	{"id", read_id},       {"space", read_space},
	{"inode", read_inode}, {"interface", read_interface},
	{"link", read_link},   {"outlet", read_outlet},
	{"mac", read_mac},     {"ip", read_v4},
	{"ip6", read_v6},      {"name", read_name},
	{"also", read_also},   {"port", read_port},
};

int endpoint_parse(const char *line, struct endpoint *ret, struct error **err)
{
	CLEANUP(endpoint_drop) struct endpoint endpoint = {0};
	int status = field_read(line, rows, ARRAY_LEN(rows), &endpoint, err);

	if (status < 0)
		return status;
	if (!endpoint.id || !endpoint.space)
		return error_set(err, ERROR_INVALID, "an endpoint needs an id and a space");
	if (!endpoint.interface)
		endpoint.interface = memory_copy("eth0");
	*ret = endpoint;
	endpoint = (struct endpoint){0};
	return 0;
}

void endpoint_write_port(const struct endpoint_port *port, struct text *text)
{
	char address[CIDR_TEXT] = "*";

	if (!port->is_any)
		cidr_format_address(&port->host, address);
	text_printf(text, "%s/%s/%u", port->is_udp ? "udp" : "tcp", address, port->first);
	if (port->last != port->first)
		text_printf(text, "-%u", port->last);
	text_printf(text, "/%u", port->inner);
}

static void write_address(struct text *line, const char *key, const struct cidr *address)
{
	char text[CIDR_TEXT];

	if (!address->prefix)
		return;
	cidr_format(address, text);
	field_write(line, key, text);
}

void endpoint_write(const struct endpoint *endpoint, struct text *line)
{
	const uint8_t *mac = endpoint->mac;

	field_write(line, "id", endpoint->id);
	field_write(line, "space", endpoint->space);
	field_write(line, "interface", endpoint->interface);
	if (endpoint->inode)
		field_write_number(line, "inode", endpoint->inode);
	if (endpoint->link)
		field_write_number(line, "link", endpoint->link);
	if (endpoint->is_outlet)
		field_write(line, "outlet", "1");
	if (endpoint->has_mac)
		text_printf(line, " mac=%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
			    mac[3], mac[4], mac[5]);
	write_address(line, "ip", &endpoint->v4);
	write_address(line, "ip6", &endpoint->v6);
	ARRAY_FOR_EACH (char *, name, &endpoint->names)
		field_write(line, "name", *name);
	ARRAY_FOR_EACH (char *, also, &endpoint->also)
		field_write(line, "also", *also);
	ARRAY_FOR_EACH (struct endpoint_port, port, &endpoint->ports) {
		text_add(line, " port=");
		endpoint_write_port(port, line);
	}
}

static void announce(const struct endpoint *endpoint, const char *name, struct names *names)
{
	if (endpoint->v4.prefix)
		names_add(names, endpoint->id, name, &endpoint->v4);
	if (endpoint->v6.prefix)
		names_add(names, endpoint->id, name, &endpoint->v6);
}

void endpoint_announce(const struct endpoint *endpoint, const char *network, struct names *names)
{
	ARRAY_FOR_EACH (char *, name, &endpoint->names) {
		CLEANUP(memory_free)
		char *full = network ? memory_format("%s.%s", *name, network) : NULL;

		announce(endpoint, *name, names);
		if (full)
			announce(endpoint, full, names);
	}
}

void endpoint_drop(struct endpoint *endpoint)
{
	free(endpoint->id);
	free(endpoint->space);
	free(endpoint->interface);
	ARRAY_FOR_EACH (char *, name, &endpoint->names)
		free(*name);
	array_drop(&endpoint->names);
	ARRAY_FOR_EACH (char *, also, &endpoint->also)
		free(*also);
	array_drop(&endpoint->also);
	array_drop(&endpoint->ports);
	*endpoint = (struct endpoint){0};
}
