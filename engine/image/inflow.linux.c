/* SPDX-License-Identifier: MIT */
/* libarchive unpacks. It is loaded with the first packed file, as it brings a dozen libraries; its
 * few functions that are used here have been what they are since its version 3.0, so that nothing of
 * it is needed to build. */
#include "engine/image/inflow.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"

struct archive;
struct archive_entry;

enum { OK = 0, END = 1, PIECE = 64 << 10 }; /* ARCHIVE_OK, ARCHIVE_EOF */

struct library {
	struct archive *(*read_new)(void);
	int (*read_free)(struct archive *archive);
	int (*read_support_filter_gzip)(struct archive *archive);
	int (*read_support_filter_zstd)(struct archive *archive);
	int (*read_support_filter_xz)(struct archive *archive);
	int (*read_support_filter_bzip2)(struct archive *archive);
	int (*read_support_format_raw)(struct archive *archive);
	int (*read_open)(struct archive *archive, void *payload, void *open,
			 ssize_t (*read)(struct archive *archive, void *payload,
					 const void **bytes),
			 void *close);
	int (*read_next_header)(struct archive *archive, struct archive_entry **entry);
	ssize_t (*read_data)(struct archive *archive, void *bytes, size_t max);
	const char *(*error_string)(struct archive *archive);
	void (*set_error)(struct archive *archive, int number, const char *format, ...);
};

struct unpacker {
	struct library lib;
	struct archive *archive;
	unpacker_source *source;
	void *payload;
	struct error *err; /* of the source */
	bool ended;
	char piece[PIECE];
};

#define FUNCTION(member_)                                                                          \
	{                                                                                          \
		"archive_" #member_, offsetof(struct library, member_)                             \
	}

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	FUNCTION(read_new),
	FUNCTION(read_free),
	FUNCTION(read_support_filter_gzip),
	FUNCTION(read_support_filter_zstd),
	FUNCTION(read_support_filter_xz),
	FUNCTION(read_support_filter_bzip2),
	FUNCTION(read_support_format_raw),
	FUNCTION(read_open),
	FUNCTION(read_next_header),
	FUNCTION(read_data),
	FUNCTION(error_string),
	FUNCTION(set_error),
};

static int load(struct library *lib, struct error **err)
{
	void *library = dlopen("libarchive.so.13", RTLD_LAZY | RTLD_LOCAL);

	if (!library)
		return error_set(err, ERROR_SYSTEM,
				 "libarchive, which unpacks, cannot be loaded: %s (Debian: apt "
				 "install libarchive13)",
				 dlerror());
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function)
			return error_set(err, ERROR_SYSTEM, "libarchive is too old: %s", dlerror());
		memcpy((char *)lib + functions[i].offset, &function, sizeof(function));
	}
	return 0;
}

static ssize_t feed(struct archive *archive, void *payload, const void **bytes)
{
	struct unpacker *unpacker = payload;
	size_t len = 0;

	*bytes = unpacker->piece;
	if (unpacker->source(unpacker->payload, unpacker->piece, PIECE, &len, &unpacker->err) == 0)
		return (ssize_t)len;
	unpacker->lib.set_error(archive, -1, "%s", unpacker->err->message);
	return -1;
}

static int failed(struct unpacker *unpacker, struct error **err)
{
	const char *why = unpacker->lib.error_string(unpacker->archive);

	if (unpacker->err)
		return error_move(err, &unpacker->err);
	return error_set(err, ERROR_INVALID, "it is not packed rightly: %s",
			 why ? why : "no reason is given");
}

int unpacker_open(unpacker_source *source, void *payload, struct unpacker **ret, struct error **err)
{
	CLEANUP(unpacker_close) struct unpacker *unpacker = memory_zero(1, sizeof(*unpacker));
	struct library *lib = &unpacker->lib;
	struct archive_entry *entry;

	unpacker->source = source;
	unpacker->payload = payload;
	if (load(lib, err) < 0)
		return (*err)->code;
	unpacker->archive = lib->read_new();
	/* Another value than OK: a program would be run for it. */
	if (!unpacker->archive || lib->read_support_filter_gzip(unpacker->archive) != OK ||
	    lib->read_support_filter_zstd(unpacker->archive) != OK ||
	    lib->read_support_filter_xz(unpacker->archive) != OK ||
	    lib->read_support_filter_bzip2(unpacker->archive) != OK ||
	    lib->read_support_format_raw(unpacker->archive) != OK)
		return error_set(err, ERROR_UNSUPPORTED,
				 "this libarchive cannot unpack all that "
				 "images are packed with");
	if (lib->read_open(unpacker->archive, unpacker, NULL, feed, NULL) != OK)
		return failed(unpacker, err);
	int status = lib->read_next_header(unpacker->archive, &entry);

	/* Nothing at all was packed. */
	unpacker->ended = status == END;
	if (status != OK && status != END)
		return failed(unpacker, err);
	*ret = steal(&unpacker);
	return 0;
}

int unpacker_read(struct unpacker *unpacker, char *bytes, size_t max, size_t *len,
		  struct error **err)
{
	ssize_t count =
		unpacker->ended ? 0 : unpacker->lib.read_data(unpacker->archive, bytes, max);

	if (count < 0)
		return failed(unpacker, err);
	unpacker->ended = count == 0;
	*len = (size_t)count;
	return 0;
}

void unpacker_close(struct unpacker **unpacker)
{
	struct unpacker *closed = steal(unpacker);

	if (!closed)
		return;
	if (closed->archive)
		closed->lib.read_free(closed->archive);
	error_drop(&closed->err);
	free(closed);
}
