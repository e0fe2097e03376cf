/* SPDX-License-Identifier: MIT */
#include "engine/image/ingest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/image/manifest.h"

#define NOW(call, ...)                                                                             \
	({                                                                                         \
		uv_fs_t request_;                                                                  \
		int result_ = uv_fs_##call(NULL, &request_, __VA_ARGS__, NULL);                    \
		uv_fs_req_cleanup(&request_);                                                      \
		result_;                                                                           \
	})

#define PREFIX "sha256:"

struct ingest {
	struct store *store;
	char *folder;
	struct file_lock *lock;
	unsigned blobs; /* that are open */
	unsigned count; /* of all, for their names */
};

struct ingest_blob {
	struct ingest *ingest;
	char *path;
	char *digest; /* or NULL */
	int64_t size; /* or -1 */
	int64_t offset;
	uv_file file;
	struct digest *running;
};

/* --- removing */

struct removal {
	const char *folder;
	uint64_t bytes;
};

static void remove_entry(const char *name, void *payload)
{
	struct removal *removal = payload;
	CLEANUP(memory_free) char *path = path_join(removal->folder, name);

	removal->bytes += ingest_remove(path);
}

uint64_t ingest_remove(const char *path)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct removal removal = {.folder = path};
	uv_fs_t request;

	if (uv_fs_lstat(NULL, &request, path, NULL) < 0) {
		uv_fs_req_cleanup(&request);
		return 0;
	}
	uint64_t mode = request.statbuf.st_mode & S_IFMT, size = request.statbuf.st_size;

	uv_fs_req_cleanup(&request);
	if (mode != S_IFDIR) {
		int status = NOW(unlink, path);

		return status == 0 && mode == S_IFREG ? size : 0;
	}
	NOW(chmod, path, 0700);
	file_list(path, remove_entry, &removal, &err);
	NOW(rmdir, path);
	return removal.bytes;
}

/* --- who lives */

static char *lock_path(const char *folder)
{
	return path_join(folder, "lock");
}

/* Its lock can be taken by nobody else while it lives. */
static bool is_alive(const char *folder)
{
	CLEANUP(memory_free) char *path = lock_path(folder);
	CLEANUP(file_lock_drop) struct file_lock *lock = NULL;
	CLEANUP(error_drop) struct error *err = NULL;

	if (file_kind(folder) != FILE_FOLDER)
		return false;
	return file_lock_take(path, &lock, &err) == ERROR_CONFLICT;
}

struct sweep {
	const char *folder;
	bool temporaries; /* only what file_write leaves when it is killed */
};

static void sweep_entry(const char *name, void *payload)
{
	const struct sweep *sweep = payload;
	CLEANUP(memory_free) char *path = path_join(sweep->folder, name);

	if (sweep->temporaries
		    ? text_starts(name, ".index.json.") || text_starts(name, ".oci-layout.")
		    : !is_alive(path))
		ingest_remove(path);
}

int ingest_sweep(struct store *store, struct error **err)
{
	CLEANUP(memory_free) char *ingests = path_join(store_folder(store), "ingest");
	struct sweep sweep = {.folder = ingests};
	struct sweep around = {.folder = store_folder(store), .temporaries = true};

	if (file_list(ingests, sweep_entry, &sweep, err) < 0)
		return (*err)->code;
	return file_list(around.folder, sweep_entry, &around, err);
}

/* --- a writer */

/* Under the store's lock, so that no sweep sees a folder before its lock is held. */
static int make_folder(struct ingest *ingest, struct error **err)
{
	CLEANUP(memory_free) char *path = NULL;
	uint64_t random;

	digest_random(&random, sizeof(random));
	ingest->folder = memory_format("%s/ingest/%016llx", store_folder(ingest->store),
				       (unsigned long long)random);
	if (file_make_folder(ingest->folder, err) < 0)
		return (*err)->code;
	path = lock_path(ingest->folder);
	return file_lock_take(path, &ingest->lock, err);
}

