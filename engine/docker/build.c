/* SPDX-License-Identifier: MIT */
#include "engine/docker/build.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

static struct build *build_of(struct flow *flow)
{
	return container_of(flow, struct build, progress.flow);
}

static void build_begun(struct flow *flow)
{
	struct build *build = build_of(flow);

	if (build->upload)
		upload_begin(build->upload, flow);
}

static void build_written(struct flow *flow, const struct error *err)
{
	struct build *build = build_of(flow);

	if (build->upload)
		upload_written(build->upload, err);
}

static void build_wanted(struct flow *flow)
{
	struct build *build = build_of(flow);

	if (build->buildx)
		buildx_wanted(build->buildx);
}

static void build_drop(struct flow *flow)
{
	struct build *build = build_of(flow);

	credentials_drop(&build->lookup);
	buildx_drop(&build->buildx);
	upload_drop(&build->upload);
	progress_drop(&build->progress);
	free(build->path);
	free(build->needs);
}

static const struct flow_kind kind = {
	.parse = progress_parse,
	.begun = build_begun,
	.written = build_written,
	.wanted = build_wanted,
	.drop = build_drop,
};

bool build_is_remote(const char *context)
{
	return strstr(context, "://") || text_starts(context, "git@") ||
	       text_starts(context, "github.com/");
}

/* --- the engine's own builder */

static void looked_up(const struct credentials *items, size_t count, const struct error *failed,
		      void *payload)
{
	struct build *build = payload;
	struct flow *flow = &build->progress.flow;
	CLEANUP(error_drop) struct error *err = error_copy(failed);
	CLEANUP(memory_free) char *value = NULL, *header = NULL;

	build->lookup = NULL;
	if (err) {
		error_wrap(&err, "%s", flow->what);
		flow_end(flow, &err);
		return;
	}
	value = credentials_headers(items, count);
	header = memory_format("X-Registry-Config: %s", value);
	flow_begin(flow, &(struct flow_options){.method = "POST",
						.path = build->path,
						.header = header,
						.type = build->upload ? "application/x-tar" : NULL,
						.upload = build->upload != NULL,
						.unbounded = true});
}

void build_classic(struct build *build, const char *why)
{
	CLEANUP(error_drop) struct error *err = NULL;

	if (build->needs) {
		error_set(&err, ERROR_UNSUPPORTED, "%s needs BuildKit, and %s", build->needs, why);
		error_detail(&err, "install docker buildx, or leave it out");
		flow_end(&build->progress.flow, &err);
		return;
	}
	build->lookup = credentials_all(build->progress.flow.docker->engine.loop, looked_up, build);
}

static void query_json(struct text *path, const char *key, const cJSON *json)
{
	CLEANUP(memory_free) char *printed = json_print(json);

	docker_query(path, key, printed);
}

static void query_labels(struct text *path, const char *key, const struct labels *labels)
{
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();

	if (!labels->len)
		return;
	for (size_t i = 0; i < labels->len; i++) {
		const struct label *label = &labels->items[i];

		cJSON_AddItemToObject(json, label->key,
				      label->value ? cJSON_CreateString(label->value)
						   : cJSON_CreateNull());
	}
	query_json(path, key, json);
}

static void query_each(struct text *path, const char *key, const char *const *values)
{
	for (; values && *values; values++)
		docker_query(path, key, *values);
}

static void query_ulimits(struct text *path, const struct build_options *options)
{
	CLEANUP(json_drop) cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < options->ulimit_count; i++) {
		cJSON *limit = cJSON_CreateObject();

		json_set_string(limit, "Name", options->ulimits[i].name);
		json_set_int(limit, "Soft", options->ulimits[i].soft);
		json_set_int(limit, "Hard", options->ulimits[i].hard);
		cJSON_AddItemToArray(list, limit);
	}
	if (options->ulimit_count)
		query_json(path, "ulimits", list);
}

static char *classic_path(const struct build_options *options, const struct upload *upload)
{
	CLEANUP(text_drop) struct text path = {0};

	text_add(&path, "/build?version=1&rm=1&forcerm=1");
	query_each(&path, "t", options->tags);
	docker_query(&path, "dockerfile", upload ? upload_dockerfile(upload) : options->dockerfile);
	docker_query(&path, "remote", upload ? NULL : options->context);
	docker_query(&path, "target", options->target);
	docker_query(&path, "networkmode", options->network);
	docker_query(&path, "platform", options->platform);
	docker_query(&path, "isolation", options->isolation);
	docker_query(&path, "pull", options->pull ? "1" : NULL);
	docker_query(&path, "nocache", options->no_cache ? "1" : NULL);
	if (options->shm_size)
		docker_query_int(&path, "shmsize", options->shm_size);
	if (options->memory)
		docker_query_int(&path, "memory", options->memory);
	query_labels(&path, "buildargs", &options->args);
	query_labels(&path, "labels", &options->labels);
	query_each(&path, "extrahosts", options->extra_hosts);
	query_ulimits(&path, options);
	if (options->cache_from && *options->cache_from) {
		CLEANUP(json_drop) cJSON *json = json_strings(options->cache_from);

		query_json(&path, "cachefrom", json);
	}
	return text_steal(&path);
}

/* --- */

struct engine_stream *docker_build(struct engine *engine, const struct build_options *options,
				   const struct engine_reader *reader, void *payload)
{
	CLEANUP(memory_free)
	char *what = memory_format(
		"build of %s", options->tags && *options->tags ? *options->tags : options->context);
	CLEANUP(error_drop) struct error *err = NULL;
	struct build *build = progress_new(engine, sizeof(*build), &kind, what, reader, payload);
	bool is_remote = build_is_remote(options->context);

	if (is_remote && options->dockerfile_inline)
		error_set(&err, ERROR_UNSUPPORTED,
			  "%s: dockerfile_inline needs a context that is a folder", what);
	else if (!is_remote && upload_open(options, &build->upload, &err))
		error_wrap(&err, "%s", what);
	if (err) {
		flow_end(&build->progress.flow, &err);
		return &build->progress.flow.stream;
	}
	build->path = classic_path(options, build->upload);
	build->needs = memory_copy(options->needs_buildkit);
	build->buildx = buildx_new(build, options);
	if (build->buildx)
		buildx_try(build->buildx);
	else
		build_classic(build, "there is no docker command here");
	return &build->progress.flow.stream;
}
