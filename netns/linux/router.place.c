/* SPDX-License-Identifier: MIT */
/* Containers: put in, taken out, found again. */
#include "netns/linux/router.inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/linux/journal.h"
#include "netns/linux/space.h"

void router_write_link_(const struct endpoint *endpoint, char out[static 16])
{
	snprintf(out, 16, "v%llu", (unsigned long long)endpoint->link);
}

/* --- addresses */

static int lease_one(struct lease *lease, struct cidr *address, struct error **err)
{
	if (!address->prefix)
		return lease_any(lease, address, err);
	int status = lease_this(lease, address, err);

	if (status == 0)
		address->prefix = lease->subnet.prefix;
	return status;
}

static int lease_both(struct place *place, struct error **err)
{
	struct router *router = place->router;
	struct endpoint *endpoint = &place->endpoint;
	int status = lease_one(&router->v4, &endpoint->v4, err);

	if (status < 0)
		return status;
	if (!router->network.v6.prefix && endpoint->v6.prefix)
		status = error_set(err, ERROR_INVALID, "the network has no IPv6");
	else if (router->network.v6.prefix)
		status = lease_one(&router->v6, &endpoint->v6, err);
	if (status < 0)
		lease_return(&router->v4, &endpoint->v4);
	else
		place->is_leased = true;
	return status;
}

/* --- ports */

static void close_gates(struct place *place)
{
	for (size_t i = 0; place->gates && i < place->endpoint.ports.len; i++)
		if (place->gates[i])
			gate_close(place->gates[i], NULL, NULL);
	memory_free(&place->gates);
}

/* is_lenient: a port that is taken is said and left; it was taken while no process ran. */
static int open_gates(struct place *place, bool is_lenient, struct error **err)
{
	struct router *router = place->router;
	struct endpoint *endpoint = &place->endpoint;
	const struct gate_options options = {
		.loop = router->options.loop,
		.space = router->space,
		.v4 = endpoint->v4,
		.v6 = endpoint->v6,
		.buffer = router->buffer,
		.idle_ms = ROUTER_IDLE_MS,
	};

	place->gates = memory_zero(endpoint->ports.len + 1, sizeof(*place->gates));
	for (size_t i = 0; i < endpoint->ports.len; i++) {
		struct endpoint_port *port = &endpoint->ports.items[i];
		int status = gate_open(&options, port, &place->gates[i], err);

		if (status < 0 && !is_lenient)
			return status;
		if (status < 0) {
			log_info("%s", (*err)->message);
			error_drop(err);
		} else {
			port->first = port->last = gate_port(place->gates[i]);
		}
	}
	return 0;
}

static void write_elements(const struct place *place, struct text *rules,
			   void (*write)(struct text *text, const struct network *network,
					 const struct ruleset_port *port))
{
	for (size_t i = 0; i < place->endpoint.ports.len; i++) {
		const struct endpoint_port *port = &place->endpoint.ports.items[i];
		const struct ruleset_port element = {
			.is_udp = port->is_udp,
			.host = port->is_any ? NULL : &port->host,
			.port = port->first,
			.to = &place->endpoint.v4,
			.inner = port->inner,
		};

		/* IPv6 goes through the proxy only: its loopback cannot be led elsewhere. */
		if (place->gates[i] && (port->is_any || !port->host.is_v6))
			write(rules, &place->router->network, &element);
	}
}

static void publish(struct place *place)
{
	CLEANUP(text_drop) struct text rules = {0};
	struct router *router = place->router;

	if (!router->filter || router->network.is_proxied)
		return;
	write_elements(place, &rules, ruleset_publish);
	place->is_published = rules.len > 0;
	if (place->is_published)
		router_rule_(router, text_string(&rules));
}

static void withdraw(struct place *place)
{
	CLEANUP(text_drop) struct text rules = {0};

	if (!place->is_published)
		return;
	write_elements(place, &rules, ruleset_withdraw);
	router_rule_(place->router, text_string(&rules));
	place->is_published = false;
}

