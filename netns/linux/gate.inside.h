/* SPDX-License-Identifier: MIT */
/* Within gate: a gate has one mouth for each kind of address. */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "netns/linux/gate.h"

struct gate;

struct gate_mouth {
	struct gate *gate;
	struct sockaddr_storage to; /* the container's */
	struct list through;        /* what goes through now */
	struct map clients;         /* UDP: the flows, by client */
	union {
		uv_handle_t handle;
		uv_tcp_t tcp;
		uv_udp_t udp;
	};
};

struct gate {
	struct gate_options options;
	struct gate_mouth mouths[2];
	size_t count;
	unsigned port;
	bool is_udp, is_closing;
	size_t open; /* handles */
	uv_timer_t timer;
	void (*closed)(void *payload);
	void *payload;
};

/* Closes a handle of the gate's, which it counts. The callback must end with gate_closed_. */
void gate_closed_(struct gate *gate);

/* Listens on what is bound. 0 or a libuv status. */
int gate_listen_tcp_(struct gate_mouth *mouth);
int gate_listen_udp_(struct gate_mouth *mouth);
/* Closes all that goes through. */
void gate_cut_tcp_(struct gate_mouth *mouth);
void gate_cut_udp_(struct gate_mouth *mouth);
/* Closes what was silent; true: something is left. */
bool gate_expire_udp_(struct gate_mouth *mouth);
