/* SPDX-License-Identifier: MIT */
#include "compose/cli/batch.h"

#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/file.h"
#include "base/own.h"
#include "base/text.h"
#include "engine/tar.h"

enum { FILE_LIMIT = 256 << 20 };

enum { SYNCS = 1, RESTARTS = 2, EXECUTES = 4, BUILDS = 8 };

/* What each action does. */
static const unsigned does[] = {
	[WATCH_REBUILD] = BUILDS,
	[WATCH_SYNC] = SYNCS,
	[WATCH_RESTART] = RESTARTS,
	[WATCH_SYNC_RESTART] = SYNCS | RESTARTS,
	[WATCH_SYNC_EXEC] = SYNCS | EXECUTES,
};

static uv_stat_t look(const char *path)
{
	uv_fs_t request;
	uv_stat_t found = {0};

	if (uv_fs_lstat(NULL, &request, path, NULL) == 0)
		found = request.statbuf;
	uv_fs_req_cleanup(&request);
	return found;
}

/* The later rule decides what a target is made of. */
static void put(struct batch *batch, const char *source, const char *target)
{
	ARRAY_FOR_EACH (struct batch_file, file, &batch->put) {
		if (strcmp(file->target, target) == 0) {
			file->source = source;
			return;
		}
	}
	array_push(&batch->put, ((struct batch_file){.source = source, .target = target}));
}

static void mirror(struct batch *batch, const struct watch_rule *rule, const char *path)
{
	const char *end = text_ends(rule->target, "/") || !*path ? "" : "/";
	const char *target = arena_format(&batch->arena, "%s%s%s", rule->target, end, path);
	const char *source =
		*path ? arena_format(&batch->arena, "%s/%s", rule->path, path) : rule->path;
	uv_stat_t found = look(source);
	unsigned kind = found.st_mode & S_IFMT;

	if (!kind)
		array_push(&batch->removed, target);
	else if (kind != S_IFDIR)
		put(batch, source, target);
}

static void execute(struct batch *batch, const struct hook *hook)
{
	ARRAY_FOR_EACH (const struct hook *, known, &batch->commands)
		if (*known == hook)
			return;
	array_push(&batch->commands, hook);
}

void batch_add(struct batch *batch, const struct watch_rule *rule, const char *const *paths,
	       size_t count)
{
	unsigned what = does[rule->action];

	for (size_t i = 0; i < count; i++) {
		if (what & SYNCS)
			mirror(batch, rule, paths[i]);
		if (!batch->first)
			batch->first = *paths[i] ? arena_copy(&batch->arena, paths[i])
						 : path_name(rule->path);
	}
	batch->changes += count;
	batch->rebuild = batch->rebuild || (what & BUILDS);
	batch->restart = batch->restart || (what & RESTARTS);
	if (what & EXECUTES)
		execute(batch, &rule->exec);
}

bool batch_is_empty(const struct batch *batch)
{
	return !batch->put.len && !batch->removed.len && !batch->rebuild && !batch->restart;
}

void batch_drop(struct batch *batch)
{
	array_drop(&batch->put);
	array_drop(&batch->removed);
	array_drop(&batch->commands);
	arena_drop(&batch->arena);
	*batch = (struct batch){0};
}

/* --- archives */

static const char *link_target(const char *path, struct text *text)
{
	uv_fs_t request;

	if (uv_fs_readlink(NULL, &request, path, NULL) == 0)
		text_add(text, request.ptr);
	uv_fs_req_cleanup(&request);
	return text->len ? text_string(text) : NULL;
}

static int add_file(const struct batch_file *file, struct text *tar, struct error **err)
{
	CLEANUP(text_drop) struct text bytes = {0};
	uv_stat_t found = look(file->source);
	struct tar_entry entry = {
		.path = file->target + strspn(file->target, "/"),
		.mode = path_host_is_windows() ? 0755 : (uint32_t)(found.st_mode & 07777),
		.modified = found.st_mtim.tv_sec,
	};

	switch (found.st_mode & S_IFMT) {
	case S_IFREG:
		if (file_read(file->source, FILE_LIMIT, &bytes, err) < 0)
			return (*err)->code;
		entry.kind = TAR_FILE;
		entry.size = bytes.len;
		tar_file(tar, &entry, text_string(&bytes));
		return 0;
	case S_IFLNK:
		entry.kind = TAR_LINK;
		entry.target = link_target(file->source, &bytes);
		if (entry.target)
			tar_header(tar, &entry);
		return 0;
	default:
		return 0;
	}
}

int batch_archive(const struct batch *batch, size_t *next, size_t max, struct text *tar,
		  struct error **err)
{
	text_clear(tar);
	while (*next < batch->put.len && tar->len < max) {
		CLEANUP(error_drop) struct error *problem = NULL;

		if (add_file(&batch->put.items[*next], tar, &problem) < 0 &&
		    problem->code != ERROR_NOT_FOUND)
			return error_move(err, &problem);
		(*next)++;
	}
	tar_end(tar);
	return 0;
}
