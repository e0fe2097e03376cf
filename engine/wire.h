/* SPDX-License-Identifier: MIT */
/* wire -- a curl multi handle on the loop: its sockets are uv_poll_t, its time-out is a uv_timer_t
 *
 * Used by http.c (one for all requests) and by upgrade.c (one for each connection with TLS, whose
 * connection another transfer in the same multi handle might close as idle).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

#include "engine/libcurl.h"

struct wire {
	uv_loop_t *loop;
	const struct libcurl *lib;
	CURLM *multi;
	uv_timer_t timer;
	unsigned handles; /* open in the loop: the timer and the sockets */
	/* A transfer ended; called from inside libcurl's turn: only notes it. */
	void (*ended)(CURL *easy, CURLcode result, void *payload);
	/* libcurl's turn is over. */
	void (*turned)(void *payload);
	void *payload;
	void (*closed)(void *payload);
};

/* Opens it; ended, turned and payload are set already. */
void wire_open(struct wire *wire, uv_loop_t *loop, const struct libcurl *lib);
/* Every easy handle was removed. closed comes when the last handle is gone from the loop. */
void wire_close(struct wire *wire, void (*closed)(void *payload));
