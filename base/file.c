/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"

/* libuv's calls without a loop and a callback block; they know UTF-8 paths on Windows and never
 * hand a descriptor down. */
#define NOW(call, ...)                                                                             \
	({                                                                                         \
		uv_fs_t request_;                                                                  \
		int result_ = uv_fs_##call(NULL, &request_, __VA_ARGS__, NULL);                    \
		uv_fs_req_cleanup(&request_);                                                      \
		result_;                                                                           \
	})

enum { PIECE = 64 * 1024 };

static int look(const char *path, uv_stat_t *ret)
{
	uv_fs_t request = {0};
	int status = uv_fs_stat(NULL, &request, path, NULL);

	*ret = request.statbuf;
	uv_fs_req_cleanup(&request);
	return status;
}

enum file_kind file_kind(const char *path)
{
	uv_stat_t stat;

	if (look(path, &stat) < 0)
		return FILE_ABSENT;
	switch (stat.st_mode & S_IFMT) {
	case S_IFREG:
		return FILE_REGULAR;
	case S_IFDIR:
		return FILE_FOLDER;
	default:
		return FILE_OTHER;
	}
}

static int close_file(uv_file file)
{
	return NOW(close, file);
}

static void close_at_end(uv_file *file)
{
	if (*file >= 0)
		close_file(*file);
}

static int read_all(uv_file file, const char *name, size_t max, struct text *out,
		    struct error **err)
{
	CLEANUP(text_drop) struct text got = {0};

	for (;;) {
		uv_buf_t buffer = uv_buf_init(text_reserve(&got, PIECE), PIECE);
		int count = NOW(read, file, &buffer, 1, -1);

		if (count < 0)
			return error_uv(err, count, "cannot read %s", name);
		if (count == 0)
			break;
		got.len += count;
		if (got.len > max)
			return error_set(err, ERROR_INVALID,
					 "%s is larger than the %zu bytes allowed", name, max);
	}
	text_add_n(out, text_string(&got), got.len);
	return 0;
}

int file_read(const char *path, size_t max, struct text *out, struct error **err)
{
	CLEANUP(close_at_end) uv_file file = -1;
	uv_stat_t stat;

	if (strcmp(path, "-") == 0)
		return read_all(0, "the standard input", max, out, err);
	int status = look(path, &stat);

	if (status == 0 && (stat.st_mode & S_IFMT) == S_IFDIR)
		return error_set(err, ERROR_INVALID, "cannot read %s: it is a folder", path);
	if (status == 0 && (stat.st_mode & S_IFMT) == S_IFREG && stat.st_size > max)
		return error_set(err, ERROR_INVALID, "%s has %llu bytes, the most allowed is %zu",
				 path, (unsigned long long)stat.st_size, max);
	if (status == 0)
		status = file = NOW(open, path, UV_FS_O_RDONLY, 0);
	if (status < 0)
		return error_uv(err, status, "cannot read %s", path);
	return read_all(file, path, max, out, err);
}

static int write_all(uv_file file, const char *bytes, size_t len)
{
	while (len) {
		size_t piece = len < (1u << 30) ? len : 1u << 30;
		uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned int)piece);
		int count = NOW(write, file, &buffer, 1, -1);

		if (count < 0)
			return count;
		bytes += count;
		len -= count;
	}
	return NOW(fsync, file);
}

/* A name beside path that no other process and no other call takes. */
static char *name_beside(const char *path)
{
	CLEANUP(memory_free) char *folder = path_folder(path);
	CLEANUP(memory_free) char *name = NULL;
	unsigned int random;

	digest_random(&random, sizeof(random));
	name = memory_format(".%s.%d.%08x", path_name(path), (int)uv_os_getpid(), random);
	return path_join(folder, name);
}

int file_write(const char *path, const char *bytes, size_t len, bool is_private, struct error **err)
{
	CLEANUP(memory_free) char *folder = path_folder(path);
	CLEANUP(memory_free) char *temporary = name_beside(path);
	int file = NOW(open, temporary, UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_EXCL,
		       is_private ? 0600 : 0666);

	if (file < 0)
		return error_uv(err, file, "cannot write %s", path);
	int status = write_all(file, bytes, len);
	int closed = close_file(file);

	if (status >= 0)
		status = closed;
	if (status >= 0)
		status = NOW(rename, temporary, path);
	if (status < 0) {
		NOW(unlink, temporary);
		return error_uv(err, status, "cannot write %s", path);
	}
	/* The rename itself lasts only when the folder is on the disk. Some filesystems cannot be
	 * asked; they are not the user's fault, and the file is there. */
	file_sync_folder_(folder);
	return 0;
}

int file_remove(const char *path, struct error **err)
{
	int status = NOW(unlink, path);

	if (status < 0 && status != UV_ENOENT)
		return error_uv(err, status, "cannot remove %s", path);
	return 0;
}

int file_make_folder(const char *path, struct error **err)
{
	int status = NOW(mkdir, path, 0700);

	if (status == UV_ENOENT) {
		CLEANUP(memory_free) char *parent = path_folder(path);

		/* The root's folder is itself, and so is that of the working folder. */
		if (strcmp(parent, path) != 0) {
			if (file_make_folder(parent, err) < 0)
				return (*err)->code;
			status = NOW(mkdir, path, 0700);
		}
	}
	if (status < 0 && file_kind(path) == FILE_FOLDER)
		return 0;
	if (status < 0)
		return error_uv(err, status, "cannot make the folder %s", path);
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int file_list(const char *path, void (*each)(const char *name, void *payload), void *payload,
	      struct error **err)
{
	ARRAY(char *) names = {0};
	uv_fs_t request;
	uv_dirent_t entry;
	int status = uv_fs_scandir(NULL, &request, path, 0, NULL);

	while (status >= 0 && (status = uv_fs_scandir_next(&request, &entry)) >= 0)
		array_push(&names, memory_copy(entry.name));
	uv_fs_req_cleanup(&request);
	if (status == UV_EOF && names.len)
		qsort(names.items, names.len, sizeof(*names.items), by_bytes);
	ARRAY_FOR_EACH (char *, name, &names) {
		if (status == UV_EOF)
			each(*name, payload);
		free(*name);
	}
	array_drop(&names);
	return status == UV_EOF ? 0 : error_uv(err, status, "cannot list the folder %s", path);
}
