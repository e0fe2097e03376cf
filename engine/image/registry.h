/* SPDX-License-Identifier: MIT */
/* registry -- one repository of a registry, asked on the loop
 *
 * The OCI distribution specification 1.1; tokens as distribution's docs/spec/auth/{token,oauth}.md.
 * The first request finds out how the registry is spoken to and who we are: credentials come from
 * credentials.h; a registry of this host (url_is_loopback), or one that may be insecure, is asked
 * without TLS where it speaks none. Later a token that ran out is renewed.
 *
 * Credentials go to the registry's own scheme, host and port; a user's name and secret also to the
 * realm that the registry names for tokens, over TLS unless the registry itself is asked without.
 * Redirects are followed without any, and not from TLS to none.
 *
 * A private authority's certificate, and our own, are looked for as Docker does, in
 * certs.d/HOST[:PORT]/{ca.crt,client.cert,client.key} of DOCKER_CONFIG (or ~/.docker) and of
 * /etc/docker.
 *
 * No callback is called from inside a function of this header. A request is gone when its done
 * returns, or with registry_drop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "engine/engine.h"
#include "engine/http.h"

struct error;
struct registry;
struct registry_request;

/* All borrowed for the call. */
struct registry_options {
	const char *domain; /* of a reference; docker.io is registry-1.docker.io */
	const char *path;   /* of a reference: library/nginx */
	const char *base; /* another registry that has the same: https://mirror.test; NULL: none */
	bool push;        /* the token is for writing too */
	bool insecure;    /* plain HTTP and certificates of nobody will do */
	const struct credentials *credentials; /* NULL: looked up */
};

struct registry_events {
	/* The status of a 2xx has come. May be absent. */
	void (*head)(struct registry_request *request, int status, void *payload);
	/* There are bytes: http_peek and http_take of registry_http. Where streamed. */
	void (*ready)(struct registry_request *request, void *payload);
	/* Once, last; any status but those that were followed. As in http.h. */
	void (*done)(struct registry_request *request, const struct http_reply *reply,
		     const struct error *err, void *payload);
};

struct registry_call {
	const char *method; /* NULL: GET */
	const char *path;   /* below /v2/PATH/: manifests/latest */
	const char *accept; /* or NULL */
	int64_t offset;     /* > 0: Range: from this byte on */
	bool stream;
	size_t reply_max;
	const struct registry_events *events; /* borrowed until the end */
	void *payload;
};

/* ERROR_INVALID: base is no address. http outlives it. */
int registry_open(uv_loop_t *loop, struct http *http, const struct registry_options *options,
		  struct registry **ret, struct error **err);
/* All requests have ended or were dropped (asserted). NULL inside is well. */
void registry_close(struct registry **registry);

struct registry_request *registry_start(struct registry *registry,
					const struct registry_call *call);
void registry_drop(struct registry_request *request); /* NULL is well */
/* The exchange under way, for http_header, http_peek, http_take; in callbacks only. */
struct http_request *registry_http(struct registry_request *request);

/* The error that a reply of another status than 2xx means, with the registry's own words.
 * ERROR_NOT_FOUND; ERROR_INVALID: access is denied; ERROR_UNAVAILABLE: later perhaps;
 * ERROR_SYSTEM. */
int registry_refused(const struct http_reply *reply, struct error **err);
