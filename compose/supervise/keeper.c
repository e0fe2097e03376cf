/* SPDX-License-Identifier: MIT */
#include "compose/supervise/keeper.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/plan/spec.h"

#define QUIET                                                                                      \
	(2 * CLOCK_SECOND) /* after the last removal, before what is missing is made again         \
			    */
#define HOLD_YOUNG                                                                                 \
	(60 *                                                                                      \
	 CLOCK_SECOND) /* a hold younger than this at a break may be the engine's own shutdown */
#define OURS_GRACE (1 * CLOCK_SECOND) /* events travel apart from replies and come after them */
#define ACT_AGAIN                                                                                  \
	(10 * CLOCK_SECOND) /* an action that changed nothing for so long is given again */
#define SIGNAL_KILL 9
#define SIGNAL_TERM 15

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
	bool stopping;    /* a stop signal was sent by somebody else: its death is a stop */
	bool killed;      /* signal 9 alone: docker kill, or the first half of docker rm -f */
	uint64_t hold_at; /* when a kill becomes a hold, if no removal comes; or CLOCK_NEVER */
	unsigned ours;    /* requests of ours under way */
	uint64_t ours_until;
	int64_t started; /* wall ns, by the engine */
	unsigned failures;
	uint64_t healthy_since; /* 0: not healthy */
	uint64_t act_at;        /* AILING: the end of the back-off; ACTING: when to act again */
	uint64_t start_at;      /* found dead after a break: started then, if still dead */
	bool ran_before_break;
};

struct keeper {
	struct map by_name; /* struct kept */
	const struct project *project;
	bool broken;
	bool settled;             /* a relist came after the last event */
	uint64_t reconcile_at;    /* CLOCK_NEVER: nothing is missing */
	struct map held_names;    /* for keeper_held */
	const char **held_vector; /* points into it */
};

typedef void handle(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
		    uint64_t now);

/* --- what is kept */

static void kept_drop(void *value)
{
	struct kept *kept = value;

	free(kept->name);
	free(kept->id);
	free(kept->service);
	free(kept);
}

static struct kept *kept_new(struct keeper *keeper, const char *name)
{
	struct kept *kept = memory_zero(1, sizeof(*kept));

	kept->name = memory_copy(name);
	kept->hold_at = CLOCK_NEVER;
	kept->act_at = CLOCK_NEVER;
	kept->start_at = CLOCK_NEVER;
	map_set(&keeper->by_name, name, kept);
	return kept;
}

static void forget(struct keeper *keeper, struct kept *kept)
{
	map_remove(&keeper->by_name, kept->name);
	kept_drop(kept);
}

/* The place of a service's container that is not on the engine now: an adopted one may bear another
 * name. */
static struct kept *place_of(struct keeper *keeper, const char *service, unsigned number)
{
	MAP_FOR_EACH (entry, &keeper->by_name) {
		struct kept *kept = entry->value;

		if (kept->phase == GONE && !kept->seen && kept->number == number &&
		    text_same(kept->service, service))
			return kept;
	}
	return NULL;
}

static const struct service *service_of(const struct keeper *keeper, const struct kept *kept)
{
	if (!keeper->project || !kept->service)
		return NULL;
	return project_service(keeper->project, kept->service);
}

static const struct supervision *supervision_of(const struct keeper *keeper,
						const struct kept *kept)
{
	static const struct supervision defaults = {
		.on_unhealthy = UNHEALTHY_RESTART,
		.backoff_initial = CLOCK_SECOND,
		.backoff_max = 60 * CLOCK_SECOND,
		.backoff_reset = 60 * CLOCK_SECOND,
	};
	const struct service *service = service_of(keeper, kept);

	if (service)
		return &service->supervision;
	return kept->watched ? &defaults : NULL;
}

static bool is_ours(const struct kept *kept, uint64_t now)
{
	return kept->ours > 0 || now < kept->ours_until;
}

