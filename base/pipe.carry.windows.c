/* SPDX-License-Identifier: MIT */
/* The carrying part of pipe.h: overlapped reads and writes of our own, one of each at a time.
 *
 * libuv waits for data by a read of no bytes, which takes a message of no bytes with it, and then
 * reads until nothing comes: its reader cannot tell the two apart.
 *
 * The system's pool takes the completions of each handle and reports them (pipe.inside.h). Every
 * operation that was begun has one, also when it is cancelled, and the pipe is freed after the last;
 * nothing here waits.
 */
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/pipe.h"
#include "base/pipe.inside.h"

enum { PIECE = 64 << 10, CANCEL_AGAIN_MS = 10 };

struct operation {
	OVERLAPPED overlapped;
	struct pipe_report report;
};

struct pipe {
	HANDLE handle;
	bool messages;
	uv_async_t turn;
	uv_timer_t again; /* while it closes: what a flush needs */
	unsigned handles;
	const struct pipe_events *events;
	void *payload;

	struct operation read;
	bool wanted;      /* what comes */
	DWORD read_error; /* after what in_len says */
	bool ended;       /* told */
	size_t in_len;    /* came and was not given yet */

	struct operation write;
	struct pipe_report flush; /* a thread of the pool waits for the other side to read */
	bool written_due;
	bool broken; /* what is written goes nowhere: the reader finds out what came before the end */
	DWORD write_error;
	char *out;
	size_t out_len, out_done;

	bool closing;
	void (*closed)(void *payload);
	void *closed_payload;
	char in[PIECE];
};

/* --- operations */

static void CALLBACK completed(DWORD code, DWORD len, OVERLAPPED *overlapped)
{
	(void)code;
	(void)len;
	pipe_report_tell_(&container_of(overlapped, struct operation, overlapped)->report);
}

static void expect(struct operation *operation)
{
	operation->overlapped = (OVERLAPPED){0};
	pipe_report_expect_(&operation->report);
}

/* What a ReadFile or WriteFile that answered FALSE means; 0: it goes on, or is over, and is
 * reported. */
static DWORD begun(struct operation *operation)
{
	DWORD code = GetLastError();

	if (code == ERROR_IO_PENDING || code == ERROR_MORE_DATA)
		return 0;
	pipe_report_forget_(&operation->report);
	return code;
}

/* Of one that is over. */
static DWORD outcome(struct pipe *pipe, struct operation *operation, DWORD *len)
{
	*len = 0;
	if (GetOverlappedResult(pipe->handle, &operation->overlapped, len, FALSE))
		return 0;
	DWORD code = GetLastError();

	return code == ERROR_MORE_DATA ? 0 : code;
}

/* --- the end */

/* What says that the other side is gone, and not that something is wrong. */
static bool is_end(DWORD code)
{
	return code == ERROR_BROKEN_PIPE || code == ERROR_PIPE_NOT_CONNECTED ||
	       code == ERROR_NO_DATA || code == ERROR_HANDLE_EOF;
}

static void end(struct pipe *pipe, struct error *err)
{
	pipe->ended = true;
	pipe->events->ended(err, pipe->payload);
}

static void fail(struct pipe *pipe, DWORD code, const char *what)
{
	CLEANUP(error_drop) struct error *err = NULL;

	error_set(&err, ERROR_UNAVAILABLE, "%s: %s", what,
		  uv_strerror(uv_translate_sys_error((int)code)));
	end(pipe, err);
}

/* --- reading */

static void read_more(struct pipe *pipe)
{
	if (!pipe->wanted || pipe_report_awaited_(&pipe->read.report) || pipe->ended ||
	    pipe->in_len || pipe->read_error)
		return;
	expect(&pipe->read);
	if (ReadFile(pipe->handle, pipe->in, PIECE, NULL, &pipe->read.overlapped))
		return;
	pipe->read_error = begun(&pipe->read);
	if (pipe->read_error)
		uv_async_send(&pipe->turn);
}

static void take_read(struct pipe *pipe)
{
	DWORD len;

	if (!pipe_report_take_(&pipe->read.report))
		return;
	pipe->read_error = outcome(pipe, &pipe->read, &len);
	pipe->in_len = len;
	if (len == 0 && pipe->messages && !pipe->read_error)
		pipe->read_error = ERROR_HANDLE_EOF;
}

static void tell_read(struct pipe *pipe)
{
	size_t len = pipe->in_len;

	if (!pipe->wanted || pipe->ended)
		return;
	if (len) {
		pipe->in_len = 0;
		pipe->events->received(pipe->in, len, pipe->payload);
	} else if (pipe->read_error && is_end(pipe->read_error)) {
		end(pipe, NULL);
	} else if (pipe->read_error) {
		fail(pipe, pipe->read_error, "reading from the pipe");
	}
}

/* --- writing */

/* The other side is gone: what it sent before is still to be read, and then the end. */
static void write_failed(struct pipe *pipe, DWORD code)
{
	if (is_end(code) || pipe->ended) {
		pipe->broken = true;
		pipe->written_due = true;
	} else {
		pipe->write_error = code;
	}
}

static void write_more(struct pipe *pipe)
{
	size_t len = pipe->out_len - pipe->out_done;

	if (len > PIECE)
		len = PIECE;
	expect(&pipe->write);
	if (WriteFile(pipe->handle, len ? pipe->out + pipe->out_done : "", (DWORD)len, NULL,
		      &pipe->write.overlapped))
		return;
	DWORD code = begun(&pipe->write);

	if (code == 0)
		return;
	write_failed(pipe, code);
	uv_async_send(&pipe->turn);
}

/* Runs in the system's pool: what waits for another process must not hold up the loop. */
static DWORD WINAPI flush(void *payload)
{
	struct pipe *pipe = payload;

	FlushFileBuffers(pipe->handle);
	pipe_report_tell_(&pipe->flush);
	return 0;
}

