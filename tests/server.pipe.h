/* SPDX-License-Identifier: MIT */
/* server.pipe -- the server of server.h at a named pipe that carries messages, as Docker's engine
 * for Windows does, at server.address, npipe://...; only in tests for Windows
 */
#pragma once

#include <windows.h>

#include "base/error.h"
#include "base/pipe.h"
#include "tests/server.h"

struct server_line {
	struct connection *connection;
	struct pipe *pipe;
	struct text out; /* what is sent next */
	bool sending, ending;
};

static inline void server_line_closed(void *payload)
{
	struct server_line *line = payload;

	server_forget(line->connection);
	text_drop(&line->out);
	free(line);
}

static inline void server_line_go_on(struct server_line *line)
{
	if (line->sending)
		return;
	if (line->out.len) {
		line->sending = true;
		pipe_write(line->pipe, line->out.data, line->out.len);
		text_clear(&line->out);
	} else if (line->ending && line->pipe) {
		pipe_close(steal(&line->pipe), server_line_closed, line);
	}
}

static inline void server_line_received(const char *bytes, size_t len, void *payload)
{
	struct server_line *line = payload;

	if (!line->ending)
		server_take(line->connection, bytes, (ssize_t)len);
}

static inline void server_line_written(void *payload)
{
	struct server_line *line = payload;

	line->sending = false;
	server_line_go_on(line);
}

static inline void server_line_ended(const struct error *err, void *payload)
{
	struct server_line *line = payload;

	(void)err;
	if (!line->ending)
		server_take(line->connection, "", -1);
}

static const struct pipe_events server_line_events = {
	.received = server_line_received,
	.written = server_line_written,
	.ended = server_line_ended,
};

static inline void server_pipe_send(struct connection *connection, const char *bytes, size_t len)
{
	struct server_line *line = connection->other;

	text_add_n(&line->out, bytes, len);
	server_line_go_on(line);
}

static inline void server_pipe_hang_up(struct connection *connection)
{
	struct server_line *line = connection->other;

	line->ending = true;
	server_line_go_on(line);
}

static inline void server_pipe_accepted(HANDLE handle, void *payload)
{
	struct server_line *line = memory_zero(1, sizeof(*line));
	CLEANUP(error_drop) struct error *err = NULL;
	struct server *server = payload;

	line->connection = server_connection(server);
	line->connection->other = line;
	assert_int_equal(
		pipe_open(server->loop, handle, &server_line_events, line, &line->pipe, &err), 0);
	pipe_read(line->pipe, true);
}

static inline void server_pipe_open(struct server *server, uv_loop_t *loop)
{
	static unsigned count;
	CLEANUP(error_drop) struct error *err = NULL;
	struct pipe_listen_options options = {
		.name = server->address + strlen("npipe://"),
		.messages = true,
		.accepted = server_pipe_accepted,
		.payload = server,
	};
	struct pipe_server *listener = NULL;

	snprintf(server->address, sizeof(server->address),
		 "npipe:////./pipe/wincompose-test-%lu-%u", GetCurrentProcessId(), count++);
	assert_int_equal(pipe_listen(loop, &options, &listener, &err), 0);
	server->other = listener;
}

static inline void server_pipe_close(struct server *server)
{
	pipe_server_close(server->other, NULL, NULL);
}

static const struct server_way server_pipe = {
	.open = server_pipe_open,
	.close = server_pipe_close,
	.send = server_pipe_send,
	.hang_up = server_pipe_hang_up,
};
