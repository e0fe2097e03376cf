/* SPDX-License-Identifier: MIT */
#include "base/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"

enum {
	QUIET_DEFAULT = 200, /* ms */
	PATIENCE = 10,       /* times quiet */
	PIECE = 4,           /* ms of walking at a time */
};

/* One handle of the system: a folder (on Windows with all below). */
struct spot {
	uv_fs_event_t handle;
	struct notify *notify;
	char *path;      /* relative, "" for the top */
	uint64_t number; /* of the folder's inode, and when that was made */
	uv_timespec_t born;
};

struct notify {
	struct notify_options options;
	char *folder;           /* what is watched: the folder, or that of the single file */
	char *file;             /* the single file's name, or NULL */
	struct map spots;       /* by path; values are struct spot */
	struct map pending;     /* paths that changed */
	ARRAY(char *) unwalked; /* folders to look into */
	uv_timer_t walker, teller;
	uint64_t since;   /* loop time in ms of the first change that is pending */
	unsigned handles; /* open */
	bool lost, is_ready, has_failed, closing;
	void (*closed)(void *payload);
	void *closed_payload;
};

static uint64_t quiet_ms(const struct notify *notify)
{
	uint64_t quiet = notify->options.quiet / CLOCK_MS;

	return quiet ? quiet : QUIET_DEFAULT;
}

static char *full_path(const struct notify *notify, const char *path)
{
	return *path ? path_join(notify->folder, path) : memory_copy(notify->folder);
}

static char *below(const char *folder, const char *name)
{
	return *folder ? memory_format("%s/%s", folder, name) : memory_copy(name);
}

static bool is_skipped(const struct notify *notify, const char *path, bool is_folder)
{
	return notify->options.skip &&
	       notify->options.skip(path, is_folder, notify->options.payload);
}

static uv_stat_t look(const char *path)
{
	uv_fs_t request;
	uv_stat_t found = {0};

	if (uv_fs_lstat(NULL, &request, path, NULL) == 0)
		found = request.statbuf;
	uv_fs_req_cleanup(&request);
	return found;
}

/* Not a link to one. */
static bool is_folder(const char *path)
{
	return (look(path).st_mode & S_IFMT) == S_IFDIR;
}

/* --- the end */

static void finish(struct notify *notify)
{
	if (--notify->handles > 0)
		return;
	void (*closed)(void *payload) = notify->closed;
	void *payload = notify->closed_payload;

	map_drop(&notify->spots);
	map_drop(&notify->pending);
	free(notify->folder);
	free(notify->file);
	free(notify);
	if (closed)
		closed(payload);
}

static void spot_closed(uv_handle_t *handle)
{
	struct spot *spot = handle->data;
	struct notify *notify = spot->notify;

	free(spot->path);
	free(spot);
	finish(notify);
}

static void timer_closed(uv_handle_t *handle)
{
	finish(handle->data);
}

void notify_close(struct notify *notify, void (*closed)(void *payload), void *payload)
{
	notify->closing = true;
	notify->closed = closed;
	notify->closed_payload = payload;
	MAP_FOR_EACH (entry, &notify->spots)
		uv_close(entry->value, spot_closed);
	uv_close((uv_handle_t *)&notify->walker, timer_closed);
	uv_close((uv_handle_t *)&notify->teller, timer_closed);
	ARRAY_FOR_EACH (char *, path, &notify->unwalked)
		free(*path);
	array_drop(&notify->unwalked);
}

/* --- changes */

static void fail(struct notify *notify, const char *path, int status)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *full = full_path(notify, path);

	if (notify->has_failed)
		return;
	notify->has_failed = true;
	error_uv(&err, status, "cannot watch %s for changes", full);
	if (status == UV_ENOSPC || status == UV_EMFILE)
		error_detail(&err,
			     "the system allows no more watches: raise fs.inotify.max_user_watches "
			     "(and max_user_instances) with sysctl, or ignore large folders");
	notify->options.failed(err, notify->options.payload);
}

static void expect_quiet(struct notify *notify);
static void forget(struct notify *notify, const char *path);

