/* SPDX-License-Identifier: MIT */
/* call -- a request of a client, and its reply
 *
 * The server side of HTTP/1.1 as the Engine API uses it: replies of JSON, replies that go on (in
 * chunks), and connections that become raw bytes both ways (101 UPGRADED, windows.md 1.1.7). One
 * call at a time on a connection; a call ends with one of call_json, call_error, call_empty and
 * call_end, and is not to be touched afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/json.h"
#include "base/list.h"
#include "base/map.h"
#include "base/own.h"
#include "base/text.h"

struct client;
struct duct;
struct world;

struct call {
	struct world *world;
	struct client *client;
	const char *method; /* "GET" */
	const char *target; /* as it came */
	ARRAY(char *)
	parts;            /* the path, decoded, without the version: "containers", "web", "json" */
	struct map query; /* decoded */
	const char *type; /* of the body, or "" */
	struct text body;
	cJSON *json;  /* the body where it is JSON, else NULL */
	char *name;   /* what stood for {} in the route's path */
	bool upgrade; /* the client asks for raw bytes */
	bool streaming, raw;
	/* Raw bytes from the client; NULL: it sends no more. */
	void (*input)(struct call *call, const char *bytes, size_t len);
	/* The client has gone before the end; the call is dropped when this returns. Set by who
	 * keeps the call over turns of the loop. */
	void (*gone)(struct call *call);
	void (*drained)(struct call *call);
	void *payload;
};

/* A connection; calls of it are answered by route_answer. */
void call_accept(struct duct *duct, void *world);

const char *call_query(const struct call *call, const char *key); /* NULL: absent */
bool call_flag(const struct call *call, const char *key);         /* 1, true, True, ... */
int64_t call_number(const struct call *call, const char *key, int64_t fallback);

void call_json(struct call *call, int status, cJSON *json); /* takes it */
void call_empty(struct call *call, int status);
void call_bytes(struct call *call, int status, const char *headers, const char *bytes, size_t len);
/* {"message": "..."}; the daemon's own sentence. */
void call_error(struct call *call, int status, const char *format, ...) PRINTF_LIKE(3, 4);

/* A reply that goes on. */
void call_begin(struct call *call, const char *type);
void call_line(struct call *call, const cJSON *json); /* a line of JSON */
void call_write(struct call *call, const char *bytes, size_t len);
size_t call_queued(const struct call *call);
void call_end(struct call *call);

/* From here on bytes, framed or raw as type says; ends with call_end. */
void call_raw(struct call *call, bool framed);
