/* SPDX-License-Identifier: MIT */
/* execute -- does a plan on an engine
 *
 * Every step whose prerequisites are done runs at once, bounded by parallel. Waits end with the
 * engine's events, in the event's own turn of the loop: the executor follows the event stream
 * before its first start, looks once at the state when a wait begins (nothing is missed between),
 * and again after the stream broke. It decides nothing. When a step fails, nothing more is started,
 * what runs is waited for, and done is called once with the first error (the others are told as
 * progress). A failure of an optional step is a warning. ERROR_UNAVAILABLE of a step (the engine
 * restarts) is not the end: the executor waits for the engine up to patience and then reports
 * ERROR_UNAVAILABLE with retry set, so that the caller observes and plans again; a ERROR_CONFLICT
 * or ERROR_NOT_FOUND that says the world changed under the plan likewise sets retry.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "compose/plan/plan.h"
#include "compose/supervise/progress.h"
#include "engine/engine.h"

struct execution;

struct execute_options {
	const char *project;   /* its name: whose events waits follow */
	unsigned parallel;     /* engine requests under way at once; 0: 8. Waits do not count */
	uint64_t wait_timeout; /* ns for all waits together; 0: none */
	uint64_t patience;     /* ns to wait for an engine that is gone; 0: 60 s */
	const struct progress_sink *progress; /* or NULL; outlives the execution */
	/* The health of a container (by name) that a probe of ours watches, or HEALTH_NONE to
	 * believe the engine. May be NULL. */
	enum container_health (*health)(const char *container, void *payload);
	void *health_payload;
	/* Told of each step before its request is sent and after its answer (with its error): the
	 * supervisor knows by this what was asked by us. May be NULL. */
	void (*step)(const struct step *step, bool finished, const struct error *err,
		     void *payload);
	void *step_payload;
	/* Asked of each step that failed, before anything is shown. It may make more of the error's
	 * words; true: planning again cures it, so that it is shown as a warning and retry is set.
	 * May be NULL. */
	bool (*failing)(const struct step *step, struct error **err, void *payload);
	void *failing_payload;
};

struct execute_result {
	bool retry; /* observe and plan again: the world changed, or the engine was gone */
	size_t steps_done;
};

/* Borrows plan until done, which is called exactly once and never from inside. err NULL: every step
 * was done. */
struct execution *execute_start(struct engine *engine, const struct plan *plan,
				const struct execute_options *options,
				void (*done)(const struct execute_result *result,
					     const struct error *err, void *payload),
				void *payload);
/* Starts nothing more; done comes with ERROR_CANCELLED when what is under way has answered; a
 * second call cancels that too. */
void execute_cancel(struct execution *execution);
/* A probe's state changed: waits that ask health() look again. */
void execute_health_changed(struct execution *execution);
