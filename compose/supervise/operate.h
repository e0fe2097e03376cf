/* SPDX-License-Identifier: MIT */
/* operate -- one change of a project, by whoever may do it
 *
 * The holder of the project's lock is its only executor. operate_start takes the lock and runs
 * observe -> preflight -> plan -> execute itself (and again where the world changed under it, at
 * most 5 times); where a supervisor holds it, the operation goes over the control socket, and its
 * progress and result come back; where another verb holds it, it waits and says for whom. A
 * supervisor of another protocol version is asked to give up the lock and end. Pull, build, prompts
 * and secrets from the caller's environment happened in the caller, before.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "compose/plan/plan.h"
#include "compose/supervise/execute.h"
#include "compose/supervise/home.h"
#include "compose/supervise/operation.h"
#include "compose/supervise/progress.h"
#include "engine/engine.h"

struct file_lock;

struct operate_options {
	struct engine *engine;
	const struct home_project *home;
	const struct progress_sink *progress;
	/* The plan that is about to be done, each time one is made (dry run: the only result). May
	 * be NULL; not called when a supervisor executes, but for a dry run. */
	void (*planned)(const struct plan *plan, void *payload);
	/* For who goes on to supervise: once the lock is taken it is given here and done is called,
	 * with nothing executed yet (supervisor_operate does that). Stays NULL where a supervisor
	 * has the lock and executed. NULL: the operation is executed here under the lock. */
	struct file_lock **lock;
	void *payload;
};

struct operate;

struct operate *operate_start(uv_loop_t *loop, const struct operation *operation,
			      const struct operate_options *options,
			      void (*done)(const struct error *err, void *payload), void *payload);
void operate_cancel(struct operate *operate); /* done comes with ERROR_CANCELLED */

/* A probe's health changed: waits look again. */
void operate_health_changed(struct operate *operate);

/* The part without lock and socket: observe, preflight, plan, execute. The supervisor uses it. */
struct operate *operate_alone(uv_loop_t *loop, const struct operation *operation,
			      const struct operate_options *options,
			      const struct execute_options *execute,
			      void (*done)(const struct error *err, void *payload), void *payload);