/* --- links */

static int find_link(const struct place *place, unsigned *ret, struct error **err)
{
	char name[16];

	router_write_link_(&place->endpoint, name);
	return link_find(place->router->inside, name, ret, err);
}

static int make_link(struct place *place, int space, struct error **err)
{
	struct router *router = place->router;
	char name[16];

	router_write_link_(&place->endpoint, name);
	const struct link_pair pair = {
		.name = name,
		.master = router->bridge,
		.group = ROUTER_GROUP,
		.mtu = router_mtu_(router),
		.space = space,
		.peer = place->endpoint.interface,
		.mac = place->endpoint.has_mac ? place->endpoint.mac : NULL,
	};

	return link_add_pair(router->inside, &pair, err);
}

/* The container's end. What is as it shall be is well. */
static int set_up_inside(const struct place *place, int space, struct error **err)
{
	const struct endpoint *endpoint = &place->endpoint;
	const struct network *network = &place->router->network;
	CLEANUP(link_close) struct link_socket *inside = NULL;
	unsigned index = 0;
	int status = link_open(space, &inside, err);

	if (status == 0)
		status = link_find(inside, endpoint->interface, &index, err);
	if (status == 0)
		status = link_add_address(inside, index, &endpoint->v4, err);
	if (status == 0 && endpoint->v6.prefix)
		status = link_add_address(inside, index, &endpoint->v6, err);
	if (status == 0)
		status = link_up(inside, index, err);
	if (status < 0 || !endpoint->is_outlet)
		return status;
	const struct link_route routes[] = {
		{.by = &network->gateway4, .index = index},
		{.is_v6 = true, .by = &network->gateway6, .index = index},
	};

	status = link_add_route(inside, &routes[0], err);
	return status < 0 || !endpoint->v6.prefix ? status
						  : link_add_route(inside, &routes[1], err);
}

/* Connects the container; is_new: it has no link yet. */
static int connect_link(struct place *place, bool is_new, struct error **err)
{
	CLEANUP(space_close) int space = -1;
	struct endpoint *endpoint = &place->endpoint;
	int status = space_open(endpoint->space, &space, err);

	if (status < 0)
		return status;
	if (endpoint->inode != space_inode(space))
		return error_set(err, ERROR_NOT_FOUND, "%s is another namespace by now",
				 endpoint->space);
	if (is_new)
		status = make_link(place, space, err);
	return status < 0 ? status : set_up_inside(place, space, err);
}

static void cut_link(const struct place *place)
{
	CLEANUP(error_drop) struct error *err = NULL;
	unsigned index = 0;

	if (find_link(place, &index, &err) < 0 ||
	    (index && link_remove(place->router->inside, index, &err) < 0))
		log_info("%s", err->message);
}

/* --- places */

void router_forget_(struct place *place)
{
	struct router *router = place->router;

	map_remove(&router->places, place->endpoint.id);
	names_remove(&router->names, place->endpoint.id);
	withdraw(place);
	close_gates(place);
	if (place->is_leased) {
		lease_return(&router->v4, &place->endpoint.v4);
		if (place->endpoint.v6.prefix)
			lease_return(&router->v6, &place->endpoint.v6);
	}
	endpoint_drop(&place->endpoint);
	free(place);
}

static void strike_out(const struct place *place)
{
	CLEANUP(error_drop) struct error *err = NULL;

	/* Found out again at the next start: the link is gone. */
	if (journal_remove(place->router->journal, place->endpoint.id, &err) < 0)
		log_info("%s", err->message);
}

static struct place *new_place(struct router *router, struct endpoint *endpoint)
{
	struct place *place = memory_zero(1, sizeof(*place));

	place->router = router;
	place->endpoint = *endpoint;
	*endpoint = (struct endpoint){0};
	return place;
}

/* All but the link, which stays whatever becomes of this process. */
static int settle_in(struct place *place, bool is_lenient, struct error **err)
{
	int status = lease_both(place, err);

	if (status == 0)
		status = open_gates(place, is_lenient, err);
	if (status == 0)
		map_set(&place->router->places, place->endpoint.id, place);
	return status;
}

