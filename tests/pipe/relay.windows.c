/* SPDX-License-Identifier: MIT */
/* relay NAME PORT -- listens at the named pipe NAME as dockerd on Windows does, and carries what comes
 * to PORT of 127.0.0.1 and back, half-closes too; prints "ready" when it listens
 *
 * It lets a real Docker Engine be tried over a named pipe where there is no Windows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/pipe.h"

enum { PIECE = 64 << 10 };

struct relay {
	uv_loop_t loop;
	struct sockaddr_in engine;
};

struct line {
	struct pipe *pipe; /* NULL: closing */
	uv_tcp_t tcp;
	uv_connect_t connect;
	uv_shutdown_t shutdown;
	unsigned handles;
	char piece[PIECE];
};

/* --- ends */

static void handle_gone(struct line *line)
{
	if (--line->handles > 0)
		return;
	free(line);
}

static void pipe_gone(void *payload)
{
	handle_gone(payload);
}

static void tcp_gone(uv_handle_t *handle)
{
	handle_gone(handle->data);
}

static void line_close(struct line *line)
{
	if (!line->pipe)
		return;
	pipe_close(steal(&line->pipe), pipe_gone, line);
	uv_close((uv_handle_t *)&line->tcp, tcp_gone);
}

/* --- from the engine to the pipe */

/* The engine is not read while the pipe is slower. */
static void give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	struct line *line = handle->data;

	(void)wanted;
	*buffer = uv_buf_init(line->piece, PIECE);
}

static void told_by_engine(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct line *line = stream->data;

	if (len == 0)
		return;
	uv_read_stop(stream);
	if (len > 0)
		pipe_write(line->pipe, buffer->base, (size_t)len);
	else
		line_close(line);
}

static void written(void *payload)
{
	struct line *line = payload;

	uv_read_start((uv_stream_t *)&line->tcp, give_buffer, told_by_engine);
}

/* --- from the pipe to the engine */

struct piece {
	uv_write_t write;
	struct line *line;
	char bytes[];
};

static void sent(uv_write_t *write, int status)
{
	struct piece *piece = container_of(write, struct piece, write);
	struct line *line = piece->line;

	free(piece);
	if (status == 0 && line->pipe)
		pipe_read(line->pipe, true);
}

static void received(const char *bytes, size_t len, void *payload)
{
	struct line *line = payload;
	struct piece *piece = memory_alloc(sizeof(*piece) + len);

	piece->line = line;
	memcpy(piece->bytes, bytes, len);
	uv_buf_t buffer = uv_buf_init(piece->bytes, (unsigned)len);

	pipe_read(line->pipe, false);
	if (uv_write(&piece->write, (uv_stream_t *)&line->tcp, &buffer, 1, sent) == 0)
		return;
	free(piece);
	line_close(line);
}

static void ended(const struct error *err, void *payload)
{
	struct line *line = payload;

	if (err || uv_shutdown(&line->shutdown, (uv_stream_t *)&line->tcp, NULL) < 0)
		line_close(line);
}

static const struct pipe_events events = {
	.received = received,
	.written = written,
	.ended = ended,
};

/* --- connections */

static void connected(uv_connect_t *connect, int status)
{
	struct line *line = container_of(connect, struct line, connect);

	if (status < 0) {
		line_close(line);
		return;
	}
	uv_read_start((uv_stream_t *)&line->tcp, give_buffer, told_by_engine);
	pipe_read(line->pipe, true);
}

static void accepted(HANDLE handle, void *payload)
{
	struct relay *relay = payload;
	struct line *line = memory_zero(1, sizeof(*line));
	CLEANUP(error_drop) struct error *err = NULL;

	if (pipe_open(&relay->loop, handle, &events, line, &line->pipe, &err) < 0) {
		fprintf(stderr, "relay: %s\n", err->message);
		free(line);
		return;
	}
	uv_tcp_init(&relay->loop, &line->tcp);
	line->tcp.data = line;
	line->handles = 2;
	if (uv_tcp_connect(&line->connect, &line->tcp, (struct sockaddr *)&relay->engine,
			   connected) < 0)
		line_close(line);
}

int main(int argc, char **argv)
{
	struct relay relay;
	struct pipe_server *server = NULL;
	CLEANUP(error_drop) struct error *err = NULL;

	if (argc != 3) {
		fprintf(stderr, "usage: relay NAME PORT\n");
		return 2;
	}
	struct pipe_listen_options options = {
		.name = argv[1],
		.messages = true,
		.accepted = accepted,
		.payload = &relay,
	};

	uv_loop_init(&relay.loop);
	uv_ip4_addr("127.0.0.1", (int)strtol(argv[2], NULL, 10), &relay.engine);
	if (pipe_listen(&relay.loop, &options, &server, &err) < 0) {
		fprintf(stderr, "relay: %s\n", err->message);
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	return uv_run(&relay.loop, UV_RUN_DEFAULT);
}
