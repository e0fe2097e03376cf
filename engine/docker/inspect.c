/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"

/* --- the labels of images, which never change under an image id */

struct kept {
	struct list link;
	char *id;
	struct image image; /* of which only the labels are kept */
};

enum { KEPT_MAX = 1000 };

static void kept_drop(struct kept *kept)
{
	list_unlink(&kept->link);
	image_drop(&kept->image);
	free(kept->id);
	free(kept);
}

const struct labels *labels_cache_get(const struct docker *docker, const char *image_id)
{
	struct list *labels = (struct list *)&docker->labels;

	LIST_FOR_EACH (struct kept, kept, labels, link)
		if (text_same(kept->id, image_id))
			return &kept->image.labels;
	return NULL;
}

void labels_cache_put(struct docker *docker, const char *image_id, const cJSON *image)
{
	struct kept *kept = memory_zero(1, sizeof(*kept));

	if (docker->labels_len >= KEPT_MAX)
		kept_drop(list_first(&docker->labels, struct kept, link));
	else
		docker->labels_len++;
	kept->id = memory_copy(image_id);
	docker_parse_labels(json_path(image, "Config.Labels"), &kept->image.labels);
	list_append(&docker->labels, &kept->link);
}

void labels_cache_drop(struct docker *docker)
{
	LIST_FOR_EACH (struct kept, kept, &docker->labels, link)
		kept_drop(kept);
}

void labels_cache_fill(const struct docker *docker, struct container *container)
{
	const struct labels *labels =
		container->image_id ? labels_cache_get(docker, container->image_id) : NULL;

	if (!labels)
		return;
	ARRAY_FOR_EACH (struct label, label, labels)
		array_push(&container->image_labels,
			   ((struct label){memory_copy(label->key), memory_copy(label->value)}));
}

/* --- one container */

struct inspect_operation {
	struct operation operation; /* first */
	struct container container;
};

static void finish(struct operation *operation, const struct error *err)
{
	struct inspect_operation *of = container_of(operation, struct inspect_operation, operation);

	((engine_container_done *)operation->done)(err ? NULL : &of->container, err,
						   operation->payload);
}

static void drop(struct operation *operation)
{
	container_drop(&container_of(operation, struct inspect_operation, operation)->container);
}

static void image_answered(const struct answer *answer, void *payload)
{
	struct inspect_operation *of = payload;
	struct docker *docker = of->operation.docker;

	/* An image that was removed by force has no labels that could be borrowed. */
	if (!answer->err || answer->status == 404)
		labels_cache_put(docker, of->container.image_id, answer->json);
	labels_cache_fill(docker, &of->container);
	operation_end(&of->operation, answer->status == 404 ? NULL : answer->err);
}

static void answered(const struct answer *answer, void *payload)
{
	struct inspect_operation *of = payload;
	struct docker *docker = of->operation.docker;
	CLEANUP(text_drop) struct text path = {0};

	if (answer->err) {
		operation_end(&of->operation, answer->err);
		return;
	}
	docker_parse_inspected(answer->json, &of->container);
	const char *image = of->container.image_id;

	if (!image || labels_cache_get(docker, image)) {
		labels_cache_fill(docker, &of->container);
		operation_end(&of->operation, NULL);
		return;
	}
	docker_path(&path, "/images/", image, "/json");
	operation_ask(&of->operation, &(struct ask_options){.path = text_string(&path)},
		      image_answered);
}

struct engine_request *docker_inspect(struct engine *engine, const char *container,
				      engine_container_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};
	struct inspect_operation *of =
		operation_new(engine, sizeof(*of), finish, (void *)done, payload);

	of->operation.drop = drop;
	docker_path(&path, "/containers/", container, "/json");
	operation_ask(&of->operation, &(struct ask_options){.path = text_string(&path)}, answered);
	return &of->operation.request;
}
