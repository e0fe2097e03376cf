/* SPDX-License-Identifier: MIT */
#include "netns/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/field.h"
#include "netns/names.h"

enum { MTU_LEAST = 68, MTU_MOST = 65535, RESERVED_MAX = 4096 };

static bool read_digits(char *to, size_t len, const char *value)
{
	if (strlen(value) != len || strspn(value, "0123456789abcdef") != len)
		return false;
	memcpy(to, value, len + 1);
	return true;
}

static bool read_owner(void *target, const char *value)
{
	return read_digits(((struct network *)target)->owner, NETWORK_OWNER, value);
}

static bool read_id(void *target, const char *value)
{
	return read_digits(((struct network *)target)->id, NETWORK_ID, value);
}

static bool read_name(void *target, const char *value)
{
	struct network *network = target;

	if (network->name || !names_valid(value))
		return false;
	network->name = memory_copy(value);
	return true;
}

static bool read_cidr(struct cidr *to, const char *value, bool is_v6)
{
	struct cidr cidr;

	if (!cidr_parse(value, &cidr) || cidr.is_v6 != is_v6 || cidr.prefix == 0)
		return false;
	*to = cidr;
	return true;
}

#define READ_CIDR(field_, is_v6_)                                                                  \
	static bool read_##field_(void *target, const char *value)                                 \
	{                                                                                          \
		return read_cidr(&((struct network *)target)->field_, value, is_v6_);              \
	}
READ_CIDR(v4, false)
READ_CIDR(v6, true)
READ_CIDR(gateway4, false)
READ_CIDR(gateway6, true)
READ_CIDR(range4, false)

#define READ_FLAG(field_)                                                                          \
	static bool read_##field_(void *target, const char *value)                                 \
	{                                                                                          \
		((struct network *)target)->field_ = text_same(value, "1");                        \
		return text_same(value, "1") || text_same(value, "0");                             \
	}
READ_FLAG(wants_v6)
READ_FLAG(is_internal)
READ_FLAG(is_proxied)

static bool read_mtu(void *target, const char *value)
{
	uint64_t number;

	if (!field_number(value, MTU_MOST, &number) || number < MTU_LEAST)
		return false;
	((struct network *)target)->mtu = (unsigned)number;
	return true;
}

static bool read_reserved(void *target, const char *value)
{
	struct network *network = target;

	if (!names_valid(value) || network->reserved.len >= RESERVED_MAX)
		return false;
	array_push(&network->reserved, memory_copy(value));
	return true;
}

static const struct field_row rows[] = {
	{"owner", read_owner},        {"id", read_id},
	{"name", read_name},          {"subnet", read_v4},
	{"subnet6", read_v6},         {"gateway", read_gateway4},
	{"gateway6", read_gateway6},  {"range", read_range4},
	{"v6", read_wants_v6},        {"internal", read_is_internal},
	{"proxied", read_is_proxied}, {"mtu", read_mtu},
	{"reserve", read_reserved},
};

/* A gateway is a host of its subnet, as a range is a part of it. */
static int check(const struct network *network, struct error **err)
{
	const struct {
		const struct cidr *subnet, *part;
	} pairs[] = {
		{&network->v4, &network->gateway4},
		{&network->v6, &network->gateway6},
		{&network->v4, &network->range4},
	};

	if (!*network->owner || !*network->id)
		return error_set(err, ERROR_INVALID, "a network needs an owner and an id");
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		char subnet[CIDR_TEXT], part[CIDR_TEXT];

		if (!pairs[i].part->prefix ||
		    (pairs[i].subnet->prefix && cidr_has(pairs[i].subnet, pairs[i].part) &&
		     pairs[i].part->prefix >= pairs[i].subnet->prefix))
			continue;
		cidr_format(pairs[i].part, part);
		if (!pairs[i].subnet->prefix)
			return error_set(err, ERROR_INVALID, "%s needs the subnet that it is in",
					 part);
		cidr_format(pairs[i].subnet, subnet);
		return error_set(err, ERROR_INVALID, "%s is not within the subnet %s", part,
				 subnet);
	}
	return 0;
}