static void hold(struct kept *kept, uint64_t now)
{
	if (!kept->held)
		kept->held_since = now;
	kept->held = true;
	kept->hold_at = CLOCK_NEVER;
	kept->act_at = CLOCK_NEVER;
	kept->start_at = CLOCK_NEVER;
}

static void release(struct kept *kept)
{
	kept->held = false;
	kept->stopping = false;
	kept->killed = false;
	kept->hold_at = CLOCK_NEVER;
}

static bool runs(const struct kept *kept)
{
	return kept->phase == UP || kept->phase == HEALTHY || kept->phase == AILING ||
	       kept->phase == ACTING || kept->phase == PAUSED;
}

/* --- the cells of the table */

static void ignore(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
		   uint64_t now)
{
	(void)keeper, (void)kept, (void)event, (void)now;
}

static void on_created(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
		       uint64_t now)
{
	(void)keeper, (void)event, (void)now;
	kept->phase = CREATED;
	kept->finished = false;
}

/* A start by anyone ends a hold and begins a new life. */
static void on_started(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
		       uint64_t now)
{
	(void)keeper, (void)now;
	release(kept);
	kept->phase = UP;
	kept->finished = false;
	kept->started = event->time;
	kept->healthy_since = 0;
	kept->act_at = CLOCK_NEVER;
	kept->start_at = CLOCK_NEVER;
}

/* Whether a stop signal as it is written (SIGUSR1, USR1, 10) is this number. Numbers are Linux's,
 * on which the engine counts. */
static bool signal_same(const char *written, int number)
{
	static const struct {
		const char *name;
		int number;
	} names[] = {
		{"HUP", 1},   {"INT", 2},   {"QUIT", 3},  {"ABRT", 6},   {"KILL", 9},
		{"USR1", 10}, {"USR2", 12}, {"TERM", 15}, {"WINCH", 28}, {"PWR", 30},
	};

	if (text_starts(written, "SIG"))
		written += 3;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i].name, written) == 0)
			return names[i].number == number;
	}
	return number > 0 && strtol(written, NULL, 10) == number;
}

static void on_killed(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
		      uint64_t now)
{
	const struct service *service = service_of(keeper, kept);
	bool is_stop =
		event->signal == SIGNAL_TERM || (service && service->stop_signal &&
						 signal_same(service->stop_signal, event->signal));

	if (is_ours(kept, now))
		return;
	kept->stopping = kept->stopping || is_stop;
	kept->killed = kept->killed || event->signal == SIGNAL_KILL;
}

static void on_stopped(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
		       uint64_t now)
{
	(void)keeper, (void)event;
	if (!is_ours(kept, now))
		hold(kept, now);
}

static void on_died(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
		    uint64_t now)
{
	bool foreign = !is_ours(kept, now);

	kept->phase = DOWN;
	kept->finished = event->exit_code == 0;
	kept->healthy_since = 0;
	kept->act_at = CLOCK_NEVER;
	if (foreign && kept->stopping)
		hold(kept, now);
	else if (foreign && kept->killed)
		kept->hold_at = now + QUIET;
	(void)keeper;
}

static void on_destroyed(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
			 uint64_t now)
{
	bool make_again = kept->wanted && !kept->held && !kept->finished && !is_ours(kept, now);

	(void)event;
	if (!kept->wanted) {
		forget(keeper, kept);
		return;
	}
	kept->phase = GONE;
	kept->hold_at = CLOCK_NEVER;
	kept->act_at = CLOCK_NEVER;
	kept->start_at = CLOCK_NEVER;
	kept->stopping = false;
	kept->killed = false;
	if (make_again || keeper->reconcile_at != CLOCK_NEVER)
		keeper->reconcile_at = now + QUIET;
}

static void on_healthy(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
		       uint64_t now)
{
	(void)keeper, (void)event;
	kept->phase = HEALTHY;
	kept->healthy_since = now;
	kept->act_at = CLOCK_NEVER;
}

