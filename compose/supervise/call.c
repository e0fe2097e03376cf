/* SPDX-License-Identifier: MIT */
#include "compose/supervise/call.h"

static struct engine_request *network_create(struct engine *engine, const struct step *step,
					     const struct call_answer *to)
{
	return engine_network_create(engine, step->network, to->id_done, to->payload);
}

static struct engine_request *network_remove(struct engine *engine, const struct step *step,
					     const struct call_answer *to)
{
	return engine_network_remove(engine, step->target, to->done, to->payload);
}

static struct engine_request *network_connect(struct engine *engine, const struct step *step,
					      const struct call_answer *to)
{
	return engine_network_connect(engine, step->name, step->target, step->endpoint, to->done,
				      to->payload);
}

static struct engine_request *network_disconnect(struct engine *engine, const struct step *step,
						 const struct call_answer *to)
{
	return engine_network_disconnect(engine, step->name, step->target, true, to->done,
					 to->payload);
}

static struct engine_request *volume_create(struct engine *engine, const struct step *step,
					    const struct call_answer *to)
{
	return engine_volume_create(engine, step->volume, to->id_done, to->payload);
}

static struct engine_request *volume_remove(struct engine *engine, const struct step *step,
					    const struct call_answer *to)
{
	return engine_volume_remove(engine, step->target, to->done, to->payload);
}

static struct engine_request *create(struct engine *engine, const struct step *step,
				     const struct call_answer *to)
{
	return engine_create(engine, step->container, to->id_done, to->payload);
}

static struct engine_request *start(struct engine *engine, const struct step *step,
				    const struct call_answer *to)
{
	return engine_start(engine, step->target, to->done, to->payload);
}

static struct engine_request *stop(struct engine *engine, const struct step *step,
				   const struct call_answer *to)
{
	return engine_stop(engine, step->target, step->timeout, to->done, to->payload);
}

static struct engine_request *kill_container(struct engine *engine, const struct step *step,
					     const struct call_answer *to)
{
	return engine_kill(engine, step->target, step->signal, to->done, to->payload);
}

static struct engine_request *restart(struct engine *engine, const struct step *step,
				      const struct call_answer *to)
{
	return engine_restart(engine, step->target, step->timeout, to->done, to->payload);
}

static struct engine_request *remove_container(struct engine *engine, const struct step *step,
					       const struct call_answer *to)
{
	return engine_remove(engine, step->target, step->force, step->volumes, to->done,
			     to->payload);
}

static struct engine_request *rename_container(struct engine *engine, const struct step *step,
					       const struct call_answer *to)
{
	return engine_rename(engine, step->target, step->name, to->done, to->payload);
}

static struct engine_request *image_remove(struct engine *engine, const struct step *step,
					   const struct call_answer *to)
{
	return engine_image_remove(engine, step->target, false, to->done, to->payload);
}

static struct engine_request *(*const calls[])(struct engine *, const struct step *,
					       const struct call_answer *) = {
	[STEP_NETWORK_CREATE] = network_create,
	[STEP_NETWORK_REMOVE] = network_remove,
	[STEP_NETWORK_CONNECT] = network_connect,
	[STEP_NETWORK_DISCONNECT] = network_disconnect,
	[STEP_VOLUME_CREATE] = volume_create,
	[STEP_VOLUME_REMOVE] = volume_remove,
	[STEP_CREATE] = create,
	[STEP_START] = start,
	[STEP_STOP] = stop,
	[STEP_KILL] = kill_container,
	[STEP_RESTART] = restart,
	[STEP_REMOVE] = remove_container,
	[STEP_RENAME] = rename_container,
	[STEP_IMAGE_REMOVE] = image_remove,
};

struct engine_request *call_step(struct engine *engine, const struct step *step,
				 const struct call_answer *answer)
{
	return calls[step->kind](engine, step, answer);
}
