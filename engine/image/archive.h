/* SPDX-License-Identifier: MIT */
/* archive -- images in files: loaded into the store, and saved from it
 *
 * Loaded are a docker-archive (manifest.json; its layers plain, packed or links inside of the
 * archive) and an OCI layout (oci-layout, index.json), as a tar file, packed or not; where it is
 * both, as Docker 25 and later save, the layout counts. A layout's blobs are compared with their
 * digests; of a docker-archive the plain layers are compared with the config.
 *
 * Saved is an archive that is both. All calls block; a load that is killed leaves nothing.
 */
#pragma once

#include <stddef.h>

#include "engine/image/platform.h"
#include "engine/image/store.h"

struct error;

enum {
	ARCHIVE_ENTRIES_MAX = 100000,
	ARCHIVE_DOCUMENT_MAX = 8 << 20, /* bytes of a file that is read as a document */
};

struct archive_load {
	const char *path;                /* "-": the standard input */
	const char *name;                /* for an image to which the archive gives none, or NULL */
	const struct platform *platform; /* of an index; NULL: this host's */
};

struct archive_loaded {
	char **names; /* in full, NULL-ended */
};

/* ERROR_INVALID: it is neither, or it is wrong; ERROR_NOT_FOUND: no file, or no image for the
 * platform. What was named before an error stays named. */
int archive_load(struct store *store, const struct archive_load *options,
		 struct archive_loaded *ret, struct error **err);
void archive_loaded_drop(struct archive_loaded *loaded);

/* names: references or ids, NULL-ended. write gets the archive piece by piece. ERROR_NOT_FOUND: one
 * is not there. */
int archive_save(const struct store *store, const char *const *names,
		 int (*write)(void *payload, const char *bytes, size_t len, struct error **err),
		 void *payload, struct error **err);
