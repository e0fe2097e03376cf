/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

void *operation_new(struct engine *engine, size_t size,
		    void (*finish)(struct operation *operation, const struct error *err),
		    void *done, void *payload)
{
	struct operation *operation = memory_zero(1, size);
	struct docker *docker = container_of(engine, struct docker, engine);

	operation->request.engine = engine;
	operation->docker = docker;
	list_append(&docker->operations, &operation->link);
	list_init(&operation->asks);
	operation->finish = finish;
	operation->done = done;
	operation->payload = payload;
	if (docker->closing)
		docker_soon(docker);
	return operation;
}

void operation_end(struct operation *operation, const struct error *err)
{
	CLEANUP(error_drop) struct error *own = steal(&operation->err);

	list_unlink(&operation->link);
	docker_drop_asks(&operation->asks);
	operation->finish(operation, err);
	if (operation->drop)
		operation->drop(operation);
	free(operation);
}

void operation_end_soon(struct operation *operation, struct error **err)
{
	if (operation->ending)
		return;
	operation->ending = true;
	operation->err = steal(err);
	docker_drop_asks(&operation->asks);
	docker_soon(operation->docker);
}

void operation_ask(struct operation *operation, const struct ask_options *options,
		   docker_answered *answered)
{
	if (!operation->ending)
		docker_ask(operation->docker, &operation->asks, options, answered, operation);
}

void operation_finish(struct operation *operation, const struct error *err)
{
	((engine_done *)operation->done)(err, operation->payload);
}

void operation_answered(const struct answer *answer, void *operation)
{
	operation_end(operation, answer->err);
}

struct engine_request *operation_simple(struct engine *engine, const struct ask_options *options,
					docker_answered *answered, engine_done *done, void *payload)
{
	struct operation *operation =
		operation_new(engine, sizeof(*operation), operation_finish, (void *)done, payload);

	operation_ask(operation, options, answered);
	return &operation->request;
}

/* --- requests whose answer is an id */

static void id_finish(struct operation *operation, const struct error *err)
{
	struct id_operation *of = container_of(operation, struct id_operation, operation);

	((engine_id_done *)operation->done)(err ? NULL : of->id, err, operation->payload);
}

static void id_drop(struct operation *operation)
{
	free(container_of(operation, struct id_operation, operation)->id);
}

static void identified(const struct answer *answer, void *payload)
{
	struct id_operation *of = payload;
	CLEANUP(error_drop) struct error *err = error_copy(answer->err);
	const char *id = json_string(answer->json, of->field);

	of->id = memory_copy(id);
	if (!err && !id)
		error_set(&err, ERROR_SYSTEM, "the engine's answer has no %s", of->field);
	operation_end(&of->operation, err);
}

struct engine_request *operation_id(struct engine *engine, const struct ask_options *options,
				    const char *field, engine_id_done *done, void *payload)
{
	struct id_operation *of =
		operation_new(engine, sizeof(*of), id_finish, (void *)done, payload);

	of->operation.drop = id_drop;
	of->field = field;
	operation_ask(&of->operation, options, identified);
	return &of->operation.request;
}

/* Absent is what was wanted. */
void operation_gone(const struct answer *answer, void *operation)
{
	operation_end(operation, answer->status == 404 ? NULL : answer->err);
}

void docker_cancel(struct engine_request *request)
{
	CLEANUP(error_drop) struct error *err = NULL;

	error_set(&err, ERROR_CANCELLED, "cancelled");
	operation_end_soon(container_of(request, struct operation, request), &err);
}
