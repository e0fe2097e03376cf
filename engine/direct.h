/* SPDX-License-Identifier: MIT */
/* direct -- a request of http.h over a connection of libuv's own, without libcurl
 *
 * For what needs neither TLS nor a proxy: an engine on this host. Loading libcurl with its thirty
 * libraries takes longer than most of what is asked of such an engine. Connections are kept for the
 * next request; one that turns out to have died while it was kept is replaced once, before any of
 * an answer came (a request that must not be sent twice asks for a fresh one).
 *
 * Each function does nothing for a request that is not direct.
 */
#pragma once

#include <stdbool.h>

#include "engine/http.h"

bool direct_serves(const struct http_call *call);
void direct_start(struct http_request *request, const struct http_call *call);
/* Goes on where there is room to receive, or something to send. */
void direct_resume(struct http_request *request);
void direct_end(struct http_request *request);
const char *direct_header(const struct http_request *request, const char *name);
void direct_close(struct http *http); /* the connections that are kept */