/* initial, x2, ... for the second failure and later ones; the first is acted upon at once. */
static uint64_t backoff(const struct supervision *supervision, unsigned failures)
{
	uint64_t wait = supervision->backoff_initial;

	if (failures < 2)
		return 0;
	for (unsigned i = 2; i < failures && wait < supervision->backoff_max; i++)
		wait *= 2;
	return wait < supervision->backoff_max ? wait : supervision->backoff_max;
}

static void on_unhealthy(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
			 uint64_t now)
{
	const struct supervision *supervision = supervision_of(keeper, kept);

	(void)event;
	if (!supervision || supervision->on_unhealthy == UNHEALTHY_IGNORE || kept->held) {
		kept->phase = UP;
		return;
	}
	if (kept->healthy_since && now - kept->healthy_since >= supervision->backoff_reset)
		kept->failures = 0;
	kept->healthy_since = 0;
	if (supervision->max_restarts && kept->failures >= (unsigned)supervision->max_restarts) {
		kept->phase = UP;
		return;
	}
	kept->failures++;
	kept->phase = AILING;
	kept->act_at = now + backoff(supervision, kept->failures);
}

static void on_paused(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
		      uint64_t now)
{
	(void)keeper, (void)event, (void)now;
	kept->phase = PAUSED;
	kept->act_at = CLOCK_NEVER;
}

static void on_unpaused(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
			uint64_t now)
{
	(void)keeper, (void)event, (void)now;
	kept->phase = UP;
}

#define KINDS (KEEPER_UNPAUSED + 1)

