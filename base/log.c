/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <uv.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

enum { FILE_MAX = 1024 * 1024, TO_STDERR = 2 };

static struct {
	enum log_level level;
	uv_file file;
	uint64_t size;
	char *path;
} state = {.file = TO_STDERR};

void log_level_set(enum log_level level)
{
	state.level = level;
}

/* Opens for appending; gives the descriptor or libuv's status. */
static int open_log(const char *path, uint64_t *size)
{
	uv_fs_t request;
	int file = uv_fs_open(NULL, &request, path, UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_APPEND,
			      0600, NULL);

	uv_fs_req_cleanup(&request);
	if (file < 0)
		return file;
	*size = uv_fs_fstat(NULL, &request, file, NULL) == 0 ? request.statbuf.st_size : 0;
	uv_fs_req_cleanup(&request);
	return file;
}

static void close_log(void)
{
	uv_fs_t request;

	if (state.file != TO_STDERR)
		uv_fs_close(NULL, &request, state.file, NULL);
	state.file = TO_STDERR;
}

int log_file_set(const char *path, struct error **err)
{
	uint64_t size;
	int file = open_log(path, &size);

	if (file < 0)
		return error_uv(err, file, "cannot open the log %s", path);
	log_close();
	state.file = file;
	state.size = size;
	state.path = memory_copy(path);
	return 0;
}

void log_close(void)
{
	close_log();
	free(state.path);
	state.path = NULL;
}

/* The full file becomes NAME.1 and a new one begins. Where that fails the lines go to stderr:
 * nobody is there to be told. */
static void rotate(void)
{
	CLEANUP(memory_free) char *old = memory_format("%s.1", state.path);
	uv_fs_t request;

	/* Closed first, for Windows renames no open file. */
	close_log();
	uv_fs_rename(NULL, &request, state.path, old, NULL);
	uv_fs_req_cleanup(&request);
	int file = open_log(state.path, &state.size);

	if (file >= 0)
		state.file = file;
}

static void add(const char *format, va_list args)
{
	CLEANUP(text_drop) struct text line = {0};
	char time[40];
	uv_fs_t request;

	clock_format(clock_wall(), time);
	text_printf(&line, "%s ", time);
	text_vprintf(&line, format, args);
	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] == '\n')
			line.data[i] = ' ';
	text_add_char(&line, '\n');
	if (state.file != TO_STDERR && state.size && state.size + line.len > FILE_MAX)
		rotate();
	/* One call a line, so that lines of several processes do not mix. */
	uv_buf_t buffer = uv_buf_init(line.data, (unsigned int)line.len);

	if (uv_fs_write(NULL, &request, state.file, &buffer, 1, -1, NULL) > 0)
		state.size += line.len;
	uv_fs_req_cleanup(&request);
}

void log_info(const char *format, ...)
{
	va_list args;

	if (state.level < LOG_LEVEL_INFO)
		return;
	va_start(args, format);
	add(format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;

	if (state.level < LOG_LEVEL_DEBUG)
		return;
	va_start(args, format);
	add(format, args);
	va_end(args);
}
