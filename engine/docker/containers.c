/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

struct engine_request *docker_start(struct engine *engine, const char *container, engine_done *done,
				    void *payload)
{
	CLEANUP(text_drop) struct text path = {0};

	/* 304: it runs already. */
	docker_path(&path, "/containers/", container, "/start");
	return operation_simple(engine,
				&(struct ask_options){.method = "POST", .path = text_string(&path)},
				operation_answered, done, payload);
}

/* Both may take as long as the container has been given to end. */
static struct engine_request *stop(struct engine *engine, const char *container, const char *verb,
				   int timeout, bool fresh, engine_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};

	docker_path(&path, "/containers/", container, verb);
	if (timeout >= 0)
		docker_query_int(&path, "t", timeout);
	return operation_simple(engine,
				&(struct ask_options){
					.method = "POST",
					.path = text_string(&path),
					.unbounded = true,
					.fresh = fresh,
				},
				operation_answered, done, payload);
}

struct engine_request *docker_stop(struct engine *engine, const char *container, int timeout,
				   engine_done *done, void *payload)
{
	return stop(engine, container, "/stop", timeout, false, done, payload);
}

struct engine_request *docker_restart(struct engine *engine, const char *container, int timeout,
				      engine_done *done, void *payload)
{
	return stop(engine, container, "/restart", timeout, true, done, payload);
}

struct engine_request *docker_kill(struct engine *engine, const char *container, const char *signal,
				   engine_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};

	docker_path(&path, "/containers/", container, "/kill");
	docker_query(&path, "signal", signal);
	return operation_simple(engine,
				&(struct ask_options){
					.method = "POST",
					.path = text_string(&path),
					.fresh = true,
				},
				operation_answered, done, payload);
}

struct engine_request *docker_pause(struct engine *engine, const char *container, bool pause,
				    engine_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};

	docker_path(&path, "/containers/", container, pause ? "/pause" : "/unpause");
	return operation_simple(engine,
				&(struct ask_options){.method = "POST", .path = text_string(&path)},
				operation_answered, done, payload);
}

/* Another removal that is under way is a conflict to Docker, and what was wanted to us. */
static void removed(const struct answer *answer, void *operation)
{
	bool well = answer->status == 404 ||
		    (answer->status == 409 && strstr(answer->body, "is already in progress"));

	operation_end(operation, well ? NULL : answer->err);
}

struct engine_request *docker_remove(struct engine *engine, const char *container, bool force,
				     bool volumes, engine_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};

	docker_path(&path, "/containers/", container, "");
	docker_query(&path, "force", force ? "1" : NULL);
	docker_query(&path, "v", volumes ? "1" : NULL);
	/* A forced one kills and waits for the end of what may not end at once. */
	return operation_simple(engine,
				&(struct ask_options){
					.method = "DELETE",
					.path = text_string(&path),
					.unbounded = force,
				},
				removed, done, payload);
}

struct engine_request *docker_rename(struct engine *engine, const char *container, const char *name,
				     engine_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};

	docker_path(&path, "/containers/", container, "/rename");
	docker_query(&path, "name", name);
	return operation_simple(engine,
				&(struct ask_options){.method = "POST", .path = text_string(&path)},
				operation_answered, done, payload);
}

struct engine_request *docker_resize(struct engine *engine, const char *container_or_exec,
				     bool is_exec, unsigned width, unsigned height,
				     engine_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};

	if (is_exec)
		docker_exec_sized(container_of(engine, struct docker, engine), container_or_exec,
				  width, height);
	docker_path(&path, is_exec ? "/exec/" : "/containers/", container_or_exec, "/resize");
	docker_query_int(&path, "h", height);
	docker_query_int(&path, "w", width);
	return operation_simple(engine,
				&(struct ask_options){.method = "POST", .path = text_string(&path)},
				operation_answered, done, payload);
}

/* --- wait */

struct wait_operation {
	struct operation operation; /* first */
	int64_t exit_code;
};

static void wait_finish(struct operation *operation, const struct error *err)
{
	struct wait_operation *wait = container_of(operation, struct wait_operation, operation);

	((engine_exit_done *)operation->done)(err ? 0 : wait->exit_code, err, operation->payload);
}

static void waited(const struct answer *answer, void *payload)
{
	struct wait_operation *wait = payload;
	CLEANUP(error_drop) struct error *err = error_copy(answer->err);
	const char *sentence = cJSON_GetStringValue(json_path(answer->json, "Error.Message"));

	wait->exit_code = json_int(answer->json, "StatusCode", 0);
	if (!err && sentence && *sentence)
		error_set(&err, ERROR_SYSTEM, "%s", sentence);
	/* A status line came long ago; an engine that ends meanwhile leaves the body empty. */
	else if (!err && !json_get(answer->json, "StatusCode"))
		error_set(&err, ERROR_UNAVAILABLE, "the engine ended before the container did");
	operation_end(&wait->operation, err);
}

struct engine_request *docker_wait(struct engine *engine, const char *container,
				   engine_exit_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};
	struct wait_operation *wait =
		operation_new(engine, sizeof(*wait), wait_finish, (void *)done, payload);

	docker_path(&path, "/containers/", container, "/wait");
	operation_ask(&wait->operation,
		      &(struct ask_options){
			      .method = "POST",
			      .path = text_string(&path),
			      .unbounded = true,
		      },
		      waited);
	return &wait->operation.request;
}
