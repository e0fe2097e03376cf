/* SPDX-License-Identifier: MIT */
#include "engine/tar.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <uv.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "engine/ignore.h"

#define DEPTH_MAX     256
#define NAMES_AT_ONCE 64
#define SLICE         (3 * CLOCK_MS) /* a call that found nothing to give returns after this */

/* A folder that is being read. */
struct level {
	uv_dir_t *dir;
	char *path;  /* relative; "" is the top */
	bool *flags; /* which patterns matched it */
	char *names[NAMES_AT_ONCE];
	size_t count, next;
};

struct tar_walk {
	char *folder;
	char *skip;
	const struct ignore *ignore;
	bool is_windows;
	ARRAY(struct level *) levels;
	struct text pending; /* headers and padding that wait to be read */
	size_t pending_read;
	bool *flags;  /* of the entry that is looked at */
	uv_file file; /* that is being read, -1: none */
	char *file_path;
	uint64_t file_size, file_left;
	bool is_ended;
};

static char *full_path(const struct tar_walk *walk, const char *path)
{
	return memory_format("%s%s%s", walk->folder, *path ? "/" : "", path);
}

static int push(struct tar_walk *walk, const char *path, const bool *flags, struct error **err)
{
	CLEANUP(memory_free) char *full = full_path(walk, path);
	uv_fs_t request;
	struct level *level;
	int status;

	if (walk->levels.len >= DEPTH_MAX)
		return error_set(err, ERROR_INVALID, "%s: more than %d folders in one another",
				 full, DEPTH_MAX);
	status = uv_fs_opendir(NULL, &request, full, NULL);
	if (status < 0) {
		uv_fs_req_cleanup(&request);
		return error_uv(err, status, "the folder %s cannot be read", full);
	}
	level = memory_zero(1, sizeof(*level));
	level->dir = request.ptr;
	level->path = memory_copy(path);
	if (walk->ignore) {
		level->flags = memory_zero(ignore_size(walk->ignore) + 1, sizeof(bool));
		if (flags)
			memcpy(level->flags, flags, ignore_size(walk->ignore));
	}
	uv_fs_req_cleanup(&request);
	array_push(&walk->levels, level);
	return 0;
}

static void drop_names(struct level *level)
{
	for (size_t i = 0; i < level->count; i++)
		free(level->names[i]);
	level->count = level->next = 0;
}

static void pop(struct tar_walk *walk)
{
	struct level *level = walk->levels.items[--walk->levels.len];
	uv_fs_t request;

	uv_fs_closedir(NULL, &request, level->dir, NULL);
	uv_fs_req_cleanup(&request);
	drop_names(level);
	free(level->path);
	free(level->flags);
	free(level);
}

int tar_open(const char *folder, const struct tar_options *options, struct tar_walk **ret,
	     struct error **err)
{
	CLEANUP(tar_drop) struct tar_walk *walk = memory_zero(1, sizeof(*walk));
	int status;

	walk->folder = memory_copy(folder);
	walk->skip = memory_copy(options->skip);
	walk->ignore = options->ignore;
	walk->is_windows = options->is_windows;
	walk->file = -1;
	if (walk->ignore)
		walk->flags = memory_zero(ignore_size(walk->ignore) + 1, sizeof(bool));
	status = push(walk, "", NULL, err);
	if (status)
		return status;
	*ret = steal(&walk);
	return 0;
}

void tar_prepend(struct tar_walk *walk, const struct text *entries)
{
	text_add_n(&walk->pending, text_string(entries), entries->len);
}

static void close_file(struct tar_walk *walk)
{
	uv_fs_t request;

	if (walk->file < 0)
		return;
	uv_fs_close(NULL, &request, walk->file, NULL);
	uv_fs_req_cleanup(&request);
	walk->file = -1;
	memory_free(&walk->file_path);
}

void tar_drop(struct tar_walk **walk)
{
	if (!*walk)
		return;
	while ((*walk)->levels.len)
		pop(*walk);
	array_drop(&(*walk)->levels);
	close_file(*walk);
	text_drop(&(*walk)->pending);
	free((*walk)->folder);
	free((*walk)->skip);
	free((*walk)->flags);
	memory_free(walk);
}

static int open_file(struct tar_walk *walk, const char *full, uint64_t size, struct error **err)
{
	uv_fs_t request;
	int file = uv_fs_open(NULL, &request, full, UV_FS_O_RDONLY, 0, NULL);

	uv_fs_req_cleanup(&request);
	if (file < 0)
		return error_uv(err, file, "%s cannot be read", full);
	walk->file = file;
	walk->file_path = memory_copy(full);
	walk->file_size = walk->file_left = size;
	return 0;
}

static int add_link(struct tar_walk *walk, const char *full, struct tar_entry *entry,
		    struct error **err)
{
	uv_fs_t request;
	int status = uv_fs_readlink(NULL, &request, full, NULL);

	if (status >= 0) {
		CLEANUP(memory_free) char *target = memory_copy(request.ptr);

		for (char *p = target; walk->is_windows && *p; p++)
			if (*p == '\\')
				*p = '/';
		entry->kind = TAR_LINK;
		entry->target = target;
		tar_header(&walk->pending, entry);
	}
	uv_fs_req_cleanup(&request);
	return status < 0 ? error_uv(err, status, "the link %s cannot be read", full) : 0;
}

