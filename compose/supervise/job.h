/* SPDX-License-Identifier: MIT */
/* job -- the supervisor's own parts, for supervisor.c, job.c, wish.c and desk.c only
 *
 * A job is one change under way or waiting: somebody's operation, a reconcile, or an action of the
 * loop. Heals run beside each other; an operation runs alone, after what was asked for before it.
 */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "compose/supervise/control.h"
#include "compose/supervise/execute.h"
#include "compose/supervise/keeper.h"
#include "compose/supervise/probes.h"
#include "compose/supervise/supervisor.h"
#include "compose/supervise/watch.h"
#include "engine/alarm.h"

enum job_kind { JOB_OPERATION, JOB_RECONCILE, JOB_HEAL };

struct job {
	struct list link;
	struct supervisor *supervisor;
	enum job_kind kind;
	bool running;
	bool cancelled; /* before it ran: it ends in the next turn */
	/* an operation */
	struct operation operation;
	bool owned; /* the operation came over the socket, and is dropped here */
	struct operate *operate;
	struct control_request *request; /* or NULL: of this process */
	struct progress_sink remote;
	const struct progress_sink *progress;
	void (*done)(const struct error *err, void *payload);
	void *payload;
	/* an action */
	struct keeper_action action;
	bool acted; /* its own step was done */
	struct engine_request *look;
	struct plan *plan;
	struct execution *execution;
};

struct supervisor {
	struct supervisor_options options;
	uv_loop_t *loop;
	char *project_name;
	char *tls_folder;
	struct keeper *keeper;
	struct watch *watch;
	struct probes *probes;
	struct control_server *control;
	struct project *desired;  /* what the last up asked for; NULL: only health is watched */
	struct map wanted;        /* names of the services that an up asked for */
	struct observed observed; /* the last list, and what events told since */
	struct list jobs;         /* in order */
	struct alarm alarm;       /* the keeper's deadline */
	struct alarm turn;        /* what must not happen from inside */
	char *written; /* the holds of the record as it was last written, to write only changes */
	uint64_t ends_from; /* not idle before it was asked whether it is there, or so long */
	bool closing;
	bool ended;
	bool gives_up;
	unsigned parts; /* watch, probes, control, two alarms: what is still to be closed */
	void (*closed)(void *payload);
	void *closed_payload;
};

/* --- supervisor.c */
void supervisor_say(struct supervisor *supervisor, const char *container,
		    enum progress_status status, const char *text, const char *details);
/* After every change: what is due, what may start, when to look again. */
void supervisor_go_on(struct supervisor *supervisor);
uint64_t supervisor_now(const struct supervisor *supervisor);

/* --- job.c */
struct job *job_new(struct supervisor *supervisor, enum job_kind kind);
void job_start_ready(struct supervisor *supervisor);
/* Makes jobs of what the keeper wants done now. */
void job_take_actions(struct supervisor *supervisor);
void job_cancel(struct job *job);
void job_sweep(struct supervisor *supervisor); /* ends what was cancelled before it ran */

/* --- wish.c: what should be, and its record */
void wish_open(struct supervisor *supervisor); /* what the record says */
/* Takes an operation's project as what should be: the services it names join those that were asked
 * for before. */
void wish_take(struct supervisor *supervisor, const struct operation *operation);
void wish_forget(struct supervisor *supervisor);
/* The record follows the holds: written again only when they changed. */
void wish_write_holds(struct supervisor *supervisor);
/* NULL-ended; the vector is the caller's, the names are not. */
const char **wish_services(const struct supervisor *supervisor);

/* --- desk.c: what other verbs ask over the control socket */
void desk_request(struct control_request *request, const cJSON *message, void *payload);
void desk_gone(struct control_request *request, void *payload);
