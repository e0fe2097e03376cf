/* SPDX-License-Identifier: MIT */
/* untar -- a tar archive read entry by entry, as strangers write it
 *
 * POSIX.1-2001 (ustar and pax) and GNU's long names and large numbers. What an archive says is
 * taken as it stands: paths are not judged here but by untar_path. Wrong checksums, sizes that go
 * beyond the archive, sparse files and values without end are ERROR_INVALID or ERROR_UNSUPPORTED;
 * nothing is buffered but headers (at most UNTAR_HEADER_MAX). Blocks only where its source does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"

struct error;
struct untar;

enum {
	UNTAR_PATH_MAX = 4095,      /* bytes of a path or a link's target, as Linux takes */
	UNTAR_HEADER_MAX = 1 << 20, /* of an entry's pax header */
};

enum untar_kind {
	UNTAR_FILE,
	UNTAR_FOLDER,
	UNTAR_SYMLINK,
	UNTAR_HARDLINK,
	UNTAR_CHARACTER,
	UNTAR_BLOCK,
	UNTAR_FIFO,
};

struct untar_xattr {
	char *name; /* security.capability */
	char *value;
	size_t len;
};

/* Borrowed until the next untar_next. */
struct untar_entry {
	enum untar_kind kind;
	const char *path;
	const char *target; /* of links; else "" */
	uint64_t size;      /* of a file; else 0 */
	uint32_t mode;      /* 07777 */
	uint64_t uid, gid;
	uint32_t major, minor;
	int64_t modified; /* seconds since 1970 */
	uint32_t modified_ns;
	ARRAY(struct untar_xattr) xattrs;
};

/* Gives up to max bytes; *len 0 is the end. Returns 0 or the error's code. */
typedef int untar_source(void *payload, char *bytes, size_t max, size_t *len, struct error **err);

struct untar *untar_new(untar_source *source, void *payload);
void untar_drop(struct untar **untar);
/* The next entry; what was not read of the last one's content is passed over. Returns 1; 0: there is
 * none; negative: the archive is wrong, and nothing more may be asked. An archive that ends without
 * the two empty blocks is well, as long as it ends behind an entry. */
int untar_next(struct untar *untar, const struct untar_entry **ret, struct error **err);
/* The next piece of a file's content, borrowed until the next call; *len 0: that was all. */
int untar_data(struct untar *untar, const char **bytes, size_t *len, struct error **err);

/* What a path in an archive means inside of a folder: without "." and doubled slashes and the
 * slash at its beginning; "" is the folder itself. Yours. ERROR_INVALID: it has a "..", or it is
 * longer than a path may be. */
int untar_path(const char *path, char **ret, struct error **err);