/* RENAMED is done before: it changes what the table is asked about. */
static handle *const table[PHASES][KINDS] = {
	[GONE] =
		{
			[KEEPER_CREATED] = on_created,
			[KEEPER_STARTED] = on_started,
			[KEEPER_KILLED] = ignore,
			[KEEPER_STOPPED] = on_stopped,
			[KEEPER_DIED] = ignore,
			[KEEPER_RESTARTED] = ignore,
			[KEEPER_DESTROYED] = ignore,
			[KEEPER_HEALTHY] = ignore,
			[KEEPER_UNHEALTHY] = ignore,
			[KEEPER_RENAMED] = ignore,
			[KEEPER_PAUSED] = ignore,
			[KEEPER_UNPAUSED] = ignore,
		},
	[CREATED] =
		{
			[KEEPER_CREATED] = ignore,
			[KEEPER_STARTED] = on_started,
			[KEEPER_KILLED] = ignore,
			[KEEPER_STOPPED] = on_stopped,
			[KEEPER_DIED] = on_died,
			[KEEPER_RESTARTED] = ignore,
			[KEEPER_DESTROYED] = on_destroyed,
			[KEEPER_HEALTHY] = ignore,
			[KEEPER_UNHEALTHY] = ignore,
			[KEEPER_RENAMED] = ignore,
			[KEEPER_PAUSED] = ignore,
			[KEEPER_UNPAUSED] = ignore,
		},
	[UP] =
		{
			[KEEPER_CREATED] = ignore,
			[KEEPER_STARTED] = on_started,
			[KEEPER_KILLED] = on_killed,
			[KEEPER_STOPPED] = on_stopped,
			[KEEPER_DIED] = on_died,
			[KEEPER_RESTARTED] = ignore,
			[KEEPER_DESTROYED] = on_destroyed,
			[KEEPER_HEALTHY] = on_healthy,
			[KEEPER_UNHEALTHY] = on_unhealthy,
			[KEEPER_RENAMED] = ignore,
			[KEEPER_PAUSED] = on_paused,
			[KEEPER_UNPAUSED] = ignore,
		},
	[HEALTHY] =
		{
			[KEEPER_CREATED] = ignore,
			[KEEPER_STARTED] = on_started,
			[KEEPER_KILLED] = on_killed,
			[KEEPER_STOPPED] = on_stopped,
			[KEEPER_DIED] = on_died,
			[KEEPER_RESTARTED] = ignore,
			[KEEPER_DESTROYED] = on_destroyed,
			[KEEPER_HEALTHY] = ignore,
			[KEEPER_UNHEALTHY] = on_unhealthy,
			[KEEPER_RENAMED] = ignore,
			[KEEPER_PAUSED] = on_paused,
			[KEEPER_UNPAUSED] = ignore,
		},
	[AILING] =
		{
			[KEEPER_CREATED] = ignore,
			[KEEPER_STARTED] = on_started,
			[KEEPER_KILLED] = on_killed,
			[KEEPER_STOPPED] = on_stopped,
			[KEEPER_DIED] = on_died,
			[KEEPER_RESTARTED] = ignore,
			[KEEPER_DESTROYED] = on_destroyed,
			[KEEPER_HEALTHY] = on_healthy,
			[KEEPER_UNHEALTHY] = ignore,
			[KEEPER_RENAMED] = ignore,
			[KEEPER_PAUSED] = on_paused,
			[KEEPER_UNPAUSED] = ignore,
		},
	[ACTING] =
		{
			[KEEPER_CREATED] = ignore,
			[KEEPER_STARTED] = on_started,
			[KEEPER_KILLED] = on_killed,
			[KEEPER_STOPPED] = on_stopped,
			[KEEPER_DIED] = on_died,
			[KEEPER_RESTARTED] = ignore,
			[KEEPER_DESTROYED] = on_destroyed,
			[KEEPER_HEALTHY] = on_healthy,
			[KEEPER_UNHEALTHY] = ignore,
			[KEEPER_RENAMED] = ignore,
			[KEEPER_PAUSED] = on_paused,
			[KEEPER_UNPAUSED] = ignore,
		},
	[DOWN] =
		{
			[KEEPER_CREATED] = ignore,
			[KEEPER_STARTED] = on_started,
			[KEEPER_KILLED] = ignore,
			[KEEPER_STOPPED] = on_stopped,
			[KEEPER_DIED] = ignore,
			[KEEPER_RESTARTED] = ignore,
			[KEEPER_DESTROYED] = on_destroyed,
			[KEEPER_HEALTHY] = ignore,
			[KEEPER_UNHEALTHY] = ignore,
			[KEEPER_RENAMED] = ignore,
			[KEEPER_PAUSED] = ignore,
			[KEEPER_UNPAUSED] = ignore,
		},
	[PAUSED] =
		{
			[KEEPER_CREATED] = ignore,
			[KEEPER_STARTED] = on_started,
			[KEEPER_KILLED] = on_killed,
			[KEEPER_STOPPED] = on_stopped,
			[KEEPER_DIED] = on_died,
			[KEEPER_RESTARTED] = ignore,
			[KEEPER_DESTROYED] = on_destroyed,
			[KEEPER_HEALTHY] = ignore,
			[KEEPER_UNHEALTHY] = ignore,
			[KEEPER_RENAMED] = ignore,
			[KEEPER_PAUSED] = ignore,
			[KEEPER_UNPAUSED] = on_unpaused,
		},
};

/* --- events */

static void rename_kept(struct keeper *keeper, struct kept *kept, const char *name)
{
	struct kept *there = map_get(&keeper->by_name, name);

	/* The place that waits under the final name gives what it knows to the container that takes
	 * it. */
	if (there && there != kept) {
		kept->wanted = kept->wanted || there->wanted;
		kept->failures = there->failures;
		forget(keeper, there);
	}
	map_remove(&keeper->by_name, kept->name);
	free(kept->name);
	kept->name = memory_copy(name);
	map_set(&keeper->by_name, name, kept);
}

