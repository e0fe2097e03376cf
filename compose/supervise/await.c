/* SPDX-License-Identifier: MIT */
#include "compose/supervise/await.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/ntstatus.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/supervise/ending.h"
#include "compose/supervise/follow.h"
#include "engine/alarm.h"

#define RELOOK (10 * CLOCK_SECOND) /* makes good what events were lost */
#define SETTLE (500 * CLOCK_MS)    /* what ends at once has ended by then */

struct await_set {
	struct engine *engine;
	struct follow *follow; /* NULL: closed */
	bool closing;
	struct alarm again;  /* tries looks again that had no answer */
	struct alarm settle; /* looks again at what has just begun to run */
	struct alarm sweep;  /* delivers cancellations in a turn of their own */
	unsigned handles;
	struct list awaits;
	void (*closed)(void *payload);
	void *closed_payload;
};

struct await {
	struct list link;
	struct await_set *set;
	enum await_kind kind;
	char *container;
	char *id; /* once it is known */
	enum container_health (*health)(const char *container, void *payload);
	void *health_payload;
	struct engine_request *request; /* the look under way */
	bool again;                     /* something happened during it */
	bool looked;
	bool cancelled;
	int64_t started;     /* wall ns of the engine, of the last look */
	int64_t seen;        /* AWAIT_RUNNING: the start that it settles from; 0: none */
	uint64_t settles_at; /* monotonic ns */
	bool *ended;
	struct ending *ending; /* its last lines are asked for: */
	struct error *fate;    /* its exit */
	engine_done *done;
	void *payload;
};

static void look(struct await *await);
static void sweep(struct alarm *alarm);
static void settle_again(struct await_set *set);
static void maybe_closed(struct await_set *set);

static void finish(struct await *await, const struct error *err)
{
	engine_done *done = await->done;
	void *payload = await->payload;

	assert(!await->request && !await->ending);
	list_unlink(&await->link);
	error_drop(&await->fate);
	free(await->container);
	free(await->id);
	free(await);
	done(err, payload);
}

static void fail(struct await *await, enum error_code code, const char *detail, const char *format,
		 ...) PRINTF_LIKE(4, 5);

static void fail(struct await *await, enum error_code code, const char *detail, const char *format,
		 ...)
{
	CLEANUP(error_drop) struct error *err = NULL;
	va_list args;

	va_start(args, format);
	error_set_v(&err, code, format, args);
	va_end(args);
	if (detail && *detail)
		error_detail(&err, "%s", detail);
	finish(await, err);
}

