/* SPDX-License-Identifier: MIT */
/* slot -- which containers a project keeps, replaces, adds and gives up
 *
 * The first half of a plan for up: it decides and makes no steps. One slot is one container that
 * shall be there at the end; what is in nobody's slot goes (spare).
 */
#pragma once

#include "compose/plan/census.h"
#include "compose/plan/draft.h"
#include "compose/project/graph.h"

struct slot {
	size_t service;
	unsigned number;
	const char *name;             /* what it is called at the end */
	const struct container *keep; /* stays; or */
	const struct container *old;  /* is replaced; or neither: it is added */
	const char *cause;            /* why it is replaced or added */
	bool held;                    /* on hold by another client's word: left as it is */
	bool cycle;                   /* keep is stopped and started again */
	const char *cycle_cause;
	bool early; /* it is stopped before its replacement can be created */
	size_t create, stop, remove, rename, link, start; /* steps, or NO_STEP */
	size_t halt;        /* where its stop begins: the first of its hooks, or stop itself */
	size_t up;          /* where its start ends: the last of its hooks, or start itself */
	size_t waits[3][2]; /* by kind and whether optional */
};

struct spare {
	const struct container *container;
	unsigned number; /* that it shares with one that stays, or 0 */
	size_t slot;     /* of that number, or NO_STEP */
	const char *cause;
	size_t stop, remove;
};

struct lane {
	size_t first, len; /* slots of the service */
	bool selected;     /* the goal is about it, or about what depends on it */
	bool named;
	bool replaced; /* one of its running containers is replaced */
	bool bounce;   /* a dependency with restart: true is */
	const char *bounced_by;
	bool cycled;          /* one of its containers is stopped and started again */
	bool shares;          /* with a service whose container is replaced */
	size_t prelude;       /* the start of its first pre_start hook, or NO_STEP */
	bool shared_replaced; /* its first container is replaced: whoever shares with it follows */
};

struct ground {
	const struct network *network; /* one per network of the project */
	const struct engine_network *seen;
	bool used, drifted;
	size_t remove, create; /* steps, or NO_STEP */
	size_t ready;          /* the step after which it is there, alone of its name; or NO_STEP */
};

struct slots {
	const struct project *project;
	const struct plan_options *options;
	const struct engine_host *host;
	const struct census *census;
	const struct graph *graph;
	struct plan *plan;
	struct map held;    /* names */
	struct lane *lanes; /* one per service */
	ARRAY(struct slot) slots;
	ARRAY(struct spare) spares;
	struct ground *grounds; /* one per network */
	size_t *volumes;        /* one per volume: its create step */
	bool *volume_used;
};

/* Fills lanes, slots and spares from what the others say. */
int slots_decide(struct slots *slots, struct error **err);
void slots_drop(struct slots *slots);

static inline struct slot *slot_at(const struct slots *s, const struct lane *lane, size_t i)
{
	return &s->slots.items[lane->first + i];
}
