/* SPDX-License-Identifier: MIT */
#include "compose/plan/endpoint.h"

#include <string.h>

#include "base/array.h"
#include "base/own.h"
#include "base/text.h"

struct link_list {
	const char **items;
	size_t len, cap;
};

static const char *const *seal_links(struct arena *arena, struct link_list *from)
{
	const char **sealed = NULL;

	if (from->len) {
		sealed = arena_alloc(arena, (from->len + 1) * sizeof(*sealed));
		memcpy(sealed, from->items, from->len * sizeof(*sealed));
	}
	array_drop(from);
	return sealed;
}

static const char *const *aliases_of(struct arena *arena, const struct service *service,
				     const struct service_network *network, const char *name,
				     bool own_name_only)
{
	const char **aliases = arena_alloc(arena, (network->aliases.len + 3) * sizeof(*aliases));
	size_t len = 0;
	aliases[len++] = name;
	if (own_name_only)
		return aliases;
	aliases[len++] = service->name;
	for (size_t i = 0; i < network->aliases.len; i++)
		if (!text_same(network->aliases.items[i], service->name) &&
		    !text_same(network->aliases.items[i], name))
			aliases[len++] = network->aliases.items[i];
	return aliases;
}

/* links of a container: docker compose gives each container of the other service three names: the
 * alias, service-N and project-service-N, where N is this container's own number. */
static const char *const *links_of(struct arena *arena, const struct project *project,
				   const struct service *service, unsigned number)
{
	struct link_list links = {0};

	for (size_t i = 0; i < service->links.len; i++) {
		const char *link = service->links.items[i];
		const char *colon = strchr(link, ':');
		const char *name =
			arena_copy_n(arena, link, colon ? (size_t)(colon - link) : strlen(link));
		const struct service *other = project_service(project, name);

		for (unsigned n = 1; other && n <= other->replicas; n++) {
			const char *to = spec_container_name(arena, project, other, n);

			array_push(&links,
				   arena_format(arena, "%s:%s", to, colon ? colon + 1 : name));
			array_push(&links, arena_format(arena, "%s:%s-%u", to, name, number));
			array_push(&links, arena_format(arena, "%s:%s-%s-%u", to, project->name,
							name, number));
		}
	}
	for (size_t i = 0; i < service->external_links.len; i++) {
		const char *link = service->external_links.items[i];

		array_push(&links,
			   strchr(link, ':') ? link : arena_format(arena, "%s:%s", link, link));
	}
	return seal_links(arena, &links);
}

static void fill_endpoint(struct arena *arena, const struct project *project,
			  const struct service *service, const struct service_network *from,
			  const char *const *aliases, struct spec_endpoint *to)
{
	const struct network *network = project_network(project, from->network);
	*to = (struct spec_endpoint){
		.network = network ? network->name : from->network,
		.aliases = aliases,
		.ipv4_address = from->ipv4_address,
		.ipv6_address = from->ipv6_address,
		.link_local_ips = spec_vector(arena, &from->link_local_ips),
		.mac_address = from->mac_address,
		.driver_opts = spec_labels(arena, &from->driver_opts),
		.interface_name = from->interface_name,
		.gw_priority = from->gw_priority,
	};
	if (!to->mac_address && from == service->networks.items)
		to->mac_address = service->mac_address;
}

const struct spec_endpoint *endpoint_of(struct arena *arena, const struct project *project,
					const struct service *service, unsigned number,
					const char *network)
{
	const char *name = spec_container_name(arena, project, service, number);
	ARRAY_FOR_EACH (struct service_network, n, &service->networks) {
		const struct network *known = project_network(project, n->network);
		if (!known || !text_same(known->name, network))
			continue;
		struct spec_endpoint *endpoint = arena_alloc(arena, sizeof(*endpoint));
		fill_endpoint(arena, project, service, n,
			      aliases_of(arena, service, n, name, false), endpoint);
		endpoint->links = links_of(arena, project, service, number);
		return endpoint;
	}
	return NULL;
}

void endpoint_fill(struct arena *arena, const struct project *project,
		   const struct service *service, const struct spec_options *options,
		   struct container_spec *spec)
{
	/* A replacement has a passing name; its aliases are those that it will keep. */
	const char *name = options->one_off
				   ? spec->name
				   : spec_container_name(arena, project, service, options->number);
	bool own_name_only = options->one_off && !options->use_aliases;
	const char *const *links = links_of(arena, project, service, options->number);
	/* Only the default bridge knows links of a container; elsewhere they are the endpoint's. */
	if (text_same(service->network_mode, "bridge"))
		spec->links = links;
	spec->endpoint_count = service->networks.len;
	spec->endpoints =
		arena_alloc(arena, (service->networks.len + 1) * sizeof(*spec->endpoints));
	for (size_t i = 0; i < service->networks.len; i++) {
		const struct service_network *n = &service->networks.items[i];
		fill_endpoint(arena, project, service, n,
			      aliases_of(arena, service, n, name, own_name_only),
			      &spec->endpoints[i]);
		spec->endpoints[i].links = links;
	}
}
