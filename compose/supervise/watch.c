/* SPDX-License-Identifier: MIT */
#include "compose/supervise/watch.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/supervise/follow.h"
#include "compose/supervise/origin.h"
#include "engine/alarm.h"

#define RELIST     (10 * CLOCK_SECOND)
#define STALES_MAX 5 /* lists in a row that are not believed, where events never cease */

struct watch {
	struct engine *engine;
	char *project;
	struct watch_reader reader;
	void *payload;
	struct follow *follow; /* NULL: closed */
	struct engine_request *list;
	struct origin origin;
	struct engine_event *held;     /* until the labels of its image are known */
	struct engine_request *lookup; /* of these */
	bool list_again;               /* something asked for a list while one was under way */
	bool stale;      /* the list under way may be older than what was told since it was begun */
	unsigned stales; /* in a row */
	bool listed;     /* one has come since the stream was opened */
	bool closing;
	struct alarm relist; /* the one timer at rest */
	void (*closed)(void *payload);
	void *closed_payload;
};

static void list(struct watch *watch);

/* --- an event that waits */

static struct engine_event *event_copy(const struct engine_event *event)
{
	struct engine_event *copy = memory_zero(1, sizeof(*copy));

	*copy = *event;
	copy->action = memory_copy(event->action);
	copy->type = memory_copy(event->type);
	copy->id = memory_copy(event->id);
	copy->name = memory_copy(event->name);
	copy->image = memory_copy(event->image);
	copy->labels = (struct labels){0};
	ARRAY_FOR_EACH (const struct label, label, &event->labels)
		array_push(&copy->labels,
			   ((struct label){memory_copy(label->key), memory_copy(label->value)}));
	return copy;
}

static void event_drop(struct engine_event **event)
{
	struct engine_event *held = steal(event);

	if (!held)
		return;
	free((char *)held->action);
	free((char *)held->type);
	free((char *)held->id);
	free((char *)held->name);
	free((char *)held->image);
	ARRAY_FOR_EACH (struct label, label, &held->labels) {
		free((char *)label->key);
		free((char *)label->value);
	}
	array_drop(&held->labels);
	free(held);
}

/* --- life's end */

static void alarm_closed(struct alarm *alarm)
{
	struct watch *watch = alarm->data;
	void (*closed)(void *payload) = watch->closed;
	void *payload = watch->closed_payload;

	event_drop(&watch->held);
	origin_drop(&watch->origin);
	free(watch->project);
	free(watch);
	closed(payload);
}

static void maybe_closed(struct watch *watch)
{
	if (watch->closing && !watch->follow && !watch->list && !watch->lookup)
		alarm_close(&watch->relist, alarm_closed);
}

static void unfollowed(void *payload)
{
	struct watch *watch = payload;

	watch->follow = NULL;
	maybe_closed(watch);
}

/* --- lists */

static void relist_due(struct alarm *alarm)
{
	list(alarm->data);
}

/* What was asked before a break says nothing of the time after it, and what was asked before an
 * event may undo it. */
static void take_list(struct watch *watch, struct observed *observed, const struct error *err)
{
	bool stale = watch->stale && watch->stales < STALES_MAX;

	watch->stale = false;
	watch->stales = stale ? watch->stales + 1 : 0;
	if (!follow_is_open(watch->follow))
		return;
	if (stale || watch->list_again) {
		alarm_at(&watch->relist, engine_now(watch->engine));
	} else if (err && !watch->listed) {
		alarm_in(&watch->relist, FOLLOW_FIRST);
	} else {
		alarm_in(&watch->relist, RELIST);
	}
	if (err)
		log_debug("watch: no list: %s", err->message);
	if (err || stale)
		return;
	watch->listed = true;
	origin_list(&watch->origin, watch->project, observed);
	watch->reader.observed(observed, watch->payload);
}

static void listed(struct observed *observed, const struct error *err, void *payload)
{
	struct watch *watch = payload;

	watch->list = NULL;
	if (watch->closing) {
		maybe_closed(watch);
		return;
	}
	take_list(watch, observed, err);
}

static void list(struct watch *watch)
{
	struct engine_filter filter = {
		.project = watch->project,
		.containers = true,
		.origin = true,
	};

	/* A list that an event is not told after would be undone by it. */
	if (watch->list || watch->held) {
		watch->list_again = true;
		return;
	}
	watch->list_again = false;
	alarm_stop(&watch->relist);
	watch->list = engine_list(watch->engine, &filter, listed, watch);
}

/* --- events */

static void pass(struct watch *watch, const struct engine_event *event)
{
	watch->stale = watch->stale || watch->list;
	watch->reader.event(event, watch->payload);
}

static void looked_up(const struct image *image, const struct error *err, void *payload)
{
	struct watch *watch = payload;
	struct engine_event *event = steal(&watch->held);

	watch->lookup = NULL;
	if (watch->closing) {
		maybe_closed(watch);
	} else if (event && err) {
		log_debug("watch: image %s: %s", event->image, err->message);
		watch_list_now(watch);
	} else if (event) {
		origin_learn(&watch->origin, event->image, image ? &image->labels : NULL);
		if (origin_judge(&watch->origin, watch->project, event) == ORIGIN_OWN)
			pass(watch, event);
	}
	event_drop(&event);
	if (watch->closing)
		return;
	if (watch->list_again)
		watch_list_now(watch);
	follow_on(watch->follow);
}

static bool on_event(const struct engine_event *event, void *payload)
{
	struct watch *watch = payload;

	switch (origin_judge(&watch->origin, watch->project, event)) {
	case ORIGIN_OWN:
		pass(watch, event);
		return true;
	case ORIGIN_FOREIGN:
		return true;
	case ORIGIN_UNKNOWN:
		break;
	}
	assert(!watch->lookup);
	watch->stale = watch->stale || watch->list;
	watch->held = event_copy(event);
	watch->lookup = engine_image(watch->engine, event->image, looked_up, watch);
	return false;
}

static void on_open(void *payload)
{
	struct watch *watch = payload;

	watch->listed = false;
	watch->reader.open(watch->payload);
	list(watch);
}

static void on_broken(const struct error *err, void *payload)
{
	struct watch *watch = payload;

	watch->stale = watch->list != NULL;
	alarm_stop(&watch->relist);
	event_drop(&watch->held);
	if (watch->lookup)
		engine_cancel(watch->lookup);
	watch->reader.broken(err, watch->payload);
}

/* --- life */

struct watch *watch_open(struct engine *engine, const char *project,
			 const struct watch_reader *reader, void *payload)
{
	static const struct follow_reader own = {
		.open = on_open,
		.event = on_event,
		.broken = on_broken,
	};
	struct watch *watch = memory_zero(1, sizeof(*watch));

	watch->engine = engine;
	watch->project = memory_copy(project);
	watch->reader = *reader;
	watch->payload = payload;
	alarm_open(&watch->relist, engine, relist_due, watch);
	watch->follow = follow_open(engine, project, &own, watch);
	return watch;
}

void watch_list_now(struct watch *watch)
{
	/* Closed or broken: the next opening lists. */
	if (!watch->closing && follow_is_open(watch->follow))
		list(watch);
}

void watch_close(struct watch *watch, void (*closed)(void *payload), void *payload)
{
	assert(!watch->closing);
	watch->closing = true;
	watch->closed = closed;
	watch->closed_payload = payload;
	alarm_stop(&watch->relist);
	if (watch->list)
		engine_cancel(watch->list);
	if (watch->lookup)
		engine_cancel(watch->lookup);
	follow_close(watch->follow, unfollowed, watch);
}
