/* SPDX-License-Identifier: MIT */
#include "engine/docker/upload.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "engine/ignore.h"
#include "engine/tar.h"

enum { PIECE = 64 << 10, DOCKERFILE_MAX = 4 << 20, IGNORE_MAX = 4 << 20 };

struct upload {
	char *folder;
	char *dockerfile;
	struct ignore *ignore;
	struct tar_walk *walk;
	struct flow *flow;
	uv_timer_t *soon; /* where a piece took its time and gave nothing */
	char piece[PIECE];
};

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

void upload_drop(struct upload **upload)
{
	struct upload *old = steal(upload);

	if (!old)
		return;
	if (old->soon)
		uv_close((uv_handle_t *)old->soon, free_handle);
	tar_drop(&old->walk);
	ignore_drop(&old->ignore);
	free(old->folder);
	free(old->dockerfile);
	free(old);
}

const char *upload_folder(const struct upload *upload)
{
	return upload->folder;
}

const char *upload_dockerfile(const struct upload *upload)
{
	return upload->dockerfile;
}

/* --- what is to be sent */

static char *absolute(const char *path)
{
	CLEANUP(memory_free) char *current = path_current();
	CLEANUP(memory_free) char *joined = path_join(current, path);

	return path_clean(joined);
}

/* The path below the folder, with slashes, borrowed; NULL: it lies outside. */
static const char *below(const char *folder, char *path)
{
	size_t len = strlen(folder);

	while (len && strchr("/\\", folder[len - 1]))
		len--;
	if (strncmp(folder, path, len) || !path[len] || !strchr("/\\", path[len]))
		return NULL;
	for (char *p = path + len; path_is_windows(folder) && *p; p++)
		if (*p == '\\')
			*p = '/';
	return path + len + 1;
}

/* The Dockerfile: its path in the context, or its text where it has none there. */
static int find_dockerfile(struct upload *upload, const struct build_options *options,
			   struct text *text, struct error **err)
{
	CLEANUP(memory_free) char *joined = NULL;
	CLEANUP(memory_free) char *path = NULL;
	const char *inside;

	if (options->dockerfile_inline) {
		text_add(text, options->dockerfile_inline);
		return 0;
	}
	joined =
		path_join(upload->folder, options->dockerfile ? options->dockerfile : "Dockerfile");
	path = path_clean(joined);
	if (file_kind(path) != FILE_REGULAR)
		return error_set(err, ERROR_NOT_FOUND, "there is no Dockerfile at %s", path);
	inside = below(upload->folder, path);
	if (!inside)
		return file_read(path, DOCKERFILE_MAX, text, err);
	upload->dockerfile = memory_copy(inside);
	return 0;
}

/* Reads the first of the two files that there is; nothing where there is none. */
static int read_ignore(struct upload *upload, struct text *text, struct error **err)
{
	CLEANUP(memory_free)
	char *own = memory_format("%s/%s.dockerignore", upload->folder,
				  upload->dockerfile ? upload->dockerfile : "");
	CLEANUP(memory_free) char *common = memory_format("%s/.dockerignore", upload->folder);
	const char *path = upload->dockerfile && file_kind(own) == FILE_REGULAR ? own : common;
	int status = 0;

	if (file_kind(path) != FILE_REGULAR)
		return 0;
	status = file_read(path, IGNORE_MAX, text, err);
	if (!status)
		status = ignore_parse(text_string(text), text->len, path,
				      path_is_windows(upload->folder), &upload->ignore, err);
	return status;
}

/* The daemon needs these two whatever the patterns say; it leaves them out of the image by itself.
 */
static int keep(struct upload *upload, const char *path, struct error **err)
{
	CLEANUP(memory_free) char *pattern = memory_format("!%s", path);

	return upload->ignore && ignore_matches(upload->ignore, path)
		       ? ignore_add(upload->ignore, pattern, err)
		       : 0;
}

/* Puts the Dockerfile in front under a name of its own, and a .dockerignore that hides it. */
static void prepend(struct upload *upload, const struct text *dockerfile,
		    const struct text *patterns)
{
	CLEANUP(text_drop) struct text entries = {0}, hidden = {0};
	struct tar_entry entry = {.mode = 0600, .modified = clock_wall() / (int64_t)CLOCK_SECOND};

	text_add_n(&hidden, text_string(patterns), patterns->len);
	text_printf(&hidden, "\n%s%s\n", upload->ignore ? "" : ".dockerignore\n",
		    upload->dockerfile);
	entry.path = upload->dockerfile;
	entry.size = dockerfile->len;
	tar_file(&entries, &entry, text_string(dockerfile));
	entry.path = ".dockerignore";
	entry.size = hidden.len;
	tar_file(&entries, &entry, hidden.data);
	tar_prepend(upload->walk, &entries);
}

int upload_open(const struct build_options *options, struct upload **ret, struct error **err)
{
	CLEANUP(upload_drop) struct upload *upload = memory_zero(1, sizeof(*upload));
	CLEANUP(text_drop) struct text dockerfile = {0}, patterns = {0};
	struct tar_options wanted = {0};
	int status;

	upload->folder = absolute(options->context);
	if (file_kind(upload->folder) != FILE_FOLDER)
		return error_set(err, ERROR_NOT_FOUND, "the build context %s is not a folder",
				 upload->folder);
	status = find_dockerfile(upload, options, &dockerfile, err);
	if (!status)
		status = read_ignore(upload, &patterns, err);
	if (!status && upload->dockerfile)
		status = keep(upload, upload->dockerfile, err);
	if (!status && upload->dockerfile)
		status = keep(upload, ".dockerignore", err);
	if (status)
		return status;
	wanted.ignore = upload->ignore;
	wanted.is_windows = path_is_windows(upload->folder);
	wanted.skip = upload->dockerfile ? NULL : ".dockerignore";
	status = tar_open(upload->folder, &wanted, &upload->walk, err);
	if (status)
		return status;
	if (!upload->dockerfile) {
		char hex[DIGEST_HEX];

		digest_hex(text_string(&dockerfile), dockerfile.len, hex);
		upload->dockerfile = memory_format(".dockerfile.%.20s", hex);
		prepend(upload, &dockerfile, &patterns);
	}
	*ret = steal(&upload);
	return 0;
}

/* --- sending */

static void pump(struct upload *upload);

static void pump_soon(uv_timer_t *timer)
{
	pump(timer->data);
}

static void pump(struct upload *upload)
{
	struct flow *flow = upload->flow;
	CLEANUP(error_drop) struct error *err = NULL;
	size_t len = 0;
	int status;

	if (flow->ending || !flow->http)
		return;
	status = tar_read(upload->walk, upload->piece, PIECE, &len, &err);
	if (status < 0) {
		error_wrap(&err, "%s", flow->what);
		flow_end(flow, &err);
	} else if (len) {
		http_write(flow->http, upload->piece, len);
	} else if (!status) {
		http_shutdown(flow->http);
		tar_drop(&upload->walk);
	} else {
		uv_timer_start(upload->soon, pump_soon, 0, 0);
	}
}

void upload_begin(struct upload *upload, struct flow *flow)
{
	upload->flow = flow;
	upload->soon = memory_zero(1, sizeof(*upload->soon));
	uv_timer_init(flow->docker->engine.loop, upload->soon);
	upload->soon->data = upload;
	pump(upload);
}

void upload_written(struct upload *upload, const struct error *err)
{
	/* A daemon that does not want the rest says why in its answer, which follows. */
	if (!err && upload->walk)
		pump(upload);
}