static void change(struct notify *notify, const char *path)
{
	map_set(&notify->pending, path, NULL);
	expect_quiet(notify);
}

/* The end of a folder is told under its own name, as if that were in it (inotify(7): without one).
 * Another folder may stand in its place already. */
static bool is_own_end(const struct spot *spot, const char *name)
{
	CLEANUP(memory_free) char *full = full_path(spot->notify, spot->path);

	if (path_host_is_windows() || strcmp(path_name(full), name) != 0)
		return false;
	uv_stat_t now = look(full);

	return now.st_ino != spot->number || now.st_birthtim.tv_sec != spot->born.tv_sec ||
	       now.st_birthtim.tv_nsec != spot->born.tv_nsec;
}

static void on_event(uv_fs_event_t *handle, const char *name, int events, int status)
{
	struct spot *spot = handle->data;
	struct notify *notify = spot->notify;

	(void)events;
	if (status < 0) {
		fail(notify, spot->path, status);
		return;
	}
	if (!name) {
		notify->lost = true;
		expect_quiet(notify);
		return;
	}
	if (notify->file) {
		if (strcmp(name, notify->file) == 0)
			change(notify, "");
		return;
	}
	if (is_own_end(spot, name))
		return;
	CLEANUP(memory_free) char *path = below(spot->path, name);

	for (char *c = path; path_host_is_windows() && *c; c++)
		*c = *c == '\\' ? '/' : *c;
	CLEANUP(memory_free) char *full = full_path(notify, path);

	if (!is_skipped(notify, path, is_folder(full)))
		change(notify, path);
	/* The folder that is watched there may be another one now. */
	forget(notify, path);
}

/* --- folders */

static void walk_on(uv_timer_t *timer);

static void look_into(struct notify *notify, const char *path)
{
	array_push(&notify->unwalked, memory_copy(path));
	uv_timer_start(&notify->walker, walk_on, 0, 0);
}

static int add_spot(struct notify *notify, const char *path)
{
	unsigned flags = path_host_is_windows() && !notify->file ? UV_FS_EVENT_RECURSIVE : 0;
	CLEANUP(memory_free) char *full = full_path(notify, path);
	uv_stat_t found = look(full);
	struct spot *spot = memory_zero(1, sizeof(*spot));

	uv_fs_event_init(notify->walker.loop, &spot->handle);
	spot->handle.data = spot;
	spot->notify = notify;
	spot->path = memory_copy(path);
	spot->number = found.st_ino;
	spot->born = found.st_birthtim;
	notify->handles++;
	int status = uv_fs_event_start(&spot->handle, on_event, full, flags);

	if (status < 0) {
		uv_close((uv_handle_t *)&spot->handle, spot_closed);
		return status;
	}
	map_set(&notify->spots, path, spot);
	return 0;
}

struct walk {
	struct notify *notify;
	const char *folder;
};

static void meet(const char *name, void *payload)
{
	struct walk *walk = payload;
	struct notify *notify = walk->notify;
	CLEANUP(memory_free) char *path = below(walk->folder, name);
	CLEANUP(memory_free) char *full = full_path(notify, path);
	bool folder = is_folder(full);

	if (is_skipped(notify, path, folder))
		return;
	/* What is there at the beginning is no change. */
	if (notify->is_ready)
		change(notify, path);
	if (folder && !map_has(&notify->spots, path))
		look_into(notify, path);
}

/* Watched before it is read: what comes between is told twice rather than never. */
static void walk(struct notify *notify, const char *path)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *full = full_path(notify, path);
	struct walk walk = {.notify = notify, .folder = path};

	if (!path_host_is_windows() && !map_has(&notify->spots, path)) {
		int status = add_spot(notify, path);

		if (status == UV_ENOENT || status == UV_ENOTDIR)
			return; /* gone again */
		if (status < 0)
			fail(notify, path, status);
	}
	file_list(full, meet, &walk, &err);
}