static void fail_with(struct await *await, struct error *err, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* err with a detail. */
static void fail_with(struct await *await, struct error *err, const char *format, ...)
{
	CLEANUP(text_drop) struct text text = {0};
	va_list args;

	va_start(args, format);
	text_vprintf(&text, format, args);
	va_end(args);
	error_detail(&err, "%s", text_string(&text));
	finish(await, err);
}

static void ended(const char *lines, void *payload)
{
	struct await *await = payload;
	struct await_set *set = await->set;
	CLEANUP(error_drop) struct error *err = steal(&await->fate);

	await->ending = NULL;
	if (await->cancelled)
		fail(await, ERROR_CANCELLED, NULL, "cancelled");
	else if (*lines)
		fail_with(await, err, "its last lines:\n%s", lines);
	else
		fail_with(await, err, "its last words: docker logs --tail 20 %s", await->container);
	maybe_closed(set);
}

static void exited(struct await *await, const struct container *container)
{
	int64_t code = container->exit_code;
	char text[NTSTATUS_TEXT];

	if (code == 0 && await->kind != AWAIT_HEALTHY) {
		if (await->ended)
			*await->ended = true;
		finish(await, NULL);
		return;
	}
	error_set(&await->fate, ERROR_SYSTEM, "container %s exited (%s)%s", await->container,
		  ntstatus_text(code, text),
		  container->oom_killed ? ": it had no memory left" : "");
	if (container->error && *container->error) {
		CLEANUP(error_drop) struct error *err = steal(&await->fate);
		fail_with(await, err, "%s", container->error);
		return;
	}
	await->ending = ending_ask(await->set->engine, container, ended, await);
}

/* What ends at once was running for a moment. */
static void judge_running(struct await *await, const struct container *container)
{
	struct await_set *set = await->set;
	uint64_t now = engine_now(set->engine);

	if (!await->seen || await->seen != container->started) {
		await->seen = container->started;
		await->settles_at = now + SETTLE;
	}
	if (now >= await->settles_at)
		finish(await, NULL);
	else
		settle_again(set);
}

/* Each at its time; what was looked at meanwhile is looked at no sooner. */
static void settle_again(struct await_set *set)
{
	uint64_t next = CLOCK_NEVER;

	LIST_FOR_EACH (struct await, await, &set->awaits, link) {
		if (await->seen && !await->request && !await->cancelled && await->settles_at < next)
			next = await->settles_at;
	}
	alarm_at(&set->settle, next);
}

static void settled(struct alarm *alarm)
{
	struct await_set *set = alarm->data;
	uint64_t now = engine_now(set->engine);

	LIST_FOR_EACH (struct await, await, &set->awaits, link) {
		if (await->seen && !await->cancelled && await->settles_at <= now)
			look(await);
	}
	settle_again(set);
}

static void judge_health(struct await *await, const struct container *container)
{
	enum container_health health = container->health;

	if (await->health) {
		enum container_health own = await->health(container->name, await->health_payload);
		if (own != HEALTH_NONE)
			health = own;
	}
	switch (health) {
	case HEALTH_HEALTHY:
		finish(await, NULL);
		return;
	case HEALTH_UNHEALTHY:
		fail(await, ERROR_SYSTEM, container->health_output, "container %s is unhealthy",
		     await->container);
		return;
	case HEALTH_STARTING:
		return;
	case HEALTH_NONE:
		break;
	}
	/* A container that has just started shows no health for a moment. */
	if (!container->has_healthcheck)
		fail(await, ERROR_INVALID, NULL, "container %s has no healthcheck configured",
		     await->container);
}

/* Decides by what the engine says of the container now; returns with the await gone or still
 * pending. */
static void judge(struct await *await, const struct container *container)
{
	if (container->state != CONTAINER_RUNNING)
		await->seen = 0;
	switch (container->state) {
	case CONTAINER_EXITED:
	case CONTAINER_DEAD:
		exited(await, container);
		return;
	case CONTAINER_RUNNING:
		if (await->kind == AWAIT_RUNNING)
			judge_running(await, container);
		else if (await->kind == AWAIT_HEALTHY)
			judge_health(await, container);
		return;
	case CONTAINER_CREATED:
	case CONTAINER_PAUSED:
	case CONTAINER_RESTARTING:
	case CONTAINER_REMOVING:
		return;
	}
}

static void looked(const struct container *container, const struct error *err, void *payload)
{
	struct await *await = payload;
	struct await_set *set = await->set;

	await->request = NULL;
	if (await->cancelled) {
		fail(await, ERROR_CANCELLED, NULL, "cancelled");
		maybe_closed(set);
		return;
	}
	if (err && err->code == ERROR_UNAVAILABLE) {
		/* Where the stream broke as well, its return looks at everything again. */
		await->looked = false;
		if (follow_is_open(set->follow))
			alarm_in(&set->again, FOLLOW_FIRST);
		return;
	}
	if (err) {
		finish(await, err);
		return;
	}
	await->looked = true;
	await->started = container->started;
	free(await->id);
	await->id = memory_copy(container->id);
	if (await->again) {
		look(await);
		return;
	}
	judge(await, container);
}

static void look(struct await *await)
{
	if (await->ending)
		return;
	if (await->request) {
		await->again = true;
		return;
	}
	await->again = false;
	await->request = engine_inspect(await->set->engine, await->container, looked, await);
}

/* A probe of ours has the last word, not the engine's event. */
static bool is_probed(const struct await *await)
{
	return await->health && await->health(await->container, await->health_payload);
}

static void event_for(struct await *await, const struct engine_event *event)
{
	if (!await->looked || await->request || await->ending) {
		await->again = await->request != NULL;
		return;
	}
	if (event->kind == EVENT_HEALTH && event->health == HEALTH_HEALTHY &&
	    await->kind == AWAIT_HEALTHY && event->time >= await->started && !is_probed(await)) {
		finish(await, NULL);
		return;
	}
	if (event->kind == EVENT_DIE && event->time < await->started)
		return;
	look(await);
}

static bool on_event(const struct engine_event *event, void *payload)
{
	static const bool concerns[EVENT_OTHER + 1] = {
		[EVENT_START] = true,   [EVENT_DIE] = true,    [EVENT_HEALTH] = true,
		[EVENT_DESTROY] = true, [EVENT_RENAME] = true,
	};
	struct await_set *set = payload;

	if (!concerns[event->kind])
		return true;
	LIST_FOR_EACH (struct await, await, &set->awaits, link) {
		if (text_same(event->name, await->container) ||
		    (await->id && text_same(event->id, await->id)))
			event_for(await, event);
	}
	return true;
}

static void on_open(void *payload)
{
	struct await_set *set = payload;

	await_look(set);
	alarm_in(&set->again, RELOOK);
}

/* Its return looks at everything again. */
static void on_broken(const struct error *err, void *payload)
{
	(void)err;
	(void)payload;
}

static void alarm_closed(struct alarm *alarm)
{
	struct await_set *set = alarm->data;

	if (--set->handles)
		return;
	void (*closed)(void *payload) = set->closed;
	void *payload = set->closed_payload;
	assert(list_empty(&set->awaits));
	free(set);
	closed(payload);
}

/* Ends the set when nothing of it is under way any more. */
static void maybe_closed(struct await_set *set)
{
	if (!set->closing || set->follow || !list_empty(&set->awaits) ||
	    alarm_is_closing(&set->again))
		return;
	alarm_close(&set->again, alarm_closed);
	alarm_close(&set->settle, alarm_closed);
	alarm_close(&set->sweep, alarm_closed);
}

static void look_again(struct alarm *alarm)
{
	struct await_set *set = alarm->data;

	if (list_empty(&set->awaits) || !follow_is_open(set->follow))
		return;
	await_look(set);
	alarm_in(&set->again, RELOOK);
}

static void unfollowed(void *payload)
{
	struct await_set *set = payload;

	set->follow = NULL;
	maybe_closed(set);
}

struct await_set *await_open(struct engine *engine, const char *project)
{
	static const struct follow_reader reader = {
		.open = on_open,
		.event = on_event,
		.broken = on_broken,
	};
	struct await_set *set = memory_zero(1, sizeof(*set));

	set->engine = engine;
	list_init(&set->awaits);
	alarm_open(&set->again, engine, look_again, set);
	alarm_open(&set->settle, engine, settled, set);
	alarm_open(&set->sweep, engine, sweep, set);
	set->handles = 3;
	set->follow = follow_open(engine, project, &reader, set);
	return set;
}

/* Cancelled conditions end here, in a turn of the loop of their own. */
static void sweep(struct alarm *alarm)
{
	struct await_set *set = alarm->data;

	LIST_FOR_EACH (struct await, await, &set->awaits, link) {
		if (await->cancelled && !await->request && !await->ending)
			fail(await, ERROR_CANCELLED, NULL, "cancelled");
	}
	maybe_closed(set);
}

void await_cancel(struct await *await)
{
	await->cancelled = true;
	if (await->request)
		engine_cancel(await->request);
	if (await->ending)
		ending_cancel(await->ending);
	alarm_in(&await->set->sweep, 0);
}

void await_close(struct await_set *set, void (*closed)(void *payload), void *payload)
{
	assert(!set->closing);
	set->closing = true;
	set->closed = closed;
	set->closed_payload = payload;
	alarm_stop(&set->again);
	alarm_stop(&set->settle);
	LIST_FOR_EACH (struct await, await, &set->awaits, link)
		await_cancel(await);
	follow_close(set->follow, unfollowed, set);
	alarm_in(&set->sweep, 0);
}

struct await *await_add(struct await_set *set, const struct await_options *options,
			engine_done *done, void *payload)
{
	struct await *await = memory_zero(1, sizeof(*await));

	await->set = set;
	await->kind = options->kind;
	await->container = memory_copy(options->container);
	await->health = options->health;
	await->health_payload = options->payload;
	await->ended = options->ended;
	await->done = done;
	await->payload = payload;
	list_append(&set->awaits, &await->link);
	if (follow_is_open(set->follow)) {
		look(await);
		alarm_in(&set->again, RELOOK);
	}
	return await;
}

void await_look(struct await_set *set)
{
	LIST_FOR_EACH (struct await, await, &set->awaits, link) {
		if (!await->cancelled)
			look(await);
	}
}