static void identify(struct kept *kept, const char *id, const char *service, unsigned number)
{
	kept->seen = true;
	if (id && !text_same(kept->id, id)) {
		free(kept->id);
		kept->id = memory_copy(id);
	}
	if (service && !text_same(kept->service, service)) {
		free(kept->service);
		kept->service = memory_copy(service);
	}
	if (number)
		kept->number = number;
}

static struct kept *by_id(struct keeper *keeper, const char *id)
{
	MAP_FOR_EACH (entry, &keeper->by_name) {
		struct kept *kept = entry->value;

		if (kept->id && text_same(kept->id, id))
			return kept;
	}
	return NULL;
}

void keeper_event(struct keeper *keeper, const struct keeper_event *event, uint64_t now)
{
	struct kept *kept = event->kind == KEEPER_RENAMED
				    ? by_id(keeper, event->id)
				    : map_get(&keeper->by_name, event->container);

	keeper->settled = false;
	/* A removal of the container that had this name before says nothing about the one that has
	 * it. */
	if (kept && kept->id && event->id && !text_same(kept->id, event->id) &&
	    event->kind != KEEPER_CREATED && event->kind != KEEPER_STARTED)
		return;
	if (!kept && event->kind == KEEPER_DESTROYED)
		return;
	if (!kept)
		kept = kept_new(keeper, event->container);
	identify(kept, event->id, event->service, event->number);
	if (event->kind == KEEPER_RENAMED)
		rename_kept(keeper, kept, event->container);
	else
		table[kept->phase][event->kind](keeper, kept, event, now);
}

void keeper_ours(struct keeper *keeper, const char *container, bool begin, uint64_t now)
{
	struct kept *kept = map_get(&keeper->by_name, container);

	if (!kept && !begin)
		return;
	if (!kept)
		kept = kept_new(keeper, container);
	if (begin) {
		kept->ours++;
	} else if (kept->ours) {
		kept->ours--;
		kept->ours_until = now + OURS_GRACE;
	}
}

void keeper_probe(struct keeper *keeper, const char *container, enum container_health health,
		  uint64_t now)
{
	struct kept *kept = map_get(&keeper->by_name, container);
	struct keeper_event event = {
		.kind = health == HEALTH_HEALTHY ? KEEPER_HEALTHY : KEEPER_UNHEALTHY,
		.container = container,
	};

	if (kept && (health == HEALTH_HEALTHY || health == HEALTH_UNHEALTHY))
		table[kept->phase][event.kind](keeper, kept, &event, now);
}

/* --- the break of the event stream */

void keeper_broken(struct keeper *keeper, uint64_t now)
{
	keeper->broken = true;
	keeper->settled = false;
	MAP_FOR_EACH (entry, &keeper->by_name) {
		struct kept *kept = entry->value;

		/* An engine that shuts down stops its containers: that is no client's word. */
		if (kept->held && now - kept->held_since < HOLD_YOUNG && kept->seen) {
			release(kept);
			kept->ran_before_break = true;
		}
		if (runs(kept) || kept->hold_at != CLOCK_NEVER)
			kept->ran_before_break = true;
		kept->hold_at = CLOCK_NEVER;
		kept->act_at = CLOCK_NEVER;
		kept->stopping = false;
		kept->killed = false;
	}
}

static enum phase phase_of(const struct container *container)
{
	static const enum phase phases[] = {
		[CONTAINER_CREATED] = CREATED, [CONTAINER_RUNNING] = UP,
		[CONTAINER_PAUSED] = PAUSED,   [CONTAINER_RESTARTING] = UP,
		[CONTAINER_REMOVING] = DOWN,   [CONTAINER_EXITED] = DOWN,
		[CONTAINER_DEAD] = DOWN,
	};

	return phases[container->state];
}

/* A running container as a relist shows it: health that an event did not tell is taken as if it
 * had. */
