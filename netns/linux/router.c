/* SPDX-License-Identifier: MIT */
#include "netns/linux/router.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/linux/journal.h"
#include "netns/linux/router.inside.h"
#include "netns/linux/settle.h"
#include "netns/linux/space.h"

unsigned router_mtu_(const struct router *router)
{
	return router->network.mtu ? router->network.mtu : ROUTER_MTU;
}

static void gone(const char *name, void *payload)
{
	router_link_gone_(payload, name);
}

static void on_watch(uv_poll_t *poll, int status, int events)
{
	struct router *router = poll->data;

	(void)status;
	(void)events;
	if (!link_gone(router->watch, gone, router))
		router_link_gone_(router, NULL);
}

/* A container whose namespace ends takes its link with it, whoever has ended it. */
static int watch(struct router *router, struct error **err)
{
	int status = link_watch(router->space, &router->watch, err);

	if (status < 0)
		return status;
	status = uv_poll_init(router->options.loop, &router->watching,
			      link_descriptor(router->watch));
	if (status < 0)
		return error_uv(err, status, "cannot watch the network's links");
	router->watching.data = router;
	router->is_watching = true;
	router->open++;
	uv_poll_start(&router->watching, UV_READABLE, on_watch);
	return 0;
}

/* The gateways are given before all containers. */
static int lease_gateways(struct router *router, struct error **err)
{
	const struct network *network = &router->network;

	router->v4.subnet = network->v4;
	router->v4.range = network->range4;
	router->v6.subnet = network->v6;
	int status = lease_this(&router->v4, &network->gateway4, err);

	return status < 0 || !network->v6.prefix ? status
						 : lease_this(&router->v6, &network->gateway6, err);
}

static int start(struct router *router, struct error **err)
{
	CLEANUP(memory_free) char *lock = path_join(router->folder, "lock");
	int status = file_lock_take(lock, &router->lock, err);

	if (status == 0)
		status = settle(router->folder, &router->network, err);
	if (status == 0)
		status = lease_gateways(router, err);
	if (status == 0)
		status = router_build_(router, err);
	if (status == 0)
		status = watch(router, err);
	if (status == 0 && router->filter)
		status = router_watch_rules_(router, err);
	if (status == 0)
		status = router_restore_(router, err);
	/* Its names are told at once when it answers. */
	return status < 0 ? status : router_serve_(router, err);
}

int router_open(const struct router_options *options, struct router **ret, struct error **err)
{
	struct router *router = memory_zero(1, sizeof(*router));

	router->options = *options;
	router->folder = path_clean(options->folder);
	router->root = path_folder(router->folder);
	router->buffer = memory_alloc(GATE_BUFFER);
	router->space = router->journal = router->changes = -1;
	router->next_link = 1;
	uv_timer_init(options->loop, &router->turn);
	router->turn.data = router;
	router->open = 1;
	int status = start(router, err);

	if (status < 0) {
		router_close(router);
		return status;
	}
	*ret = router;
	return 0;
}

const struct network *router_network(const struct router *router)
{
	return &router->network;
}

int router_also(struct router *router, const char *id, const char *others, struct error **err)
{
	struct place *place = map_get(&router->places, id);
	CLEANUP(text_drop) struct text line = {0};
	struct endpoint changed = {0};

	if (!place)
		return error_set(err, ERROR_NOT_FOUND, "%s is not in the network", id);
	struct endpoint plain = place->endpoint;

	memset(&plain.also, 0, sizeof(plain.also));
	endpoint_write(&plain, &line);
	while (*others) {
		size_t len = strcspn(others, ",");

		text_printf(&line, " also=%.*s", (int)len, others);
		others += len + (others[len] == ',');
	}
	int status = endpoint_parse(text_string(&line), &changed, err);

	if (status == 0)
		status = journal_add(router->journal, &changed, err);
	if (status < 0) {
		endpoint_drop(&changed);
		return status;
	}
	endpoint_drop(&place->endpoint);
	place->endpoint = changed;
	return 0;
}

void router_list(const struct router *router, struct text *ret)
{
	MAP_FOR_EACH (entry, &router->places) {
		CLEANUP(text_drop) struct text line = {0};

		endpoint_write(&((struct place *)entry->value)->endpoint, &line);
		text_printf(ret, "%s\n", text_string(&line));
	}
}

int router_end(struct router *router, struct error **err)
{
	/* What goes away all at once is not taken apart. */
	MAP_FOR_EACH (entry, &router->places)
		((struct place *)entry->value)->is_published = false;
	text_drop(&router->pending);
	int status = router_raze_(router, err);

	return status < 0 ? status : settle_remove(router->folder, err);
}

static void closed(uv_handle_t *handle)
{
	struct router *router = handle->data;

	if (--router->open > 0)
		return;
	link_close(&router->watch);
	space_close(&router->changes);
	free(router);
}

void router_close(struct router *router)
{
	/* The rules lead on to the containers. */
	router_flush_(router);
	for (size_t i = router->places.len; i-- > 0;) {
		struct place *place = router->places.entries[i].value;

		place->is_published = false;
		router_forget_(place);
	}
	map_drop(&router->places);
	if (router->upstream)
		upstream_close(router->upstream);
	if (router->resolver)
		resolver_close(router->resolver);
	kin_drop(&router->kin);
	names_drop(&router->names);
	lease_drop(&router->v4);
	lease_drop(&router->v6);
	filter_close(&router->filter);
	link_close(&router->host);
	link_close(&router->inside);
	space_close(&router->space);
	if (router->journal >= 0)
		close(router->journal);
	file_lock_drop(&router->lock);
	network_drop(&router->network);
	free(router->folder);
	free(router->root);
	free(router->buffer);
	uv_close((uv_handle_t *)&router->turn, closed);
	router_unwatch_rules_(router, closed);
	if (router->is_watching)
		uv_close((uv_handle_t *)&router->watching, closed);
}
