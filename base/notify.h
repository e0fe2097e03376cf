/* SPDX-License-Identifier: MIT */
/* notify -- what changes below a folder
 *
 * The system tells (inotify by folder on Linux, one recursive watch on Windows). Changes are gathered
 * until nothing changed for the time of quiet: then told has every path once, sorted by bytes. A path
 * says only that something happened there (made, written, removed, renamed): who is told looks. Of a
 * folder that appears, what is in it is told too. Links are told as links and not followed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

struct error;
struct notify;

struct notify_options {
	const char *path; /* absolute: a folder, or a single file, of which only itself is told */
	uint64_t quiet;   /* ns; 0: 200 ms. Told after ten times as much at the latest */
	/* Paths are relative to the folder, with slashes; of a single file "". True: it is not told,
	 * and a folder not looked into. May be NULL. */
	bool (*skip)(const char *path, bool is_folder, void *payload);
	/* From now on every change is told; called once, never from inside. */
	void (*ready)(void *payload);
	/* paths are borrowed. NULL (count 0): the system lost count, anything may have changed. */
	void (*told)(const char *const *paths, size_t count, void *payload);
	/* Part of it can not be watched any more, or never could: at most once, the rest goes on. */
	void (*failed)(const struct error *err, void *payload);
	void *payload;
};

/* ERROR_NOT_FOUND, ERROR_SYSTEM. The tree is walked in pieces of some milliseconds in later turns of
 * the loop. */
int notify_open(uv_loop_t *loop, const struct notify_options *options, struct notify **ret,
		struct error **err);
/* closed is called once, never from inside; nothing is told any more. */
void notify_close(struct notify *notify, void (*closed)(void *payload), void *payload);
