/* SPDX-License-Identifier: MIT */
/* link -- one connection of a client, its connection to the engine, and the exchanges on them
 *
 * Bytes go both ways as they are, but that a chunked reply is cut into chunks anew. A fault is
 * looked up when a request's head is whole. While a link holds (delay, stall) it reads no more,
 * so that its peers feel the pressure. A link frees itself when its last handle is closed.
 */
#pragma once

#include <uv.h>

#include "base/list.h"
#include "tests/proxy/rule.h"

struct proxy {
	uv_loop_t *loop;
	const char *engine; /* path of the engine's socket */
	struct rules *rules;
	int journal;     /* a descriptor to append to, or -1 */
	int trace;       /* the same, of times */
	uint64_t number; /* requests so far */
	struct list links;
};

/* Takes the connection that waits on server. */
void link_open(struct proxy *proxy, uv_stream_t *server);

/* Applies the lines with "now" to every open exchange. */
void links_meet_now(struct proxy *proxy);

/* Closes every link. */
void links_close(struct proxy *proxy);