/* Looks at one entry and leaves its header in pending, its file open, or its folder pushed. */
static int add_entry(struct tar_walk *walk, const char *path, struct error **err)
{
	const struct level *level = walk->levels.items[walk->levels.len - 1];
	bool is_out = walk->ignore && ignore_step(walk->ignore, path, level->flags, walk->flags);
	CLEANUP(memory_free) char *full = NULL;
	struct tar_entry entry = {.path = path};
	uv_fs_t request;
	uint64_t mode;
	int status;

	if (text_same(path, walk->skip) || (is_out && !ignore_descends(walk->ignore, path)))
		return 0;
	full = full_path(walk, path);
	status = uv_fs_lstat(NULL, &request, full, NULL);
	mode = request.statbuf.st_mode;
	entry.size = request.statbuf.st_size;
	entry.modified = request.statbuf.st_mtim.tv_sec;
	uv_fs_req_cleanup(&request);
	if (status == UV_ENOENT) /* removed since its folder was read */
		return 0;
	if (status < 0)
		return error_uv(err, status, "%s cannot be read", full);
	entry.mode = walk->is_windows ? (mode & 0755) | 0111 : mode & 07777;
	if ((mode & S_IFMT) == S_IFDIR) {
		entry.kind = TAR_FOLDER;
		if (!is_out)
			tar_header(&walk->pending, &entry);
		return push(walk, path, walk->flags, err);
	}
	if (is_out)
		return 0;
	if ((mode & S_IFMT) == S_IFLNK)
		return add_link(walk, full, &entry, err);
	if ((mode & S_IFMT) != S_IFREG)
		return 0;
	status = open_file(walk, full, entry.size, err);
	if (!status)
		tar_header(&walk->pending, &entry);
	return status;
}

/* Reads further names of the folder, or leaves it at its end. */
static int read_names(struct tar_walk *walk, struct level *level, struct error **err)
{
	uv_dirent_t entries[NAMES_AT_ONCE];
	uv_fs_t request;
	int count;

	drop_names(level);
	level->dir->dirents = entries;
	level->dir->nentries = NAMES_AT_ONCE;
	count = uv_fs_readdir(NULL, &request, level->dir, NULL);
	for (int i = 0; i < count; i++)
		level->names[level->count++] = memory_copy(entries[i].name);
	uv_fs_req_cleanup(&request);
	if (count < 0) {
		CLEANUP(memory_free) char *full = full_path(walk, level->path);

		return error_uv(err, count, "the folder %s cannot be read", full);
	}
	if (!count)
		pop(walk);
	return 0;
}

/* The next step of the walk through names. */
static int step(struct tar_walk *walk, struct error **err)
{
	struct level *level = walk->levels.items[walk->levels.len - 1];
	CLEANUP(memory_free) char *path = NULL;

	if (level->next == level->count)
		return read_names(walk, level, err);
	path = memory_format("%s%s%s", level->path, *level->path ? "/" : "",
			     level->names[level->next++]);
	return add_entry(walk, path, err);
}

static int read_file(struct tar_walk *walk, char *bytes, size_t max, size_t *len,
		     struct error **err)
{
	size_t want = max < walk->file_left ? max : (size_t)walk->file_left;
	uv_buf_t buf = uv_buf_init(bytes, (unsigned)want);
	uv_fs_t request;
	int got = want ? uv_fs_read(NULL, &request, walk->file, &buf, 1, -1, NULL) : 0;

	if (want)
		uv_fs_req_cleanup(&request);
	if (got < 0)
		return error_uv(err, got, "%s cannot be read", walk->file_path);
	if (want && !got)
		return error_set(err, ERROR_CONFLICT, "%s became shorter while it was read",
				 walk->file_path);
	*len += (size_t)got;
	walk->file_left -= (uint64_t)got;
	if (!walk->file_left) {
		tar_pad(&walk->pending, walk->file_size);
		close_file(walk);
	}
	return 0;
}

static void read_pending(struct tar_walk *walk, char *bytes, size_t max, size_t *len)
{
	size_t left = walk->pending.len - walk->pending_read;
	size_t n = max < left ? max : left;

	memcpy(bytes, walk->pending.data + walk->pending_read, n);
	walk->pending_read += n;
	*len += n;
	if (walk->pending_read == walk->pending.len) {
		text_clear(&walk->pending);
		walk->pending_read = 0;
	}
}

int tar_read(struct tar_walk *walk, char *bytes, size_t max, size_t *len, struct error **err)
{
	uint64_t deadline = clock_monotonic() + SLICE;
	size_t filled = 0;
	int status = 0;

	if (max > 1 << 20)
		max = 1 << 20;
	while (!status && filled < max) {
		if (walk->pending.len) {
			read_pending(walk, bytes + filled, max - filled, &filled);
			continue;
		}
		if (walk->is_ended)
			break;
		if (clock_monotonic() >= deadline)
			break;
		if (walk->file >= 0) {
			status = read_file(walk, bytes + filled, max - filled, &filled, err);
		} else if (walk->levels.len) {
			status = step(walk, err);
		} else {
			tar_end(&walk->pending);
			walk->is_ended = true;
		}
	}
	if (status)
		return status;
	*len = filled;
	return !walk->is_ended || walk->pending.len;
}