static void take_health(struct keeper *keeper, struct kept *kept, const struct container *container,
			uint64_t now)
{
	struct keeper_event event = {.container = kept->name};

	if (kept->phase == ACTING && now >= kept->act_at)
		kept->phase = UP;
	if (container->health == HEALTH_HEALTHY) {
		event.kind = KEEPER_HEALTHY;
		table[kept->phase][event.kind](keeper, kept, &event, now);
	} else if (container->health == HEALTH_UNHEALTHY) {
		event.kind = KEEPER_UNHEALTHY;
		table[kept->phase][event.kind](keeper, kept, &event, now);
	}
}

static void take_container(struct keeper *keeper, const struct container *container, uint64_t now)
{
	const char *service = labels_get(&container->labels, "com.docker.compose.service");
	const char *written = labels_get(&container->labels, "com.docker.compose.container-number");
	const char *oneoff = labels_get(&container->labels, "com.docker.compose.oneoff");
	unsigned number = written ? (unsigned)strtoul(written, NULL, 10) : 0;
	struct kept *kept = map_get(&keeper->by_name, container->name);

	if (!service || text_same(oneoff, "True"))
		return;
	if (!kept) {
		kept = place_of(keeper, service, number);
		if (kept)
			rename_kept(keeper, kept, container->name);
		else
			kept = kept_new(keeper, container->name);
	}
	bool other = kept->id && !text_same(kept->id, container->id);
	identify(kept, container->id, service, number);
	kept->watched = labels_get(&container->labels, "wincompose.supervise") != NULL;
	enum phase phase = phase_of(container);
	if (phase == UP && (!runs(kept) || other)) {
		release(kept);
		kept->phase = UP;
	} else if (phase != UP) {
		kept->phase = phase;
		kept->finished = phase == DOWN && container->exit_code == 0;
	}
	if (phase == UP)
		take_health(keeper, kept, container, now);
	if (phase == DOWN && kept->ran_before_break && !kept->held && kept->wanted &&
	    container->state == CONTAINER_EXITED)
		kept->start_at = now + QUIET;
	kept->ran_before_break = false;
}

static bool is_one_shot(const struct project *project, const char *name)
{
	ARRAY_FOR_EACH (struct service, service, &project->services) {
		ARRAY_FOR_EACH (struct dependency, dependency, &service->dependencies) {
			if (dependency->condition == DEPENDENCY_COMPLETED &&
			    strcmp(dependency->service, name) == 0)
				return true;
		}
	}
	return false;
}

static const struct container *listed(const struct observed *observed, const char *name)
{
	ARRAY_FOR_EACH (const struct container, container, &observed->containers) {
		if (text_same(container->name, name))
			return container;
	}
	return NULL;
}

/* What was kept and is not listed any more was removed while nothing told us. */
static void take_absent(struct keeper *keeper, struct kept *kept, uint64_t now)
{
	struct keeper_event event = {.kind = KEEPER_DESTROYED, .container = kept->name};

	if (kept->phase == GONE) {
		if (kept->wanted && !kept->held && !kept->finished && !is_ours(kept, now) &&
		    keeper->reconcile_at == CLOCK_NEVER)
			keeper->reconcile_at = now + QUIET;
		return;
	}
	table[kept->phase][KEEPER_DESTROYED](keeper, kept, &event, now);
}

void keeper_observed(struct keeper *keeper, const struct observed *observed, uint64_t now)
{
	ARRAY_FOR_EACH (const struct container, container, &observed->containers)
		take_container(keeper, container, now);
	for (size_t i = keeper->by_name.len; i-- > 0;) {
		struct kept *kept = keeper->by_name.entries[i].value;

		if (!listed(observed, kept->name))
			take_absent(keeper, kept, now);
	}
	if (keeper->broken && keeper->project) {
		MAP_FOR_EACH (entry, &keeper->by_name) {
			struct kept *kept = entry->value;

			if (kept->start_at != CLOCK_NEVER && kept->finished && kept->service &&
			    is_one_shot(keeper->project, kept->service))
				kept->start_at = CLOCK_NEVER;
		}
	}
	keeper->broken = false;
	keeper->settled = true;
}

