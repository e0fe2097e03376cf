/* SPDX-License-Identifier: MIT */
#include "netns/lease.h"

#include <string.h>

#include "base/error.h"

/* Where number is, or would be. */
static size_t place(const struct lease *lease, uint64_t number)
{
	size_t low = 0, high = lease->taken.len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (lease->taken.items[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_taken(const struct lease *lease, uint64_t number)
{
	size_t i = place(lease, number);

	return i < lease->taken.len && lease->taken.items[i] == number;
}

static void take(struct lease *lease, uint64_t number)
{
	size_t i = place(lease, number);

	(void)array_add(&lease->taken);
	uint64_t *items = lease->taken.items;

	memmove(items + i + 1, items + i, (lease->taken.len - 1 - i) * sizeof(*items));
	items[i] = number;
}

/* The first free one from first on. The search passes over taken ones only, so it is short. */
static bool search(const struct lease *lease, uint64_t first, struct cidr *ret)
{
	const struct cidr *within = lease->range.prefix ? &lease->range : &lease->subnet;

	for (uint64_t number = first;; number++) {
		struct cidr found;

		/* 0 is the network's own address (RFC 950), all of its routers' in IPv6 (RFC 4291). */
		if (number == 0 || is_taken(lease, number))
			continue;
		if (!cidr_host(&lease->subnet, number, &found) || !cidr_has(within, &found))
			return false;
		*ret = found;
		return true;
	}
}

int lease_any(struct lease *lease, struct cidr *ret, struct error **err)
{
	struct cidr range = lease->range.prefix ? cidr_base(&lease->range) : lease->subnet;
	uint64_t first = 0;
	char text[CIDR_TEXT];

	if (lease->range.prefix) {
		range.prefix = lease->subnet.prefix;
		first = cidr_number(&range);
	}
	if (!search(lease, lease->next > first ? lease->next : first, ret) &&
	    !search(lease, first, ret)) {
		cidr_format(lease->range.prefix ? &lease->range : &lease->subnet, text);
		return error_set(err, ERROR_CONFLICT, "no address of %s is free", text);
	}
	take(lease, cidr_number(ret));
	lease->next = cidr_number(ret) + 1;
	return 0;
}

int lease_this(struct lease *lease, const struct cidr *address, struct error **err)
{
	struct cidr host = *address, found;
	char text[CIDR_TEXT], network[CIDR_TEXT];

	host.prefix = lease->subnet.prefix;
	cidr_format_address(address, text);
	cidr_format(&lease->subnet, network);
	if (!cidr_has(&lease->subnet, address) ||
	    !cidr_host(&lease->subnet, cidr_number(&host), &found))
		return error_set(err, ERROR_INVALID, "%s is no host of the network %s", text,
				 network);
	if (is_taken(lease, cidr_number(&host)))
		return error_set(err, ERROR_CONFLICT, "%s is in use already in the network %s",
				 text, network);
	take(lease, cidr_number(&host));
	return 0;
}

void lease_return(struct lease *lease, const struct cidr *address)
{
	struct cidr host = *address;

	host.prefix = lease->subnet.prefix;
	if (cidr_has(&lease->subnet, address) && is_taken(lease, cidr_number(&host)))
		array_remove(&lease->taken, place(lease, cidr_number(&host)));
}

void lease_drop(struct lease *lease)
{
	array_drop(&lease->taken);
}
