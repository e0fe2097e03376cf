/* SPDX-License-Identifier: MIT */
/* progress -- the JSON documents that pull and build answer with, told line by line
 *
 * A document is a line of build output ("stream"), the state of a layer ("status"), or the failure
 * of the whole
 * ("error"), which comes after a status of 200.
 */
#pragma once

#include "engine/docker/docker.h"

/* What a pull and a build begin with. */
struct progress {
	struct flow flow; /* first */
	cJSON *json;      /* a document with several lines of output, the next one at `at` */
	int64_t left;     /* bytes of it that were not taken yet */
	size_t at;
	struct text line; /* begun by an earlier document */
	void (*end)(struct engine_stream *stream, const struct error *err, void *payload);
};

/* flow_new for a structure that begins with a struct progress. Where the engine answers with status
 * 500, the reader is told an error of the kind that the sentence means. */
void *progress_new(struct engine *engine, size_t size, const struct flow_kind *kind,
		   const char *what, const struct engine_reader *reader, void *payload);
/* For flow_kind.parse. */
int64_t progress_parse(struct flow *flow, const char *bytes, size_t len, struct error **err);
void progress_drop(struct progress *progress);
