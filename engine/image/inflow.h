/* SPDX-License-Identifier: MIT */
/* inflow -- the bytes of a file, unpacked on the way if it is packed
 *
 * What it is packed with is told by its first bytes: gzip, zstd, xz, bzip2 or nothing. Blocks.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct error;
struct inflow;

/* path "-" is the standard input. ERROR_NOT_FOUND; ERROR_UNSUPPORTED: packed with what cannot be
 * unpacked here. */
int inflow_open(const char *path, struct inflow **ret, struct error **err);
void inflow_close(struct inflow **inflow);
/* An untar_source: up to max bytes; *len 0 is the end. ERROR_INVALID: it is not packed rightly. */
int inflow_read(void *inflow, char *bytes, size_t max, size_t *len, struct error **err);

/* --- the platform's part: what unpacks. source is borrowed until the end. */
struct unpacker;
typedef int unpacker_source(void *payload, char *bytes, size_t max, size_t *len,
			    struct error **err);
int unpacker_open(unpacker_source *source, void *payload, struct unpacker **ret,
		  struct error **err);
int unpacker_read(struct unpacker *unpacker, char *bytes, size_t max, size_t *len,
		  struct error **err);
void unpacker_close(struct unpacker **unpacker);
