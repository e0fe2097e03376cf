/* SPDX-License-Identifier: MIT */
#include "netns/linux/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/linux/gate.inside.h"
#include "netns/linux/spot.h"

enum { ANY_TRIES = 16 }; /* for a free port that both kinds of address have free */

void gate_closed_(struct gate *gate)
{
	if (--gate->open > 0 || !gate->is_closing)
		return;
	void (*closed)(void *payload) = gate->closed;
	void *payload = gate->payload;

	for (size_t i = 0; i < ARRAY_LEN(gate->mouths); i++)
		map_drop(&gate->mouths[i].clients);
	free(gate);
	if (closed)
		closed(payload);
}

static void mouth_closed(uv_handle_t *handle)
{
	struct gate_mouth *mouth = handle->data;

	gate_closed_(mouth->gate);
}

static void timer_closed(uv_handle_t *handle)
{
	gate_closed_(handle->data);
}

static void expire(uv_timer_t *timer)
{
	struct gate *gate = timer->data;
	bool is_left = false;

	for (size_t i = 0; i < gate->count; i++)
		is_left |= gate_expire_udp_(&gate->mouths[i]);
	if (!is_left)
		uv_timer_stop(timer);
}

/* Where a mouth leads: to the container's address of its own kind, or of the other. */
static void aim(struct gate_mouth *mouth, bool is_v6, unsigned inner)
{
	const struct gate_options *options = &mouth->gate->options;
	const struct cidr *to = is_v6 ? &options->v6 : &options->v4;

	if (!to->prefix)
		to = is_v6 ? &options->v4 : &options->v6;
	spot_of(to, inner, &mouth->to);
}

/* Binds one address. 0 or a libuv status; the handle is the gate's in any case. */
static int bind_one(struct gate *gate, const struct cidr *host, unsigned port, unsigned inner)
{
	struct gate_mouth *mouth = &gate->mouths[gate->count];
	struct sockaddr_storage spot;
	const struct sockaddr *at = (const struct sockaddr *)&spot;
	int status;

	list_init(&mouth->through);
	mouth->gate = gate;
	aim(mouth, host->is_v6, inner);
	spot_of(host, port, &spot);
	status = gate->is_udp ? uv_udp_init(gate->options.loop, &mouth->udp)
			      : uv_tcp_init(gate->options.loop, &mouth->tcp);
	if (status < 0)
		return status;
	mouth->handle.data = mouth;
	gate->count++;
	gate->open++;
	/* The two kinds are two sockets, so that each may lead to an address of its kind. */
	if (gate->is_udp)
		status = uv_udp_bind(&mouth->udp, at, host->is_v6 ? UV_UDP_IPV6ONLY : 0);
	else
		status = uv_tcp_bind(&mouth->tcp, at, host->is_v6 ? UV_TCP_IPV6ONLY : 0);
	if (status == 0)
		status = gate->is_udp ? gate_listen_udp_(mouth) : gate_listen_tcp_(mouth);
	return status;
}

static int bound_port(const struct gate_mouth *mouth, unsigned *ret)
{
	struct sockaddr_storage spot;
	struct cidr address;
	int len = sizeof(spot);
	int status = mouth->gate->is_udp
			     ? uv_udp_getsockname(&mouth->udp, (struct sockaddr *)&spot, &len)
			     : uv_tcp_getsockname(&mouth->tcp, (struct sockaddr *)&spot, &len);

	if (status == 0)
		spot_read((const struct sockaddr *)&spot, &address, ret);
	return status;
}

/* Binds the port at every address that is asked for. */
static int bind_all(struct gate *gate, const struct endpoint_port *port, unsigned number)
{
	const struct cidr any[] = {{.prefix = 32}, {.is_v6 = true, .prefix = 128}};
	int status = bind_one(gate, port->is_any ? &any[0] : &port->host, number, port->inner);

	if (status == 0)
		status = bound_port(&gate->mouths[0], &gate->port);
	if (status < 0 || !port->is_any)
		return status;
	status = bind_one(gate, &any[1], gate->port, port->inner);
	/* A host without IPv6. */
	return status == UV_EAFNOSUPPORT || status == UV_EADDRNOTAVAIL ? 0 : status;
}

static struct gate *begin(const struct gate_options *options, bool is_udp)
{
	struct gate *gate = memory_zero(1, sizeof(*gate));

	gate->options = *options;
	gate->is_udp = is_udp;
	uv_timer_init(options->loop, &gate->timer);
	gate->timer.data = gate;
	gate->open = 1;
	return gate;
}

static int refuse(struct error **err, const struct endpoint_port *port, int status)
{
	CLEANUP(text_drop) struct text text = {0};

	endpoint_write_port(port, &text);
	if (status == UV_EADDRINUSE)
		return error_set(err, ERROR_CONFLICT, "%s: the host's port is in use",
				 text_string(&text));
	if (status == UV_EADDRNOTAVAIL)
		return error_set(err, ERROR_INVALID, "%s: this host has no such address",
				 text_string(&text));
	return error_uv(err, status, "%s", text_string(&text));
}

int gate_open(const struct gate_options *options, const struct endpoint_port *port,
	      struct gate **ret, struct error **err)
{
	unsigned last = port->first ? port->last : ANY_TRIES;
	int status = 0;

	for (unsigned number = port->first; number <= last; number++) {
		struct gate *gate = begin(options, port->is_udp);

		status = bind_all(gate, port, port->first ? number : 0);
		if (status == 0) {
			uv_timer_start(&gate->timer, expire, options->idle_ms / 2 + 1,
				       options->idle_ms / 2 + 1);
			uv_unref((uv_handle_t *)&gate->timer);
			*ret = gate;
			return 0;
		}
		gate_close(gate, NULL, NULL);
		if (status != UV_EADDRINUSE)
			break;
	}
	return refuse(err, port, status);
}

unsigned gate_port(const struct gate *gate)
{
	return gate->port;
}

void gate_close(struct gate *gate, void (*closed)(void *payload), void *payload)
{
	gate->is_closing = true;
	gate->closed = closed;
	gate->payload = payload;
	for (size_t i = 0; i < gate->count; i++) {
		struct gate_mouth *mouth = &gate->mouths[i];

		uv_close(&mouth->handle, mouth_closed);
		if (gate->is_udp)
			gate_cut_udp_(mouth);
		else
			gate_cut_tcp_(mouth);
	}
	uv_close((uv_handle_t *)&gate->timer, timer_closed);
}
