/* SPDX-License-Identifier: MIT */
/* keeper -- what to do about each container of a project as time and events go by: the decision of
 * the reconcile loop
 *
 * Pure: told of observations, events and the time, it answers with actions and its next deadline
 * (monotonic ns). A table of states by events decides; every cell is filled. It never acts twice on
 * one fact: an unhealthy container is restarted once per failure, waits its back-off (initial, x2,
 * max; back to initial after reset time healthy) while the container runs on, and a recovery
 * cancels the wait.
 *
 * Another client's word counts: a stop, or a kill with the container's stop signal or 9 followed by
 * die, that we did not ask for puts a container on hold until the next up or start; after a 9 alone
 * it is looked first whether the engine removes it. What was destroyed with no stop before is
 * missing and re-created after 2 s of quiet (twice as long each time that this did not help, at most
 * 60 s). A start by anyone ends a hold. Holds younger than 60 s when the event stream breaks are
 * dropped.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "compose/project/project.h"
#include "engine/model.h"

struct keeper;

enum keeper_verb {
	KEEPER_RESTART,   /* one engine restart call for container; nothing if its StartedAt is no
			     longer started */
	KEEPER_RECREATE,  /* on_unhealthy: recreate */
	KEEPER_STOP,      /* on_unhealthy: stop */
	KEEPER_RECONCILE, /* observe, plan with the holds, execute: something is missing, or was
			     found wanting after a break */
	KEEPER_LOOK,      /* list: a keeper_observed that began after now is needed */
	KEEPER_START,     /* found finished after the engine or the stream broke, or owed: start it
			     again. Only once what it depends on is up, or will not come */
};

struct keeper_action {
	enum keeper_verb verb;
	char *container; /* name; owned by the action; NULL for RECONCILE and LOOK */
	char *service;
	char *cause;     /* one line for the user: "api-1 is unhealthy (3rd time): restarting" */
	int64_t started; /* RESTART: wall ns that it must still have been started at */
};

enum keeper_event_kind {
	KEEPER_STARTED,
	KEEPER_DIED,
	KEEPER_STOPPED,
	KEEPER_KILLED,
	KEEPER_RESTARTED,
	KEEPER_DESTROYED,
	KEEPER_HEALTHY,
	KEEPER_UNHEALTHY,
	KEEPER_CREATED,
	KEEPER_RENAMED,
	KEEPER_PAUSED,
	KEEPER_UNPAUSED,
};

struct keeper_event {
	enum keeper_event_kind kind;
	const char *container; /* name; RENAMED: the new one */
	const char *id;
	const char *service;
	unsigned number;
	int signal;        /* KILLED */
	int64_t exit_code; /* DIED */
	int64_t time;      /* wall ns of the engine */
};

struct keeper *keeper_new(void);
void keeper_drop(struct keeper **keeper);

/* What should be: after an up. Ends every hold of the services named (NULL: all). Borrowed until
 * replaced; NULL: health is watched by labels only. */
void keeper_want(struct keeper *keeper, const struct project *project, const char *const *services);
/* A request of ours is about to be sent, or has been answered: events that it causes are ours.
 * Counted per container name. */
void keeper_ours(struct keeper *keeper, const char *container, bool begin, uint64_t now);
/* An operation of ours is under way: what is missing now is its matter. A list must follow its end. */
void keeper_busy(struct keeper *keeper, bool busy);
/* An action that keeper_next gave came to its end: done, or it came to nothing and is wanted again
 * while its reason lasts. */
void keeper_acted(struct keeper *keeper, const char *container, bool done, uint64_t now);
/* It is stopped by us for the sake of another's restart, or was made by the loop: it is started, by
 * an action where nothing else does, when what it depends on is as it wants it. */
void keeper_owe(struct keeper *keeper, const char *container);
void keeper_event(struct keeper *keeper, const struct keeper_event *event, uint64_t now);
/* The event stream broke, or came back: after it comes a keeper_observed of everything. */
void keeper_broken(struct keeper *keeper, uint64_t now);
/* A relist: makes good what events were lost. */
void keeper_observed(struct keeper *keeper, const struct observed *observed, uint64_t now);
/* A probe of ours found (or found no longer) a container healthy. */
void keeper_probe(struct keeper *keeper, const char *container, enum container_health health,
		  uint64_t now);
/* Holds from a record, and for it. */
void keeper_hold(struct keeper *keeper, const char *container, bool hold, uint64_t now);
/* NULL-ended, borrowed until the next call of either. */
const char *const *keeper_held(struct keeper *keeper);
const char *const *keeper_owed(struct keeper *keeper);

/* The next action that is due, or false. The caller drops the action. */
bool keeper_next(struct keeper *keeper, uint64_t now, struct keeper_action *action);
void keeper_action_drop(struct keeper_action *action);
/* When keeper_next should be asked again; CLOCK_NEVER: only after the next event. */
uint64_t keeper_deadline(const struct keeper *keeper);
/* Since or from when every container is on hold, finished or gone, so that the supervisor may end;
 * CLOCK_NEVER: not before something happens. What has just been stopped by another may have been
 * stopped by an engine that ends. */
uint64_t keeper_idle_from(const struct keeper *keeper);
