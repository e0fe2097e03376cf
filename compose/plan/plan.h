/* SPDX-License-Identifier: MIT */
/* plan -- what has to be done, each step with its cause and what must be done before it
 *
 * Pure: a function of the project, what was observed, the options and the host. Each step is one
 * engine call (or one wait) and names its subject by name or id, so that nothing is passed from
 * step to step. Doing decides nothing.
 *
 * Re-creating is create <id>_<name> with label com.docker.compose.replace, stop, remove, rename,
 * start; of two containers with one number the one with the wanted hash stays: this makes a kill at
 * any call converge in one re-run.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/text.h"
#include "compose/project/project.h"
#include "engine/model.h"

struct diagnostics;
struct error;

enum step_kind {
	STEP_NETWORK_CREATE,
	STEP_NETWORK_REMOVE,
	STEP_NETWORK_CONNECT,
	STEP_NETWORK_DISCONNECT,
	STEP_VOLUME_CREATE,
	STEP_VOLUME_REMOVE,
	STEP_CREATE,
	STEP_START,
	STEP_STOP,
	STEP_KILL,
	STEP_RESTART,
	STEP_REMOVE,
	STEP_RENAME,
	STEP_WAIT_HEALTHY,   /* ends with the engine's event; unhealthy or exited: the step fails */
	STEP_WAIT_COMPLETED, /* until it exited; another code than 0: the step fails */
	STEP_WAIT_RUNNING,   /* up --wait without a health check */
	STEP_HOOK,           /* a command of the service's in its container, to its end */
	STEP_IMAGE_REMOVE,
};

struct step {
	size_t index; /* in plan.steps */
	enum step_kind kind;
	const char *subject; /* what the user sees: container, network, volume or image name */
	const char *target;  /* what the engine is told: an id, or a name where there is none yet */
	const char *cause;   /* config changed: image "a" -> "b" */
	const char *service; /* or NULL */
	unsigned number;     /* of the container, or 0 */
	const struct container_spec *container; /* CREATE */
	const struct network_spec *network;     /* NETWORK_CREATE */
	const struct volume_spec *volume;       /* VOLUME_CREATE */
	const struct spec_endpoint *endpoint;   /* NETWORK_CONNECT */
	const char *note;        /* CREATE on Windows: the isolation and why; or NULL */
	const char *name;        /* RENAME: the new name; NETWORK_CONNECT: the network */
	const char *signal;      /* KILL */
	const struct hook *hook; /* HOOK */
	int timeout;   /* STOP, RESTART: seconds; -1: the container's own. HOOK: after that it is
			given up; -1: never */
	int grace;     /* STOP, RESTART: the container's own time, seconds; 0: not known */
	bool volumes;  /* REMOVE: its anonymous volumes too */
	bool force;    /* REMOVE */
	bool optional; /* its failure is a warning, and what depends on it goes on */
	bool quiet;    /* part of another step's line of progress (a rename) */
	/* Indices of the steps that must be done first; always smaller than its own. */
	ARRAY(size_t) after;
};

struct plan {
	struct arena arena; /* owns every string and spec; specs borrow from the project too */
	ARRAY(struct step) steps;
	struct strings warnings; /* orphans, foreign networks, ...: to be told once */
	bool blind;              /* made without what only an inspect tells, and needs it */
};

enum plan_goal {
	PLAN_UP,   /* create, re-create, scale, start */
	PLAN_DOWN, /* stop, remove containers and networks (volumes, images where asked) */
	PLAN_START,
	PLAN_STOP,
	PLAN_RESTART,
	PLAN_KILL,
	PLAN_REMOVE, /* rm */
};

struct plan_isolation {
	const char *service;
	const char *isolation;
	const char *reason;
};

/* Zero is docker compose's default for each goal, but timeout: -1. */
struct plan_options {
	enum plan_goal goal;
	const char *const *services; /* NULL: all; else the goal is about these (and, for up, what
					they depend on) */
	bool force_recreate, no_recreate, always_recreate_deps, no_start, no_deps;
	bool remove_orphans;
	bool ignore_orphans; /* COMPOSE_IGNORE_ORPHANS: not even a warning */
	bool renew_volumes;  /* up -V */
	bool wait;           /* up --wait: every service running or healthy */
	/* Not the first plan of its operation: what runs may have been started by the one before, so
	 * that a wait is for that, too. */
	bool again;
	bool remove_volumes;       /* down -v: named volumes; rm -v: anonymous ones */
	const char *remove_images; /* down --rmi: NULL, "local", "all" */
	bool stop_first;           /* rm -s */
	const char *signal;        /* kill -s */
	int timeout;               /* -t, seconds; -1: each container's own */
	bool supervised;           /* set label wincompose.supervise on new containers */
	/* The loop's own plans: what is missing is created and started, what was created and never
	 * started is started, what an up of ours changed is re-created; nothing is re-created for
	 * a hash that is missing or foreign or for an image, and what ended is left as it is. */
	bool quick;
	/* run: the networks and volumes of this one of the services are made, what it depends on is
	 * brought up and its conditions are waited for; its own containers are left as they are. */
	const char *one_off;
	/* What a start that was refused showed to be the isolation that can work: containers of
	 * these services with another one are made anew. */
	const struct plan_isolation *isolations;
	size_t isolation_count;
	const char *const *held; /* container names on hold: neither started nor re-created */
	uint64_t now;            /* wall ns, for the names of one-off containers */
};

/* Whether a container is the project's own by labels that were set on the object itself (a label
 * that its image brings does not count). */
bool plan_owns(const char *project, const struct container *container);
/* The same where no container is at hand: its labels, and those that its image brings. */
bool plan_owns_labels(const char *project, const struct labels *labels,
		      const struct labels *image_labels);
/* Leaves of the observed containers those that plan_owns; their image_labels must be known
 * (engine_filter.origin). */
void plan_keep_own(const char *project, struct observed *observed);

/* What was found for a service by a refused start, or NULL. */
const struct plan_isolation *plan_isolation(const struct plan_options *options,
					    const char *service);

/* What a container is to its project, by its labels: one of a service, or a one-off one (run). */
bool plan_is_one_off(const struct labels *labels);
const char *plan_service(const struct labels *labels); /* NULL: a one-off one, or of no service */
unsigned plan_number(const struct labels *labels);     /* 0: none */

/* The service's containers, numbers and orphans among the observed are found by label. The project
 * must outlive the plan, observed and host need not. The target of a wait is a container's name; a
 * lower free number is taken before a higher one. project may be a skeleton for down and stop
 * without a file (see plan_skeleton). ERROR_INVALID, ERROR_CONFLICT with what to do. */
int plan_make(const struct project *project, const struct observed *observed,
	      const struct engine_host *host, const struct plan_options *options, struct plan **ret,
	      struct error **err);
void plan_drop(struct plan **plan);

/* A project made of what the labels of the observed objects say: for verbs that work without a file
 * (-p). */
int plan_skeleton(const char *name, const struct observed *observed, struct project **ret,
		  struct error **err);

/* One line per step:  #3 create container shop-web-1 <- #1 #2 (no container yet) */
void plan_print(const struct plan *plan, struct text *out);
void step_print(const struct step *step, struct text *out);
const char *step_kind_name(enum step_kind kind); /* "create", "start", ... */
