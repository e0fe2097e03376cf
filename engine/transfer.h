/* SPDX-License-Identifier: MIT */
/* transfer -- a request of http.h as a transfer of libcurl
 *
 * Each function does nothing for a request that is no transfer.
 */
#pragma once

#include "engine/http.h"
#include "engine/libcurl.h"

void transfer_start(struct http_request *request, const struct http_call *call);
/* Goes on where there is room to receive, or something to send. */
void transfer_resume(struct http_request *request);
void transfer_end(struct http_request *request);
void transfer_ended(CURL *easy, CURLcode result, void *payload);
const char *transfer_header(const struct http_request *request, const char *name);
/* Who the request goes to and how: shared with upgrade.c. */
void transfer_dial(struct http_request *request, CURL *easy);
/* The error that a code of libcurl means. */
int transfer_failed(const struct http_request *request, CURLcode code, struct error **err);
