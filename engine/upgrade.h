/* SPDX-License-Identifier: MIT */
/* upgrade -- a request of http.h whose connection the peer hands over
 *
 * libcurl would keep such a connection in its cache, as idle, and may close it from there after two
 * minutes: so a connection without TLS is libuv's own, and one with TLS has a multi handle to
 * itself. Nothing but the request is sent before the peer has answered it. Each function does
 * nothing for a request that is no upgrade.
 */
#pragma once

#include "engine/http.h"

void upgrade_start(struct http_request *request, const struct http_call *call);
/* Goes on where there is room to receive, or something to send. */
void upgrade_resume(struct http_request *request);
void upgrade_close(struct http_request *request);
