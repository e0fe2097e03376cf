/* SPDX-License-Identifier: MIT */
/* Files block here, and nothing else is under way: Ctrl-C ends the program, and the store does not
 * mind (engine/image/store.h). */
#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/cli/image.h"
#include "engine/image/archive.h"

#define NOW(call, ...)                                                                             \
	({                                                                                         \
		uv_fs_t request_;                                                                  \
		int result_ = uv_fs_##call(NULL, &request_, __VA_ARGS__, NULL);                    \
		uv_fs_req_cleanup(&request_);                                                      \
		result_;                                                                           \
	})

static int print_names(struct cli *cli, const struct archive_loaded *loaded, struct error **err)
{
	CLEANUP(text_drop) struct text out = {0};

	for (char **name = loaded->names; name && *name; name++)
		text_printf(&out, "Loaded image: %s\n", *name);
	return cli_print(cli, text_string(&out), out.len, err);
}

int image_load(struct cli *cli, const struct image_values *values, char **arguments,
	       struct error **err)
{
	CLEANUP(store_drop) struct store *store = NULL;
	CLEANUP(platform_drop) struct platform host = {0}, platform = {0};
	CLEANUP(archive_loaded_drop) struct archive_loaded loaded = {0};
	struct archive_load options = {.path = values->input ? values->input : "-",
				       .name = values->name};

	(void)arguments;
	if (!values->input && uv_guess_handle(0) == UV_TTY)
		return error_set(err, ERROR_INVALID,
				 "image load reads an archive: --input FILE, or < FILE");
	platform_host(&host);
	if (values->platform && platform_parse(values->platform, &host, &platform, err) < 0)
		return error_wrap(err, "--platform");
	options.platform = values->platform ? &platform : &host;
	if (image_store(cli, true, &store, err) < 0 ||
	    archive_load(store, &options, &loaded, err) < 0)
		return (*err)->code;
	if (values->quiet)
		return 0;
	return print_names(cli, &loaded, err);
}

/* Where an archive goes: a file that appears when it is whole, a device or a pipe that is there, or
 * the standard output. */
struct target {
	struct cli *cli;
	const char *path; /* NULL: the standard output */
	char *temporary;  /* NULL: written in place */
	uv_file file;     /* -1: none */
};

static void target_drop(struct target *target)
{
	if (target->file >= 0)
		NOW(close, target->file);
	if (target->temporary)
		NOW(unlink, target->temporary);
	memory_free(&target->temporary);
}

static int write_piece(void *payload, const char *bytes, size_t len, struct error **err)
{
	struct target *target = payload;

	if (!target->path)
		return cli_print(target->cli, bytes, len, err);
	while (len) {
		uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)len);
		int count = NOW(write, target->file, &buffer, 1, -1);

		if (count < 0)
			return error_uv(err, count, "cannot write %s", target->path);
		bytes += count;
		len -= (size_t)count;
	}
	return 0;
}

static int open_target(struct target *target, struct error **err)
{
	if (!target->path && uv_guess_handle(1) == UV_TTY)
		return error_set(err, ERROR_INVALID,
				 "image save writes an archive: --output FILE, or > FILE");
	if (!target->path)
		return 0;
	int flags = UV_FS_O_WRONLY;

	/* Only a file is replaced. */
	if (file_kind(target->path) != FILE_OTHER) {
		flags |= UV_FS_O_CREAT | UV_FS_O_EXCL;
		target->temporary = memory_format("%s.%d.part", target->path, (int)uv_os_getpid());
	}
	target->file = NOW(open, target->temporary ? target->temporary : target->path, flags, 0666);
	if (target->file >= 0)
		return 0;
	memory_free(&target->temporary);
	return error_uv(err, target->file, "cannot write %s", target->path);
}

static int finish_target(struct target *target, struct error **err)
{
	int status;

	if (!target->path)
		return 0;
	status = NOW(close, target->file);
	target->file = -1;
	if (status >= 0 && target->temporary)
		status = NOW(rename, target->temporary, target->path);
	if (status < 0)
		return error_uv(err, status, "cannot write %s", target->path);
	memory_free(&target->temporary);
	return 0;
}

int image_save(struct cli *cli, const struct image_values *values, char **arguments,
	       struct error **err)
{
	CLEANUP(store_drop) struct store *store = NULL;
	CLEANUP(target_drop)
	struct target target = {.cli = cli, .path = values->output, .file = -1};

	if (image_store(cli, false, &store, err) < 0 || open_target(&target, err) < 0 ||
	    archive_save(store, (const char *const *)arguments, write_piece, &target, err) < 0)
		return (*err)->code;
	return finish_target(&target, err);
}