/* --- what is wanted */

static bool named(const char *const *services, const char *name)
{
	if (!services)
		return true;
	for (size_t i = 0; services[i]; i++) {
		if (strcmp(services[i], name) == 0)
			return true;
	}
	return false;
}

static struct kept *find(struct keeper *keeper, const char *service, unsigned number)
{
	MAP_FOR_EACH (entry, &keeper->by_name) {
		struct kept *kept = entry->value;

		if (kept->number == number && text_same(kept->service, service))
			return kept;
	}
	return NULL;
}

static void want_service(struct keeper *keeper, const struct project *project,
			 const struct service *service)
{
	struct arena arena = {0};

	for (unsigned n = 1; n <= service->replicas; n++) {
		struct kept *kept = find(keeper, service->name, n);
		const char *name = spec_container_name(&arena, project, service, n);

		if (!kept)
			kept = map_get(&keeper->by_name, name);
		if (!kept)
			kept = kept_new(keeper, name);
		bool seen = kept->seen;
		identify(kept, NULL, service->name, n);
		kept->seen = seen;
		kept->wanted = true;
		kept->finished = kept->finished && kept->phase != GONE;
		release(kept);
	}
	arena_drop(&arena);
}

void keeper_want(struct keeper *keeper, const struct project *project, const char *const *services)
{
	keeper->project = project;
	for (size_t i = keeper->by_name.len; i-- > 0;) {
		struct kept *kept = keeper->by_name.entries[i].value;
		const struct service *service = service_of(keeper, kept);

		/* Scaled away, or no longer in the file: not missed when it goes. */
		if (kept->wanted && (!service || kept->number > service->replicas))
			kept->wanted = false;
		if (!kept->wanted && kept->phase == GONE && !kept->held && !kept->ours)
			forget(keeper, kept);
	}
	if (!project)
		return;
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		if (named(services, service->name))
			want_service(keeper, project, service);
	}
}

void keeper_hold(struct keeper *keeper, const char *container, bool held, uint64_t now)
{
	struct kept *kept = map_get(&keeper->by_name, container);

	if (!kept)
		kept = kept_new(keeper, container);
	if (held)
		hold(kept, now);
	else
		release(kept);
}

const char *const *keeper_held(struct keeper *keeper)
{
	size_t count = 0;

	map_drop(&keeper->held_names);
	MAP_FOR_EACH (entry, &keeper->by_name) {
		struct kept *kept = entry->value;
		if (kept->held)
			map_set(&keeper->held_names, kept->name, kept);
	}
	keeper->held_vector = memory_grow(keeper->held_vector, keeper->held_names.len + 1,
					  sizeof(*keeper->held_vector));
	MAP_FOR_EACH (entry, &keeper->held_names)
		keeper->held_vector[count++] = entry->key;
	keeper->held_vector[count] = NULL;
	return keeper->held_vector;
}

/* --- actions */

static const char *ordinal(unsigned number)
{
	static const char *const endings[] = {"th", "st", "nd", "rd"};
	unsigned last = number % 10;

	return number % 100 / 10 == 1 || last > 3 ? endings[0] : endings[last];
}

static void act_on_health(struct keeper *keeper, struct kept *kept, uint64_t now,
			  struct keeper_action *action)
{
	static const struct {
		enum keeper_verb verb;
		const char *doing;
	} verbs[] = {
		[UNHEALTHY_RESTART] = {KEEPER_RESTART, "restarting it"},
		[UNHEALTHY_RECREATE] = {KEEPER_RECREATE, "re-creating it"},
		[UNHEALTHY_STOP] = {KEEPER_STOP, "stopping it"},
	};
	enum on_unhealthy what = supervision_of(keeper, kept)->on_unhealthy;

