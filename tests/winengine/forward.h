/* SPDX-License-Identifier: MIT */
/* forward -- a published port: what HNS' NAT takes in on the host goes to the container's address
 *
 * windows.md 1.3, Ports: on all addresses of the host, TCP here. A port that somebody has is
 * refused, which is HNS' 0x20.
 */
#pragma once

#include <uv.h>

struct error;
struct forward;

/* address "" or NULL: nobody can be reached, who connects is dropped. ERROR_CONFLICT: taken. */
int forward_open(uv_loop_t *loop, unsigned port, const char *address, unsigned target,
		 struct forward **ret, struct error **err);
void forward_close(struct forward *forward); /* NULL is well; ends what goes through it */
