/* SPDX-License-Identifier: MIT */
/* Datagrams through a gate: each client has a flow, which is a socket of its own towards the
 * container, so that answers find their way back. What cannot be sent at once is lost, as datagrams
 * may be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "netns/linux/gate.inside.h"
#include "netns/linux/space.h"
#include "netns/linux/spot.h"

enum { FLOWS = 1024, KEY = CIDR_TEXT + 8 };

struct flow {
	struct list link; /* the one that was silent longest is the first */
	struct gate_mouth *mouth;
	uv_udp_t udp;
	struct sockaddr_storage client;
	uint64_t last; /* ms of the loop */
};

static void flow_closed(uv_handle_t *handle)
{
	struct flow *flow = handle->data;
	struct gate *gate = flow->mouth->gate;

	free(flow);
	gate_closed_(gate);
}

static void write_key(const struct sockaddr *client, char key[static KEY])
{
	char address[CIDR_TEXT] = "";
	struct cidr cidr;
	unsigned port = 0;

	if (spot_read(client, &cidr, &port))
		cidr_format_address(&cidr, address);
	snprintf(key, KEY, "%s %u", address, port);
}

static void end(struct flow *flow)
{
	char key[KEY];

	write_key((const struct sockaddr *)&flow->client, key);
	map_remove(&flow->mouth->clients, key);
	list_unlink(&flow->link);
	uv_close((uv_handle_t *)&flow->udp, flow_closed);
}

static void touch(struct flow *flow)
{
	flow->last = uv_now(flow->mouth->gate->options.loop);
	list_unlink(&flow->link);
	list_append(&flow->mouth->through, &flow->link);
}

static void lend_flow(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	struct flow *flow = handle->data;

	(void)suggested;
	*ret = uv_buf_init(flow->mouth->gate->options.buffer, GATE_BUFFER);
}

static void lend_mouth(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	struct gate_mouth *mouth = handle->data;

	(void)suggested;
	*ret = uv_buf_init(mouth->gate->options.buffer, GATE_BUFFER);
}

/* From the container to the client. A refusal (ECONNREFUSED) is the client's to find out by
 * waiting, as it has no connection that could end. */
static void on_answer(uv_udp_t *udp, ssize_t len, const uv_buf_t *buffer,
		      const struct sockaddr *from, unsigned flags)
{
	struct flow *flow = udp->data;
	uv_buf_t datagram;

	(void)flags;
	if (len < 0 || (len == 0 && !from))
		return;
	touch(flow);
	datagram = uv_buf_init(buffer->base, (unsigned)len);
	uv_udp_try_send(&flow->mouth->udp, &datagram, 1, (const struct sockaddr *)&flow->client);
}

static int open_flow(struct flow *flow)
{
	struct gate_mouth *mouth = flow->mouth;
	int descriptor = space_socket(mouth->gate->options.space, mouth->to.ss_family, SOCK_DGRAM);

	if (descriptor < 0)
		return descriptor;
	int status = uv_udp_open(&flow->udp, descriptor);

	if (status < 0) {
		space_close(&descriptor);
		return status;
	}
	status = uv_udp_connect(&flow->udp, (const struct sockaddr *)&mouth->to);
	return status < 0 ? status : uv_udp_recv_start(&flow->udp, lend_flow, on_answer);
}

/* NULL: no socket could be had. */
static struct flow *flow_for(struct gate_mouth *mouth, const struct sockaddr *client)
{
	char key[KEY];

	write_key(client, key);
	struct flow *flow = map_get(&mouth->clients, key);

	if (flow)
		return flow;
	if (mouth->clients.len >= FLOWS)
		end(list_first(&mouth->through, struct flow, link));
	flow = memory_zero(1, sizeof(*flow));
	flow->mouth = mouth;
	memcpy(&flow->client, client,
	       client->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					     : sizeof(struct sockaddr_in));
	list_init(&flow->link);
	list_append(&mouth->through, &flow->link);
	map_set(&mouth->clients, key, flow);
	uv_udp_init(mouth->gate->options.loop, &flow->udp);
	flow->udp.data = flow;
	mouth->gate->open++;
	if (mouth->clients.len == 1)
		uv_timer_again(&mouth->gate->timer);
	if (open_flow(flow) < 0) {
		end(flow);
		return NULL;
	}
	return flow;
}

static void on_datagram(uv_udp_t *udp, ssize_t len, const uv_buf_t *buffer,
			const struct sockaddr *from, unsigned flags)
{
	struct gate_mouth *mouth = udp->data;
	struct flow *flow;
	uv_buf_t datagram;

	(void)flags;
	if (len < 0 || !from)
		return;
	flow = flow_for(mouth, from);
	if (!flow)
		return;
	touch(flow);
	datagram = uv_buf_init(buffer->base, (unsigned)len);
	uv_udp_try_send(&flow->udp, &datagram, 1, NULL);
}

int gate_listen_udp_(struct gate_mouth *mouth)
{
	return uv_udp_recv_start(&mouth->udp, lend_mouth, on_datagram);
}

void gate_cut_udp_(struct gate_mouth *mouth)
{
	LIST_FOR_EACH (struct flow, flow, &mouth->through, link)
		end(flow);
}

bool gate_expire_udp_(struct gate_mouth *mouth)
{
	const struct gate_options *options = &mouth->gate->options;
	uint64_t now = uv_now(options->loop);

	LIST_FOR_EACH (struct flow, flow, &mouth->through, link) {
		if (now - flow->last < options->idle_ms)
			break;
		end(flow);
	}
	return !list_empty(&mouth->through);
}
