/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

/* --- what the daemon's words mean */

static const struct {
	const char *type;
	const char *action; /* its beginning, up to a colon */
	enum engine_event_kind kind;
} kinds[] = {
	{"container", "create", EVENT_CREATE},
	{"container", "start", EVENT_START},
	{"container", "die", EVENT_DIE},
	{"container", "stop", EVENT_STOP},
	{"container", "kill", EVENT_KILL},
	{"container", "oom", EVENT_OOM},
	{"container", "pause", EVENT_PAUSE},
	{"container", "unpause", EVENT_UNPAUSE},
	{"container", "restart", EVENT_RESTART},
	{"container", "rename", EVENT_RENAME},
	{"container", "destroy", EVENT_DESTROY},
	{"container", "health_status", EVENT_HEALTH},
	{"container", "exec_create", EVENT_EXEC},
	{"container", "exec_start", EVENT_EXEC},
	{"container", "exec_die", EVENT_EXEC},
	{"container", "exec_detach", EVENT_EXEC},
	{"network", "destroy", EVENT_NETWORK_DESTROY},
	{"volume", "destroy", EVENT_VOLUME_DESTROY},
};

static enum engine_event_kind kind_of(const char *type, const char *action)
{
	size_t len = strcspn(action, ":");

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (text_same(kinds[i].type, type) && strlen(kinds[i].action) == len &&
		    strncmp(kinds[i].action, action, len) == 0)
			return kinds[i].kind;
	return EVENT_OTHER;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->key, ((const struct label *)b)->key);
}

static int64_t number_of(const cJSON *attributes, const char *key)
{
	const char *string = json_string(attributes, key);

	return string ? strtoll(string, NULL, 10) : 0;
}

static enum container_health health_of(const char *action)
{
	if (text_ends(action, ": healthy"))
		return HEALTH_HEALTHY;
	return text_ends(action, ": unhealthy") ? HEALTH_UNHEALTHY : HEALTH_STARTING;
}

static int64_t time_of(const cJSON *json)
{
	/* A double holds the nanoseconds of today only to 256; see exact_time. */
	int64_t ns = json_int(json, "timeNano", 0);

	return ns ? ns : json_int(json, "time", 0) * (int64_t)CLOCK_SECOND;
}

void docker_parse_event(const cJSON *json, struct engine_event *event)
{
	const cJSON *actor = json_get(json, "Actor");
	const cJSON *attributes = json_get(actor, "Attributes");
	const char *type = json_string(json, "Type");
	const char *action = json_string(json, "Action");
	const cJSON *item = NULL;

	event->type = type ? type : "";
	event->action = action ? action : "";
	event->kind = kind_of(event->type, event->action);
	event->id = json_string(actor, "ID");
	event->name = json_string(attributes, "name");
	event->image = json_string(attributes, "image");
	event->time = time_of(json);
	if (event->kind == EVENT_DIE)
		event->exit_code = number_of(attributes, "exitCode");
	else if (event->kind == EVENT_KILL)
		event->signal = (int)number_of(attributes, "signal");
	else if (event->kind == EVENT_HEALTH)
		event->health = health_of(event->action);
	/* The labels and the daemon's own attributes lie together in one object. */
	cJSON_ArrayForEach (item, attributes)
		if (item->string && cJSON_IsString(item))
			array_push(&event->labels,
				   ((struct label){item->string, item->valuestring}));
	if (event->labels.len > 1)
		qsort(event->labels.items, event->labels.len, sizeof(*event->labels.items),
		      compare);
}

/* --- the stream */

struct events {
	struct flow flow; /* first */
	bool bounded;     /* until was given */
	char *project;    /* whose containers' events are told, where the server does not filter; or
			     NULL */
};

static struct events *events_of(struct flow *flow)
{
	return container_of(flow, struct events, flow);
}

static bool wanted(const struct events *events, const struct engine_event *event)
{
	return !events->project || !text_same(event->type, "container") ||
	       text_same(labels_get(&event->labels, "com.docker.compose.project"), events->project);
}

/* The time to the nanosecond, from the digits themselves: a replay since a time that was rounded up
 * misses the event of that time. The field stands behind the attributes. 0: there is none. */
static int64_t exact_time(const char *line, size_t len)
{
	static const char key[] = "\"timeNano\":";
	size_t key_len = sizeof(key) - 1;
	int64_t time = 0;

	for (size_t at = len; at >= key_len; at--) {
		if (memcmp(line + at - key_len, key, key_len) != 0)
			continue;
		for (; at < len && line[at] >= '0' && line[at] <= '9' && time < INT64_MAX / 10 - 9;
		     at++)
			time = time * 10 + (line[at] - '0');
		return time;
	}
	return 0;
}

static int64_t parse(struct flow *flow, const char *bytes, size_t len, struct error **err)
{
	CLEANUP(json_drop) cJSON *json = NULL;
	struct engine_event event = {0};
	int64_t taken = flow_json_line(bytes, len, &json, err);

	if (!json)
		return taken;
	docker_parse_event(json, &event);
	int64_t exact = exact_time(bytes, (size_t)taken);
	if (exact)
		event.time = exact;
	if (wanted(events_of(flow), &event))
		flow_tell_event(flow, &event);
	array_drop(&event.labels);
	return taken;
}

/* Without an end that was asked for, the daemon has gone. */
static void ended(struct flow *flow, size_t rest, struct error **err)
{
	if (rest || !events_of(flow)->bounded)
		error_set(err, ERROR_UNAVAILABLE, "the engine at %s ended the stream of events",
			  flow->docker->engine.address);
}

static void drop(struct flow *flow)
{
	free(events_of(flow)->project);
}

static const struct flow_kind kind = {.parse = parse, .ended = ended, .drop = drop};

/* The daemon's events of networks and volumes carry no labels: where they are asked for as well, it
 * cannot filter by the project's. */
static void filter(struct text *path, struct events *events, const struct events_options *options)
{
	/* With health_status among them the daemon compares beginnings (moby's daemon/events/filter.go), so that its ": healthy" is
	 * no hindrance; exec_create, exec_start and exec_die begin with none of these. */
	static const char *const actions[] = {
		"create", "start",   "die",     "stop",   "kill",    "oom",
		"pause",  "unpause", "restart", "rename", "destroy", "health_status",
	};
	const char *pairs[5 + 2 * ARRAY_LEN(actions)] = {"type", "container"};
	size_t count = 2;

	if (options->all_types) {
		events->project = memory_copy(options->project);
		return;
	}
	CLEANUP(memory_free)
	char *label = memory_format("com.docker.compose.project=%s",
				    options->project ? options->project : "");

	if (options->project) {
		pairs[count++] = "label";
		pairs[count++] = label;
	}
	for (size_t i = 0; options->no_exec && i < ARRAY_LEN(actions); i++) {
		pairs[count++] = "event";
		pairs[count++] = actions[i];
	}
	docker_query_filters(path, pairs);
}

struct engine_stream *docker_events(struct engine *engine, const struct events_options *options,
				    const struct engine_reader *reader, void *payload)
{
	struct events *events = flow_new(engine, sizeof(*events), &kind, "events", reader, payload);
	CLEANUP(text_drop) struct text path = {0};

	text_add(&path, "/events");
	docker_query_time(&path, "since", options->since);
	docker_query_time(&path, "until", options->until);
	filter(&path, events, options);
	events->bounded = options->until > 0;
	flow_begin(&events->flow, &(struct flow_options){.path = text_string(&path)});
	return &events->flow.stream;
}
