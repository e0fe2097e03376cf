/* SPDX-License-Identifier: MIT */
#include "compose/supervise/keeper.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/supervise/kept.h"

#define SIGNAL_KILL 9
#define SIGNAL_TERM 15

typedef void handle(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
		    uint64_t now);

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
	/* A list ran ahead of this event and told of the failure that an event will tell of again. */
	if (kept->phase == AILING && kept->failures)
		kept->failures--;
	kept_release(kept);
	kept->ours_until = 0;
	kept->ours_told = true;
	kept->phase = UP;
	kept->finished = false;
	kept->started = event->time;
	kept->healthy_since = 0;
	kept->act_at = CLOCK_NEVER;
	kept->start_at = CLOCK_NEVER;
	kept->owed = false;
	kept->ill_engine = kept->ill_probe = false;
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
	const struct service *service = kept_service(keeper, kept);
	/* 9 is docker kill, the first half of docker rm -f, or a stop of what has it as its signal, which the
	 * engine tells of besides. */
	bool is_stop = event->signal == SIGNAL_TERM ||
		       (event->signal != SIGNAL_KILL && service && service->stop_signal &&
			signal_same(service->stop_signal, event->signal));

	if (kept_is_ours(kept, now))
		return;
	kept->stopping = kept->stopping || is_stop;
	kept->killed = kept->killed || event->signal == SIGNAL_KILL;
}

static void on_stopped(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
		       uint64_t now)
{
	(void)keeper, (void)event;
	if (!kept_is_ours(kept, now))
		kept_hold(kept, now);
}

static void on_died(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
		    uint64_t now)
{
	bool foreign = !kept_is_ours(kept, now);

	kept->phase = DOWN;
	kept->finished = event->exit_code == 0 && foreign;
	kept->healthy_since = 0;
	kept->act_at = CLOCK_NEVER;
	kept->start_at = CLOCK_NEVER;
	kept->ill_engine = kept->ill_probe = false;
	if (foreign && kept->stopping)
		kept_hold(kept, now);
	else if (foreign && kept->killed)
		kept->hold_at = now + QUIET;
	(void)keeper;
}

static void on_destroyed(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
			 uint64_t now)
{
	bool make_again =
		kept->wanted && !kept->held && !kept->finished && !kept_is_ours(kept, now);

	(void)event;
	if (!kept->wanted) {
		kept_forget(keeper, kept);
		return;
	}
	kept->phase = GONE;
	kept->hold_at = CLOCK_NEVER;
	kept->looked_for = false;
	kept->act_at = CLOCK_NEVER;
	kept->start_at = CLOCK_NEVER;
	kept->stopping = false;
	kept->killed = false;
	/* What we remove to make it anew is owed its start still. */
	kept->owed = kept->owed && kept_is_ours(kept, now);
	kept->ill_engine = kept->ill_probe = false;
	if (!keeper->busy && (make_again || keeper->reconcile_at != CLOCK_NEVER))
		keeper_miss(keeper, now);
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
	const struct supervision *supervision = kept_supervision(keeper, kept);

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

/* One row of the table, in the order of the words. RENAMED is done before: it changes what the
 * table is asked about. */
#define ROW(created, started, killed, stopped, died, destroyed, healthy, unhealthy, paused,        \
	    unpaused)                                                                              \
	{                                                                                          \
		[KEEPER_CREATED] = created, [KEEPER_STARTED] = started, [KEEPER_KILLED] = killed,  \
		[KEEPER_STOPPED] = stopped, [KEEPER_DIED] = died, [KEEPER_DESTROYED] = destroyed,  \
		[KEEPER_HEALTHY] = healthy, [KEEPER_UNHEALTHY] = unhealthy,                        \
		[KEEPER_PAUSED] = paused, [KEEPER_UNPAUSED] = unpaused,                            \
		[KEEPER_RESTARTED] = ignore, [KEEPER_RENAMED] = ignore,                            \
	}

