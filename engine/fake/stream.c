/* SPDX-License-Identifier: MIT */
/* stream -- one long answer: opened, read piece by piece, ended
 *
 * What a source brings is queued; each turn of the world's clock delivers at most one thing: that
 * it is open, then a piece for each permission to read, then the end.
 */
#include "engine/fake/world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void on_turn(struct timer *timer);

static void drop_chunk(struct chunk *chunk)
{
	list_unlink(&chunk->link);
	free(chunk->bytes);
	if (chunk->event)
		fake_event_drop(chunk->event);
	free((char *)chunk->progress.id);
	free((char *)chunk->progress.text);
	free(chunk);
}

static void drop_queue(struct stream *stream)
{
	LIST_FOR_EACH (struct chunk, chunk, &stream->queue, link)
		drop_chunk(chunk);
}

static void free_stream(struct stream *stream)
{
	struct fake_world *world = stream->world;

	fake_timer_stop(world, &stream->timer);
	fake_timer_stop(world, &stream->source);
	fake_timer_stop(world, &stream->write);
	list_unlink(&stream->link);
	list_unlink(&stream->in_box);
	if (stream->exec)
		stream->exec->stream = NULL;
	drop_queue(stream);
	error_drop(&stream->err);
	free(stream->exec_id);
	free(stream->subject);
	free(stream->project);
	free(stream->path);
	memory_free_vector(&stream->command);
	memory_free_vector(&stream->env);
	memory_free_vector(&stream->tags);
	fake_labels_drop(&stream->labels);
	free(stream);
}

/* Its source is cut off; the process of an exec runs on without a reader. */
static void detach(struct stream *stream)
{
	list_unlink(&stream->in_box);
	stream->box = NULL;
	fake_timer_stop(stream->world, &stream->source);
	if (stream->exec)
		stream->exec->stream = NULL;
	stream->exec = NULL;
}

void fake_stream_wake(struct stream *stream)
{
	bool can = stream->closing || (stream->arrived && !stream->opened) ||
		   (stream->permitted && !list_empty(&stream->queue)) ||
		   (stream->ended && list_empty(&stream->queue));

	if (can)
		fake_timer_set(stream->world, &stream->timer, stream->world->now, on_turn);
}

void fake_stream_chunk(struct stream *stream, struct chunk *chunk)
{
	list_append(&stream->queue, &chunk->link);
	if (stream->arrived)
		fake_stream_wake(stream);
}

void fake_stream_bytes(struct stream *stream, enum stream_channel channel, const char *bytes,
		       size_t len)
{
	size_t most = stream->world->options.chop;

	for (size_t at = 0; at < len; at += most) {
		struct chunk *chunk = memory_zero(1, sizeof(*chunk));
		chunk->channel = channel;
		chunk->len = len - at < most ? len - at : most;
		chunk->bytes = memory_copy_n(bytes + at, chunk->len);
		fake_stream_chunk(stream, chunk);
	}
}

void fake_stream_end(struct stream *stream, struct error **err)
{
	if (stream->ended || stream->closing) {
		error_drop(err);
		return;
	}
	detach(stream);
	stream->ended = true;
	stream->err = steal(err);
	if (stream->arrived && !stream->told_after) {
		stream->told_after = true;
		fake_call_hook(stream->world, &stream->told, FAKE_AFTER);
	}
	fake_stream_wake(stream);
}

void fake_stream_lost(struct stream *stream, enum error_code code, const char *why)
{
	detach(stream);
	drop_queue(stream);
	error_drop(&stream->err);
	error_set(&stream->err, code, "%s", why);
	stream->closing = stream->ended = true;
	fake_stream_wake(stream);
}

/* --- deliveries */

static void give(struct stream *stream, struct chunk *chunk)
{
	const struct engine_reader *reader = &stream->base.reader;

	if (chunk->event)
		reader->event(&stream->base, &chunk->event->event, stream->base.payload);
	else if (chunk->is_stats)
		reader->stats(&stream->base, &chunk->stats, stream->base.payload);
	else if (chunk->bytes)
		reader->data(&stream->base, chunk->channel, chunk->bytes, chunk->len,
			     stream->base.payload);
	else
		reader->progress(&stream->base, &chunk->progress, stream->base.payload);
}

static void on_written(struct timer *timer)
{
	struct stream *stream = container_of(timer, struct stream, write);
	CLEANUP(error_drop) struct error *err = NULL;

	/* Before the engine has answered it waits; arriving looks for it. */
	if (!stream->arrived && !stream->ended)
		return;
	engine_done *done = steal(&stream->write_done);
	fake_timer_stop(stream->world, timer);
	if (stream->closing)
		error_set(&err, ERROR_CANCELLED, "cancelled");
	else if (stream->ended)
		error_set(&err, ERROR_UNAVAILABLE, "the other side is gone");
	if (!err)
		fake_feed_input(stream, stream->write_bytes, stream->write_len, stream->write_ends);
	done(err, stream->write_payload);
	/* Its end waited for this. */
	fake_stream_wake(stream);
}