int ingest_begin(struct store *store, struct ingest **ret, struct error **err)
{
	CLEANUP(ingest_end) struct ingest *ingest = memory_zero(1, sizeof(*ingest));
	CLEANUP(file_lock_drop) struct file_lock *lock = NULL;

	ingest->store = store;
	if (store_lock(store, &lock, err) < 0 || ingest_sweep(store, err) < 0 ||
	    make_folder(ingest, err) < 0)
		return (*err)->code;
	*ret = steal(&ingest);
	return 0;
}

void ingest_end(struct ingest **ingest)
{
	struct ingest *ended = steal(ingest);

	if (!ended)
		return;
	assert(ended->blobs == 0);
	/* An open file cannot be removed on Windows. Whoever takes the lock between the two lines
	 * removes the same. */
	file_lock_drop(&ended->lock);
	if (ended->folder)
		ingest_remove(ended->folder);
	free(ended->folder);
	free(ended);
}

const char *ingest_folder(const struct ingest *ingest)
{
	return ingest->folder;
}

static int keep(struct ingest *ingest, const char *digest, struct error **err)
{
	CLEANUP(memory_free) char *path = path_join(ingest->folder, digest + strlen(PREFIX));
	int file = NOW(open, path, UV_FS_O_WRONLY | UV_FS_O_CREAT, 0600);

	if (file < 0)
		return error_uv(err, file, "cannot write %s", path);
	NOW(close, file);
	return 0;
}

int ingest_want(struct ingest *ingest, const char *digest, int64_t size, bool *there,
		struct error **err)
{
	CLEANUP(memory_free) char *path = store_blob(ingest->store, digest);
	CLEANUP(file_lock_drop) struct file_lock *lock = NULL;
	uv_fs_t request;

	if (store_lock(ingest->store, &lock, err) < 0 || keep(ingest, digest, err) < 0)
		return (*err)->code;
	*there = uv_fs_stat(NULL, &request, path, NULL) == 0;
	if (*there && size >= 0 && request.statbuf.st_size != (uint64_t)size) {
		ingest_remove(path);
		*there = false;
	}
	uv_fs_req_cleanup(&request);
	return 0;
}

static void wanted_file(const char *name, void *payload)
{
	struct text *list = payload;

	if (strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64)
		text_printf(list, "%s%s\n", PREFIX, name);
}

struct wanted {
	const char *folder;
	struct text list;
	struct error *err;
};

static void wanted_folder(const char *name, void *payload)
{
	struct wanted *wanted = payload;
	CLEANUP(memory_free) char *path = path_join(wanted->folder, name);

	/* One that ends between the two has named what it wanted kept: it goes without the store's lock. */
	if (!wanted->err && is_alive(path) &&
	    file_list(path, wanted_file, &wanted->list, &wanted->err) == ERROR_NOT_FOUND)
		error_drop(&wanted->err);
}

int ingest_wanted(const struct store *store, void (*each)(const char *digest, void *payload),
		  void *payload, struct error **err)
{
	CLEANUP(memory_free) char *ingests = path_join(store_folder(store), "ingest");
	struct wanted wanted = {.folder = ingests};
	int status = file_list(ingests, wanted_folder, &wanted, err);

	if (status == 0 && wanted.err)
		status = error_move(err, &wanted.err);
	for (char *line = wanted.list.data; status == 0 && line && *line;) {
		char *end = strchr(line, '\n');

		*end = '\0';
		each(line, payload);
		line = end + 1;
	}
	text_drop(&wanted.list);
	error_drop(&wanted.err);
	return status;
}

/* --- blobs */

static void reset(struct ingest_blob *blob)
{
	digest_drop(&blob->running);
	blob->running = digest_new();
	blob->offset = 0;
}

int ingest_blob_open(struct ingest *ingest, const char *digest, int64_t size,
		     struct ingest_blob **ret, struct error **err)
{
	CLEANUP(memory_free)
	char *path = memory_format("%s/%u.part", ingest->folder, ingest->count++);
	int file = NOW(open, path, UV_FS_O_RDWR | UV_FS_O_CREAT | UV_FS_O_EXCL, 0644);

	if (file < 0)
		return error_uv(err, file, "cannot write %s", path);
	struct ingest_blob *blob = memory_zero(1, sizeof(*blob));