/* clang-format off: a row of the table is a line */
static handle *const table[PHASES][KINDS] = {
	/*                created     started     killed     stopped     died     destroyed healthy
	   unhealthy     paused     unpaused */
	[GONE] = ROW(on_created, on_started, ignore, on_stopped, ignore, ignore, ignore, ignore,
		     ignore, ignore),
	[CREATED] = ROW(ignore, on_started, ignore, on_stopped, on_died, on_destroyed, ignore,
			ignore, ignore, ignore),
	[UP] = ROW(ignore, on_started, on_killed, on_stopped, on_died, on_destroyed, on_healthy,
		   on_unhealthy, on_paused, ignore),
	[HEALTHY] = ROW(ignore, on_started, on_killed, on_stopped, on_died, on_destroyed, ignore,
			on_unhealthy, on_paused, ignore),
	[AILING] = ROW(ignore, on_started, on_killed, on_stopped, on_died, on_destroyed, on_healthy,
		       ignore, on_paused, ignore),
	[ACTING] = ROW(ignore, on_started, on_killed, on_stopped, on_died, on_destroyed, on_healthy,
		       ignore, on_paused, ignore),
	[DOWN] = ROW(ignore, on_started, ignore, on_stopped, ignore, on_destroyed, ignore, ignore,
		     ignore, ignore),
	[PAUSED] = ROW(ignore, on_started, on_killed, on_stopped, on_died, on_destroyed, ignore,
		       ignore, ignore, on_unpaused),
};
/* clang-format on */

void keeper_cell(struct keeper *keeper, struct kept *kept, const struct keeper_event *event,
		 uint64_t now)
{
	table[kept->phase][event->kind](keeper, kept, event, now);
}

/* --- events */

void keeper_event(struct keeper *keeper, const struct keeper_event *event, uint64_t now)
{
	struct kept *kept = event->kind == KEEPER_RENAMED
				    ? kept_by_id(keeper, event->id)
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
	kept_identify(kept, event->id, event->service, event->number);
	if (event->kind == KEEPER_HEALTHY || event->kind == KEEPER_UNHEALTHY)
		kept->ill_engine = event->kind == KEEPER_UNHEALTHY;
	/* A probe of ours finds it ill still. */
	if (event->kind == KEEPER_HEALTHY && kept->ill_probe)
		return;
	if (event->kind == KEEPER_RENAMED)
		kept_rename(keeper, kept, event->container);
	else
		keeper_cell(keeper, kept, event, now);
}

void keeper_busy(struct keeper *keeper, bool busy)
{
	keeper->busy = busy;
	keeper->settled = false;
	keeper->reconcile_at = CLOCK_NEVER;
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
		kept->ours_told = false;
	} else if (kept->ours) {
		kept->ours--;
		kept->ours_until = kept->ours_told ? 0 : now + OURS_GRACE;
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

	if (!kept || (health != HEALTH_HEALTHY && health != HEALTH_UNHEALTHY))
		return;
	kept->ill_probe = health == HEALTH_UNHEALTHY;
	if (kept->ill_probe || !kept->ill_engine)
		keeper_cell(keeper, kept, &event, now);
}

void keeper_acted(struct keeper *keeper, const char *container, bool done, uint64_t now)
{
	struct kept *kept = map_get(&keeper->by_name, container);

	if (!kept)
		return;
	kept->acting = false;
	if (kept->phase == ACTING) {
		kept->act_at = now + ACT_AGAIN;
		/* What did not happen does not count. */
		kept->failures -= !done && kept->failures ? 1 : 0;
	} else if ((kept->phase == DOWN || kept->phase == CREATED) && !kept->held) {
		/* Done: its start is told by an event, or a list has found it down again since. */
		if (!done)
			kept->start_at = now + ACT_AGAIN;
		kept->owed = kept->owed && !done;
	}
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
	enum on_unhealthy what = kept_supervision(keeper, kept)->on_unhealthy;

	kept->phase = ACTING;
	kept->acting = true;
	kept->act_at = now + ACT_AGAIN;
	if (what == UNHEALTHY_STOP)
		kept_hold(kept, now);
	action->verb = verbs[what].verb;
	action->container = memory_copy(kept->name);
	action->service = memory_copy(kept->service);
	action->started = kept->started;
	action->cause = memory_format("%s is unhealthy (%u%s time): %s", kept->name, kept->failures,
				      ordinal(kept->failures), verbs[what].doing);
}

/* When a container is as its dependents want it (0), or will not come to be so by itself;
 * CLOCK_NEVER: not before something happens. Health is waited for as long as it takes, but not that
 * of what is on hold. */
