/* SPDX-License-Identifier: MIT */
/* upstream -- the host's own resolvers, asked what is not a network's own name
 *
 * Each question goes out from a port of its own with an id of its own, and what does not fit both
 * is not listened to. The servers are those of resolv.conf, read again when it changes, each asked
 * in turn, twice, for as long as each try may last. By TCP what was asked by TCP.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

struct upstream;

struct upstream_options {
	uv_loop_t *loop;
	const char *file;    /* "/etc/resolv.conf" */
	unsigned port;       /* 53 */
	unsigned timeout_ms; /* of one try */
};

struct upstream *upstream_new(const struct upstream_options *options);
/* The question is copied. done is called exactly once, never from inside: the answer is borrowed
 * and has the question's id; NULL: nobody answered, or too many are being asked. */
void upstream_ask(struct upstream *upstream, const uint8_t *question, size_t len, bool is_tcp,
		  void (*done)(const uint8_t *answer, size_t len, void *payload), void *payload);
/* What is still asked is answered with NULL. The memory goes when the last handle is closed. */
void upstream_close(struct upstream *upstream);
