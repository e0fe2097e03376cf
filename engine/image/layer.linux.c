/* SPDX-License-Identifier: MIT */
#include "engine/image/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/image/inflow.h"
#include "engine/image/ingest.h"
#include "engine/image/untar.h"

#define WHITEOUT ".wh."
#define AUFS     ".wh..wh."
#define OPAQUE   ".wh..wh..opq"

/* A folder gets its mode and its time when all is in it. */
struct finish {
	char *path;
	mode_t mode;
	struct timespec modified;
};

struct layer {
	const struct layer_order *order;
	struct layer_result result;
	uint64_t bytes_max, entries_max;
	bool is_root;
	int root;
	struct inflow *inflow;
	struct digest *digest;
	char *parent_path; /* the folder that was opened last */
	int parent;
	ARRAY(struct finish) finishes;
};

static void close_at_end(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
}

static void layer_drop(struct layer *layer)
{
	close_at_end(&layer->root);
	close_at_end(&layer->parent);
	free(layer->parent_path);
	inflow_close(&layer->inflow);
	digest_drop(&layer->digest);
	ARRAY_FOR_EACH (struct finish, finish, &layer->finishes)
		free(finish->path);
	array_drop(&layer->finishes);
}

/* --- what comes: hashed, and counted against its bound */

static int flow(void *payload, char *bytes, size_t max, size_t *len, struct error **err)
{
	struct layer *layer = payload;

	if (inflow_read(layer->inflow, bytes, max, len, err) < 0)
		return (*err)->code;
	layer->result.bytes += *len;
	if (layer->result.bytes > layer->bytes_max)
		return error_set(err, ERROR_INVALID,
				 "it unpacks to more than the %llu bytes that it may have",
				 (unsigned long long)layer->bytes_max);
	if (*len)
		digest_add(layer->digest, bytes, *len);
	return 0;
}

/* --- folders */