int network_parse(const char *line, struct network *ret, struct error **err)
{
	CLEANUP(network_drop) struct network network = {0};
	int status = field_read(line, rows, ARRAY_LEN(rows), &network, err);

	if (status == 0)
		status = check(&network, err);
	if (status < 0)
		return status;
	*ret = network;
	network = (struct network){0};
	return 0;
}

static void write_cidr(struct text *line, const char *key, const struct cidr *cidr)
{
	char text[CIDR_TEXT];

	if (!cidr->prefix)
		return;
	cidr_format(cidr, text);
	field_write(line, key, text);
}

void network_write(const struct network *network, struct text *line)
{
	field_write(line, "owner", network->owner);
	field_write(line, "id", network->id);
	if (network->name)
		field_write(line, "name", network->name);
	write_cidr(line, "subnet", &network->v4);
	write_cidr(line, "subnet6", &network->v6);
	write_cidr(line, "gateway", &network->gateway4);
	write_cidr(line, "gateway6", &network->gateway6);
	write_cidr(line, "range", &network->range4);
	field_write(line, "v6", network->wants_v6 ? "1" : "0");
	field_write(line, "internal", network->is_internal ? "1" : "0");
	field_write(line, "proxied", network->is_proxied ? "1" : "0");
	if (network->mtu)
		field_write_number(line, "mtu", network->mtu);
	ARRAY_FOR_EACH (char *, name, &network->reserved)
		field_write(line, "reserve", *name);
}

void network_drop(struct network *network)
{
	free(network->name);
	ARRAY_FOR_EACH (char *, name, &network->reserved)
		free(*name);
	array_drop(&network->reserved);
	*network = (struct network){0};
}

static int check_free(const struct cidr *subnet, const struct cidrs *taken, struct error **err)
{
	char text[CIDR_TEXT], other[CIDR_TEXT];

	ARRAY_FOR_EACH (const struct cidr, it, &taken->list) {
		if (!it->prefix || !cidr_overlap(it, subnet))
			continue;
		cidr_format(subnet, text);
		cidr_format(it, other);
		return error_set(err, ERROR_CONFLICT,
				 "the subnet %s overlaps %s, which this host uses already", text,
				 other);
	}
	return 0;
}

/* The subnet and gateway of one kind. */
static int choose(struct cidr *subnet, struct cidr *gateway, bool is_v6, uint64_t seed,
		  const struct cidrs *taken, struct error **err)
{
	if (!subnet->prefix && !cidr_choose(taken, is_v6, seed, subnet))
		return error_set(err, ERROR_CONFLICT,
				 "no private subnet is free on this host: give one in the file");
	*subnet = cidr_base(subnet);
	int status = check_free(subnet, taken, err);

	if (status < 0)
		return status;
	if (gateway->prefix)
		gateway->prefix = subnet->prefix;
	else if (!cidr_host(subnet, 1, gateway))
		return error_set(err, ERROR_INVALID, "the subnet is too small for a gateway");
	return 0;
}

int network_choose(struct network *network, const struct cidrs *taken, struct error **err)
{
	uint64_t seed = strtoull(network->id, NULL, 16) << 24 | strtoull(network->owner, NULL, 16);
	int status = choose(&network->v4, &network->gateway4, false, seed, taken, err);

	if (status == 0 && (network->v6.prefix || network->wants_v6))
		status = choose(&network->v6, &network->gateway6, true, seed, taken, err);
	return status;
}

bool network_has(const struct network *network, const struct cidr *address)
{
	return (network->v4.prefix && cidr_has(&network->v4, address)) ||
	       (network->v6.prefix && cidr_has(&network->v6, address));
}

void network_announce(const struct network *network, struct names *names)
{
	ARRAY_FOR_EACH (char *, name, &network->reserved) {
		CLEANUP(memory_free)
		char *full = network->name ? memory_format("%s.%s", *name, network->name) : NULL;

		names_reserve(names, *name);
		if (full)
			names_reserve(names, full);
	}
}

void network_link(const struct network *network, char out[static NETWORK_NAME])
{
	snprintf(out, NETWORK_NAME, "wc%s%s", network->owner, network->id);
}

void network_table(const struct network *network, char out[static NETWORK_NAME])
{
	snprintf(out, NETWORK_NAME, "wincompose_%s%s", network->owner, network->id);
}
