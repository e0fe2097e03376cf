/* SPDX-License-Identifier: MIT */
/* supply -- pulls, builds and pushes under way at once, each with its progress
 *
 * Every job whose prerequisites are done runs at once, bounded by parallel. A job that fails ends
 * the whole: what runs is cancelled, nothing more is started, and done has its error with the
 * service's name, for a build the Dockerfile's step and its last lines. A forgiven failure is told
 * as a warning and the rest goes on; the job says that it failed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "compose/supervise/progress.h"
#include "engine/engine.h"

struct supply;

struct supply_job {
	const char *service;
	const char *image; /* what is pulled or pushed, or the name that is built */
	const char *platform;
	const struct build_options *build; /* NULL: a pull or a push */
	bool push;
	bool forgiven;
	const char *forgiven_because; /* "it will be built"; NULL: nothing is added */
	ARRAY(size_t)
	after; /* indices of the jobs that come first; those in a circle start all the
			same, in their order */
	struct error *failure; /* afterwards, the caller's to drop: NULL where it came */
};

struct supply_options {
	struct supply_job *jobs;              /* borrowed until done */
	size_t count;                         /* not 0 */
	unsigned parallel;                    /* 0: 8 */
	bool quiet;                           /* no layers, no build output */
	const struct progress_sink *progress; /* or NULL */
	/* A build's output, where it is not to be details of the progress. May be NULL. */
	void (*line)(const struct supply_job *job, const char *line, void *payload);
	void *payload;
};

/* done is called exactly once, never from inside; the supply is gone then. */
struct supply *supply_start(struct engine *engine, const struct supply_options *options,
			    engine_done *done, void *payload);
/* "pull", "build" or "push". */
const char *supply_word(const struct supply_job *job);
const char *supply_title(const struct supply_job *job); /* "Pulling", ... */
void supply_cancel(struct supply *supply);              /* done comes with ERROR_CANCELLED */
