/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include "base/clock.h"
#include "base/memory.h"

struct logs {
	struct flow flow; /* first */
	struct frames frames;
};

static int64_t parse(struct flow *flow, const char *bytes, size_t len, struct error **err)
{
	return frames_parse(&container_of(flow, struct logs, flow)->frames, flow, bytes, len, err);
}

static const struct flow_kind framed = {.parse = parse};
static const struct flow_kind raw = {0};

/* Seconds with nine digits of the fraction, as the API takes times. */
void docker_query_time(struct text *path, const char *key, int64_t wall_ns)
{
	CLEANUP(memory_free)
	char *time = memory_format("%lld.%09lld", (long long)(wall_ns / (int64_t)CLOCK_SECOND),
				   (long long)(wall_ns % (int64_t)CLOCK_SECOND));

	docker_query(path, key, wall_ns > 0 ? time : NULL);
}

struct engine_stream *docker_logs(struct engine *engine, const char *container,
				  const struct logs_options *options,
				  const struct engine_reader *reader, void *payload)
{
	struct logs *logs = flow_new(engine, sizeof(*logs), options->tty ? &raw : &framed, NULL,
				     reader, payload);
	bool both = options->output == options->errors;
	CLEANUP(text_drop) struct text path = {0};

	docker_path(&path, "/containers/", container, "/logs");
	docker_query(&path, "stdout", both || options->output ? "1" : "0");
	docker_query(&path, "stderr", both || options->errors ? "1" : "0");
	docker_query(&path, "follow", options->follow ? "1" : NULL);
	docker_query(&path, "timestamps", options->timestamps ? "1" : NULL);
	docker_query_time(&path, "since", options->since);
	docker_query_time(&path, "until", options->until);
	if (options->tail >= 0)
		docker_query_int(&path, "tail", options->tail);
	flow_begin(&logs->flow, &(struct flow_options){.path = text_string(&path)});
	return &logs->flow.stream;
}
