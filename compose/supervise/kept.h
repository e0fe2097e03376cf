/* SPDX-License-Identifier: MIT */
/* kept -- what the keeper knows of each container: its own part, for keeper.c, relist.c and kept.c
 * only */
#pragma once

#include "base/clock.h"
#include "base/map.h"
#include "compose/supervise/keeper.h"

#define QUIET                                                                                      \
	(2 * CLOCK_SECOND) /* after the last removal, before what is missing is made again   \
				  */
#define QUIET_MAX  (60 * CLOCK_SECOND) /* between tries that do not help */
#define HOLD_YOUNG (60 * CLOCK_SECOND) /* a younger hold may be the engine's own shutdown */
#define HOLD_DOUBT (5 * CLOCK_SECOND)  /* ... which has broken the event stream by then */
#define OURS_GRACE (1 * CLOCK_SECOND)  /* events travel apart from replies and come after them */
#define ACT_AGAIN                                                                                  \
	(10 * CLOCK_SECOND) /* an action that changed nothing for so long is given again */

enum phase {
	GONE,    /* not on the engine */
	CREATED, /* made, never started */
	UP,      /* runs; no word about its health, or not yet */
	HEALTHY,
	AILING, /* unhealthy; its back-off runs */
	ACTING, /* unhealthy; the action was given */
	DOWN,   /* exited */
	PAUSED,
	PHASES,
};

struct kept {
	char *name;
	char *id;
	char *service;
	unsigned number;
	enum phase phase;
	bool seen;     /* on the engine, at any time */
	bool wanted;   /* an up of ours asked for it */
	bool finished; /* exited with 0: not made again when it is removed */
	bool watched;  /* its health is acted upon, though no project is known (a label says so) */
	bool held;
	uint64_t held_since;
	bool stopping; /* a stop signal was sent by somebody else: its death is a stop */
	bool killed;   /* signal 9 alone: docker kill, or the first half of docker rm -f */
	uint64_t
		hold_at; /* when a kill becomes a hold, if no removal is under way; or CLOCK_NEVER */
	bool looked_for; /* that time has come: the next list tells whether one is */
	unsigned ours;   /* requests of ours under way */
	uint64_t ours_until;
	bool ours_told; /* the engine told of the start that our request was for: no event of it is to come */
	int64_t started; /* wall ns, by the engine */
	unsigned failures;
	uint64_t healthy_since; /* 0: not healthy */
	uint64_t act_at;        /* AILING: the end of the back-off; ACTING: when to act again */
	uint64_t start_at;      /* found dead after a break: started then, if still dead */
	bool ran_before_break;
	bool acting;                /* an action about it was given and has not ended */
	bool owed;                  /* we stopped or made it, and owe it a start */
	bool ill_engine, ill_probe; /* who finds it unhealthy; either is enough */
};

struct keeper {
	struct map by_name; /* struct kept */
	const struct project *project;
	bool broken;
	bool busy;             /* an operation of ours is under way */
	bool settled;          /* a relist came after the last event */
	uint64_t reconcile_at; /* CLOCK_NEVER: nothing is missing */
	unsigned reconciled;   /* how often since nothing was missing */
	const char **names;    /* for keeper_held */
};

struct kept *kept_new(struct keeper *keeper, const char *name);
void kept_drop(void *kept); /* for map_drop_with */
void kept_forget(struct keeper *keeper, struct kept *kept);
/* The container takes another name; what waited under that name gives what it knows. */
void kept_rename(struct keeper *keeper, struct kept *kept, const char *name);
/* What an event or a list says of who it is; NULL and 0 say nothing. */
void kept_identify(struct kept *kept, const char *id, const char *service, unsigned number);
struct kept *kept_by_id(struct keeper *keeper, const char *id);
struct kept *kept_by_number(struct keeper *keeper, const char *service, unsigned number);

const struct service *kept_service(const struct keeper *keeper, const struct kept *kept);
/* NULL: its health is nobody's matter. */
const struct supervision *kept_supervision(const struct keeper *keeper, const struct kept *kept);
bool kept_is_ours(const struct kept *kept, uint64_t now);
bool kept_runs(const struct kept *kept);
void kept_hold(struct kept *kept, uint64_t now);
void kept_release(struct kept *kept);
/* Something is missing: it is made again after a quiet time. */
void keeper_miss(struct keeper *keeper, uint64_t now);

/* The cell of the table for this phase and event. */
void keeper_cell(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
		 uint64_t now);
