/* SPDX-License-Identifier: MIT */
/* event -- what happened, to whom listens and for replay */
#include "engine/fake/world.h"

#include <stdlib.h>
#include <string.h>

void fake_event_drop(struct event *event)
{
	if (--event->users)
		return;
	free((char *)event->event.action);
	free((char *)event->event.id);
	free((char *)event->event.name);
	free((char *)event->event.image);
	fake_labels_drop(&event->event.labels);
	free(event);
}

static bool wants(const struct stream *stream, const struct event *event)
{
	if (stream->project) {
		const char *project =
			labels_get(&event->event.labels, "com.docker.compose.project");
		if (!text_same(project, stream->project))
			return false;
	}
	return stream->events.all_types || text_same(event->event.type, "container");
}

static void post(struct stream *stream, struct event *event)
{
	struct chunk *chunk = memory_zero(1, sizeof(*chunk));

	event->users++;
	chunk->event = event;
	fake_stream_chunk(stream, chunk);
}

static void publish(struct fake_world *world, const struct engine_event *made)
{
	struct event *event = memory_zero(1, sizeof(*event));

	event->users = 1;
	event->event = *made;
	event->event.action = memory_copy(made->action);
	event->event.id = memory_copy(made->id);
	event->event.name = memory_copy(made->name);
	event->event.image = memory_copy(made->image);
	event->event.labels = (struct labels){0};
	fake_labels_copy(&event->event.labels, &made->labels);
	event->event.time = fake_wall(world);
	if (world->replay.len == world->options.event_limit) {
		fake_event_drop(world->replay.items[0]);
		array_remove(&world->replay, 0);
	}
	array_push(&world->replay, event);
	if (world->dropping)
		return;
	LIST_FOR_EACH (struct handle, handle, &world->handles, link) {
		LIST_FOR_EACH (struct stream, stream, &handle->streams, link) {
			if (stream->call == CALL_EVENTS && stream->arrived && !stream->ended &&
			    wants(stream, event))
				post(stream, event);
		}
	}
}

void fake_event_box(struct box *box, enum engine_event_kind kind, const char *action, int value)
{
	const struct container *seen = &box->seen;
	const char *service = labels_get(&seen->labels, "com.docker.compose.service");
	struct engine_event event = {
		.kind = kind,
		.action = action,
		.type = "container",
		.id = seen->id,
		.name = seen->name,
		.image = seen->image,
		.labels = seen->labels,
		.health = kind == EVENT_HEALTH ? seen->health : HEALTH_NONE,
		.exit_code = kind == EVENT_DIE ? value : 0,
		.signal = kind == EVENT_KILL ? value : 0,
	};

	if (kind != EVENT_EXEC)
		fake_note(box->world, action, seen->name, service);
	if (!box->world->quiet)
		publish(box->world, &event);
}

void fake_event_object(struct fake_world *world, enum engine_event_kind kind, const char *type,
		       const char *action, const char *id, const char *name,
		       const struct labels *labels)
{
	struct engine_event event = {
		.kind = kind,
		.action = action,
		.type = type,
		.id = id,
		.name = name,
		.labels = *labels,
	};

	publish(world, &event);
}

void fake_event_replay(struct stream *stream)
{
	if (!stream->events.since)
		return;
	ARRAY_FOR_EACH (struct event *, event, &stream->world->replay) {
		int64_t time = (*event)->event.time;
		if (time >= stream->events.since && wants(stream, *event) &&
		    (!stream->events.until || time <= stream->events.until))
			post(stream, *event);
	}
}

void fake_event_forget(struct fake_world *world)
{
	ARRAY_FOR_EACH (struct event *, event, &world->replay)
		fake_event_drop(*event);
	world->replay.len = 0;
}
