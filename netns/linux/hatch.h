/* SPDX-License-Identifier: MIT */
/* hatch -- the socket where a network's process is asked
 *
 * A request is a line: "attach" with an endpoint's fields, "detach id=c1 [gone=1]", "also id=c1
 * also=89abcdef,...", "list", "network", "ping", "end". An answer is any lines of what was asked
 * for, then "ok" with the fields of what came to be, or "error", its code and a sentence. Requests
 * of one connection are answered in their order. Only the socket's owner may connect.
 */
#pragma once

#include <uv.h>

struct error;
struct hatch;
struct router;

/* ended: the network is gone and was told so; the process is to end. */
int hatch_open(uv_loop_t *loop, const char *path, struct router *router,
	       void (*ended)(void *payload), void *payload, struct hatch **ret, struct error **err);
/* Its memory goes when the last handle is closed. */
void hatch_close(struct hatch *hatch);

/* The client's side, which blocks: milliseconds, for an end or a removal some tens. Adds the lines
 * of the answer, the fields behind "ok" last. An error is the process's own. ERROR_UNAVAILABLE:
 * no process is there. */
struct text;
int hatch_ask(const char *path, const char *line, struct text *answer, struct error **err);