	kept->phase = ACTING;
	kept->act_at = now + ACT_AGAIN;
	if (what == UNHEALTHY_STOP)
		hold(kept, now);
	action->verb = verbs[what].verb;
	action->container = memory_copy(kept->name);
	action->service = memory_copy(kept->service);
	action->started = kept->started;
	action->cause = memory_format("%s is unhealthy (%u%s time): %s", kept->name, kept->failures,
				      ordinal(kept->failures), verbs[what].doing);
}

static void act_on_death(struct kept *kept, struct keeper_action *action)
{
	kept->start_at = CLOCK_NEVER;
	action->verb = KEEPER_START;
	action->container = memory_copy(kept->name);
	action->service = memory_copy(kept->service);
	action->cause = memory_format(
		"%s ran before the engine went away and does not any more: starting it",
		kept->name);
}

bool keeper_next(struct keeper *keeper, uint64_t now, struct keeper_action *action)
{
	*action = (struct keeper_action){0};
	if (keeper->broken)
		return false;
	MAP_FOR_EACH (entry, &keeper->by_name) {
		struct kept *kept = entry->value;

		if (kept->hold_at <= now)
			hold(kept, now);
		if (kept->phase == AILING && kept->act_at <= now && !is_ours(kept, now)) {
			act_on_health(keeper, kept, now, action);
			return true;
		}
		if (kept->phase == DOWN && kept->start_at <= now) {
			act_on_death(kept, action);
			return true;
		}
	}
	if (keeper->reconcile_at > now)
		return false;
	keeper->reconcile_at = CLOCK_NEVER;
	action->verb = KEEPER_RECONCILE;
	action->cause = memory_copy("containers were removed behind our back: making them again");
	return true;
}

void keeper_action_drop(struct keeper_action *action)
{
	free(action->container);
	free(action->service);
	free(action->cause);
	*action = (struct keeper_action){0};
}

uint64_t keeper_deadline(const struct keeper *keeper)
{
	uint64_t deadline = keeper->reconcile_at;

	if (keeper->broken)
		return CLOCK_NEVER;
	MAP_FOR_EACH (entry, &keeper->by_name) {
		const struct kept *kept = entry->value;
		uint64_t act = kept->act_at;

		/* The end of our own request asks again. */
		if (kept->phase != AILING || kept->ours)
			act = CLOCK_NEVER;
		else if (kept->ours_until > act)
			act = kept->ours_until;
		if (act < deadline)
			deadline = act;
		if (kept->hold_at < deadline)
			deadline = kept->hold_at;
		if (kept->phase == DOWN && kept->start_at < deadline)
			deadline = kept->start_at;
	}
	return deadline;
}

bool keeper_idle(const struct keeper *keeper)
{
	if (!keeper->settled || keeper->broken || keeper->reconcile_at != CLOCK_NEVER)
		return false;
	MAP_FOR_EACH (entry, &keeper->by_name) {
		const struct kept *kept = entry->value;

		if (kept->ours || kept->start_at != CLOCK_NEVER || kept->hold_at != CLOCK_NEVER)
			return false;
		if (!kept->held && kept->phase != DOWN && kept->phase != GONE)
			return false;
		if (kept->phase == GONE && kept->wanted && !kept->held && !kept->finished)
			return false;
	}
	return true;
}

/* --- life */

struct keeper *keeper_new(void)
{
	struct keeper *keeper = memory_zero(1, sizeof(*keeper));

	keeper->reconcile_at = CLOCK_NEVER;
	return keeper;
}

void keeper_drop(struct keeper **keeper)
{
	if (!*keeper)
		return;
	map_drop_with(&(*keeper)->by_name, kept_drop);
	map_drop(&(*keeper)->held_names);
	free((*keeper)->held_vector);
	free(*keeper);
	*keeper = NULL;
}
