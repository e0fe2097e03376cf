/* SPDX-License-Identifier: MIT */
#include "compose/supervise/facts.h"

#include <stdio.h>
#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/plan.h"
#include "compose/plan/preflight.h"
#include "engine/model.h"

bool facts_exists(const char *path, void *payload)
{
	(void)payload;
	return file_kind(path) != FILE_ABSENT;
}

bool facts_is_file(const char *path, void *payload)
{
	(void)payload;
	return file_kind(path) == FILE_REGULAR;
}

static int bind_tcp(uv_loop_t *loop, const struct sockaddr *address)
{
	uv_tcp_t tcp;
	int status = uv_tcp_init(loop, &tcp);

	if (status == 0)
		status = uv_tcp_bind(&tcp, address, 0);
	/* libuv keeps a bind's EADDRINUSE until listen. */
	if (status == 0)
		status = uv_listen((uv_stream_t *)&tcp, 1, NULL);
	uv_close((uv_handle_t *)&tcp, NULL);
	uv_run(loop, UV_RUN_DEFAULT);
	return status;
}

static int bind_udp(uv_loop_t *loop, const struct sockaddr *address)
{
	uv_udp_t udp;
	int status = uv_udp_init(loop, &udp);

	if (status == 0)
		status = uv_udp_bind(&udp, address, 0);
	uv_close((uv_handle_t *)&udp, NULL);
	uv_run(loop, UV_RUN_DEFAULT);
	return status;
}

static bool is_ours(const struct facts_own *own, unsigned port, const char *protocol)
{
	ARRAY_FOR_EACH (const struct container, container, &own->observed->containers) {
		if (!plan_owns(own->project, container))
			continue;
		ARRAY_FOR_EACH (const struct container_port, known, &container->ports) {
			if (known->published == port && strcmp(known->protocol, protocol) == 0)
				return true;
		}
	}
	return false;
}

/* Who has it, as far as this user is told. */
static void find_holder(const char *ip, unsigned port, bool udp,
			struct preflight_obstacle *obstacle)
{
	struct ports_sockets sockets = {0};
	struct error *err = NULL;

	if (ports_read(&sockets, &err) < 0) {
		log_debug("ports: %s", err->message);
		error_drop(&err);
		return;
	}
	const struct ports_socket *socket =
		ports_find(&sockets, ip, port, udp ? PORTS_UDP : PORTS_TCP);
	CLEANUP(memory_free) char *holder = socket ? ports_holder(socket) : NULL;
	if (holder)
		snprintf(obstacle->holder, sizeof(obstacle->holder), "%s", holder);
	ports_drop_sockets(&sockets);
}

bool facts_port_taken(const char *ip, unsigned port, const char *protocol,
		      struct preflight_obstacle *obstacle, void *payload)
{
	bool udp = strcmp(protocol, "udp") == 0;
	const struct facts_own *own = payload;
	struct sockaddr_storage address;
	uv_loop_t loop;

	if (own && is_ours(own, port, protocol))
		return false;
	const struct ports_range *range =
		own ? ports_in_range(udp ? &own->udp : &own->tcp, port) : NULL;
	if (range && !range->administered) {
		obstacle->first = range->first;
		obstacle->last = range->last;
		return true;
	}
	if (!ip || !*ip)
		ip = "0.0.0.0";
	if (uv_ip4_addr(ip, (int)port, (struct sockaddr_in *)&address) != 0 &&
	    uv_ip6_addr(ip, (int)port, (struct sockaddr_in6 *)&address) != 0)
		return false;
	/* A loop of its own, so that the handle is closed when this returns. */
	if (uv_loop_init(&loop) != 0)
		return false;
	int status = udp ? bind_udp(&loop, (const struct sockaddr *)&address)
			 : bind_tcp(&loop, (const struct sockaddr *)&address);
	uv_loop_close(&loop);
	if (status == UV_EADDRINUSE)
		find_holder(ip, port, udp, obstacle);
	return status == UV_EADDRINUSE;
}
