/* SPDX-License-Identifier: MIT */
/* ingest -- a writer of the store: what it brings, and what it relies on until a name leads there
 *
 *	ingest_begin(store, &ingest, err);
 *	ingest_want(ingest, digest, size, &there, err);		for each blob
 *	ingest_blob_open(...), _write, _commit			where it is not there
 *	store_tag(store, &name, err);
 *	ingest_end(&ingest);
 *
 * A writer has a folder of its own in ingest/, with a lock that tells whether it lives. There lie
 * the blobs that are not whole yet, and an empty file for each blob that it wants: those are not
 * pruned while it lives. Who begins removes the folders of those that are dead.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/image/store.h"

struct error;
struct ingest;
struct ingest_blob;

/* store was opened with make, and outlives it. */
int ingest_begin(struct store *store, struct ingest **ret, struct error **err);
/* Removes its folder and what is in it. NULL is well. */
void ingest_end(struct ingest **ingest);
const char *ingest_folder(const struct ingest *ingest);

/* Keeps the blob from being pruned while this writer lives. *there: it is in the store, with that
 * size (-1: any); one of another size is damaged and removed. */
int ingest_want(struct ingest *ingest, const char *digest, int64_t size, bool *there,
		struct error **err);

/* A blob that comes. digest NULL: it is not known before, nor is the size then (-1). */
int ingest_blob_open(struct ingest *ingest, const char *digest, int64_t size,
		     struct ingest_blob **ret, struct error **err);
/* ERROR_INVALID: there are more bytes than its size. */
int ingest_blob_write(struct ingest_blob *blob, const char *bytes, size_t len, struct error **err);
int64_t ingest_blob_offset(const struct ingest_blob *blob); /* bytes that were written */
/* From the beginning: for who cannot go on where it was broken off. */
int ingest_blob_restart(struct ingest_blob *blob, struct error **err);
/* Puts it into the store, on the disk. digest, where not NULL: gets sha256:HEX. ERROR_INVALID: it
 * is not what its digest or size say; nothing of it is kept. The blob is gone in any case. */
int ingest_blob_commit(struct ingest_blob **blob, char **digest, struct error **err);
/* NULL is well. */
void ingest_blob_drop(struct ingest_blob **blob);
/* A whole small blob. *digest: yours. */
int ingest_put(struct ingest *ingest, const char *bytes, size_t len, char **digest,
	       struct error **err);

/* Calls each for every digest that a living writer wants; the caller holds the store's lock. */
int ingest_wanted(const struct store *store, void (*each)(const char *digest, void *payload),
		  void *payload, struct error **err);
/* Removes what dead writers left. The caller holds the store's lock. */
int ingest_sweep(struct store *store, struct error **err);
/* Removes a file or a folder with all that is in it, following no link; absent is well. Gives the
 * bytes that its regular files had. */
uint64_t ingest_remove(const char *path);
