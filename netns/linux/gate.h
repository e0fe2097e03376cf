/* SPDX-License-Identifier: MIT */
/* gate -- a published port: bound on the host, carried to the container by this process
 *
 * The port is bound whatever else leads to it, so that a port that is taken is an error at once and
 * stays taken for others. Every address means both kinds: 0.0.0.0 and, where the host has IPv6,
 * [::]. TCP passes the end of one direction on and stops to read where the other side does not. A
 * UDP client has a socket of its own towards the container until it was silent for idle_ms.
 */
#pragma once

#include <stdint.h>

#include <uv.h>

#include "netns/endpoint.h"

struct error;
struct gate;

enum { GATE_BUFFER = 262144 };

struct gate_options {
	uv_loop_t *loop;
	int space;          /* where the container is reached from; -1: here */
	struct cidr v4, v6; /* the container; prefix 0: none of the kind */
	char *buffer;       /* GATE_BUFFER bytes, borrowed: gates of one loop may share it */
	uint64_t idle_ms;
};

/* ERROR_CONFLICT: the port, or each of the range, is taken; ERROR_INVALID: the host has no such
 * address. */
int gate_open(const struct gate_options *options, const struct endpoint_port *port,
	      struct gate **ret, struct error **err);
/* The host's port that was bound. */
unsigned gate_port(const struct gate *gate);
/* Cuts what goes through. closed, if any, is called from the loop when nothing is left, and frees
 * the gate before. */
void gate_close(struct gate *gate, void (*closed)(void *payload), void *payload);
