/* SPDX-License-Identifier: MIT */
/* context -- which engine docker's own settings name
 *
 * The order is the docker command's: --host or --context, DOCKER_HOST, DOCKER_CONTEXT,
 * currentContext of config.json, the default address. DOCKER_TLS_VERIFY, DOCKER_TLS and
 * DOCKER_CERT_PATH hold for an address that is not a named context's. Contexts are folders below
 * ~/.docker/contexts, named by the SHA-256 of their names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct error;

/* How an engine was found, the strongest first. */
enum context_source {
	CONTEXT_FLAG,     /* --host, --context */
	CONTEXT_HOST,     /* DOCKER_HOST */
	CONTEXT_VARIABLE, /* DOCKER_CONTEXT */
	CONTEXT_CURRENT,  /* currentContext */
	CONTEXT_DEFAULT,  /* nothing names one: the first of context_defaults */
};

/* The zero value is valid to drop. */
struct context {
	enum context_source source;
	char *name;       /* "default", or the context's */
	char *address;    /* unix:///..., tcp://host:port, npipe:////./pipe/..., ssh://... */
	char *tls_folder; /* with ca.pem, cert.pem, key.pem as far as there are; NULL: no TLS */
	bool tls_skip_verify;
};

struct context_options {
	const char *host;    /* --host; NULL: not given */
	const char *context; /* --context */
	bool is_windows;     /* default addresses and the default port's kind are this host's */
};

/* Finds the engine that is named. ERROR_NOT_FOUND: no such context, the message says who named it.
 * ERROR_INVALID: an address or a context's file that is wrong, or both flags. */
int context_find(const struct context_options *options, struct context *ret, struct error **err);
void context_drop(struct context *context);

/* Whether the user named it, so that another one must not be taken where it does not answer. */
bool context_is_named(const struct context *context);
/* "--host", "DOCKER_HOST", ... for messages. */
const char *context_source_name(enum context_source source);

/* The addresses to try where nothing is named, NULL-ended, borrowed for ever. */
const char *const *context_defaults(bool is_windows);

/* An address as docker writes it in full: "host" is tcp://host:2375 (2376 with TLS), "unix://" the
 * default socket. Yours. */
int context_address(const char *address, bool is_windows, bool tls, char **ret, struct error **err);
