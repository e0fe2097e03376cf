/* SPDX-License-Identifier: MIT */
#include "compose/supervise/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"

#define QUEUE_MAX (4u << 20)

struct write {
	uv_write_t request;
	char *bytes;
};

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct lines *lines = handle->data;

	*buffer = uv_buf_init(text_reserve(&lines->pending, suggested), (unsigned)suggested);
}

static void end(struct lines *lines)
{
	if (lines->reading) {
		lines->reading = false;
		uv_read_stop((uv_stream_t *)&lines->pipe);
	}
	if (!lines->closing)
		lines->ended(lines);
}

/* Gives every whole line; false: one was not JSON. */
static bool give_lines(struct lines *lines)
{
	size_t start = 0;
	char *newline;

	while (!lines->closing && start < lines->pending.len &&
	       (newline = memchr(lines->pending.data + start, '\n', lines->pending.len - start))) {
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(json_drop) cJSON *json = NULL;
		size_t len = (size_t)(newline - lines->pending.data) - start;

		if (json_parse(lines->pending.data + start, len, "control", &json, &err) < 0)
			return false;
		start += len + 1;
		lines->document(lines, json);
	}
	text_remove(&lines->pending, 0, start);
	return lines->pending.len <= LINES_MAX;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
	struct lines *lines = stream->data;

	(void)buffer;
	if (count == 0)
		return;
	if (count < 0) {
		end(lines);
		return;
	}
	lines->pending.len += (size_t)count;
	lines->pending.data[lines->pending.len] = '\0';
	if (!give_lines(lines))
		end(lines);
}

void lines_start(struct lines *lines)
{
	lines->pipe.data = lines;
	lines->reading = true;
	uv_read_start((uv_stream_t *)&lines->pipe, give_room, on_read);
}

static void on_closed(uv_handle_t *handle)
{
	struct lines *lines = handle->data;

	text_drop(&lines->pending);
	lines->closed(lines);
}

static void close_when_written(struct lines *lines)
{
	uv_handle_t *handle = (uv_handle_t *)&lines->pipe;

	if (lines->closing && !uv_is_closing(handle) &&
	    uv_stream_get_write_queue_size((uv_stream_t *)&lines->pipe) == 0)
		uv_close(handle, on_closed);
}

static void on_written(uv_write_t *request, int status)
{
	struct write *write = (struct write *)request;
	struct lines *lines = request->handle->data;

	free(write->bytes);
	free(write);
	if (status == UV_ECANCELED)
		return;
	if (status < 0 && lines->closing && !uv_is_closing((uv_handle_t *)&lines->pipe))
		uv_close((uv_handle_t *)&lines->pipe, on_closed);
	else
		close_when_written(lines);
}

void lines_write(struct lines *lines, const cJSON *json, bool may_drop)
{
	uv_stream_t *stream = (uv_stream_t *)&lines->pipe;

	if (lines->closing || (may_drop && uv_stream_get_write_queue_size(stream) > QUEUE_MAX))
		return;
	struct write *write = memory_zero(1, sizeof(*write));
	CLEANUP(memory_free) char *printed = json_print(json);
	write->bytes = memory_format("%s\n", printed);
	uv_buf_t buffer = uv_buf_init(write->bytes, (unsigned)strlen(write->bytes));
	if (uv_write(&write->request, stream, &buffer, 1, on_written) < 0) {
		free(write->bytes);
		free(write);
	}
}

void lines_close(struct lines *lines)
{
	if (lines->closing)
		return;
	lines->closing = true;
	if (lines->reading)
		uv_read_stop((uv_stream_t *)&lines->pipe);
	lines->reading = false;
	close_when_written(lines);
}
