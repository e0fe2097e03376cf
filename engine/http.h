/* SPDX-License-Identifier: MIT */
/* http -- HTTP/1.1 requests on the loop: by libcurl's multi interface, and directly to what is on
 * this host and speaks no TLS
 *
 * One client serves any number of hosts. libcurl is loaded with the first request that needs it.
 * No callback is called from inside a function of this header; every callback may call any of
 * them, also http_drop of its own request. A request is gone when its done returns, or with
 * http_drop, after which nothing of it is called any more.
 *
 * The kinds of requests:
 *  short    the reply's body is collected (at most reply_max) and comes with done;
 *  stream   the body of a 2xx reply is read by http_peek and http_take: `ready` says that there are
 *           bytes, nothing more is received while HTTP_WINDOW of them are not taken, done comes
 *           after the last was taken;
 *  upgrade  a connection of its own that the peer hands over (101, or 200 of an older engine): then
 *           read as a stream, written by http_write, half-closed by http_shutdown.
 * In every kind a reply with another status than 2xx or 101 is collected and comes with done,
 * without an error: status and body say what the peer meant.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

struct error;
struct http;
struct http_request;

enum {
	HTTP_WINDOW = 64 << 10, /* bytes that wait for their reader */
	HTTP_REPLY_MAX = 64 << 20,
};

enum http_kind { HTTP_SHORT, HTTP_STREAM, HTTP_UPGRADE };

/* Where requests go. Its strings outlive the requests. */
struct http_host {
	const char *url;    /* scheme and authority: http://engine, https://192.0.2.1:2376 */
	const char *socket; /* path of the unix socket that is dialled instead, or the name of a
			       pipe of Windows (\\.\pipe\NAME); or NULL */
	bool trust_pipe;    /* also one that somebody else listens at */
	const char *ca_file, *cert_file, *key_file; /* PEM; NULL: the system's, none */
	bool skip_verify;
	bool local;               /* on this host: no proxy of the environment is used */
	uint64_t connect_timeout; /* ns; 0: 10 s */
};

struct http_reply {
	int status;
	const char *body; /* NUL-ended, never NULL; empty where the body was streamed */
	size_t len;
};

struct http_events {
	/* The status line and headers of a 2xx or 101 have come. */
	void (*head)(struct http_request *request, int status, void *payload);
	/* There are bytes to peek, or http_wake was called. stream, upgrade */
	void (*ready)(struct http_request *request, void *payload);
	/* What http_write or http_shutdown was given is with the operating system; or err says why
	 * not. */
	void (*written)(struct http_request *request, const struct error *err, void *payload);
	/* Told once: nothing was heard for slow_after. */
	void (*slow)(struct http_request *request, void *payload);
	/* Once, last. reply is NULL where err is set: ERROR_UNAVAILABLE, ERROR_TIMEOUT,
	 * ERROR_INVALID (address, certificates, reply_max), ERROR_SYSTEM. */
	void (*done)(struct http_request *request, const struct http_reply *reply,
		     const struct error *err, void *payload);
};

struct http_call {
	enum http_kind kind;
	const struct http_host *host; /* borrowed until the end */
	const char *method;           /* NULL: GET */
	const char *path;             /* with its query; appended to host->url */
	const char *const *headers;   /* "Name: value", NULL-ended, or NULL */
	const char *body;             /* copied; NULL: none */
	size_t body_len;
	bool upload; /* the body comes by http_write and ends with http_shutdown; not for upgrade */
	int64_t upload_len; /* > 0: Content-Length; else chunked */
	bool follow;        /* redirects */
	bool fresh; /* on a new connection, so that nothing is sent a second time behind our back */
	size_t reply_max;    /* 0: HTTP_REPLY_MAX */
	uint64_t timeout;    /* ns of silence; 0: none */
	uint64_t slow_after; /* ns of silence until `slow`; 0: never */
	const struct http_events
		*events; /* borrowed until the end; absent functions are not called */
	void *payload;
};

struct http *http_open(uv_loop_t *loop);
/* All requests have ended or were dropped (asserted). Not from inside a callback of a request. */
void http_close(struct http *http, void (*closed)(void *payload), void *payload);

struct http_request *http_start(struct http *http, const struct http_call *call);
void http_drop(struct http_request *request); /* NULL is well. A pending `written` is not called */

/* A header of the reply, borrowed until done returns; NULL: absent. Known from head on. */
const char *http_header(struct http_request *request, const char *name);

/* Bytes that have come and were not taken, contiguous, borrowed until the next http_take or turn.
 */
const char *http_peek(struct http_request *request, size_t *len);
void http_take(struct http_request *request, size_t len);
bool http_finished(
	const struct http_request *request);  /* nothing more will come than what can be peeked */
void http_wake(struct http_request *request); /* calls `ready` in a later turn */
/* Lets so many bytes wait (HTTP_WINDOW to begin with): for a reader that needs a whole line. */
void http_window(struct http_request *request, size_t bytes);

/* Borrows the bytes until `written`; one at a time. */
void http_write(struct http_request *request, const char *bytes, size_t len);
/* The end of what we send: of an upload's body, or the half-close of an upgraded connection.
 * `written` follows. */
void http_shutdown(struct http_request *request);
