/* SPDX-License-Identifier: MIT */
/* url -- the few parts of an address that a client of registries looks at
 *
 * Only http and https, no user in it; RFC 3986 as far as registries go. Pure.
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"

struct error;

/* The zero value is valid to drop. */
struct url {
	bool secure;     /* https */
	char *authority; /* host[:port], in lower case */
	char *path;      /* with its query, without a fragment; begins with / */
};

/* ERROR_INVALID: not such an address. Control characters and spaces are refused, as they would
 * reach a header. */
int url_parse(const char *string, struct url *ret, struct error **err);
/* What a Location header means, read at base: an address, //authority/path, /path or a path. */
int url_resolve(const struct url *base, const char *location, struct url *ret, struct error **err);
void url_drop(struct url *url); /* leaves the zero value */

char *url_base(const struct url *url);                          /* https://host:port; yours */
bool url_same_origin(const struct url *a, const struct url *b); /* scheme, host and port */
/* localhost, NAME.localhost, 127.0.0.0/8 or [::1], with a port or without one. */
bool url_is_loopback(const char *authority);
/* Adds a value of a query, escaped. */
void url_escape(struct text *out, const char *value);
