/* SPDX-License-Identifier: MIT */
#include "tests/winengine/exec.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "tests/winengine/container.h"
#include "tests/winengine/process.h"

enum { MUCH = 1 << 20, NOT_FOUND = 126 };

struct exec {
	struct list link;
	char id[ID_LEN];
	struct container
		*container; /* NULL: it is gone, and the command with it once it has ended */
	cJSON *json;        /* as asked */
	struct call *call;  /* who is attached, or NULL */
	struct process *process;
	bool started;
	int64_t exit_code;
};

static struct exec *exec_named(struct call *call)
{
	LIST_FOR_EACH (struct exec, exec, &call->world->execs, link)
		if (text_same(exec->id, call->name))
			return exec;
	call_error(call, 404, "No such exec instance: %s", call->name);
	return NULL;
}

static void exec_drop(struct exec *exec)
{
	list_unlink(&exec->link);
	cJSON_Delete(exec->json);
	free(exec);
}

void exec_create(struct call *call)
{
	struct container *container = container_named(call);
	CLEANUP(memory_free_vector) char **command = NULL;
	struct exec *exec;
	cJSON *json;

	if (!container)
		return;
	command = json_vector(json_get(call->json, "Cmd"));
	if (!container->process || container->state == STATE_PAUSED) {
		call_error(call, 409, "container %s is %s", container->id,
			   container->process ? "paused, unpause the container before exec"
					      : "not running");
		return;
	}
	if (!command || !command[0]) {
		call_error(call, 400, "No exec command specified");
		return;
	}
	exec = memory_zero(1, sizeof(*exec));
	world_id(exec->id);
	exec->container = container;
	exec->json = cJSON_Duplicate(call->json, true);
	list_append(&call->world->execs, &exec->link);
	container_tell_exec(container, "exec_create", exec->id, command);
	json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "Id", exec->id);
	call_json(call, 201, json);
}

/* --- its process */

static void output(int channel, const char *bytes, size_t len, void *payload)
{
	struct exec *exec = payload;
	bool wanted = json_bool(exec->json, channel == 1 ? "AttachStdout" : "AttachStderr");
	/* A terminal has one output: windows.md 1.5. */
	bool tty = json_bool(exec->json, "Tty");

	if (!exec->call || (!wanted && !tty))
		return;
	scroll_piece(exec->call, !tty, channel, bytes, len);
	if (call_queued(exec->call) > MUCH)
		process_pause(exec->process, true);
}

static void drained(struct call *call)
{
	struct exec *exec = call->payload;

	if (exec->process)
		process_pause(exec->process, false);
}

static void input(struct call *call, const char *bytes, size_t len)
{
	struct exec *exec = call->payload;

	if (!exec->process)
		return;
	if (bytes)
		process_write(exec->process, bytes, len);
	else
		process_end_input(exec->process);
}

static void exited(int64_t code, void *payload)
{
	struct exec *exec = payload;
	CLEANUP(memory_free) char *number = memory_format("%lld", (long long)code);
	struct call *call = steal(&exec->call);

	exec->process = NULL;
	exec->exit_code = code;
	if (exec->container)
		container_tell(exec->container, "exec_die", "exitCode", number);
	else
		exec_drop(exec);
	if (call)
		call_end(call);
}

static int start(struct exec *exec, struct world *world, struct error **err)
{
	struct container *container = exec->container;
	CLEANUP(memory_free_vector) char **command = json_vector(json_get(exec->json, "Cmd"));
	CLEANUP(json_drop) cJSON *all = cJSON_CreateArray();
	const char *work = json_string(exec->json, "WorkingDir");
	CLEANUP(memory_free_vector) char **own = container_env(container);
	const cJSON *item;

	for (char **variable = own; *variable; variable++)
		cJSON_AddItemToArray(all, cJSON_CreateString(*variable));
	cJSON_ArrayForEach (item, json_get(exec->json, "Env"))
		cJSON_AddItemToArray(all, cJSON_Duplicate(item, true));
	CLEANUP(memory_free_vector) char **env = json_vector(all);

	if (!work)
		work = json_string(container->config, "WorkingDir");
	CLEANUP(memory_free) char *folder = container_path(container, work ? work : "");

	container_tell_exec(container, "exec_start", exec->id, command);
	return process_start(
		&(struct process_options){
			.world = world,
			.arguments = (const char *const *)command,
			.folder = folder,
			.env = (const char *const *)env,
			.input = json_bool(exec->json, "AttachStdin"),
			.output = output,
			.exited = exited,
			.payload = exec,
		},
		&exec->process, err);
}

void exec_start(struct call *call)
{
	struct exec *exec = exec_named(call);
	CLEANUP(error_drop) struct error *err = NULL;

	if (!exec)
		return;
	if (exec->started || !exec->container || !exec->container->process) {
		call_error(call, 409,
			   "Error: Exec command %s is already running or its container "
			   "is not",
			   exec->id);
		return;
	}
	exec->started = true;
	if (start(exec, call->world, &err) < 0) {
		exec->exit_code = NOT_FOUND;
		call_error(
			call, 400,
			"container %s encountered an error during hcsshim::System::CreateProcess: "
			"failure in a Windows system call: %s (0x2)",
			exec->container->id, host_words(0x2));
		return;
	}
	if (json_bool(call->json, "Detach")) {
		call_empty(call, 200);
		return;
	}
	exec->call = call;
	call->payload = exec;
	call->input = input;
	call->drained = drained;
	call_raw(call, !json_bool(exec->json, "Tty"));
}

void exec_resize(struct call *call)
{
	struct exec *exec = exec_named(call);

	if (!exec)
		return;
	if (!exec->process)
		call_error(call, 409, "exec %s is not running", exec->id);
	else
		call_empty(call, 200);
}

void exec_inspect(struct call *call)
{
	struct exec *exec = exec_named(call);
	cJSON *json;

	if (!exec)
		return;
	json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "ID", exec->id);
	cJSON_AddBoolToObject(json, "Running", exec->process != NULL);
	if (exec->started && !exec->process)
		cJSON_AddNumberToObject(json, "ExitCode", (double)exec->exit_code);
	else
		cJSON_AddNullToObject(json, "ExitCode");
	cJSON_AddBoolToObject(json, "OpenStdin", json_bool(exec->json, "AttachStdin"));
	cJSON_AddStringToObject(json, "ContainerID", exec->container ? exec->container->id : "");
	cJSON_AddNumberToObject(json, "Pid", exec->process ? process_pid(exec->process) : 0);
	call_json(call, 200, json);
}

void exec_end_all(struct container *container)
{
	LIST_FOR_EACH (struct exec, exec, &container->world->execs, link)
		if (exec->container == container && exec->process)
			process_terminate(exec->process);
}

void exec_forget(struct container *container)
{
	LIST_FOR_EACH (struct exec, exec, &container->world->execs, link) {
		if (exec->container != container)
			continue;
		exec->container = NULL;
		if (!exec->process)
			exec_drop(exec);
	}
}