static void walk_on(uv_timer_t *timer)
{
	struct notify *notify = timer->data;
	uint64_t began = clock_monotonic();

	while (notify->unwalked.len > 0 && clock_monotonic() - began < PIECE * CLOCK_MS) {
		CLEANUP(memory_free)
		char *path = notify->unwalked.items[--notify->unwalked.len];

		walk(notify, path);
	}
	if (notify->unwalked.len > 0) {
		uv_timer_start(timer, walk_on, 0, 0);
	} else if (!notify->is_ready) {
		notify->is_ready = true;
		if (notify->options.ready)
			notify->options.ready(notify->options.payload);
	}
}

/* A folder that is gone is not watched any more, nor what was below it. */
static void forget(struct notify *notify, const char *path)
{
	size_t len = strlen(path);

	for (size_t i = notify->spots.len; i > 0; i--) {
		struct map_entry *entry = &notify->spots.entries[i - 1];

		if (strncmp(entry->key, path, len) == 0 &&
		    (!entry->key[len] || entry->key[len] == '/')) {
			uv_close(entry->value, spot_closed);
			map_remove(&notify->spots, entry->key);
		}
	}
}

/* --- telling */

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* New folders are looked into, which may find more changes: then those are waited for. */
static bool settle(struct notify *notify)
{
	if (path_host_is_windows() || notify->file)
		return true;
	MAP_FOR_EACH (entry, &notify->pending) {
		CLEANUP(memory_free) char *full = full_path(notify, entry->key);

		if (!is_folder(full))
			forget(notify, entry->key);
		else if (!map_has(&notify->spots, entry->key))
			look_into(notify, entry->key);
	}
	return notify->unwalked.len == 0;
}

static void on_quiet(uv_timer_t *timer)
{
	struct notify *notify = timer->data;

	if (!settle(notify)) {
		uv_timer_start(timer, on_quiet, quiet_ms(notify), 0);
		return;
	}
	struct map pending = notify->pending;
	bool lost = notify->lost;

	notify->pending = (struct map){0};
	notify->since = 0;
	notify->lost = false;
	if (lost) {
		notify->options.told(NULL, 0, notify->options.payload);
	} else {
		const char **paths = memory_zero(pending.len + 1, sizeof(*paths));

		for (size_t i = 0; i < pending.len; i++)
			paths[i] = pending.entries[i].key;
		qsort(paths, pending.len, sizeof(*paths), by_bytes);
		notify->options.told(paths, pending.len, notify->options.payload);
		free(paths);
	}
	map_drop(&pending);
}

static void expect_quiet(struct notify *notify)
{
	uint64_t now = uv_now(notify->teller.loop), quiet = quiet_ms(notify);

	if (!notify->since)
		notify->since = now;
	uint64_t latest = notify->since + quiet * PATIENCE;

	uv_timer_start(&notify->teller, on_quiet,
		       now + quiet < latest ? quiet
		       : latest > now       ? latest - now
					    : 0,
		       0);
}

/* --- the beginning */

static struct notify *notify_new(uv_loop_t *loop, const struct notify_options *options)
{
	struct notify *notify = memory_zero(1, sizeof(*notify));

	notify->options = *options;
	notify->options.path = NULL;
	uv_timer_init(loop, &notify->walker);
	uv_timer_init(loop, &notify->teller);
	notify->walker.data = notify;
	notify->teller.data = notify;
	notify->handles = 2;
	return notify;
}

int notify_open(uv_loop_t *loop, const struct notify_options *options, struct notify **ret,
		struct error **err)
{
	enum file_kind kind = file_kind(options->path);

	if (kind == FILE_ABSENT)
		return error_set(err, ERROR_NOT_FOUND, "there is no %s to be watched",
				 options->path);
	struct notify *notify = notify_new(loop, options);

	if (kind == FILE_FOLDER) {
		notify->folder = memory_copy(options->path);
		look_into(notify, "");
	} else {
		notify->folder = path_folder(options->path);
		notify->file = memory_copy(path_name(options->path));
		uv_timer_start(&notify->walker, walk_on, 0, 0);
	}
	int status = add_spot(notify, "");

	if (status < 0) {
		notify_close(notify, NULL, NULL);
		return error_uv(err, status, "cannot watch %s for changes", options->path);
	}
	*ret = notify;
	return 0;
}
