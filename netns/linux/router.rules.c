/* SPDX-License-Identifier: MIT */
/* The rules of published ports, and the pass through another's chain. A transaction asks the kernel for all that there is, nine times, so
 * those of one turn of the loop are one. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "netns/linux/router.inside.h"

enum { PASS_MS = 50 };

static bool set(struct router *router, const char *rules)
{
	CLEANUP(error_drop) struct error *err = NULL;

	if (filter_run(router->filter, rules, &err) == 0)
		return true;
	log_info("%s", err->message);
	return false;
}

/* One that the kernel does not want shall not keep the others away. */
static void set_each(struct router *router, char *rules)
{
	for (char *line = rules, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		set(router, line);
	}
}

void router_flush_(struct router *router)
{
	CLEANUP(memory_free) char *rules = NULL;

	if (router->pending.len == 0)
		return;
	rules = text_steal(&router->pending);
	if (!set(router, rules))
		set_each(router, rules);
}

void router_on_turn_(uv_timer_t *timer)
{
	router_flush_(timer->data);
}

void router_rule_(struct router *router, const char *rules)
{
	text_add(&router->pending, rules);
	uv_timer_start(&router->turn, router_on_turn_, 0, 0);
}

static bool is_passed(struct router *router)
{
	CLEANUP(text_drop) struct text listing = {0};
	char table[NETWORK_NAME];

	network_table(&router->network, table);
	return !filter_list(router->filter, "list chain ip filter FORWARD", &listing) ||
	       strstr(text_string(&listing), table);
}

static void on_pass(uv_timer_t *timer)
{
	struct router *router = timer->data;
	CLEANUP(text_drop) struct text rules = {0};

	if (is_passed(router))
		return;
	ruleset_pass(&rules, &router->network);
	set(router, text_string(&rules));
}

/* Ours are among the changes. What comes within a moment is looked at once. */
static void on_change(uv_poll_t *poll, int status, int events)
{
	struct router *router = poll->data;

	(void)status;
	(void)events;
	filter_drain(router->changes);
	if (!uv_is_active((uv_handle_t *)&router->pass))
		uv_timer_start(&router->pass, on_pass, PASS_MS, 0);
}

int router_watch_rules_(struct router *router, struct error **err)
{
	int status = filter_watch(&router->changes, err);

	if (status < 0)
		return status;
	status = uv_poll_init(router->options.loop, &router->changed, router->changes);
	if (status < 0)
		return error_uv(err, status, "cannot watch the packet filter");
	uv_timer_init(router->options.loop, &router->pass);
	router->changed.data = router->pass.data = router;
	router->open += 2;
	router->is_watching_rules = true;
	uv_poll_start(&router->changed, UV_READABLE, on_change);
	return 0;
}

void router_unwatch_rules_(struct router *router, void (*closed)(uv_handle_t *handle))
{
	if (!router->is_watching_rules)
		return;
	uv_close((uv_handle_t *)&router->changed, closed);
	uv_close((uv_handle_t *)&router->pass, closed);
}