static int put_in(struct place *place, struct error **err)
{
	int status = settle_in(place, false, err);

	if (status < 0)
		return status;
	status = journal_add(place->router->journal, &place->endpoint, err);
	if (status == 0)
		status = connect_link(place, true, err);
	if (status < 0) {
		cut_link(place);
		strike_out(place);
		return status;
	}
	publish(place);
	endpoint_announce(&place->endpoint, place->router->network.name, &place->router->names);
	return 0;
}

static int note_space(struct endpoint *endpoint, struct error **err)
{
	CLEANUP(space_close) int space = -1;
	int status = space_open(endpoint->space, &space, err);

	if (status == 0)
		endpoint->inode = space_inode(space);
	return status;
}

int router_attach(struct router *router, const char *line, struct text *reply, struct error **err)
{
	CLEANUP(endpoint_drop) struct endpoint endpoint = {0};
	int status = endpoint_parse(line, &endpoint, err);

	if (status == 0)
		status = note_space(&endpoint, err);
	if (status < 0)
		return status;
	struct place *place = map_get(&router->places, endpoint.id);

	if (place && place->endpoint.inode != endpoint.inode)
		return error_set(err, ERROR_CONFLICT, "%s is in the network already", endpoint.id);
	if (!place) {
		endpoint.link = router->next_link++;
		place = new_place(router, &endpoint);
		status = put_in(place, err);
	}
	if (status < 0) {
		router_forget_(place);
		return status;
	}
	endpoint_write(&place->endpoint, reply);
	return 0;
}

int router_detach(struct router *router, const char *id, bool is_gone, struct error **err)
{
	struct place *place = map_get(&router->places, id);

	(void)err;
	if (!place)
		return 0;
	if (!is_gone)
		cut_link(place);
	strike_out(place);
	router_forget_(place);
	return 0;
}

static bool is_linked(const struct place *place)
{
	CLEANUP(error_drop) struct error *err = NULL;
	unsigned index = 0;

	return find_link(place, &index, &err) < 0 || index;
}

void router_link_gone_(struct router *router, const char *name)
{
	for (size_t i = router->places.len; i-- > 0;) {
		struct place *place = router->places.entries[i].value;
		char own[16];

		router_write_link_(&place->endpoint, own);
		if (name ? !text_same(name, own) : is_linked(place))
			continue;
		strike_out(place);
		router_forget_(place);
	}
}

/* One endpoint of the process before. What is not there any more is forgotten. */
static void restore(struct router *router, struct endpoint *endpoint)
{
	struct place *place = new_place(router, endpoint);
	CLEANUP(error_drop) struct error *err = NULL;
	unsigned index = 0;
	int status = find_link(place, &index, &err);

	if (place->endpoint.link >= router->next_link)
		router->next_link = place->endpoint.link + 1;
	if (status == 0)
		status = settle_in(place, true, &err);
	if (status == 0)
		status = connect_link(place, index == 0, &err);
	if (status == 0) {
		publish(place);
		endpoint_announce(&place->endpoint, router->network.name, &router->names);
		return;
	}
	log_info("%s is not in the network any more: %s", place->endpoint.id, err->message);
	cut_link(place);
	router_forget_(place);
}

int router_restore_(struct router *router, struct error **err)
{
	CLEANUP(memory_free) char *path = path_join(router->folder, "journal");
	struct endpoints before = {0}, now = {0};
	int status = journal_load(path, &before, err);

	ARRAY_FOR_EACH (struct endpoint, it, &before.list)
		restore(router, it);
	endpoints_drop(&before);
	MAP_FOR_EACH (entry, &router->places)
		array_push(&now.list, ((struct place *)entry->value)->endpoint);
	if (status == 0)
		status = journal_open(path, &now, &router->journal, err);
	array_drop(&now.list);
	return status;
}
