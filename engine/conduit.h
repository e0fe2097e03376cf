/* SPDX-License-Identifier: MIT */
/* conduit -- a connection of bytes: plain (libuv's own), over a named pipe of Windows, or with TLS
 * (libcurl's)
 *
 * Callbacks are never called from inside a function of this header, and not after conduit_close.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct error;
struct http_request;
struct conduit;

struct conduit_events {
	void (*connected)(void *payload);
	void (*received)(const char *bytes, size_t len, void *payload);
	void (*written)(void *payload);
	/* The other side sends no more (err NULL), or the connection failed. Last. */
	void (*ended)(const struct error *err, void *payload);
};

/* What both begin with. */
struct conduit {
	const struct conduit_ops *ops;
	const struct conduit_events *events;
	void *payload;
	struct http_request *request; /* for its host and client; a plain one outlives it */
};

struct conduit_ops {
	void (*read)(struct conduit *conduit, bool on);
	/* Borrows the bytes until written; one at a time. */
	void (*write)(struct conduit *conduit, const char *bytes, size_t len);
	void (*shutdown)(struct conduit *conduit); /* of our side; written follows */
	/* At rest it does not keep the loop running. Plain ones only. */
	void (*rest)(struct conduit *conduit, bool on);
	void (*close)(struct conduit *conduit);
};

/* The one of the three below that the request's host wants. */
struct conduit *conduit_open(struct http_request *request, const struct conduit_events *events,
			     void *payload);
struct conduit *plain_open(struct http_request *request, const struct conduit_events *events,
			   void *payload);
struct conduit *secure_open(struct http_request *request, const struct conduit_events *events,
			    void *payload);
struct conduit *named_open(struct http_request *request, const struct conduit_events *events,
			   void *payload);
/* Whether a name may be such a pipe's. ERROR_INVALID; ERROR_UNSUPPORTED: not on this system. */
int named_check(const char *name, struct error **err);
