/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

enum {
	CONSOLE_SIZE_API = 42, /* from 1.42 on a size may be given at the start */
	EXIT_WAIT_FIRST = 5,   /* ms */
	EXIT_WAIT_MAX = 200,
	LOOK_TRIES = 300,
	LOOK_WAIT = 10, /* ms */
};

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

struct exec_flow {
	struct flow flow; /* first */
	struct frames frames;
	bool tty, detach;
	unsigned width, height;
	void (*open)(struct engine_stream *stream, void *payload); /* the reader's own */
	uv_timer_t *again; /* to look again whether it has started; NULL: not needed */
	int tries;
	unsigned sent_width, sent_height;
};

static struct exec_flow *exec_of(struct flow *flow)
{
	return container_of(flow, struct exec_flow, flow);
}

static int64_t parse_frames(struct flow *flow, const char *bytes, size_t len, struct error **err)
{
	return frames_parse(&exec_of(flow)->frames, flow, bytes, len, err);
}

/* A command that is killed may leave the last frame unfinished; what came of it was told. */
static void frames_ended(struct flow *flow, size_t rest, struct error **err)
{
	(void)flow;
	(void)rest;
	(void)err;
}

static void exec_drop(struct flow *flow)
{
	struct exec_flow *exec = exec_of(flow);

	if (exec->again)
		uv_close((uv_handle_t *)exec->again, free_handle);
}

static const struct flow_kind framed = {
	.parse = parse_frames, .ended = frames_ended, .drop = exec_drop};
static const struct flow_kind raw = {.drop = exec_drop};

static void set_size(cJSON *json, const struct exec_flow *exec)
{
	cJSON *size = cJSON_AddArrayToObject(json, "ConsoleSize");

	cJSON_AddItemToArray(size, cJSON_CreateNumber(exec->height));
	cJSON_AddItemToArray(size, cJSON_CreateNumber(exec->width));
}

static bool has_size(const struct exec_flow *exec)
{
	return exec->tty && exec->width && exec->height;
}

static void resize(struct exec_flow *exec);
static void look(uv_timer_t *timer);

/* An engine before 1.42 accepts the command before it has started it, and says of a size that comes
 * too early that it is set, while containerd's shim has no terminal yet and drops it. The command
 * has its process number only after that: so it is looked for, for a while. A command that has
 * ended needs no size. */
static void resized(const struct answer *answer, void *payload)
{
	struct exec_flow *exec = payload;

	(void)answer;
	if (exec->sent_width != exec->width || exec->sent_height != exec->height)
		resize(exec);
}

static void resize(struct exec_flow *exec)
{
	CLEANUP(text_drop) struct text path = {0};

	exec->sent_width = exec->width;
	exec->sent_height = exec->height;
	docker_path(&path, "/exec/", exec->flow.id, "/resize");
	docker_query_int(&path, "h", exec->height);
	docker_query_int(&path, "w", exec->width);
	flow_ask(&exec->flow, &(struct ask_options){.method = "POST", .path = text_string(&path)},
		 resized);
}

static void looked(const struct answer *answer, void *payload)
{
	struct exec_flow *exec = payload;

	if (json_int(answer->json, "Pid", 0))
		resize(exec);
	else if (!answer->err && exec->tries < LOOK_TRIES)
		uv_timer_start(exec->again, look, LOOK_WAIT, 0);
}

static void look(uv_timer_t *timer)
{
	struct exec_flow *exec = timer->data;
	CLEANUP(text_drop) struct text path = {0};

	exec->tries++;
	docker_path(&path, "/exec/", exec->flow.id, "/json");
	flow_ask(&exec->flow, &(struct ask_options){.path = text_string(&path)}, looked);
}

static void opened(struct engine_stream *stream, void *payload)
{
	struct exec_flow *exec = container_of(stream, struct exec_flow, flow.stream);

	if (has_size(exec) && exec->flow.docker->api < CONSOLE_SIZE_API) {
		exec->again = memory_zero(1, sizeof(*exec->again));
		uv_timer_init(exec->flow.docker->engine.loop, exec->again);
		exec->again->data = exec;
		look(exec->again);
	}
	if (exec->open)
		exec->open(stream, payload);
}

void docker_exec_sized(struct docker *docker, const char *id, unsigned width, unsigned height)
{
	LIST_FOR_EACH (struct flow, flow, &docker->flows, link) {
		if (flow->kind != &raw || !text_same(flow->id, id))
			continue;
		exec_of(flow)->width = width;
		exec_of(flow)->height = height;
	}
}

static void detached(const struct answer *answer, void *payload)
{
	struct exec_flow *exec = payload;
	CLEANUP(error_drop) struct error *err = error_copy(answer->err);

	flow_end(&exec->flow, &err);
}

