/* SPDX-License-Identifier: MIT */
#include "compose/cli/session.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/escape.h"
#include "compose/cli/inlet.h"
#include "compose/cli/outlet.h"
#include "compose/cli/terminal.h"

enum { PIECE = (16 << 10) + 1 };

struct session {
	struct cli *cli;
	const struct session_options *options;
	struct engine_stream *stream; /* NULL: it has ended */
	struct engine_request *resize;
	char *exec;
	struct inlet *inlet; /* NULL: not begun */
	struct outlet *output, *errors;
	uv_signal_t resized;
	struct escape escape;
	char piece[PIECE]; /* what is being written to the process */
	bool opened;       /* or ended */
	bool running;      /* session_run was called */
	bool writing;      /* a write or the half-close has not completed */
	bool deaf;         /* the process takes no more input */
	bool left;
	bool broken; /* broken off here */
	bool done;   /* ended, and all that it said is written */
	unsigned open_handles;
	bool closed;
	struct error *error;
};

/* --- the end */

static void check_done(struct session *session)
{
	bool written =
		session->broken || (outlet_empty(session->output) && outlet_empty(session->errors));

	session->done = !session->stream && !session->writing && !session->resize && written;
}

static void break_off(struct session *session)
{
	session->broken = true;
	if (session->stream)
		engine_stream_close(session->stream);
	check_done(session);
}

/* --- what the process says */

static bool is_held_up(const struct session *session)
{
	return outlet_full(session->output) || outlet_full(session->errors);
}

static void on_data(struct engine_stream *stream, enum stream_channel channel, const char *bytes,
		    size_t len, void *payload)
{
	struct session *session = payload;

	outlet_write(channel == STREAM_ERRORS ? session->errors : session->output, bytes, len);
	if (outlet_error(session->output) || outlet_error(session->errors))
		break_off(session);
	else if (!is_held_up(session))
		engine_stream_read(stream);
}

static void on_drained(void *payload)
{
	struct session *session = payload;

	if (session->stream && !session->broken) {
		if (outlet_error(session->output) || outlet_error(session->errors))
			break_off(session);
		else if (!is_held_up(session))
			engine_stream_read(session->stream);
	}
	check_done(session);
}

/* --- the size of the terminal */

static void sized(const struct error *err, void *payload)
{
	struct session *session = payload;

	(void)err; /* it may have ended in between, and is then of no size */
	session->resize = NULL;
	check_done(session);
}

static void tell_size(struct session *session)
{
	const char *container = session->options->container;
	const char *target = container ? container : session->exec;
	unsigned width, height;

	if (!target || session->resize || !session->stream)
		return;
	terminal_size(1, &width, &height);
	session->resize = engine_resize(session->cli->engine, target, !container, width, height,
					sized, session);
}

static void on_resized(uv_signal_t *handle, int number)
{
	(void)number;
	tell_size(handle->data);
}

static void on_open(struct engine_stream *stream, void *payload)
{
	struct session *session = payload;

	session->exec = memory_copy(engine_stream_id(stream));
	session->opened = true;
}

static void on_end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct session *session = payload;

	(void)stream;
	session->stream = NULL;
	session->opened = true;
	if (err && !session->left && !session->error)
		session->error = error_copy(err);
	check_done(session);
}

static const struct engine_reader reader = {.data = on_data, .open = on_open, .end = on_end};
const struct engine_reader *const session_reader = &reader;

/* --- what is typed */

static void on_written(const struct error *err, void *payload)
{
	struct session *session = payload;

	session->writing = false;
	session->deaf |= err != NULL;
	if (session->left)
		break_off(session);
	else if (session->stream && !session->deaf && !session->broken)
		inlet_read(session->inlet);
	check_done(session);
}

static void on_shut(const struct error *err, void *payload)
{
	struct session *session = payload;

	(void)err;
	session->writing = false;
	check_done(session);
}

