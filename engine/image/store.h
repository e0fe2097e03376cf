/* SPDX-License-Identifier: MIT */
/* store -- the folder that holds this program's own images
 *
 * An OCI image layout (image-layout.md of the image specification 1.1), which other tools can read:
 *	oci-layout, index.json	names: each manifest's org.opencontainers.image.ref.name
 *	blobs/sha256/HEX	manifests, configs, layers as they came
 *	layers/HEX		a layer unpacked, by its diff_id
 *	ingest/NAME/		what a writer has under way (ingest.h)
 *	lock			held while names change and while what is unused is removed
 *
 * Any number of processes use it at once. A blob appears under its name when it is whole and on the
 * disk, index.json is replaced in one step: whoever is killed leaves at most a folder in ingest/ and
 * temporary files, which the next writer removes. What a name leads to stays; what none leads to
 * stays until catalog_prune.
 *
 * A name is a reference in its full form (docker.io/library/busybox:1), or begins with "@": a hold,
 * by which a program keeps an image (a container's "@container/ID"), and which no list shows.
 * Entries of other tools are kept.
 *
 * All calls block, for what a small file takes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/text.h"

struct error;
struct store;

struct store_name {
	char *name;     /* NULL: another tool's entry without one */
	char *digest;   /* of the manifest, or of an index that another tool put here */
	char *type;     /* its media type */
	int64_t size;   /* its bytes */
	char *source;   /* the digest that the registry had for the name (of an index), or NULL */
	int64_t tagged; /* wall ns; 0: not known */
};

struct store_names {
	struct store_name *items;
	size_t len;
	size_t cap;
};

/* make: makes what is absent, with its parents. Without it a store that is absent is an empty one,
 * and nothing is written. ERROR_INVALID: it is another kind of folder, or of another version. */
int store_open(const char *folder, bool make, struct store **ret, struct error **err);
void store_drop(struct store **store);
const char *store_folder(const struct store *store);

/* All entries, in the order of their names; those without one come first. */
int store_names(const struct store *store, struct store_names *ret, struct error **err);
void store_names_drop(struct store_names *names); /* leaves the zero value */
/* The entry of that name in names, or NULL. */
const struct store_name *store_names_find(const struct store_names *names, const char *name);

/* Gives a name, which leads elsewhere no more if it did. tagged is set to now; the rest is stored as
 * it is. ERROR_CONFLICT: the lock was held for 30 s. */
int store_tag(struct store *store, const struct store_name *name, struct error **err);
/* Takes a name away. *was: it was there; may be NULL. */
int store_untag(struct store *store, const char *name, bool *was, struct error **err);

/* The path of a blob, of a layer unpacked; yours. digest is one (manifest_is_digest). */
char *store_blob(const struct store *store, const char *digest);
char *store_layer(const struct store *store, const char *diff_id);
/* Adds a whole blob to out: a manifest or a config, of at most max bytes. What is there is compared
 * with its digest. ERROR_NOT_FOUND; ERROR_INVALID: larger; ERROR_SYSTEM: damaged. */
int store_read(const struct store *store, const char *digest, size_t max, struct text *out,
	       struct error **err);

/* The store's lock, for the other modules of this folder. Waits for 30 s. */
struct file_lock;
int store_lock(struct store *store, struct file_lock **ret, struct error **err);
