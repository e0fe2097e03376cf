/* SPDX-License-Identifier: MIT */
/* registry.inside -- the inside of registry.h: requests (registry.c), and how the registry is spoken
 * to (registry.login.c) */
#pragma once

#include "base/list.h"
#include "engine/credentials.h"
#include "engine/image/registry.h"
#include "engine/image/url.h"

/* Where an exchange goes: a host of http.h with its strings. */
struct reach {
	struct http_host host;
	char *url, *ca_file, *cert_file, *key_file;
};

enum login_state {
	LOGIN_NONE, /* nothing is known: the next request begins */
	LOGIN_BUSY, /* requests wait */
	LOGIN_READY,
};

struct registry {
	uv_loop_t *loop;
	struct http *http;
	char *domain; /* whose credentials are asked for */
	char *path;
	struct url base; /* known when ready; authority from the beginning */
	bool base_given, push, insecure;

	enum login_state state;
	struct credentials credentials; /* ours; all NULL: none */
	bool credentials_known;
	struct credentials_lookup *lookup;
	struct http_request *exchange; /* of the login */
	struct reach reach;            /* ... and where it goes */
	bool second;                   /* with TLS or without it: the other way is tried */
	struct error *tls_err;         /* why it was not by TLS */
	struct url realm;              /* of the token under way */
	char *authorization;           /* header line, or NULL */

	struct list requests;
};

struct registry_request {
	struct registry *registry;
	struct list link;
	const struct registry_events *events;
	void *payload;
	char *method, *path, *accept;
	int64_t offset;
	bool stream;
	size_t reply_max;
	struct url url; /* where it goes now */
	struct reach reach;
	struct http_request *exchange;
	unsigned redirects;
	bool renewed; /* the login was renewed for it already */
	bool waiting; /* for the login */
};

/* Begins it; login_done follows in a later turn. challenge: the WWW-Authenticate header of a 401,
 * or NULL to begin at the beginning. */
void login_start(struct registry *registry, const char *challenge);
void login_stop(struct registry *registry);
/* Told by it: registry->state is READY, or NONE with an error. */
void login_done(struct registry *registry, const struct error *err);

void reach_make(const struct registry *registry, const struct url *url, struct reach *ret);
void reach_drop(struct reach *reach);
/* Whether an address may be gone to: TLS, or the registry is asked without it, or it is on this
 * host. */
int reach_allowed(const struct registry *registry, const struct url *url, struct error **err);