static void take_written(struct pipe *pipe)
{
	DWORD len;

	if (pipe_report_take_(&pipe->flush))
		write_more(pipe);
	if (!pipe_report_take_(&pipe->write.report))
		return;
	DWORD code = outcome(pipe, &pipe->write, &len);

	pipe->out_done += len;
	if (code)
		write_failed(pipe, code);
	else if (pipe->out_done < pipe->out_len)
		write_more(pipe);
	else
		pipe->written_due = true;
}

static void tell_written(struct pipe *pipe)
{
	DWORD code = pipe->write_error;

	pipe->write_error = 0;
	if (code) {
		fail(pipe, code, "writing to the pipe");
	} else if (pipe->written_due) {
		pipe->written_due = false;
		pipe->events->written(pipe->payload);
	}
}

static void written_soon(struct pipe *pipe)
{
	pipe->written_due = true;
	uv_async_send(&pipe->turn);
}

void pipe_write(struct pipe *pipe, const char *bytes, size_t len)
{
	/* A message of no bytes would be the end. */
	if (len == 0 || pipe->broken) {
		written_soon(pipe);
		return;
	}
	free(pipe->out);
	pipe->out = memory_copy_n(bytes, len);
	pipe->out_len = len;
	pipe->out_done = 0;
	write_more(pipe);
}

void pipe_shutdown(struct pipe *pipe)
{
	pipe->out_len = pipe->out_done = 0;
	if (!pipe->messages || pipe->broken) {
		written_soon(pipe);
		return;
	}
	/* A reader of bytes may get what lies before the empty message and that together; so it is
	 * sent when all before it has been read. */
	pipe_report_expect_(&pipe->flush);
	if (QueueUserWorkItem(flush, pipe, WT_EXECUTELONGFUNCTION))
		return;
	pipe_report_forget_(&pipe->flush);
	write_more(pipe);
}

/* --- life */

static void handle_closed(uv_handle_t *handle)
{
	struct pipe *pipe = handle->data;
	void (*closed)(void *payload) = pipe->closed;
	void *payload = pipe->closed_payload;

	if (--pipe->handles > 0)
		return;
	free(pipe->out);
	free(pipe);
	if (closed)
		closed(payload);
}

static void close_when_still(struct pipe *pipe)
{
	pipe_report_take_(&pipe->read.report);
	pipe_report_take_(&pipe->write.report);
	pipe_report_take_(&pipe->flush);
	if (pipe_report_awaited_(&pipe->read.report) || pipe_report_awaited_(&pipe->write.report) ||
	    pipe_report_awaited_(&pipe->flush) || uv_is_closing((uv_handle_t *)&pipe->turn))
		return;
	CloseHandle(pipe->handle);
	uv_close((uv_handle_t *)&pipe->turn, handle_closed);
	uv_close((uv_handle_t *)&pipe->again, handle_closed);
}

static void cancel_again(uv_timer_t *timer)
{
	CancelIoEx(container_of(timer, struct pipe, again)->handle, NULL);
}

void pipe_close(struct pipe *pipe, void (*closed)(void *payload), void *payload)
{
	pipe->closing = true;
	pipe->closed = closed;
	pipe->closed_payload = payload;
	uv_ref((uv_handle_t *)&pipe->turn);
	CancelIoEx(pipe->handle, NULL);
	/* The thread of a flush may only be on its way to what is cancelled here. */
	if (pipe_report_awaited_(&pipe->flush))
		uv_timer_start(&pipe->again, cancel_again, CANCEL_AGAIN_MS, CANCEL_AGAIN_MS);
	close_when_still(pipe);
}

/* --- turns of the loop */

static void turned(uv_async_t *turn)
{
	struct pipe *pipe = container_of(turn, struct pipe, turn);

	if (pipe->closing) {
		close_when_still(pipe);
		return;
	}
	take_written(pipe);
	take_read(pipe);
	tell_written(pipe);
	if (!pipe->closing)
		tell_read(pipe);
	if (!pipe->closing)
		read_more(pipe);
}

void pipe_read(struct pipe *pipe, bool on)
{
	pipe->wanted = on;
	if (!on)
		return;
	if (pipe->in_len || pipe->read_error)
		uv_async_send(&pipe->turn);
	read_more(pipe);
}

void pipe_rest(struct pipe *pipe, bool on)
{
	if (on)
		uv_unref((uv_handle_t *)&pipe->turn);
	else
		uv_ref((uv_handle_t *)&pipe->turn);
}

int pipe_open(uv_loop_t *loop, HANDLE handle, const struct pipe_events *events, void *payload,
	      struct pipe **ret, struct error **err)
{
	struct pipe *pipe = memory_zero(1, sizeof(*pipe));
	DWORD flags = 0, code = 0;

	pipe->handle = handle;
	pipe->events = events;
	pipe->payload = payload;
	uv_async_init(loop, &pipe->turn, turned);
	uv_timer_init(loop, &pipe->again);
	pipe->turn.data = pipe;
	pipe->again.data = pipe;
	pipe->handles = 2;
	pipe->read.report.turn = &pipe->turn;
	pipe->write.report.turn = &pipe->turn;
	pipe->flush.turn = &pipe->turn;
	if (!GetNamedPipeInfo(handle, &flags, NULL, NULL, NULL) ||
	    !BindIoCompletionCallback(handle, completed, 0))
		code = GetLastError();
	pipe->messages = flags & PIPE_TYPE_MESSAGE;
	if (code) {
		pipe_close(pipe, NULL, NULL);
		return pipe_error_(err, code, "carrying bytes over", "a pipe");
	}
	*ret = pipe;
	return 0;
}
