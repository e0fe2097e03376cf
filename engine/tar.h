/* SPDX-License-Identifier: MIT */
/* tar -- archives: single entries added to a text, and whole folders read out piece by piece
 *
 * POSIX.1-2001: ustar headers, preceded by a pax header where a value does not fit (a long or
 * non-ASCII path, a file of 8 GiB). Times are whole seconds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct error;
struct ignore;

enum tar_kind { TAR_FILE, TAR_FOLDER, TAR_LINK };

struct tar_entry {
	enum tar_kind kind;
	const char *path;   /* with slashes, relative */
	const char *target; /* TAR_LINK */
	uint64_t size;      /* TAR_FILE */
	uint32_t mode;      /* permissions: 07777 */
	uint32_t uid, gid;
	int64_t modified; /* seconds since 1970-01-01 UTC */
};

void tar_header(struct text *out, const struct tar_entry *entry);
void tar_pad(struct text *out, uint64_t size); /* what follows the size bytes of a file */
void tar_end(struct text *out);                /* the end of the archive */
/* A whole file: header, its entry->size bytes, padding. */
void tar_file(struct text *out, const struct tar_entry *entry, const char *bytes);

/* A folder's content as an archive whose end it writes too. Blocks, but for a few milliseconds a
 * call. */
struct tar_walk;

struct tar_options {
	const struct ignore
		*ignore;  /* what is left out; NULL: nothing. Borrowed as long as the walk lives */
	const char *skip; /* one more path that is left out; NULL: none. Copied */
	bool is_windows;  /* no execute bits on this host: all get them, as docker build does */
};

/* Everything belongs to root in the archive. Links are stored as links, sockets and other special
 * files are left out. ERROR_NOT_FOUND: it is not a folder. */
int tar_open(const char *folder, const struct tar_options *options, struct tar_walk **ret,
	     struct error **err);
/* Puts what comes in front of the folder's own content: whole entries made by tar_file. Before the
 * first tar_read. */
void tar_prepend(struct tar_walk *walk, const struct text *entries);
/* Writes at most max (not 0) bytes of the archive. Returns 1: more may follow, also where *len is
 * 0, when the time was spent on what is left out; 0: *len bytes and then the end; negative:
 * unreadable, or a file shrank meanwhile. */
int tar_read(struct tar_walk *walk, char *bytes, size_t max, size_t *len, struct error **err);
void tar_drop(struct tar_walk **walk);
