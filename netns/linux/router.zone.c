/* SPDX-License-Identifier: MIT */
/* What the network's DNS knows: its own names, and for a container that is in other networks too,
 * theirs. */
#include "netns/linux/router.inside.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/own.h"
#include "base/text.h"

enum { DNS_PORT = 53, TRY_MS = 2000 };

/* The container that asks; NULL: the gateway itself, or a link-local address. */
static const struct place *who(const struct router *router, const struct cidr *asker)
{
	MAP_FOR_EACH (entry, &router->places) {
		const struct place *place = entry->value;

		if (cidr_same_address(&place->endpoint.v4, asker) ||
		    cidr_same_address(&place->endpoint.v6, asker))
			return place;
	}
	return NULL;
}

static enum names_result find(const struct cidr *asker, const char *name, bool is_v6,
			      struct cidrs *ret, void *payload)
{
	struct router *router = payload;
	enum names_result result = names_find(&router->names, name, is_v6, ret);
	const struct place *place = who(router, asker);

	if (result == NAMES_FOUND || !place)
		return result;
	ARRAY_FOR_EACH (char *, also, &place->endpoint.also) {
		enum names_result one = kin_find(router->kin, *also, name, is_v6, ret);

		if (one > result)
			result = one;
		if (result == NAMES_FOUND)
			break;
	}
	return result;
}

static enum names_result reverse(const struct cidr *asker, const struct cidr *address,
				 char name[static DNS_NAME], void *payload)
{
	struct router *router = payload;
	const char *found = names_reverse(&router->names, address);
	enum names_result result = found                                    ? NAMES_FOUND
				   : network_has(&router->network, address) ? NAMES_NOBODY
									    : NAMES_FOREIGN;
	const struct place *place = who(router, asker);

	for (size_t i = 0; place && !found && i < place->endpoint.also.len; i++) {
		enum names_result one =
			kin_reverse(router->kin, place->endpoint.also.items[i], address, &found);

		if (one > result)
			result = one;
	}
	if (found)
		snprintf(name, DNS_NAME, "%s", found);
	return result;
}

/* A container of an internal network has a way out where another network of its own has one. */
static bool goes_on(const struct cidr *asker, void *payload)
{
	struct router *router = payload;
	const struct place *place = who(router, asker);

	if (!router->network.is_internal)
		return true;
	for (size_t i = 0; place && i < place->endpoint.also.len; i++)
		if (!kin_is_internal(router->kin, place->endpoint.also.items[i]))
			return true;
	return false;
}

int router_serve_(struct router *router, struct error **err)
{
	const struct cidr addresses[] = {router->network.gateway4, router->network.gateway6};
	const struct upstream_options above = {
		.loop = router->options.loop,
		.file = router->options.resolvers,
		.port = DNS_PORT,
		.timeout_ms = TRY_MS,
	};

	router->kin = kin_new(router->root);
	router->upstream = upstream_new(&above);
	const struct resolver_options options = {
		.loop = router->options.loop,
		.space = router->space,
		.addresses = addresses,
		.count = router->network.v6.prefix ? 2 : 1,
		.port = DNS_PORT,
		.zone = {find, reverse, goes_on, router},
		.upstream = router->upstream,
	};

	network_announce(&router->network, &router->names);
	return resolver_open(&options, &router->resolver, err);
}
