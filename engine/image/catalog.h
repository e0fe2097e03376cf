/* SPDX-License-Identifier: MIT */
/* catalog -- the images of a store: listed, found, removed, and what none needs removed with them
 *
 * An image is known by its id, the digest of its config, as Docker has it. Sizes are of the layers as
 * they lie in the store, packed. All calls block.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/image/manifest.h"
#include "engine/image/store.h"
#include "engine/model.h"

struct error;

/* An image of the store. The zero value is valid to drop. */
struct catalog_image {
	struct manifest_config config; /* with id, tags, digests, size and tagged */
	struct manifest manifest;
	char *digest; /* of the manifest */
	char **names; /* in the store, in order, NULL-ended; not those of holds */
	bool held;    /* a hold leads to it */
	char *damage; /* why it cannot be read: then the rest is empty; or NULL */
};

struct catalog {
	struct catalog_image *items; /* the youngest tag first */
	size_t len;
	size_t cap;
};

int catalog_read(const struct store *store, struct catalog *ret, struct error **err);
void catalog_drop(struct catalog *catalog); /* leaves the zero value */

/* By reference (nginx is docker.io/library/nginx:latest), by name@digest with the digest that the
 * registry had or of the manifest, by id or the beginning of one (of 4 hex digits at least).
 * Borrowed. NULL without an error: none. ERROR_INVALID: no name and no id; ERROR_CONFLICT: several
 * ids begin so. */
int catalog_find(const struct catalog *catalog, const char *name, const struct catalog_image **ret,
		 struct error **err);

/* What was taken away. */
struct catalog_removal {
	char **untagged; /* names in their short form, NULL-ended or NULL */
	char **deleted;  /* ids of images, NULL-ended or NULL */
	uint64_t bytes;
};

void catalog_removal_drop(struct catalog_removal *removal);

/* A name: takes it away, and with the last one the image. An id: all its names; more than one needs
 * force. ERROR_NOT_FOUND; ERROR_CONFLICT: a container holds it (also with force), or force is
 * needed. */
int catalog_remove(struct store *store, const char *name, bool force, struct catalog_removal *ret,
		   struct error **err);
/* Removes what no name leads to and no living writer wants; all: also the names of images that no
 * container holds. Nothing is removed where something that is named cannot be read. */
int catalog_prune(struct store *store, bool all, struct catalog_removal *ret, struct error **err);
