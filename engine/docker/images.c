/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

struct image_operation {
	struct operation operation; /* first */
	struct image image;
	bool found;
};

static void image_finish(struct operation *operation, const struct error *err)
{
	struct image_operation *of = container_of(operation, struct image_operation, operation);

	((engine_image_done *)operation->done)(of->found ? &of->image : NULL, err,
					       operation->payload);
}

static void image_drop_operation(struct operation *operation)
{
	image_drop(&container_of(operation, struct image_operation, operation)->image);
}

static void image_answered(const struct answer *answer, void *payload)
{
	struct image_operation *of = payload;

	if (!answer->err) {
		of->found = true;
		docker_parse_image(answer->json, &of->image);
	}
	operation_gone(answer, of);
}

struct engine_request *docker_image(struct engine *engine, const char *reference,
				    engine_image_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};
	struct image_operation *of =
		operation_new(engine, sizeof(*of), image_finish, (void *)done, payload);

	of->operation.drop = image_drop_operation;
	docker_path(&path, "/images/", reference, "/json");
	operation_ask(&of->operation, &(struct ask_options){.path = text_string(&path)},
		      image_answered);
	return &of->operation.request;
}

struct engine_request *docker_image_remove(struct engine *engine, const char *reference, bool force,
					   engine_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};

	docker_path(&path, "/images/", reference, "");
	docker_query(&path, "force", force ? "1" : NULL);
	return operation_simple(
		engine, &(struct ask_options){.method = "DELETE", .path = text_string(&path)},
		operation_gone, done, payload);
}