static void on_input(const char *bytes, size_t len, void *payload)
{
	struct session *session = payload;
	bool ended = len == 0;

	if (!session->stream || session->broken || session->deaf)
		return;
	if (session->options->tty)
		len = escape_filter(&session->escape, bytes, len, session->piece, &session->left);
	else
		memcpy(session->piece, bytes, len);
	session->writing = len > 0 || ended;
	if (len > 0)
		engine_stream_write(session->stream, session->piece, len, on_written, session);
	else if (ended)
		engine_stream_shutdown(session->stream, on_shut, session);
	else if (session->left)
		break_off(session);
	else
		inlet_read(session->inlet);
}

/* --- life */

bool session_has_terminal(void)
{
	return uv_guess_handle(0) == UV_TTY && uv_guess_handle(1) == UV_TTY;
}

struct session *session_new(struct cli *cli, const struct session_options *options)
{
	struct session *session = memory_zero(1, sizeof(*session));

	session->cli = cli;
	session->options = options;
	session->output = outlet_open(cli->loop, 1, on_drained, session);
	session->errors = outlet_open(cli->loop, 2, on_drained, session);
	uv_signal_init(cli->loop, &session->resized);
	session->resized.data = session;
	return session;
}

void session_begin(struct session *session, struct engine_stream *stream)
{
	session->stream = stream;
}

static void interrupted(struct cli *cli, void *payload)
{
	struct session *session = payload;

	if (session->running && session->options->interrupted)
		session->options->interrupted(cli, session->options->payload);
	else
		break_off(session);
}

static void run_until(struct session *session, const bool *done)
{
	struct cli *cli = session->cli;

	cli->interrupted = interrupted;
	cli->interrupted_payload = session;
	cli_run(cli, done);
	cli->interrupted = NULL;
}

int session_open(struct session *session, struct error **err)
{
	run_until(session, &session->opened);
	if (session->broken) {
		cli_run(session->cli, &session->done);
		error_drop(&session->error);
		return error_set(err, ERROR_CANCELLED, "cancelled");
	}
	if (!session->stream && session->error)
		return error_move(err, &session->error);
	return 0;
}

static void begin_input(struct session *session)
{
	session->inlet = inlet_open(session->cli->loop, 0, on_input, session);
	if (session->options->tty && inlet_raw(session->inlet))
		terminal_raw(1);
	inlet_read(session->inlet);
}

static void inlet_closed(void *payload)
{
	struct session *session = payload;

	session->inlet = NULL;
	session->closed = true;
}

/* The terminal is its own again before anything else is said. */
static void end_input(struct session *session)
{
	if (!session->inlet)
		return;
	session->closed = false;
	if (session->options->tty)
		terminal_cooked(1);
	inlet_close(session->inlet, inlet_closed, session);
	cli_run(session->cli, &session->closed);
}

int session_run(struct session *session, struct error **err)
{
	session->running = true;
	if (session->options->tty && session->stream) {
		uv_signal_start(&session->resized, on_resized, SIGWINCH);
		/* An exec was told when it was asked for. */
		if (session->options->container)
			tell_size(session);
	}
	if (session->options->input && session->stream)
		begin_input(session);
	/* Not before: what comes is for a terminal in the process's mode. */
	if (session->stream)
		engine_stream_read(session->stream);
	check_done(session);
	run_until(session, &session->done);
	end_input(session);
	if (outlet_error(session->output) || outlet_error(session->errors)) {
		const struct error *why = outlet_error(session->output);

		*err = error_copy(why ? why : outlet_error(session->errors));
		return (*err)->code;
	}
	return session->error ? error_move(err, &session->error) : 0;
}

bool session_left(const struct session *session)
{
	return session->left;
}

const char *session_exec(const struct session *session)
{
	return session->exec;
}

static void handle_closed(void *payload)
{
	struct session *session = payload;

	session->closed = --session->open_handles == 0;
}

static void signal_closed(uv_handle_t *handle)
{
	handle_closed(handle->data);
}

void session_close(struct session **session_at)
{
	struct session *session = steal(session_at);

	if (!session)
		return;
	break_off(session);
	cli_run(session->cli, &session->done);
	end_input(session);
	session->closed = false;
	session->open_handles = 3;
	outlet_close(session->output, handle_closed, session);
	outlet_close(session->errors, handle_closed, session);
	uv_close((uv_handle_t *)&session->resized, signal_closed);
	cli_run(session->cli, &session->closed);
	error_drop(&session->error);
	free(session->exec);
	free(session);
}