static void created(const struct answer *answer, void *payload)
{
	struct exec_flow *exec = payload;
	struct flow *flow = &exec->flow;
	CLEANUP(error_drop) struct error *err = error_copy(answer->err);
	CLEANUP(text_drop) struct text path = {0};
	CLEANUP(json_drop) cJSON *json = NULL;
	const char *id = json_string(answer->json, "Id");

	if (!err && !id)
		error_set(&err, ERROR_SYSTEM, "%s: the engine gave no id for the command",
			  flow->what);
	if (err) {
		flow_end(flow, &err);
		return;
	}
	flow->id = memory_copy(id);
	docker_path(&path, "/exec/", id, "/start");
	json = cJSON_CreateObject();
	json_set_bool(json, "Detach", exec->detach);
	json_set_bool(json, "Tty", exec->tty);
	if (has_size(exec) && flow->docker->api >= CONSOLE_SIZE_API)
		set_size(json, exec);
	if (exec->detach)
		flow_ask(flow,
			 &(struct ask_options){.method = "POST",
					       .path = text_string(&path),
					       .json = json,
					       .what = flow->what,
					       .unbounded = true},
			 detached);
	else
		flow_begin(flow, &(struct flow_options){.method = "POST",
							.path = text_string(&path),
							.json = json,
							.upgrade = true});
}

static cJSON *describe(const struct exec_options *options)
{
	cJSON *json = cJSON_CreateObject();

	json_set_bool(json, "AttachStdin", options->input && !options->detach);
	json_set_bool(json, "AttachStdout", !options->detach);
	json_set_bool(json, "AttachStderr", !options->detach);
	json_set_bool(json, "Tty", options->tty);
	json_set_bool(json, "Privileged", options->privileged);
	json_set_string(json, "User", options->user);
	json_set_string(json, "WorkingDir", options->folder);
	cJSON_AddItemToObject(json, "Cmd", json_strings(options->command));
	if (options->env)
		cJSON_AddItemToObject(json, "Env", json_strings(options->env));
	return json;
}

struct engine_stream *docker_exec(struct engine *engine, const char *container,
				  const struct exec_options *options,
				  const struct engine_reader *reader, void *payload)
{
	CLEANUP(memory_free) char *what = memory_format("container %s", container);
	CLEANUP(json_drop) cJSON *json = describe(options);
	CLEANUP(text_drop) struct text path = {0};
	struct engine_reader own = *reader;
	struct exec_flow *exec;

	own.open = opened;
	exec = flow_new(engine, sizeof(*exec), options->tty ? &raw : &framed, what, &own, payload);
	exec->open = reader->open;
	exec->tty = options->tty;
	exec->detach = options->detach;
	exec->width = options->width;
	exec->height = options->height;
	docker_path(&path, "/containers/", container, "/exec");
	flow_ask(&exec->flow,
		 &(struct ask_options){
			 .method = "POST", .path = text_string(&path), .json = json, .what = what},
		 created);
	return &exec->flow.stream;
}

/* --- the exit code of a command
 *
 * The daemon ends the stream when the command's output ends, which may be a moment before it has
 * the exit code, and has no call that waits for it: so it is asked again, with growing pauses,
 * until the command does not run. The event exec_die has the code as well, but to be told of it
 * takes a stream of events for each command; of dockerd 20.10.24 the first question had the answer
 * each time (60 commands, 20 of them closed their output long before they ended). */

struct exec_exit {
	struct operation operation; /* first */
	char *path;
	int64_t exit_code;
	uint64_t wait;
	uv_timer_t *timer; /* outlives this by the turn that its close takes */
};

static void exit_finish(struct operation *operation, const struct error *err)
{
	struct exec_exit *wanted = container_of(operation, struct exec_exit, operation);

	((engine_exit_done *)operation->done)(err ? 0 : wanted->exit_code, err, operation->payload);
}

static void exit_drop(struct operation *operation)
{
	struct exec_exit *wanted = container_of(operation, struct exec_exit, operation);

	free(wanted->path);
	if (wanted->timer)
		uv_close((uv_handle_t *)wanted->timer, free_handle);
}

static void exit_answered(const struct answer *answer, void *payload);

static void exit_ask(struct exec_exit *wanted)
{
	operation_ask(
		&wanted->operation,
		&(struct ask_options){.path = wanted->path, .what = "exit code of the command"},
		exit_answered);
}

static void exit_again(uv_timer_t *timer)
{
	exit_ask(timer->data);
}

/* Before the command runs it does not run either, and has no exit code. */
static bool has_ended(const cJSON *exec)
{
	return !json_bool(exec, "Running") && cJSON_IsNumber(json_get(exec, "ExitCode"));
}

static void exit_answered(const struct answer *answer, void *payload)
{
	struct exec_exit *wanted = payload;

	if (answer->err || has_ended(answer->json)) {
		wanted->exit_code = json_int(answer->json, "ExitCode", 0);
		operation_end(&wanted->operation, answer->err);
		return;
	}
	if (!wanted->timer) {
		wanted->timer = memory_zero(1, sizeof(*wanted->timer));
		uv_timer_init(wanted->operation.docker->engine.loop, wanted->timer);
		wanted->timer->data = wanted;
		wanted->wait = EXIT_WAIT_FIRST;
	}
	uv_timer_start(wanted->timer, exit_again, wanted->wait, 0);
	wanted->wait = wanted->wait * 2 < EXIT_WAIT_MAX ? wanted->wait * 2 : EXIT_WAIT_MAX;
}

struct engine_request *docker_exec_exit(struct engine *engine, const char *exec_id,
					engine_exit_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};
	struct exec_exit *wanted =
		operation_new(engine, sizeof(*wanted), exit_finish, (void *)done, payload);

	wanted->operation.drop = exit_drop;
	docker_path(&path, "/exec/", exec_id, "/json");
	wanted->path = text_steal(&path);
	exit_ask(wanted);
	return &wanted->operation.request;
}
