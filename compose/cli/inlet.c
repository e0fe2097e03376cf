/* SPDX-License-Identifier: MIT */
#include "compose/cli/inlet.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

enum { PIECE = 16 << 10 };

enum kind {
	INLET_STREAM, /* a terminal, which libuv opens anew; a pipe of Windows, of a copy */
	INLET_POLL,   /* a pipe or a socket */
	/* What is always ready: a file, the null device, a closed descriptor; and what libuv cannot
	 * take, for whom we wait (Wine's pipes). */
	INLET_FILE,
};

struct inlet {
	int descriptor;
	enum kind kind;
	bool is_tty, is_raw;
	uv_timer_t turn; /* INLET_FILE: data comes in a turn of its own */
	bool is_open;    /* the handle below, too */
	unsigned closing;
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tty_t tty;
		uv_pipe_t pipe;
		uv_poll_t poll;
	};
	void (*data)(const char *bytes, size_t len, void *payload);
	void *payload;
	void (*closed)(void *payload);
	void *closed_payload;
	char piece[PIECE];
};

/* --- by libuv's streams */

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct inlet *inlet = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(inlet->piece, PIECE);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
	struct inlet *inlet = stream->data;

	(void)buffer;
	if (count == 0)
		return;
	uv_read_stop(stream);
	inlet->data(inlet->piece, count < 0 ? 0 : (size_t)count, inlet->payload);
}

/* --- by reading */

static void read_now(struct inlet *inlet)
{
	uv_buf_t buffer = uv_buf_init(inlet->piece, PIECE);
	uv_fs_t request;
	int count = uv_fs_read(NULL, &request, inlet->descriptor, &buffer, 1, -1, NULL);

	uv_fs_req_cleanup(&request);
	if (count == UV_EAGAIN || count == UV_EINTR)
		return; /* the poll tells again */
	if (inlet->kind == INLET_POLL)
		uv_poll_stop(&inlet->poll);
	inlet->data(inlet->piece, count < 0 ? 0 : (size_t)count, inlet->payload);
}

static void readable(uv_poll_t *poll, int status, int events)
{
	(void)status; /* what is wrong the read says */
	(void)events;
	read_now(poll->data);
}

static void turned(uv_timer_t *timer)
{
	read_now(timer->data);
}

/* --- life */

static bool open_tty(struct inlet *inlet, uv_loop_t *loop)
{
	/* libuv closes what it is given, but for 0 to 2 on Linux, where it opens the terminal anew. */
	int descriptor = path_host_is_windows() ? dup(inlet->descriptor) : inlet->descriptor;

	return uv_tty_init(loop, &inlet->tty, descriptor, 0) == 0;
}

static enum kind open_kind(struct inlet *inlet, uv_loop_t *loop)
{
	uv_handle_type type = uv_guess_handle(inlet->descriptor);

	if (type == UV_TTY && open_tty(inlet, loop)) {
		inlet->is_open = inlet->is_tty = true;
		return INLET_STREAM;
	}
	if (type == UV_NAMED_PIPE && path_host_is_windows()) {
		uv_pipe_init(loop, &inlet->pipe, 0);
		inlet->is_open = true;
		if (uv_pipe_open(&inlet->pipe, dup(inlet->descriptor)) == 0)
			return INLET_STREAM;
	} else if ((type == UV_NAMED_PIPE || type == UV_TCP) &&
		   inlet_poll_(loop, &inlet->poll, inlet->descriptor) == 0) {
		inlet->is_open = true;
		return INLET_POLL;
	}
	return INLET_FILE;
}

struct inlet *inlet_open(uv_loop_t *loop, int descriptor,
			 void (*data)(const char *bytes, size_t len, void *payload), void *payload)
{
	struct inlet *inlet = memory_zero(1, sizeof(*inlet));

	inlet->descriptor = descriptor;
	inlet->data = data;
	inlet->payload = payload;
	uv_timer_init(loop, &inlet->turn);
	inlet->turn.data = inlet;
	inlet->kind = open_kind(inlet, loop);
	inlet->handle.data = inlet;
	return inlet;
}

bool inlet_raw(struct inlet *inlet)
{
	if (!inlet->is_tty)
		return false;
	/* Bytes as they are, which Windows does not know by this name. */
	inlet->is_raw = uv_tty_set_mode(&inlet->tty, UV_TTY_MODE_IO) == 0 ||
			uv_tty_set_mode(&inlet->tty, UV_TTY_MODE_RAW) == 0;
	return inlet->is_raw;
}

void inlet_read(struct inlet *inlet)
{
	switch (inlet->kind) {
	case INLET_STREAM:
		uv_read_start(&inlet->stream, allocate, on_read);
		return;
	case INLET_POLL:
		uv_poll_start(&inlet->poll, UV_READABLE, readable);
		return;
	case INLET_FILE:
		uv_timer_start(&inlet->turn, turned, 0, 0);
		return;
	}
}

static void finish(uv_handle_t *handle)
{
	struct inlet *inlet = handle->data;
	void (*closed)(void *payload) = inlet->closed;
	void *payload = inlet->closed_payload;

	if (--inlet->closing)
		return;
	free(inlet);
	closed(payload);
}

void inlet_close(struct inlet *inlet, void (*closed)(void *payload), void *payload)
{
	inlet->closed = closed;
	inlet->closed_payload = payload;
	if (inlet->is_raw)
		uv_tty_reset_mode();
	inlet->closing = inlet->is_open ? 2 : 1;
	uv_close((uv_handle_t *)&inlet->turn, finish);
	if (inlet->is_open)
		uv_close(&inlet->handle, finish);
}
