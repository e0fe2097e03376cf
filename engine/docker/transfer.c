/* SPDX-License-Identifier: MIT */
/* Images between the engine and registries, with the credentials of the user. */
#include "engine/docker/docker.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/credentials.h"
#include "engine/docker/progress.h"
#include "engine/reference.h"

struct transfer {
	struct progress progress;          /* first */
	struct credentials_lookup *lookup; /* NULL: not under way */
	char *path;
	bool needs_header; /* a push without credentials is refused unless it says that it has none */
};

/* "{}", as the header's value is written. */
#define NO_CREDENTIALS "e30="

static struct transfer *transfer_of(struct flow *flow)
{
	return container_of(flow, struct transfer, progress.flow);
}

static void transfer_drop(struct flow *flow)
{
	struct transfer *transfer = transfer_of(flow);

	credentials_drop(&transfer->lookup);
	progress_drop(&transfer->progress);
	free(transfer->path);
}

static const struct flow_kind kind = {.parse = progress_parse, .drop = transfer_drop};

static void begin(struct transfer *transfer, const struct credentials *credentials)
{
	CLEANUP(memory_free) char *value = credentials ? credentials_header(credentials) : NULL;
	CLEANUP(memory_free)
	char *header =
		value || transfer->needs_header
			? memory_format("X-Registry-Auth: %s", value ? value : NO_CREDENTIALS)
			: NULL;

	flow_begin(&transfer->progress.flow, &(struct flow_options){.method = "POST",
								    .path = transfer->path,
								    .header = header,
								    .unbounded = true});
}

static void looked_up(const struct credentials *items, size_t count, const struct error *failed,
		      void *payload)
{
	struct transfer *transfer = payload;
	CLEANUP(error_drop) struct error *err = error_copy(failed);

	transfer->lookup = NULL;
	if (err) {
		error_wrap(&err, "%s", transfer->progress.flow.what);
		flow_end(&transfer->progress.flow, &err);
		return;
	}
	begin(transfer, count ? &items[0] : NULL);
}

/* The name as the engine writes it; NULL: it is no reference, and the stream ends with that. Yours. */
static char *name_of(struct transfer *transfer, const char *written, struct reference *ret)
{
	CLEANUP(error_drop) struct error *err = NULL;

	if (reference_parse(written, ret, &err) < 0) {
		flow_end(&transfer->progress.flow, &err);
		return NULL;
	}
	return reference_name(ret, true);
}

static void look_up(struct transfer *transfer, const struct reference *reference)
{
	transfer->lookup = credentials_find(transfer->progress.flow.docker->engine.loop,
					    reference->domain, looked_up, transfer);
}

struct engine_stream *docker_pull(struct engine *engine, const char *reference,
				  const struct pull_options *options,
				  const struct engine_reader *reader, void *payload)
{
	CLEANUP(memory_free) char *what = memory_format("pull of %s", reference);
	CLEANUP(reference_drop) struct reference parsed = {0};
	CLEANUP(text_drop) struct text path = {0};
	struct transfer *transfer =
		progress_new(engine, sizeof(*transfer), &kind, what, reader, payload);
	CLEANUP(memory_free) char *name = name_of(transfer, reference, &parsed);

	if (!name)
		return &transfer->progress.flow.stream;
	text_add(&path, "/images/create");
	docker_query(&path, "fromImage", name);
	docker_query(&path, "tag", parsed.digest ? parsed.digest : reference_tag(&parsed));
	docker_query(&path, "platform", options->platform);
	transfer->path = text_steal(&path);
	if (options->credentials)
		begin(transfer, options->credentials);
	else
		look_up(transfer, &parsed);
	return &transfer->progress.flow.stream;
}

struct engine_stream *docker_push(struct engine *engine, const char *reference,
				  const struct engine_reader *reader, void *payload)
{
	CLEANUP(memory_free) char *what = memory_format("push of %s", reference);
	CLEANUP(reference_drop) struct reference parsed = {0};
	CLEANUP(text_drop) struct text path = {0};
	struct transfer *transfer =
		progress_new(engine, sizeof(*transfer), &kind, what, reader, payload);
	CLEANUP(memory_free) char *name = name_of(transfer, reference, &parsed);

	if (!name)
		return &transfer->progress.flow.stream;
	transfer->needs_header = true;
	docker_path(&path, "/images/", name, "/push");
	docker_query(&path, "tag", reference_tag(&parsed));
	transfer->path = text_steal(&path);
	look_up(transfer, &parsed);
	return &transfer->progress.flow.stream;
}
