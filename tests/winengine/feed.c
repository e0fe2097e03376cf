/* SPDX-License-Identifier: MIT */
#include "tests/winengine/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "tests/winengine/delay.h"

enum { KEPT = 256 };

struct event {
	struct list link;
	int64_t time;
	cJSON *json;
};

struct subscriber {
	struct list link;
	struct call *call;
	cJSON *filters;
	int64_t until; /* 0: for ever */
	struct delay *end;
};

/* --- filters */

/* {"label": {"a=b": true}} is as good as {"label": ["a=b"]}: the values' own text. */
static const char *word(const cJSON *item)
{
	return cJSON_IsString(item) ? item->valuestring : item->string;
}

static bool label_matches(const char *wanted, const cJSON *labels)
{
	size_t key = strcspn(wanted, "=");
	CLEANUP(memory_free) char *name = memory_copy_n(wanted, key);
	const char *value = json_string(labels, name);

	return value && (!wanted[key] || text_same(value, wanted + key + 1));
}

bool feed_labels_match(const cJSON *filters, const cJSON *labels)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, json_get(filters, "label"))
		if (!label_matches(word(item), labels))
			return false;
	return true;
}

bool feed_any(const cJSON *filters, const char *key, const char *value)
{
	const cJSON *list = json_get(filters, key), *item;

	cJSON_ArrayForEach (item, list)
		if (text_same(word(item), value))
			return true;
	return !list || !list->child;
}

cJSON *feed_filters(struct call *call)
{
	const char *string = call_query(call, "filters");
	CLEANUP(error_drop) struct error *err = NULL;
	cJSON *json = NULL;

	if (string && *string && json_parse(string, strlen(string), "filters", &json, &err) < 0)
		world_broken(call->world, "filters of %s: %s", call->target, err->message);
	return json;
}

/* Beginnings are enough where health_status is among those that are wanted, as in moby. */
static bool action_wanted(const cJSON *filters, const char *action)
{
	const cJSON *list = json_get(filters, "event"), *item;

	cJSON_ArrayForEach (item, list)
		if (text_same(action, word(item)) ||
		    (text_starts(word(item), "health_status") && text_starts(action, word(item))))
			return true;
	return !list || !list->child;
}

static bool wanted(const cJSON *filters, const cJSON *event)
{
	const cJSON *actor = json_get(event, "Actor");
	const cJSON *attributes = json_get(actor, "Attributes");
	const char *type = json_string(event, "Type");
	const cJSON *containers = json_get(filters, "container");

	if (!feed_any(filters, "type", type) || !feed_labels_match(filters, attributes) ||
	    !action_wanted(filters, json_string(event, "Action")))
		return false;
	return !containers || feed_any(filters, "container", json_string(actor, "ID")) ||
	       feed_any(filters, "container", json_string(attributes, "name"));
}

/* --- telling */

static cJSON *describe(const struct feed_event *event, int64_t now)
{
	cJSON *json = cJSON_CreateObject();
	cJSON *actor = cJSON_CreateObject();
	cJSON *attributes =
		event->labels ? cJSON_Duplicate(event->labels, true) : cJSON_CreateObject();
	char nano[32];

	if (text_same(event->type, "container")) {
		cJSON_AddStringToObject(json, "status", event->action);
		cJSON_AddStringToObject(json, "id", event->id);
		cJSON_AddStringToObject(json, "from", event->image ? event->image : "");
	}
	cJSON_AddStringToObject(json, "Type", event->type);
	cJSON_AddStringToObject(json, "Action", event->action);
	cJSON_AddItemToObject(json, "Actor", actor);
	cJSON_AddStringToObject(actor, "ID", event->id);
	cJSON_AddItemToObject(actor, "Attributes", attributes);
	json_set_string(attributes, "image", event->image);
	json_set_string(attributes, "name", event->name);
	if (event->key)
		json_set_string(attributes, event->key, event->value);
	cJSON_AddStringToObject(json, "scope", "local");
	cJSON_AddNumberToObject(json, "time", (double)(now / (int64_t)CLOCK_SECOND));
	/* All its digits: a double has not so many. */
	snprintf(nano, sizeof(nano), "%lld", (long long)now);
	cJSON_AddRawToObject(json, "timeNano", nano);
	return json;
}

void feed_tell(struct world *world, const struct feed_event *wanted_event)
{
	struct event *event = memory_zero(1, sizeof(*event));
	const struct event *last = list_empty(&world->events)
					   ? NULL
					   : container_of(world->events.prev, struct event, link);

	event->time = clock_wall();
	/* Clocks of Windows tick coarsely; a time names one event. */
	if (last && event->time <= last->time)
		event->time = last->time + 1;
	event->json = describe(wanted_event, event->time);
	list_append(&world->events, &event->link);
	if (++world->event_count > KEPT) {
		struct event *first = list_first(&world->events, struct event, link);

		list_unlink(&first->link);
		cJSON_Delete(first->json);
		free(first);
		world->event_count--;
	}
	LIST_FOR_EACH (struct subscriber, subscriber, &world->subscribers, link)
		if (wanted(subscriber->filters, event->json))
			call_line(subscriber->call, event->json);
}

/* --- listening */

static void subscriber_drop(struct subscriber *subscriber)
{
	list_unlink(&subscriber->link);
	delay_cancel(&subscriber->end);
	cJSON_Delete(subscriber->filters);
	free(subscriber);
}

static void gone(struct call *call)
{
	subscriber_drop(call->payload);
}

static void finish(void *payload)
{
	struct subscriber *subscriber = payload;
	struct call *call = subscriber->call;

	subscriber_drop(subscriber);
	call_end(call);
}

/* Seconds with a fraction, or RFC 3339. */
static int64_t time_of(const char *string)
{
	int64_t time = 0;
	char *end;

	if (!string || !*string || clock_parse(string, &time))
		return time;
	time = strtoll(string, &end, 10) * (int64_t)CLOCK_SECOND;
	int64_t unit = CLOCK_SECOND / 10;

	for (end += *end == '.'; *end >= '0' && *end <= '9'; end++, unit /= 10)
		time += (*end - '0') * unit;
	return time;
}

void feed_events(struct call *call)
{
	struct subscriber *subscriber = memory_zero(1, sizeof(*subscriber));
	int64_t since = time_of(call_query(call, "since"));

	subscriber->call = call;
	subscriber->filters = feed_filters(call);
	subscriber->until = time_of(call_query(call, "until"));
	call->payload = subscriber;
	call->gone = gone;
	list_append(&call->world->subscribers, &subscriber->link);
	call_begin(call, "application/json");
	LIST_FOR_EACH (struct event, event, &call->world->events, link)
		if (since && event->time >= since && wanted(subscriber->filters, event->json) &&
		    (!subscriber->until || event->time <= subscriber->until))
			call_line(call, event->json);
	if (!subscriber->until)
		return;
	int64_t left = subscriber->until - clock_wall();

	delay_start(&subscriber->end, call->world->loop, left > 0 ? (uint64_t)left / CLOCK_MS : 0,
		    finish, subscriber);
}