static uint64_t settle_time(const struct kept *kept, enum dependency_condition condition)
{
	bool gone = kept->phase == GONE || kept->phase == CREATED;

	if (gone && !kept->wanted)
		return 0;
	/* Whoever stopped it knows that others need it. */
	if (kept->held && !kept_runs(kept))
		return 0;
	if (condition == DEPENDENCY_HEALTHY)
		return kept->phase == HEALTHY ? 0 : CLOCK_NEVER;
	if (kept_runs(kept))
		return 0;
	if (kept->acting || kept->owed || kept->start_at != CLOCK_NEVER)
		return CLOCK_NEVER;
	if (gone)
		return kept->finished ? 0 : CLOCK_NEVER;
	/* The event of its start by us may still be under way. */
	return kept->ours ? CLOCK_NEVER : kept->ours_until;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* When a container that does not run is to be started; CLOCK_NEVER: not before something happens.
 */
static uint64_t start_time(const struct keeper *keeper, const struct kept *kept)
{
	const struct service *service = kept_service(keeper, kept);
	uint64_t time = kept->start_at == CLOCK_NEVER ? 0 : kept->start_at;

	if ((kept->phase != DOWN && kept->phase != CREATED) || kept->acting || kept->held ||
	    (kept->start_at == CLOCK_NEVER && !kept->owed) ||
	    (kept->owed && (keeper->busy || kept->ours)))
		return CLOCK_NEVER;
	for (size_t i = 0; service && i < service->dependencies.len; i++) {
		const struct dependency *dependency = &service->dependencies.items[i];
		MAP_FOR_EACH (entry, &keeper->by_name) {
			const struct kept *other = entry->value;
			if (text_same(other->service, dependency->service))
				time = later(time, settle_time(other, dependency->condition));
		}
	}
	return time;
}

static void act_on_death(struct kept *kept, struct keeper_action *action)
{
	static const char *const causes[] = {
		"ran before the engine went away and does not any more",
		"is to run and does not",
	};

	kept->start_at = CLOCK_NEVER;
	kept->acting = true;
	action->verb = KEEPER_START;
	action->container = memory_copy(kept->name);
	action->service = memory_copy(kept->service);
	action->cause = memory_format("%s %s: starting it", kept->name, causes[kept->owed ? 1 : 0]);
}

bool keeper_next(struct keeper *keeper, uint64_t now, struct keeper_action *action)
{
	*action = (struct keeper_action){0};
	if (keeper->broken)
		return false;
	MAP_FOR_EACH (entry, &keeper->by_name) {
		struct kept *kept = entry->value;

		if (kept->hold_at <= now) {
			kept->hold_at = CLOCK_NEVER;
			kept->looked_for = true;
			action->verb = KEEPER_LOOK;
			action->cause = memory_format(
				"%s was killed: looking whether it is removed", kept->name);
			return true;
		}
		if (kept->acting)
			continue;
		if (kept->phase == AILING && kept->act_at <= now && !kept_is_ours(kept, now)) {
			act_on_health(keeper, kept, now, action);
			return true;
		}
		if (start_time(keeper, kept) <= now) {
			act_on_death(kept, action);
			return true;
		}
	}
	if (keeper->reconcile_at > now)
		return false;
	keeper->reconcile_at = CLOCK_NEVER;
	keeper->reconciled++;
	action->verb = KEEPER_RECONCILE;
	action->cause = memory_copy("containers are not there: making them again");
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

		/* The end of our own request or action asks again. */
		if (kept->phase != AILING || kept->ours || kept->acting)
			act = CLOCK_NEVER;
		else if (kept->ours_until > act)
			act = kept->ours_until;
		if (act < deadline)
			deadline = act;
		if (kept->hold_at < deadline)
			deadline = kept->hold_at;
		uint64_t start = start_time(keeper, kept);
		if (start < deadline)
			deadline = start;
	}
	return deadline;
}

uint64_t keeper_idle_from(const struct keeper *keeper)
{
	uint64_t from = 0;

	if (!keeper->settled || keeper->broken || keeper->reconcile_at != CLOCK_NEVER)
		return CLOCK_NEVER;
	MAP_FOR_EACH (entry, &keeper->by_name) {
		const struct kept *kept = entry->value;

		if (kept->ours || kept->acting || kept->owed || kept->start_at != CLOCK_NEVER ||
		    kept->hold_at != CLOCK_NEVER || kept->looked_for)
			return CLOCK_NEVER;
		if (!kept->held && kept->phase != DOWN && kept->phase != GONE)
			return CLOCK_NEVER;
		if (kept->phase == GONE && kept->wanted && !kept->held && !kept->finished)
			return CLOCK_NEVER;
		if (kept->held && kept->held_since && kept->phase == DOWN)
			from = later(from, kept->held_since + HOLD_DOUBT);
	}
	return from;
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
	free((*keeper)->names);
	free(*keeper);
	*keeper = NULL;
}