	blob->ingest = ingest;
	blob->path = steal(&path);
	blob->digest = memory_copy(digest);
	blob->size = size;
	blob->file = file;
	reset(blob);
	ingest->blobs++;
	*ret = blob;
	return 0;
}

int64_t ingest_blob_offset(const struct ingest_blob *blob)
{
	return blob->offset;
}

int ingest_blob_write(struct ingest_blob *blob, const char *bytes, size_t len, struct error **err)
{
	if (blob->size >= 0 && (int64_t)len > blob->size - blob->offset)
		return error_set(err, ERROR_INVALID, "%s: there are more bytes than the %lld said",
				 blob->digest ? blob->digest : "a blob", (long long)blob->size);
	if (len)
		digest_add(blob->running, bytes, len);
	while (len) {
		uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)len);
		int count = NOW(write, blob->file, &buffer, 1, blob->offset);

		if (count < 0)
			return error_uv(err, count, "cannot write %s", blob->path);
		blob->offset += count;
		bytes += count;
		len -= (size_t)count;
	}
	return 0;
}

int ingest_blob_restart(struct ingest_blob *blob, struct error **err)
{
	int status = NOW(ftruncate, blob->file, 0);

	if (status < 0)
		return error_uv(err, status, "cannot write %s", blob->path);
	reset(blob);
	return 0;
}

void ingest_blob_drop(struct ingest_blob **blob)
{
	struct ingest_blob *dropped = steal(blob);

	if (!dropped)
		return;
	if (dropped->file >= 0)
		NOW(close, dropped->file);
	NOW(unlink, dropped->path);
	digest_drop(&dropped->running);
	dropped->ingest->blobs--;
	free(dropped->path);
	free(dropped->digest);
	free(dropped);
}

/* Whether what came is what was said. *ret: its digest. */
static int judge(struct ingest_blob *blob, char **ret, struct error **err)
{
	char hex[DIGEST_HEX];
	CLEANUP(memory_free) char *is = NULL;

	digest_end(&blob->running, hex);
	is = memory_format(PREFIX "%s", hex);
	if (blob->size >= 0 && blob->offset != blob->size)
		return error_set(err, ERROR_INVALID, "%s: there are %lld bytes, not the %lld said",
				 blob->digest ? blob->digest : is, (long long)blob->offset,
				 (long long)blob->size);
	if (blob->digest && !text_same(blob->digest, is))
		return error_set(err, ERROR_INVALID, "%s: what came has another digest, %s",
				 blob->digest, is);
	*ret = steal(&is);
	return 0;
}

static int settle(struct ingest_blob *blob, const char *digest, struct error **err)
{
	CLEANUP(memory_free) char *target = store_blob(blob->ingest->store, digest);
	CLEANUP(memory_free) char *folder = path_folder(target);
	int status = NOW(fsync, blob->file);

	if (status >= 0)
		status = NOW(close, blob->file);
	blob->file = -1;
	if (status >= 0)
		status = NOW(rename, blob->path, target);
	if (status < 0)
		return error_uv(err, status, "cannot write %s", target);
	file_sync_folder_(folder);
	return 0;
}

int ingest_blob_commit(struct ingest_blob **blob, char **digest, struct error **err)
{
	CLEANUP(ingest_blob_drop) struct ingest_blob *ours = steal(blob);
	CLEANUP(memory_free) char *is = NULL;
	bool there = false;

	if (judge(ours, &is, err) < 0 ||
	    ingest_want(ours->ingest, is, ours->offset, &there, err) < 0 ||
	    (!there && settle(ours, is, err) < 0))
		return (*err)->code;
	if (digest)
		*digest = steal(&is);
	return 0;
}

int ingest_put(struct ingest *ingest, const char *bytes, size_t len, char **digest,
	       struct error **err)
{
	CLEANUP(ingest_blob_drop) struct ingest_blob *blob = NULL;

	if (ingest_blob_open(ingest, NULL, -1, &blob, err) < 0 ||
	    ingest_blob_write(blob, bytes, len, err) < 0)
		return (*err)->code;
	return ingest_blob_commit(&blob, digest, err);
}
