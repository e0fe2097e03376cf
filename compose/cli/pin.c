/* SPDX-License-Identifier: MIT */
#include "compose/cli/pin.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "engine/reference.h"

struct pin;

/* A service whose registry is asked. */
struct question {
	struct pin *pin;
	struct service *service;
};

struct pin {
	struct project *project;
	struct question *questions; /* one for each service */
	size_t open;
	bool done;
	struct error *error; /* the first */
};

static void pin_drop(struct pin *pin)
{
	free(pin->questions);
	error_drop(&pin->error);
}

static void set_image(struct project *project, struct service *service, const char *image)
{
	struct node *node = (struct node *)service->node;

	service->image = arena_copy(&project->arena, image);
	node_set(&project->arena, node, "image",
		 node_string(&project->arena, service->image, service->image_at),
		 service->image_at);
}

static void answered(const char *digest, const struct error *failed, void *payload)
{
	struct question *question = payload;
	struct pin *pin = question->pin;
	CLEANUP(reference_drop) struct reference parsed = {0};
	CLEANUP(error_drop) struct error *err = error_copy(failed);

	if (!err && reference_parse(question->service->image, &parsed, &err) == 0) {
		CLEANUP(memory_free) char *name = reference_canonical(&parsed);
		CLEANUP(memory_free) char *pinned = memory_format("%s@%s", name, digest);

		set_image(pin->project, question->service, pinned);
	}
	if (err && !pin->error) {
		error_wrap(&err, "services.%s.image", question->service->name);
		pin->error = steal(&err);
	}
	pin->done = --pin->open == 0;
}

/* Whether the registry has to be asked; one that has a digest only gets its full name. */
static int ask(struct cli *cli, struct pin *pin, struct question *question, struct error **err)
{
	struct service *service = question->service;
	CLEANUP(reference_drop) struct reference parsed = {0};

	if (!service->image_written || strchr(service->image, '$'))
		return 0;
	if (reference_parse(service->image, &parsed, err) < 0)
		return error_wrap(err, "services.%s.image", service->name);
	if (parsed.digest) {
		CLEANUP(memory_free) char *name = reference_canonical(&parsed);

		set_image(pin->project, service, name);
		return 0;
	}
	pin->open++;
	engine_image_digest(cli->engine, service->image, answered, question);
	return 0;
}

int pin_images(struct cli *cli, struct project *project, struct error **err)
{
	CLEANUP(pin_drop) struct pin pin = {.project = project};
	int status = cli_engine(cli, project->name, err);

	if (status < 0)
		return status;
	pin.questions = memory_zero(project->services.len + 1, sizeof(*pin.questions));
	for (size_t i = 0; i < project->services.len && status == 0; i++) {
		pin.questions[i] = (struct question){&pin, &project->services.items[i]};
		status = ask(cli, &pin, &pin.questions[i], err);
	}
	pin.done = pin.open == 0;
	cli_run(cli, &pin.done);
	if (status < 0)
		return status;
	return pin.error ? error_move(err, &pin.error) : 0;
}

void pin_only(struct project *project)
{
	struct arena *arena = &project->arena;
	struct position nowhere = {0};
	struct node *root = node_new(arena, NODE_MAPPING, nowhere);
	struct node *services = node_new(arena, NODE_MAPPING, nowhere);

	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		struct node *one = node_new(arena, NODE_MAPPING, nowhere);
		struct node *image = node_get(service->node, "image");

		if (!image)
			continue;
		node_set(arena, one, "image", image, nowhere);
		node_set(arena, services, service->name, one, nowhere);
	}
	node_set(arena, root, "services", services, nowhere);
	project->root = root;
}
