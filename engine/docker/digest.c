/* SPDX-License-Identifier: MIT */
/* What a registry says of an image, asked by the daemon with the user's credentials. */
#include "engine/docker/docker.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "engine/credentials.h"
#include "engine/reference.h"

struct digest_operation {
	struct operation operation;        /* first */
	struct credentials_lookup *lookup; /* NULL: not under way */
	char *name;                        /* docker.io/library/nginx:latest */
	char *digest;
};

static struct digest_operation *digest_of(struct operation *operation)
{
	return container_of(operation, struct digest_operation, operation);
}

static void digest_finish(struct operation *operation, const struct error *err)
{
	((engine_id_done *)operation->done)(err ? NULL : digest_of(operation)->digest, err,
					    operation->payload);
}

static void digest_drop(struct operation *operation)
{
	struct digest_operation *of = digest_of(operation);

	credentials_drop(&of->lookup);
	free(of->name);
	free(of->digest);
}

static void digest_answered(const struct answer *answer, void *payload)
{
	struct digest_operation *of = payload;
	const cJSON *digest = json_path(answer->json, "Descriptor.digest");
	CLEANUP(error_drop) struct error *err = error_copy(answer->err);

	if (!err && !cJSON_IsString(digest))
		error_set(&err, ERROR_SYSTEM, "the engine's answer for %s has no digest", of->name);
	if (!err)
		of->digest = memory_copy(digest->valuestring);
	operation_end(&of->operation, err);
}

static void looked_up(const struct credentials *items, size_t count, const struct error *failed,
		      void *payload)
{
	struct digest_operation *of = payload;
	CLEANUP(error_drop) struct error *err = error_copy(failed);
	CLEANUP(text_drop) struct text path = {0};

	of->lookup = NULL;
	if (err) {
		operation_end_soon(&of->operation, &err);
		return;
	}
	CLEANUP(memory_free) char *value = count ? credentials_header(&items[0]) : NULL;
	CLEANUP(memory_free)
	char *header = value ? memory_format("X-Registry-Auth: %s", value) : NULL;
	docker_path(&path, "/distribution/", of->name, "/json");
	operation_ask(&of->operation,
		      &(struct ask_options){
			      .path = text_string(&path), .header = header, .what = of->name},
		      digest_answered);
}

struct engine_request *docker_image_digest(struct engine *engine, const char *reference,
					   engine_id_done *done, void *payload)
{
	CLEANUP(reference_drop) struct reference parsed = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	struct digest_operation *of =
		operation_new(engine, sizeof(*of), digest_finish, (void *)done, payload);

	of->operation.drop = digest_drop;
	if (reference_parse(reference, &parsed, &err) < 0) {
		operation_end_soon(&of->operation, &err);
	} else {
		of->name = reference_canonical(&parsed);
		of->lookup = credentials_find(engine->loop, parsed.domain, looked_up, of);
	}
	return &of->operation.request;
}
