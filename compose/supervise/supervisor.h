/* SPDX-License-Identifier: MIT */
/* supervisor -- keeps a project as it should be: watch + probes + keeper + plan + execute, and the
 * control socket
 *
 * The holder of the project's lock runs one, in the foreground (up) or detached (up -d). It is the
 * only executor: what other verbs want comes as operations (operate.h) through the control socket
 * or from the process itself, one at a time, in order.
 */
#pragma once

#include <stdbool.h>

#include "compose/supervise/home.h"
#include "compose/supervise/operate.h"
#include "engine/engine.h"

struct supervisor;

struct supervisor_options {
	struct engine *engine;
	const struct home_project *home;
	const char *tls_folder; /* for the record; or NULL */
	bool tls_skip_verify;   /* likewise */
	const char *project;
	const struct progress_sink *progress; /* what the loop does, told as it happens; or NULL */
	bool foreground;                      /* does not end by itself when idle */
	/* It ended by itself, was asked to give up the lock, or cannot go on (err). */
	void (*ended)(const struct error *err, void *payload);
	void *payload;
};

/* The lock is held by the caller. Takes the record (if there is one) as what should be. */
int supervisor_open(uv_loop_t *loop, const struct supervisor_options *options,
		    struct supervisor **ret, struct error **err);
/* An operation of this process; one at a time in order with those of the control socket. */
void supervisor_operate(struct supervisor *supervisor, const struct operation *operation,
			const struct progress_sink *progress,
			void (*done)(const struct error *err, void *payload), void *payload);
/* Whether every container is on hold, finished or gone, and nothing is under way. */
bool supervisor_is_idle(const struct supervisor *supervisor);
/* Cancels what supervisor_operate was asked for. */
void supervisor_cancel(struct supervisor *supervisor);
void supervisor_close(struct supervisor *supervisor, void (*closed)(void *payload), void *payload);