static void end(struct stream *stream)
{
	struct handle *handle = stream->handle;
	struct engine_stream *base = &stream->base;

	list_unlink(&stream->link);
	base->reader.end(base, stream->err, base->payload);
	free_stream(stream);
	fake_handle_settle(handle);
}

static void on_turn(struct timer *timer)
{
	struct stream *stream = container_of(timer, struct stream, timer);

	if (stream->arrived && !stream->opened && !stream->closing && !stream->err) {
		stream->opened = true;
		if (stream->base.reader.open)
			stream->base.reader.open(&stream->base, stream->base.payload);
	} else if (!list_empty(&stream->queue)) {
		if (!stream->permitted)
			return;
		struct chunk *chunk = list_first(&stream->queue, struct chunk, link);
		list_unlink(&chunk->link);
		stream->permitted = false;
		give(stream, chunk);
		drop_chunk(chunk);
	} else if (stream->ended) {
		/* A write has its answer before the stream is gone. */
		if (stream->write_done)
			on_written(&stream->write);
		else
			end(stream);
		return;
	}
	fake_stream_wake(stream);
}

static void on_arrive(struct timer *timer)
{
	struct stream *stream = container_of(timer, struct stream, timer);
	struct fake_world *world = stream->world;
	enum error_code lose = 0;
	struct error *err = NULL;

	if (world->hung)
		return;
	world->actor = stream->handle->name;
	fake_call_hook(world, &stream->told, FAKE_BEFORE);
	int status = fake_call_met(stream->handle, &stream->told, &lose, &err);
	if (stream->closing) {
		error_drop(&err);
		return;
	}
	stream->arrived = true;
	if (!status)
		status = fake_feed(stream, &err);
	if (!status && lose)
		status = error_set(&err, lose, "the connection was lost");
	if (status) {
		drop_queue(stream);
		fake_stream_end(stream, &err);
	}
	if (stream->write_done)
		fake_timer_set(world, &stream->write, world->now, on_written);
	fake_stream_wake(stream);
}

struct stream *fake_stream_new(struct engine *engine, enum call call, const char *subject,
			       const struct engine_reader *reader, void *payload)
{
	struct handle *handle = (struct handle *)engine;
	struct stream *stream = memory_zero(1, sizeof(*stream));

	stream->base = (struct engine_stream){engine, *reader, payload};
	stream->world = handle->world;
	stream->handle = handle;
	stream->call = call;
	stream->subject = memory_copy(subject);
	list_init(&stream->queue);
	list_init(&stream->in_box);
	list_append(&handle->streams, &stream->link);
	fake_call_count(handle, call, stream->subject, &stream->told);
	fake_timer_set(handle->world, &stream->timer,
		       handle->world->now + fake_call_latency(handle->world, call), on_arrive);
	return stream;
}

void fake_stream_resume(struct stream *stream)
{
	bool is_armed = stream->timer.link.next && !list_empty(&stream->timer.link);

	if (!stream->arrived && !stream->closing && !is_armed)
		fake_timer_set(stream->world, &stream->timer, stream->world->now, on_arrive);
}

/* --- what the reader does */

void fake_stream_read(struct engine_stream *base)
{
	struct stream *stream = (struct stream *)base;

	stream->permitted = true;
	if (stream->arrived)
		fake_stream_wake(stream);
}

static void put(struct engine_stream *base, const char *bytes, size_t len, bool ends,
		engine_done *done, void *payload)
{
	struct stream *stream = (struct stream *)base;

	assert(!stream->write_done);
	stream->write_bytes = bytes;
	stream->write_len = len;
	stream->write_ends = ends;
	stream->write_done = done;
	stream->write_payload = payload;
	fake_timer_set(stream->world, &stream->write, stream->world->now, on_written);
}

void fake_stream_write(struct engine_stream *base, const char *bytes, size_t len, engine_done *done,
		       void *payload)
{
	put(base, bytes, len, false, done, payload);
}

void fake_stream_shutdown(struct engine_stream *base, engine_done *done, void *payload)
{
	put(base, NULL, 0, true, done, payload);
}

void fake_stream_close(struct engine_stream *base)
{
	struct stream *stream = (struct stream *)base;

	if (!stream->closing)
		fake_stream_lost(stream, ERROR_CANCELLED, "closed");
}

const char *fake_stream_id(const struct engine_stream *base)
{
	const struct stream *stream = (const struct stream *)base;

	return stream->exec_id;
}
