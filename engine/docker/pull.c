/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/credentials.h"
#include "engine/docker/progress.h"
#include "engine/reference.h"

struct pull {
	struct progress progress;          /* first */
	struct credentials_lookup *lookup; /* NULL: not under way */
	char *path;
};

static struct pull *pull_of(struct flow *flow)
{
	return container_of(flow, struct pull, progress.flow);
}

static void pull_drop(struct flow *flow)
{
	struct pull *pull = pull_of(flow);

	credentials_drop(&pull->lookup);
	progress_drop(&pull->progress);
	free(pull->path);
}

static const struct flow_kind kind = {.parse = progress_parse, .drop = pull_drop};

static void begin(struct pull *pull, const struct credentials *credentials)
{
	CLEANUP(memory_free) char *value = credentials ? credentials_header(credentials) : NULL;
	CLEANUP(memory_free)
	char *header = value ? memory_format("X-Registry-Auth: %s", value) : NULL;

	flow_begin(&pull->progress.flow, &(struct flow_options){.method = "POST",
								.path = pull->path,
								.header = header,
								.unbounded = true});
}

static void looked_up(const struct credentials *items, size_t count, const struct error *failed,
		      void *payload)
{
	struct pull *pull = payload;
	CLEANUP(error_drop) struct error *err = error_copy(failed);

	pull->lookup = NULL;
	if (err) {
		error_wrap(&err, "%s", pull->progress.flow.what);
		flow_end(&pull->progress.flow, &err);
		return;
	}
	begin(pull, count ? &items[0] : NULL);
}

struct engine_stream *docker_pull(struct engine *engine, const char *reference,
				  const struct pull_options *options,
				  const struct engine_reader *reader, void *payload)
{
	CLEANUP(memory_free) char *what = memory_format("pull of %s", reference);
	CLEANUP(reference_drop) struct reference parsed = {0};
	CLEANUP(memory_free) char *name = NULL;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(text_drop) struct text path = {0};
	struct pull *pull = progress_new(engine, sizeof(*pull), &kind, what, reader, payload);

	if (reference_parse(reference, &parsed, &err)) {
		flow_end(&pull->progress.flow, &err);
		return &pull->progress.flow.stream;
	}
	name = reference_name(&parsed, true);
	text_add(&path, "/images/create");
	docker_query(&path, "fromImage", name);
	docker_query(&path, "tag", parsed.digest ? parsed.digest : reference_tag(&parsed));
	docker_query(&path, "platform", options->platform);
	pull->path = text_steal(&path);
	if (options->credentials)
		begin(pull, options->credentials);
	else
		pull->lookup = credentials_find(engine->loop, parsed.domain, looked_up, pull);
	return &pull->progress.flow.stream;
}
