/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include "base/memory.h"

/* Frames where there is no terminal, else the bytes as they come. */
struct attach_flow {
	struct flow flow; /* first */
	struct frames frames;
};

static int64_t parse_frames(struct flow *flow, const char *bytes, size_t len, struct error **err)
{
	struct attach_flow *attach = container_of(flow, struct attach_flow, flow);

	return frames_parse(&attach->frames, flow, bytes, len, err);
}

/* A container that is killed may leave the last frame unfinished; what came of it was told. */
static void frames_ended(struct flow *flow, size_t rest, struct error **err)
{
	(void)flow;
	(void)rest;
	(void)err;
}

static const struct flow_kind framed = {.parse = parse_frames, .ended = frames_ended};
static const struct flow_kind raw = {0};

struct engine_stream *docker_attach(struct engine *engine, const char *container,
				    const struct attach_options *options,
				    const struct engine_reader *reader, void *payload)
{
	CLEANUP(memory_free) char *what = memory_format("container %s", container);
	CLEANUP(text_drop) struct text path = {0};
	struct attach_flow *attach = flow_new(engine, sizeof(*attach),
					      options->tty ? &raw : &framed, what, reader, payload);

	docker_path(&path, "/containers/", container, "/attach");
	docker_query(&path, "stream", "1");
	docker_query(&path, "stdin", options->input ? "1" : NULL);
	docker_query(&path, "stdout", options->output ? "1" : NULL);
	docker_query(&path, "stderr", options->errors ? "1" : NULL);
	docker_query(&path, "logs", options->logs ? "1" : NULL);
	flow_begin(&attach->flow, &(struct flow_options){.method = "POST",
							 .path = text_string(&path),
							 .upgrade = true});
	return &attach->flow.stream;
}
