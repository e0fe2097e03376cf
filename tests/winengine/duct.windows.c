/* SPDX-License-Identifier: MIT */
#include "tests/winengine/duct.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/pipe.h"
#include "base/text.h"

struct pipe_duct {
	struct duct duct; /* first */
	struct pipe *pipe;
	bool shutting; /* our half-close is on its way */
};

struct pipe_listener {
	struct duct_server server; /* first */
	uv_loop_t *loop;
	struct pipe_server *pipe;
};

static void received(const char *bytes, size_t len, void *payload)
{
	struct pipe_duct *duct = payload;

	duct_received_(&duct->duct, bytes, len);
}

static void gone(void *payload)
{
	free(payload);
}

/* What the other side has not read when a pipe is closed is lost to it: so a duct closes after its
 * half-close, which waits for the reader. */
static void written(void *payload)
{
	struct pipe_duct *duct = payload;

	if (duct->shutting)
		pipe_close(duct->pipe, gone, duct);
	else
		duct_wrote_(&duct->duct, false);
}

static void ended(const struct error *err, void *payload)
{
	struct pipe_duct *duct = payload;

	if (duct->shutting && err) {
		pipe_close(duct->pipe, gone, duct);
		return;
	}
	if (err && duct->duct.sending)
		duct_wrote_(&duct->duct, true);
	duct_ended_(&duct->duct);
}

static void read_on(struct duct *duct, bool on)
{
	pipe_read(((struct pipe_duct *)duct)->pipe, on);
}

static void write_bytes(struct duct *duct, const char *bytes, size_t len)
{
	pipe_write(((struct pipe_duct *)duct)->pipe, bytes, len);
}

static void close_pipe(struct duct *duct)
{
	struct pipe_duct *of = (struct pipe_duct *)duct;

	if (duct->finishing && !duct->sending && !duct->len) {
		of->shutting = true;
		pipe_shutdown(of->pipe);
	} else {
		pipe_close(of->pipe, gone, of);
	}
}

static const struct duct_ops pipe_ops = {
	.read = read_on,
	.write = write_bytes,
	.close = close_pipe,
};

static void accepted(HANDLE handle, void *payload)
{
	static const struct pipe_events events = {
		.received = received, .written = written, .ended = ended};
	struct pipe_listener *listener = payload;
	struct pipe_duct *duct = memory_zero(1, sizeof(*duct));
	CLEANUP(error_drop) struct error *err = NULL;

	duct->duct.ops = &pipe_ops;
	if (pipe_open(listener->loop, handle, &events, duct, &duct->pipe, &err) < 0)
		free(duct);
	else
		listener->server.accepted(&duct->duct, listener->server.payload);
}

static void close_listener(struct duct_server *server)
{
	struct pipe_listener *of = (struct pipe_listener *)server;

	if (of->pipe)
		pipe_server_close(of->pipe, gone, of);
	else
		free(of);
}

/* As dockerd listens: messages, so that there is half-close; the descriptor lets SYSTEM and
 * administrators (windows.md 1.1), and is left to the user here, who may be neither. */
int duct_listen_other_(uv_loop_t *loop, const char *address, struct duct_server **ret,
		       struct error **err)
{
	if (!text_starts(address, "npipe://"))
		return error_set(err, ERROR_UNSUPPORTED,
				 "%s: unix://, tcp:// and npipe:// are known here", address);
	struct pipe_listener *listener = memory_zero(1, sizeof(*listener));
	int code = pipe_listen(loop,
			       &(struct pipe_listen_options){
				       .name = address + 8,
				       .messages = true,
				       .accepted = accepted,
				       .payload = listener,
			       },
			       &listener->pipe, err);

	listener->loop = loop;
	listener->server.close = close_listener;
	listener->server.address = memory_copy(address);
	if (code < 0) {
		duct_server_close(&listener->server);
		return code;
	}
	*ret = &listener->server;
	return 0;
}