/* One part of a path. A link is ELOOP, also where it leads to a folder. */
static int step(int folder, const char *part)
{
	int next = openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat there;

	if (next >= 0 || errno != ENOTDIR)
		return next;
	bool link =
		fstatat(folder, part, &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(there.st_mode);

	errno = link ? ELOOP : ENOTDIR;
	return -1;
}

/* Opens a folder part by part, through no link. path is clean: untar_path has left no "..". */
static int below(int root, const char *path)
{
	CLEANUP(memory_free) char *copy = memory_copy(path);
	int folder = step(root, ".");

	for (char *part = copy; folder >= 0 && *part;) {
		size_t len = strcspn(part, "/");
		bool last = !part[len];

		part[len] = '\0';
		int next = step(folder, part), number = errno;

		close(folder);
		errno = number;
		folder = next;
		part += len + !last;
	}
	return folder;
}

/* The name in path, borrowed; the folder before it, yours. */
static const char *split(const char *path, char **folder)
{
	const char *slash = strrchr(path, '/');

	*folder = memory_copy_n(path, slash ? (size_t)(slash - path) : 0);
	return slash ? slash + 1 : path;
}

static int folder_failed(const char *path, int number, struct error **err)
{
	if (number == ELOOP)
		return error_set(err, ERROR_INVALID, "%.200s is, or lies below, a link", path);
	if (number == ENOTDIR)
		return error_set(err, ERROR_INVALID, "%.200s is, or lies below, no folder", path);
	return error_errno(err, number, "cannot open the folder %.200s", path);
}

/* Opens a folder of the layer, made with its parents where it is not there. */
static int open_made(const struct layer *layer, const char *path, struct error **err)
{
	CLEANUP(close_at_end) int parent = -1;
	CLEANUP(memory_free) char *above = NULL;
	int folder = below(layer->root, path);

	if (folder >= 0)
		return folder;
	if (errno != ENOENT || !*path)
		return folder_failed(path, errno, err);
	const char *name = split(path, &above);

	parent = open_made(layer, above, err);
	if (parent < 0)
		return parent;
	/* Whatever the umask is. */
	if (mkdirat(parent, name, 0755) < 0 || (folder = below(layer->root, path)) < 0)
		return folder_failed(path, errno, err);
	fchmod(folder, 0755);
	return folder;
}

/* Makes it the layer's parent. Entries come folder by folder, so that the last one is kept. */
static int enter(struct layer *layer, const char *path, struct error **err)
{
	int folder;

	if (layer->parent_path && text_same(layer->parent_path, path))
		return 0;
	folder = open_made(layer, path, err);
	if (folder < 0)
		return folder;
	close_at_end(&layer->parent);
	layer->parent = folder;
	free(layer->parent_path);
	layer->parent_path = memory_copy(path);
	return 0;
}

/* What was kept may be gone. */
static void leave(struct layer *layer)
{
	memory_free(&layer->parent_path);
}

/* Makes room for an entry. *kept: a folder is there and stays. */
static int clear(struct layer *layer, const char *path, const char *name, bool is_folder,
		 bool *kept, struct error **err)
{
	struct stat there;

	*kept = false;
	if (fstatat(layer->parent, name, &there, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_errno(err, errno, "cannot write %.200s", path);
	if (!S_ISDIR(there.st_mode)) {
		if (unlinkat(layer->parent, name, 0) < 0)
			return error_errno(err, errno, "cannot replace %.200s", path);
		return 0;
	}
	*kept = is_folder;
	if (is_folder)
		return 0;
	CLEANUP(memory_free) char *whole = path_join(layer->order->folder, path);

	ingest_remove(whole);
	leave(layer);
	CLEANUP(memory_free) char *above = NULL;

	split(path, &above);
	return enter(layer, above, err);
}

/* --- what an entry says of itself */

static struct timespec time_of(const struct untar_entry *entry)
{
	return (struct timespec){.tv_sec = entry->modified, .tv_nsec = entry->modified_ns};
}

/* Only what a container could have set itself, and capabilities of files. */
static int check_xattr(const char *name, bool *wanted, struct error **err)
{
	if (text_starts(name, "trusted.overlay.") || text_starts(name, "user.overlay."))
		return error_set(err, ERROR_INVALID, "it sets %.100s, which is for the host alone",
				 name);
	*wanted = text_starts(name, "user.") || text_same(name, "security.capability");
	return 0;
}

static int set_xattrs(const struct layer *layer, int file, const struct untar_entry *entry,
		      struct error **err)
{
	for (size_t i = 0; i < entry->xattrs.len; i++) {
		const struct untar_xattr *xattr = &entry->xattrs.items[i];
		bool wanted = false;

		if (check_xattr(xattr->name, &wanted, err) < 0)
			return (*err)->code;
		if (!wanted || fsetxattr(file, xattr->name, xattr->value, xattr->len, 0) == 0)
			continue;
		/* Not every file system has them, and not everybody may. */
		if (errno != EOPNOTSUPP && (errno != EPERM || layer->is_root))
			return error_errno(err, errno, "cannot set %.100s", xattr->name);
	}
	return 0;
}

/* Owner before mode: a change of owner takes the set-id bits away. */
static int set_owner(const struct layer *layer, int file, const struct untar_entry *entry,
		     struct error **err)
{
	if (layer->is_root && fchown(file, (uid_t)entry->uid, (gid_t)entry->gid) < 0)
		return error_errno(err, errno, "cannot change an owner");
	return set_xattrs(layer, file, entry, err);
}

/* Of what is not opened. */
static int set_node(const struct layer *layer, const char *name, const struct untar_entry *entry,
		    struct error **err)
{
	const struct timespec times[2] = {time_of(entry), time_of(entry)};

	if (layer->is_root && fchownat(layer->parent, name, (uid_t)entry->uid, (gid_t)entry->gid,
				       AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, errno, "cannot change an owner");
	if (entry->kind != UNTAR_SYMLINK && fchmodat(layer->parent, name, entry->mode, 0) < 0)
		return error_errno(err, errno, "cannot change a mode");
	utimensat(layer->parent, name, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

/* --- entries by kind. Their parent is entered, their name is free. */

static int write_all(int file, const char *bytes, size_t len, struct error **err)
{
	while (len) {
		ssize_t count = write(file, bytes, len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return error_errno(err, errno, "cannot write");
		bytes += count;
		len -= (size_t)count;
	}
	return 0;
}

static int put_file(struct layer *layer, struct untar *untar, const char *name,
		    const struct untar_entry *entry, struct error **err)
{
	CLEANUP(close_at_end)
	int file = openat(layer->parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			  0600);
	const struct timespec times[2] = {time_of(entry), time_of(entry)};
	const char *bytes;
	size_t len;

	if (file < 0)
		return error_errno(err, errno, "cannot make it");
	do {
		if (untar_data(untar, &bytes, &len, err) < 0 ||
		    write_all(file, bytes, len, err) < 0)
			return (*err)->code;
	} while (len);
	if (set_owner(layer, file, entry, err) < 0)
		return (*err)->code;
	if (fchmod(file, entry->mode) < 0)
		return error_errno(err, errno, "cannot change its mode");
	futimens(file, times);
	return 0;
}

static int put_folder(struct layer *layer, const char *path, const char *name, bool kept,
		      const struct untar_entry *entry, struct error **err)
{
	CLEANUP(close_at_end) int folder = -1;

	if (!kept && mkdirat(layer->parent, name, 0700) < 0)
		return error_errno(err, errno, "cannot make it");
	folder = openat(layer->parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return error_errno(err, errno, "cannot open it");
	*array_add(&layer->finishes) = (struct finish){
		.path = memory_copy(path), .mode = entry->mode, .modified = time_of(entry)};
	return set_owner(layer, folder, entry, err);
}

static int put_hardlink(struct layer *layer, const char *path, const char *name,
			const struct untar_entry *entry, struct error **err)
{
	CLEANUP(memory_free) char *target = NULL, *above = NULL;
	CLEANUP(close_at_end) int folder = -1;
	bool kept;

	if (untar_path(entry->target, &target, err) < 0)
		return error_wrap(err, "it is a hard link");
	const char *other = split(target, &above);

	if (text_same(target, path) || !*other)
		return error_set(err, ERROR_INVALID, "it is a hard link to itself or to nothing");
	folder = below(layer->root, above);
	if (folder < 0 && errno != ENOENT)
		return folder_failed(target, errno, err);
	if (folder < 0 || faccessat(folder, other, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(err, ERROR_INVALID,
				 "it is a hard link to %.200s, which the layer does not have",
				 target);
	if (clear(layer, path, name, false, &kept, err) < 0)
		return (*err)->code;
	if (linkat(folder, other, layer->parent, name, 0) < 0)
		return errno == EPERM || errno == ENOENT
			       ? error_set(err, ERROR_INVALID,
					   "it is a hard link to a folder, or to what it replaces")
			       : error_errno(err, errno, "cannot link it");
	return 0;
}

/* 1: it was one. */
static int put_whiteout(struct layer *layer, const char *path, const char *name, struct error **err)
{
	const char *opaque = layer->is_root ? "trusted.overlay.opaque" : "user.overlay.opaque";
	const char *hidden = name + strlen(WHITEOUT);
	bool kept;

	if (!text_starts(name, WHITEOUT))
		return 0;
	if (text_same(name, OPAQUE))
		return fsetxattr(layer->parent, opaque, "y", 1, 0) == 0
			       ? 1
			       : error_errno(err, errno, "cannot make a folder opaque");
	if (text_starts(name, AUFS)) {
		layer->result.left_out++;
		return 1;
	}
	if (!*hidden || text_same(hidden, ".") || text_same(hidden, ".."))
		return error_set(err, ERROR_INVALID, "it hides what is no name");
	CLEANUP(memory_free) char *above = NULL;

	split(path, &above);
	CLEANUP(memory_free)
	char *whole = memory_format("%s%s%s", above, *above ? "/" : "", hidden);

	if (clear(layer, whole, hidden, false, &kept, err) < 0)
		return (*err)->code;
	if (mknodat(layer->parent, hidden, S_IFCHR, 0) < 0)
		return error_errno(err, errno, "cannot make a whiteout");
	return 1;
}

static int put(struct layer *layer, struct untar *untar, const char *path, const char *name,
	       const struct untar_entry *entry, struct error **err)
{
	bool kept = false;
	int status = put_whiteout(layer, path, name, err);

	if (status)
		return status < 0 ? status : 0;
	if (entry->kind == UNTAR_HARDLINK)
		return put_hardlink(layer, path, name, entry, err);
	if (entry->kind == UNTAR_CHARACTER || entry->kind == UNTAR_BLOCK) {
		layer->result.left_out++;
		return 0;
	}
	if (clear(layer, path, name, entry->kind == UNTAR_FOLDER, &kept, err) < 0)
		return (*err)->code;
	if (entry->kind == UNTAR_FOLDER)
		return put_folder(layer, path, name, kept, entry, err);
	if (entry->kind == UNTAR_FILE)
		return put_file(layer, untar, name, entry, err);
	status = entry->kind == UNTAR_SYMLINK ? symlinkat(entry->target, layer->parent, name)
					      : mkfifoat(layer->parent, name, 0600);
	if (status < 0)
		return error_errno(err, errno, "cannot make it");
	return set_node(layer, name, entry, err);
}

static int put_entry(struct layer *layer, struct untar *untar, const struct untar_entry *entry,
		     struct error **err)
{
	CLEANUP(memory_free) char *path = NULL, *above = NULL;
	const char *name;

	if (++layer->result.entries > layer->entries_max)
		return error_set(err, ERROR_INVALID,
				 "it has more than the %llu entries that it may",
				 (unsigned long long)layer->entries_max);
	if (untar_path(entry->path, &path, err) < 0)
		return (*err)->code;
	if (entry->uid >= UINT32_MAX || entry->gid >= UINT32_MAX)
		return error_set(err, ERROR_INVALID, "%.200s: its owner is nobody's number", path);
	if (!*path) {
		if (entry->kind != UNTAR_FOLDER)
			return error_set(err, ERROR_INVALID, "it replaces its own root");
		*array_add(&layer->finishes) = (struct finish){
			.path = memory_copy(""), .mode = entry->mode, .modified = time_of(entry)};
		return set_owner(layer, layer->root, entry, err);
	}
	name = split(path, &above);
	if (enter(layer, above, err) < 0 || put(layer, untar, path, name, entry, err) < 0)
		return error_wrap(err, "%.200s", path);
	return 0;
}

/* --- the whole */

/* Deepest last made, first done; what was replaced meanwhile is no folder any more. */
static void finish_folders(const struct layer *layer)
{
	for (size_t i = layer->finishes.len; i-- > 0;) {
		const struct finish *finish = &layer->finishes.items[i];
		const struct timespec times[2] = {finish->modified, finish->modified};
		CLEANUP(close_at_end) int folder = below(layer->root, finish->path);

		if (folder < 0)
			continue;
		if (fchmod(folder, finish->mode) == 0)
			futimens(folder, times);
	}
}

/* What follows the archive's end is of its digest, too. */
static int check_digest(struct layer *layer, struct error **err)
{
	const char *diff_id = layer->order->diff_id;
	char hex[DIGEST_HEX], rest[4096];
	size_t len;

	do {
		if (flow(layer, rest, sizeof(rest), &len, err) < 0)
			return (*err)->code;
	} while (len);
	digest_end(&layer->digest, hex);
	if (diff_id && !text_same(hex, diff_id + strlen("sha256:")))
		return error_set(err, ERROR_INVALID,
				 "unpacked it has another digest, sha256:%s, than its image says",
				 hex);
	return 0;
}

static int unpack(struct layer *layer, struct error **err)
{
	CLEANUP(untar_drop) struct untar *untar = untar_new(flow, layer);
	const struct untar_entry *entry;
	int status;

	while ((status = untar_next(untar, &entry, err)) > 0)
		if (put_entry(layer, untar, entry, err) < 0)
			return (*err)->code;
	if (status < 0 || check_digest(layer, err) < 0)
		return (*err)->code;
	finish_folders(layer);
	return 0;
}

static int open_layer(struct layer *layer, struct error **err)
{
	const struct layer_order *order = layer->order;
	struct stat packed;

	if (stat(order->blob, &packed) < 0)
		return error_errno(err, errno, "cannot read %s", order->blob);
	layer->bytes_max = order->bytes_max
				   ? order->bytes_max
				   : LAYER_BYTES_FREE + LAYER_RATIO_MAX * (uint64_t)packed.st_size;
	layer->entries_max = order->entries_max ? order->entries_max : LAYER_ENTRIES_MAX;
	layer->is_root = geteuid() == 0;
	layer->digest = digest_new();
	if (inflow_open(order->blob, &layer->inflow, err) < 0)
		return (*err)->code;
	if (mkdir(order->folder, 0755) < 0)
		return errno == EEXIST ? error_set(err, ERROR_CONFLICT, "%s is there already",
						   order->folder)
				       : error_errno(err, errno, "cannot make %s", order->folder);
	layer->root = open(order->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (layer->root < 0)
		return error_errno(err, errno, "cannot open %s", order->folder);
	fchmod(layer->root, 0755);
	return 0;
}

int layer_unpack(const struct layer_order *order, struct layer_result *ret, struct error **err)
{
	CLEANUP(layer_drop) struct layer layer = {.order = order, .root = -1, .parent = -1};

	if (open_layer(&layer, err) < 0)
		return error_wrap(err, "the layer");
	if (unpack(&layer, err) < 0) {
		ingest_remove(order->folder);
		return error_wrap(err, "the layer");
	}
	*ret = layer.result;
	return 0;
}
