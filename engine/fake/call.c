/* SPDX-License-Identifier: MIT */
/* call -- what requests do when they arrive */
#include "engine/fake/world.h"

#include <stdlib.h>
#include <string.h>

static int need(struct request *request, struct box **box, struct error **err)
{
	return fake_box_need(request->world, request->subject, box, err);
}

static int do_create(struct request *request, struct error **err)
{
	int status = fake_box_add(request->world, request->box, err);

	if (status)
		return status;
	request->id = memory_copy(request->box->seen.id);
	request->box = NULL;
	return 0;
}

static int do_start(struct request *request, struct error **err)
{
	struct box *box;
	int status = need(request, &box, err);

	return status ? status : fake_box_start(box, true, err);
}

static int wait_for(struct request *request, struct box *box, enum waits_for waits)
{
	request->waits = waits;
	list_append(&box->waiters, &request->waiting);
	return 1;
}

static int do_stop(struct request *request, struct error **err)
{
	struct box *box;
	int status = need(request, &box, err);

	if (status)
		return status;
	return fake_box_stop(box, request->timeout, false) ? wait_for(request, box, WAITS_STOP) : 0;
}

static int do_restart(struct request *request, struct error **err)
{
	struct box *box;
	int status = need(request, &box, err);

	if (status)
		return status;
	if (fake_box_stop(box, request->timeout, true))
		return wait_for(request, box, WAITS_STOP);
	status = fake_box_start(box, true, err);
	if (!status)
		fake_event_box(box, EVENT_RESTART, "restart", 0);
	return status;
}

static int do_kill(struct request *request, struct error **err)
{
	struct box *box;
	int status = need(request, &box, err);

	return status ? status : fake_box_kill(box, request->name, err);
}

static int do_pause(struct request *request, struct error **err)
{
	struct box *box;
	int status = need(request, &box, err);

	return status ? status : fake_box_pause(box, request->pause, err);
}

static int do_remove(struct request *request, struct error **err)
{
	struct box *box = fake_box_find(request->world, request->subject);

	return box ? fake_box_remove(box, request->force, request->volumes, err) : 0;
}

static int do_rename(struct request *request, struct error **err)
{
	struct box *box;
	int status = need(request, &box, err);

	return status ? status : fake_box_rename(box, request->name, err);
}

static int do_wait(struct request *request, struct error **err)
{
	struct box *box;
	int status = need(request, &box, err);

	if (status)
		return status;
	if (fake_box_runs(box) || box->seen.state == CONTAINER_RESTARTING)
		return wait_for(request, box, WAITS_EXIT);
	request->exit_code = box->seen.exit_code;
	return 0;
}

static struct exec *exec_find(struct fake_world *world, const char *id)
{
	LIST_FOR_EACH (struct exec, exec, &world->execs, all) {
		if (text_same(exec->id, id))
			return exec;
	}
	return NULL;
}

static int do_resize(struct request *request, struct error **err)
{
	struct box *box;

	if (request->force) {
		struct exec *exec = exec_find(request->world, request->subject);
		if (!exec)
			return error_set(err, ERROR_NOT_FOUND, "No such exec instance: %s",
					 request->subject);
		if (!exec->running)
			return error_set(err, ERROR_CONFLICT, "exec %s is not running",
					 request->subject);
		return 0;
	}
	int status = need(request, &box, err);
	if (status)
		return status;
	if (!fake_box_runs(box))
		return error_set(err, ERROR_CONFLICT, "Container %s is not running", box->seen.id);
	return 0;
}

static int do_copy_in(struct request *request, struct error **err)
{
	struct box *box;
	int status = need(request, &box, err);

	if (status)
		return status;
	return fake_archive_read(request->bytes.data, request->bytes.len, request->name,
				 &box->files, err);
}

static int do_exec_exit(struct request *request, struct error **err)
{
	struct exec *exec = exec_find(request->world, request->subject);

	if (!exec)
		return error_set(err, ERROR_NOT_FOUND, "No such exec instance: %s",
				 request->subject);
	request->exit_code = exec->running ? -1 : exec->exit_code;
	return 0;
}

static int do_image_remove(struct request *request, struct error **err)
{
	return fake_image_gone(request->world, request->subject, request->force, err);
}

static int do_network_create(struct request *request, struct error **err)
{
	int status = fake_network_add(request->world, request->network, err);

	if (status)
		return status;
	request->id = memory_copy(request->network->network.id);
	request->network = NULL;
	return 0;
}

static int do_network_remove(struct request *request, struct error **err)
{
	return fake_network_gone(request->world, request->subject, err);
}

