/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "compose/cli/cli.h"
#include "compose/cli/outlet.h"

#define FULL (64 << 10)

/* Consoles and pipes are libuv's streams, of a copy of the handle as they close it. */
struct outlet {
	int descriptor;
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tty_t tty;
		uv_pipe_t pipe;
	};
	bool is_open;        /* the handle, which is to be closed */
	bool streams;        /* false: a file, or what libuv cannot take (Wine's pipes) */
	struct text waiting; /* not given to the stream yet */
	size_t pending;      /* bytes that the stream has */
	struct error *error;
	void (*drained)(void *payload);
	void *payload;
	void (*closed)(void *payload);
	void *closed_payload;
};

struct piece {
	uv_write_t request;
	struct outlet *outlet;
	struct text text;
};

static void fail(struct outlet *outlet, int status)
{
	if (!outlet->error)
		cli_write_error(&outlet->error,
				status == UV_EPIPE || status == UV_EOF ? EPIPE : EIO);
	text_clear(&outlet->waiting);
}

static void pump(struct outlet *outlet);

static void written(uv_write_t *request, int status)
{
	struct piece *piece = request->data;
	struct outlet *outlet = piece->outlet;

	outlet->pending = 0;
	text_drop(&piece->text);
	free(piece);
	if (outlet->closed)
		return;
	if (status < 0)
		fail(outlet, status);
	else
		pump(outlet);
	if (!outlet->waiting.len && !outlet->pending)
		outlet->drained(outlet->payload);
}

static void pump_file(struct outlet *outlet)
{
	size_t done = 0;

	while (done < outlet->waiting.len) {
		int count = _write(outlet->descriptor, outlet->waiting.data + done,
				   (unsigned)(outlet->waiting.len - done));
		if (count <= 0) {
			fail(outlet, UV_EIO);
			return;
		}
		done += (size_t)count;
	}
	text_clear(&outlet->waiting);
}

static void pump(struct outlet *outlet)
{
	if (!outlet->streams) {
		pump_file(outlet);
		return;
	}
	if (outlet->pending || !outlet->waiting.len)
		return;
	struct piece *piece = memory_zero(1, sizeof(*piece));
	piece->outlet = outlet;
	piece->text = outlet->waiting;
	piece->request.data = piece;
	outlet->waiting = (struct text){0};
	outlet->pending = piece->text.len;
	uv_buf_t buffer = uv_buf_init(piece->text.data, (unsigned)piece->text.len);
	int status = uv_write(&piece->request, &outlet->stream, &buffer, 1, written);
	if (status == 0)
		return;
	outlet->pending = 0;
	text_drop(&piece->text);
	free(piece);
	fail(outlet, status);
}

struct outlet *outlet_open(uv_loop_t *loop, int descriptor, void (*drained)(void *payload),
			   void *payload)
{
	struct outlet *outlet = memory_zero(1, sizeof(*outlet));
	uv_handle_type kind = uv_guess_handle(descriptor);

	outlet->descriptor = descriptor;
	outlet->drained = drained;
	outlet->payload = payload;
	if (kind == UV_TTY) {
		outlet->streams = uv_tty_init(loop, &outlet->tty, _dup(descriptor), 0) == 0;
		outlet->is_open = outlet->streams;
	} else if (kind == UV_NAMED_PIPE) {
		uv_pipe_init(loop, &outlet->pipe, 0);
		outlet->is_open = true;
		outlet->streams = uv_pipe_open(&outlet->pipe, _dup(descriptor)) == 0;
	}
	outlet->handle.data = outlet;
	return outlet;
}

void outlet_write(struct outlet *outlet, const char *bytes, size_t len)
{
	if (outlet->error)
		return;
	text_add_n(&outlet->waiting, bytes, len);
	pump(outlet);
}

bool outlet_full(const struct outlet *outlet)
{
	return outlet->waiting.len + outlet->pending >= FULL;
}

bool outlet_empty(const struct outlet *outlet)
{
	return outlet->waiting.len + outlet->pending == 0;
}

const struct error *outlet_error(const struct outlet *outlet)
{
	return outlet->error;
}

static void finish(uv_handle_t *handle)
{
	struct outlet *outlet = handle->data;
	void (*closed)(void *payload) = outlet->closed;
	void *payload = outlet->closed_payload;

	text_drop(&outlet->waiting);
	error_drop(&outlet->error);
	free(outlet);
	closed(payload);
}

void outlet_close(struct outlet *outlet, void (*closed)(void *payload), void *payload)
{
	outlet->closed = closed;
	outlet->closed_payload = payload;
	if (outlet->is_open)
		uv_close(&outlet->handle, finish);
	else
		finish(&(uv_handle_t){.data = outlet});
}
