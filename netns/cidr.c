/* SPDX-License-Identifier: MIT */
#include "netns/cidr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/own.h"

/* By family: 0 IPv4, 1 IPv6. */
static const unsigned widths[] = {32, 128};
static const int families[] = {AF_INET, AF_INET6};

static bool read_prefix(const char *text, unsigned max, unsigned *ret)
{
	char *end;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 3)
		return false;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || value > max)
		return false;
	*ret = (unsigned)value;
	return true;
}

bool cidr_parse(const char *text, struct cidr *ret)
{
	char address[CIDR_TEXT];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct cidr subnet = {.is_v6 = strchr(text, ':') != NULL};

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	/* libuv takes a zone, "fe80::1%eth0", which no network of ours has. */
	if (strchr(address, '%') || uv_inet_pton(families[subnet.is_v6], address, subnet.bytes))
		return false;
	subnet.prefix = widths[subnet.is_v6];
	if (slash && !read_prefix(slash + 1, subnet.prefix, &subnet.prefix))
		return false;
	*ret = subnet;
	return true;
}

void cidr_format_address(const struct cidr *subnet, char out[static CIDR_TEXT])
{
	if (uv_inet_ntop(families[subnet->is_v6], subnet->bytes, out, CIDR_TEXT) != 0)
		out[0] = '\0';
}

void cidr_format(const struct cidr *subnet, char out[static CIDR_TEXT])
{
	char address[CIDR_TEXT];

	cidr_format_address(subnet, address);
	snprintf(out, CIDR_TEXT, "%.50s/%u", address, subnet->prefix);
}

bool cidr_same_address(const struct cidr *a, const struct cidr *b)
{
	return a->is_v6 == b->is_v6 && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* The bits of byte i that belong to the network. */
static uint8_t mask(unsigned prefix, unsigned i)
{
	if (prefix >= 8 * (i + 1))
		return 0xff;
	return prefix <= 8 * i ? 0 : (uint8_t)(0xff << (8 * (i + 1) - prefix));
}

static bool agree(const struct cidr *a, const struct cidr *b, unsigned prefix)
{
	for (unsigned i = 0; i < sizeof(a->bytes); i++)
		if ((a->bytes[i] ^ b->bytes[i]) & mask(prefix, i))
			return false;
	return true;
}

bool cidr_overlap(const struct cidr *a, const struct cidr *b)
{
	return a->is_v6 == b->is_v6 && agree(a, b, a->prefix < b->prefix ? a->prefix : b->prefix);
}

bool cidr_has(const struct cidr *network, const struct cidr *address)
{
	return network->is_v6 == address->is_v6 && agree(network, address, network->prefix);
}

struct cidr cidr_base(const struct cidr *subnet)
{
	struct cidr base = *subnet;

	for (unsigned i = 0; i < sizeof(base.bytes); i++)
		base.bytes[i] &= mask(base.prefix, i);
	return base;
}

uint64_t cidr_number(const struct cidr *address)
{
	unsigned count = widths[address->is_v6] / 8;
	uint64_t number = 0;

	for (unsigned i = count < 8 ? 0 : count - 8; i < count; i++)
		number = number << 8 | (uint8_t)(address->bytes[i] & ~mask(address->prefix, i));
	return number & INT64_MAX;
}

bool cidr_host(const struct cidr *network, uint64_t number, struct cidr *ret)
{
	unsigned count = widths[network->is_v6] / 8;
	unsigned bits = widths[network->is_v6] - network->prefix;
	struct cidr host = cidr_base(network);

	if (bits < 63 && number >> bits)
		return false;
	/* Networks of one or two addresses have neither a name nor a broadcast (RFC 3021). */
	if (!network->is_v6 && bits > 1 && (number == 0 || number == (UINT64_C(1) << bits) - 1))
		return false;
	for (unsigned i = 0; i < 8 && i < count; i++, number >>= 8)
		host.bytes[count - 1 - i] |= (uint8_t)number;
	*ret = host;
	return true;
}

/* Where networks are looked for, in this order, each from its end down. */
static const struct pool {
	const char *range;
	unsigned prefix;
} pools[] = {
	{"172.16.0.0/12", 20},
	{"192.168.0.0/16", 24},
	{"10.0.0.0/8", 20},
};

static bool is_free(const struct cidrs *taken, const struct cidr *candidate)
{
	ARRAY_FOR_EACH (const struct cidr, it, &taken->list) {
		/* A default route is everybody's. */
		if (it->prefix && cidr_overlap(it, candidate))
			return false;
	}
	return true;
}

static bool choose_v4(const struct cidrs *taken, const struct pool *pool, struct cidr *ret)
{
	struct cidr range = {0};

	if (!cidr_parse(pool->range, &range))
		return false;
	for (uint32_t left = UINT32_C(1) << (pool->prefix - range.prefix); left-- > 0;) {
		struct cidr candidate = range;
		uint32_t bits = left << (32 - pool->prefix);

		candidate.prefix = pool->prefix;
		for (unsigned i = 0; i < 4; i++)
			candidate.bytes[i] |= (uint8_t)(bits >> (24 - 8 * i));
		if (is_free(taken, &candidate)) {
			*ret = candidate;
			return true;
		}
	}
	return false;
}

bool cidr_choose(const struct cidrs *taken, bool is_v6, uint64_t seed, struct cidr *ret)
{
	enum { V6_TRIES = 4096 };

	if (!is_v6) {
		for (size_t i = 0; i < ARRAY_LEN(pools); i++)
			if (choose_v4(taken, &pools[i], ret))
				return true;
		return false;
	}
	for (unsigned i = 0; i < V6_TRIES; i++, seed++) {
		struct cidr candidate = {.is_v6 = true, .bytes = {0xfd}, .prefix = 64};

		for (unsigned k = 0; k < 7; k++)
			candidate.bytes[1 + k] = (uint8_t)(seed >> (48 - 8 * k));
		if (is_free(taken, &candidate)) {
			*ret = candidate;
			return true;
		}
	}
	return false;
}

void cidrs_drop(struct cidrs *subnets)
{
	array_drop(&subnets->list);
}
