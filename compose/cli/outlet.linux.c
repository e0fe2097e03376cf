/* SPDX-License-Identifier: MIT */
#include "compose/cli/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "compose/cli/cli.h"

#define FULL  (64 << 10)
#define PIECE 4096 /* PIPE_BUF: so much can be written without waiting where poll says writable */

/* The descriptor is shared with other processes, so it must not become non-blocking. */
struct outlet {
	int descriptor;
	bool polls;   /* false: a file, or what epoll cannot wait for */
	bool writing; /* poll waits for room, not only for the reader's end */
	bool silent;  /* a socket whose other side sends no more: it may read all the same */
	uv_poll_t poll;
	struct text waiting;
	size_t written; /* bytes of waiting */
	struct error *error;
	void (*drained)(void *payload);
	void *payload;
	void (*closed)(void *payload);
	void *closed_payload;
};

static void fail(struct outlet *outlet, int number)
{
	if (!outlet->error)
		cli_write_error(&outlet->error, number);
	text_clear(&outlet->waiting);
	outlet->written = 0;
}

static bool is_writable(const struct outlet *outlet)
{
	struct pollfd poll_for = {.fd = outlet->descriptor, .events = POLLOUT};

	return !outlet->polls || poll(&poll_for, 1, 0) != 0;
}

/* Writes as long as nothing holds it up. */
static void pump(struct outlet *outlet)
{
	while (outlet->written < outlet->waiting.len && is_writable(outlet)) {
		size_t len = outlet->waiting.len - outlet->written;
		if (outlet->polls && len > PIECE)
			len = PIECE;
		ssize_t count =
			write(outlet->descriptor, outlet->waiting.data + outlet->written, len);
		if (count >= 0) {
			outlet->written += (size_t)count;
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR) {
			fail(outlet, errno);
			return;
		}
	}
	if (outlet->written == outlet->waiting.len) {
		text_clear(&outlet->waiting);
		outlet->written = 0;
	}
}

static bool is_gone(const struct outlet *outlet)
{
	struct pollfd poll_for = {.fd = outlet->descriptor};

	return poll(&poll_for, 1, 0) > 0;
}

static void ready(uv_poll_t *poll_handle, int status, int events)
{
	struct outlet *outlet = poll_handle->data;
	bool wrote = outlet->writing;

	if (outlet->waiting.len)
		pump(outlet);
	else if (status < 0 || is_gone(outlet))
		fail(outlet, EPIPE);
	else if (events & UV_DISCONNECT)
		outlet->silent = true;
	if (outlet->waiting.len)
		return;
	/* A reader that leaves is known before the next write. */
	if (!outlet->error && !outlet->silent)
		uv_poll_start(poll_handle, UV_DISCONNECT, ready);
	else
		uv_poll_stop(poll_handle);
	outlet->writing = false;
	if (wrote || outlet->error)
		outlet->drained(outlet->payload);
}

struct outlet *outlet_open(uv_loop_t *loop, int descriptor, void (*drained)(void *payload),
			   void *payload)
{
	struct outlet *outlet = memory_zero(1, sizeof(*outlet));
	int flags = fcntl(descriptor, F_GETFL);

	outlet->descriptor = descriptor;
	outlet->drained = drained;
	outlet->payload = payload;
	outlet->polls = uv_guess_handle(descriptor) != UV_FILE &&
			uv_poll_init(loop, &outlet->poll, descriptor) == 0;
	outlet->poll.data = outlet;
	/* libuv made it non-blocking, for every process that has it. */
	if (outlet->polls && flags >= 0)
		fcntl(descriptor, F_SETFL, flags);
	return outlet;
}

void outlet_write(struct outlet *outlet, const char *bytes, size_t len)
{
	if (outlet->error)
		return;
	text_add_n(&outlet->waiting, bytes, len);
	if (!outlet->polls)
		pump(outlet);
	else if (!outlet->writing)
		uv_poll_start(&outlet->poll, UV_WRITABLE, ready);
	outlet->writing = outlet->polls;
}

bool outlet_full(const struct outlet *outlet)
{
	return outlet->waiting.len - outlet->written >= FULL;
}

bool outlet_empty(const struct outlet *outlet)
{
	return outlet->waiting.len == 0;
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
	pump(outlet);
	outlet->closed = closed;
	outlet->closed_payload = payload;
	if (outlet->polls)
		uv_close((uv_handle_t *)&outlet->poll, finish);
	else
		finish(&(uv_handle_t){.data = outlet});
}
