/* SPDX-License-Identifier: MIT */
#include "tests/winengine/archive.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/winengine/container.h"

enum { BLOCK = 512, SIZE_AT = 124, SIZE_LEN = 12, KIND_AT = 156, PREFIX_AT = 345, NAME_LEN = 100 };

/* windows.md 1.5: the files of a virtual machine that runs are out of reach. */
static struct container *reachable(struct call *call)
{
	struct container *container = container_named(call);

	if (!container || !container->process || !container_is_hyperv(container))
		return container;
	call_error(call, 500,
		   "filesystem operations against a running Hyper-V container are not supported");
	return NULL;
}

/* "27 path=a/b\n": the record of a pax header that names what follows. */
static char *pax_path(const char *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t size = strtoul(bytes + at, NULL, 10);
		const char *key = memchr(bytes + at, ' ', len - at);

		if (!size || !key || at + size > len)
			break;
		if (text_starts(key + 1, "path="))
			return memory_copy_n(key + 6, size - 1 - (size_t)(key + 6 - (bytes + at)));
		at += size;
	}
	return NULL;
}

static int put_file(const struct container *container, const char *folder, const char *path,
		    const char *bytes, size_t len, struct error **err)
{
	CLEANUP(memory_free) char *inside = memory_format("%s/%s", folder, path);
	CLEANUP(memory_free) char *real = container_path(container, inside);
	CLEANUP(memory_free) char *above = path_folder(real);
	int code = file_make_folder(above, err);

	return code == 0 ? file_write(real, bytes, len, false, err) : code;
}

/* Files of a ustar or pax archive; folders come with their files. */
static int unpack(struct call *call, const struct container *container, struct error **err)
{
	CLEANUP(memory_free) char *named = NULL;
	const char *tar = call->body.data;
	size_t left = call->body.len;

	while (left >= BLOCK && *tar) {
		size_t size = strtoul(tar + SIZE_AT, NULL, 8);
		size_t whole = (size + BLOCK - 1) / BLOCK * BLOCK;
		CLEANUP(memory_free) char *name = memory_copy_n(tar, strnlen(tar, NAME_LEN));
		char kind = tar[KIND_AT];

		if (whole > left - BLOCK)
			return error_set(err, ERROR_INVALID, "unexpected EOF");
		if (tar[PREFIX_AT]) {
			char *full = memory_format("%.155s/%s", tar + PREFIX_AT, name);

			free(name);
			name = full;
		}
		const char *path = named ? named : name;

		if ((kind == '0' || !kind) &&
		    put_file(container, call_query(call, "path"), path, tar + BLOCK, size, err) < 0)
			return (*err)->code;
		free(named);
		named = kind == 'x' ? pax_path(tar + BLOCK, size) : NULL;
		tar += BLOCK + whole;
		left -= BLOCK + whole;
	}
	return 0;
}

void archive_put(struct call *call)
{
	struct container *container = reachable(call);
	CLEANUP(error_drop) struct error *err = NULL;

	if (!container)
		return;
	if (!call_query(call, "path"))
		call_error(call, 400, "missing path");
	else if (unpack(call, container, &err) < 0)
		call_error(call, 400, "%s", err->message);
	else
		call_empty(call, 200);
}

void archive_get(struct call *call)
{
	struct container *container = reachable(call);

	if (container)
		call_error(call, 404, "Could not find the file %s in container %s",
			   call_query(call, "path"), container->name);
}
