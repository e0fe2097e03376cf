/* SPDX-License-Identifier: MIT */
/* credentials -- what the user's docker config.json knows of registries
 *
 * The file is DOCKER_CONFIG/config.json, else ~/.docker/config.json; the variable
 * DOCKER_AUTH_CONFIG, of the same form, goes before it. `auths` hold secrets; `credsStore` and
 * `credHelpers` name programs docker-credential-NAME, which are looked up in PATH and run on the
 * loop (github.com/docker/docker-credential-helpers has their protocol).
 */
#pragma once

#include <stddef.h>

#include <cjson/cJSON.h>
#include <uv.h>

#include "engine/engine.h"

struct error;
struct credentials_lookup;

/* Borrowed until it returns; count 0: none are known, which is no error. */
typedef void credentials_done(const struct credentials *items, size_t count,
			      const struct error *err, void *payload);

/* Of one registry, by the domain of a reference: docker.io, ghcr.io, localhost:5000. At most one
 * item. done is called once, in a later turn. A wrong file is ERROR_INVALID, a helper that fails
 * ERROR_SYSTEM, one that is not there ERROR_NOT_FOUND. */
struct credentials_lookup *credentials_find(uv_loop_t *loop, const char *domain,
					    credentials_done *done, void *payload);
/* Of every registry, for a build that may pull from any. What a helper refuses is left out. */
struct credentials_lookup *credentials_all(uv_loop_t *loop, credentials_done *done, void *payload);
/* Ends a lookup: done is not called any more. NULL is well. (A helper that runs is killed, which
 * takes the loop some turns.) */
void credentials_drop(struct credentials_lookup **lookup);

/* The value of X-Registry-Auth: base64url of JSON. Yours. */
char *credentials_header(const struct credentials *credentials);
/* The value of X-Registry-Config, which holds all. Yours. */
char *credentials_headers(const struct credentials *items, size_t count);

/* DOCKER_CONFIG or ~/.docker. Yours. */
char *credentials_folder(void);
/* The parsed config.json of a folder; an empty object where there is none. Yours. */
int credentials_config(const char *folder, cJSON **ret, struct error **err);