static int do_network_connect(struct request *request, struct error **err)
{
	struct box *box;
	int status = fake_box_need(request->world, request->name, &box, err);

	return status ? status : fake_box_connect(box, request->subject, &request->endpoint, err);
}

static int do_network_disconnect(struct request *request, struct error **err)
{
	struct box *box;
	int status = fake_box_need(request->world, request->name, &box, err);

	return status ? status : fake_box_disconnect(box, request->subject, err);
}

static int do_volume_create(struct request *request, struct error **err)
{
	(void)err;
	request->id = memory_copy(request->volume->volume.name);
	fake_volume_add(request->world, steal(&request->volume));
	return 0;
}

static int do_volume_remove(struct request *request, struct error **err)
{
	return fake_volume_gone(request->world, request->subject, err);
}

static int do_ping(struct request *request, struct error **err)
{
	(void)request;
	(void)err;
	return 0;
}

int fake_effect(struct request *request, struct error **err)
{
	static int (*const effects[CALL_COUNT])(struct request * request, struct error * *err) = {
		[CALL_HOST] = fake_observe,
		[CALL_LIST] = fake_observe,
		[CALL_INSPECT] = fake_observe,
		[CALL_IMAGE] = fake_observe,
		[CALL_PING] = do_ping,
		[CALL_CREATE] = do_create,
		[CALL_START] = do_start,
		[CALL_STOP] = do_stop,
		[CALL_RESTART] = do_restart,
		[CALL_KILL] = do_kill,
		[CALL_PAUSE] = do_pause,
		[CALL_REMOVE] = do_remove,
		[CALL_RENAME] = do_rename,
		[CALL_WAIT] = do_wait,
		[CALL_RESIZE] = do_resize,
		[CALL_COPY_IN] = do_copy_in,
		[CALL_EXEC_EXIT] = do_exec_exit,
		[CALL_IMAGE_REMOVE] = do_image_remove,
		[CALL_NETWORK_CREATE] = do_network_create,
		[CALL_NETWORK_REMOVE] = do_network_remove,
		[CALL_NETWORK_CONNECT] = do_network_connect,
		[CALL_NETWORK_DISCONNECT] = do_network_disconnect,
		[CALL_VOLUME_CREATE] = do_volume_create,
		[CALL_VOLUME_REMOVE] = do_volume_remove,
	};

	return effects[request->call](request, err);
}

/* --- the second client */

static int found(struct fake_world *world, const char *container, struct box **box)
{
	world->actor = "user";
	*box = fake_box_find(world, container);
	return *box ? 0 : ERROR_NOT_FOUND;
}

int fake_client_stop(struct fake_world *world, const char *container)
{
	struct box *box;
	int status = found(world, container, &box);

	if (!status)
		(void)fake_box_stop(box, -1, false);
	return status;
}

int fake_client_start(struct fake_world *world, const char *container)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct box *box;
	int status = found(world, container, &box);

	return status ? status : fake_box_start(box, true, &err);
}

int fake_client_restart(struct fake_world *world, const char *container)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct box *box;
	int status = found(world, container, &box);

	if (status || fake_box_stop(box, -1, true))
		return status;
	status = fake_box_start(box, true, &err);
	if (!status)
		fake_event_box(box, EVENT_RESTART, "restart", 0);
	return status;
}

int fake_client_kill(struct fake_world *world, const char *container, const char *signal)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct box *box;
	int status = found(world, container, &box);

	return status ? status : fake_box_kill(box, signal, &err);
}

int fake_client_remove(struct fake_world *world, const char *container, bool force)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct box *box;
	int status = found(world, container, &box);

	return status ? status : fake_box_remove(box, force, false, &err);
}

int fake_client_rename(struct fake_world *world, const char *container, const char *name)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct box *box;
	int status = found(world, container, &box);

	return status ? status : fake_box_rename(box, name, &err);
}

int fake_client_pause(struct fake_world *world, const char *container, bool pause)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct box *box;
	int status = found(world, container, &box);

	return status ? status : fake_box_pause(box, pause, &err);
}

int fake_client_network_remove(struct fake_world *world, const char *network)
{
	CLEANUP(error_drop) struct error *err = NULL;

	world->actor = "user";
	return fake_network_gone(world, network, &err);
}

int fake_client_volume_remove(struct fake_world *world, const char *volume)
{
	CLEANUP(error_drop) struct error *err = NULL;

	world->actor = "user";
	return fake_volume_gone(world, volume, &err);
}
