/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include "base/memory.h"

struct engine_request *docker_copy_in(struct engine *engine, const char *container,
				      const char *path, const char *tar, size_t len,
				      engine_done *done, void *payload)
{
	CLEANUP(memory_free) char *what = memory_format("copy to %s:%s", container, path);
	CLEANUP(text_drop) struct text target = {0};

	docker_path(&target, "/containers/", container, "/archive");
	docker_query(&target, "path", path);
	return operation_simple(engine,
				&(struct ask_options){.method = "PUT",
						      .path = text_string(&target),
						      .bytes = tar,
						      .len = len,
						      .header = "Content-Type: application/x-tar",
						      .what = what,
						      .unbounded = true},
				operation_answered, done, payload);
}

/* The body is the archive itself. */
static const struct flow_kind archive = {0};

struct engine_stream *docker_copy_out(struct engine *engine, const char *container,
				      const char *path, const struct engine_reader *reader,
				      void *payload)
{
	CLEANUP(memory_free) char *what = memory_format("copy from %s:%s", container, path);
	CLEANUP(text_drop) struct text source = {0};
	struct flow *flow = flow_new(engine, sizeof(*flow), &archive, what, reader, payload);

	docker_path(&source, "/containers/", container, "/archive");
	docker_query(&source, "path", path);
	flow_begin(flow, &(struct flow_options){.path = text_string(&source)});
	return &flow->stream;
}
