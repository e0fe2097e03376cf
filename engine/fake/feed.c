/* SPDX-License-Identifier: MIT */
/* feed -- where the pieces of streams come from */
#include "engine/fake/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int finish(struct stream *stream)
{
	fake_stream_end(stream, &(struct error *){NULL});
	return 0;
}

static int need(struct stream *stream, struct error **err)
{
	return fake_box_need(stream->world, stream->subject, &stream->box, err);
}

static void follow(struct stream *stream)
{
	list_append(&stream->box->streams, &stream->in_box);
}

/* --- logs and attach */

static bool wants_channel(const struct stream *stream, enum stream_channel channel)
{
	bool is_attach = stream->call == CALL_ATTACH;
	bool output = is_attach ? stream->attach.output : stream->logs.output;
	bool errors = is_attach ? stream->attach.errors : stream->logs.errors;

	if (!output && !errors)
		return !is_attach || !stream->attach.input;
	return channel == STREAM_OUTPUT ? output : errors;
}

static bool wants_line(const struct stream *stream, const struct line *line)
{
	const struct logs_options *logs = &stream->logs;

	if (!wants_channel(stream, line->channel))
		return false;
	return stream->call == CALL_ATTACH ||
	       (line->time >= logs->since && (!logs->until || line->time <= logs->until));
}

static void send_line(struct stream *stream, const struct line *line)
{
	char time[40];

	if (!wants_line(stream, line))
		return;
	if (stream->call != CALL_LOGS || !stream->logs.timestamps) {
		fake_stream_bytes(stream, line->channel, line->text, line->len);
		return;
	}
	clock_format(line->time, time);
	CLEANUP(text_drop) struct text text = {0};
	text_printf(&text, "%s ", time);
	text_add_n(&text, line->text, line->len);
	fake_stream_bytes(stream, line->channel, text.data, text.len);
}

static void send_log(struct stream *stream, int64_t tail)
{
	size_t wanted = 0;
	struct box *box = stream->box;

	ARRAY_FOR_EACH (struct line, line, &box->log)
		wanted += wants_line(stream, line);
	size_t skip = tail >= 0 && wanted > (size_t)tail ? wanted - (size_t)tail : 0;
	ARRAY_FOR_EACH (struct line, line, &box->log) {
		if (!wants_line(stream, line))
			continue;
		if (skip)
			skip--;
		else
			send_line(stream, line);
	}
}

static int feed_logs(struct stream *stream, struct error **err)
{
	int status = need(stream, err);

	if (status)
		return status;
	send_log(stream, stream->logs.tail);
	/* The log of what does not run is read to its end, follow or not. */
	if (!stream->logs.follow || !fake_box_runs(stream->box))
		return finish(stream);
	follow(stream);
	return 0;
}

static int feed_attach(struct stream *stream, struct error **err)
{
	int status = need(stream, err);

	if (status)
		return status;
	if (stream->box->seen.state == CONTAINER_PAUSED)
		return error_set(err, ERROR_CONFLICT,
				 "Container %s is paused, unpause the container before attach",
				 stream->box->seen.id);
	if (stream->box->seen.state == CONTAINER_RESTARTING)
		return error_set(err, ERROR_CONFLICT,
				 "Container %s is restarting, wait until the container is running",
				 stream->box->seen.id);
	if (stream->attach.logs)
		send_log(stream, -1);
	follow(stream);
	return 0;
}

void fake_feed_line(struct box *box, const struct line *line)
{
	LIST_FOR_EACH (struct stream, stream, &box->streams, in_box)
		send_line(stream, line);
}

/* --- events */

static void on_until(struct timer *timer)
{
	finish(container_of(timer, struct stream, source));
}

static int feed_events(struct stream *stream, struct error **err)
{
	struct fake_world *world = stream->world;
	int64_t until = stream->events.until;

	(void)err;
	fake_event_replay(stream);
	if (until && until <= fake_wall(world))
		return finish(stream);
	if (until)
		fake_timer_set(world, &stream->source, (uint64_t)(until - world->wall_offset),
			       on_until);
	return 0;
}

/* --- exec */

static void exec_print(struct process *process, enum stream_channel channel, const char *bytes,
		       size_t len)
{
	struct exec *exec = container_of(process, struct exec, process);

	if (!exec->stream)
		return;
	if (exec->tty && len && bytes[len - 1] == '\n') {
		fake_stream_bytes(exec->stream, STREAM_OUTPUT, bytes, len - 1);
		fake_stream_bytes(exec->stream, STREAM_OUTPUT, "\r\n", 2);
	} else {
		fake_stream_bytes(exec->stream, exec->tty ? STREAM_OUTPUT : channel, bytes, len);
	}
}

static void exec_ended(struct exec *exec, int code)
{
	struct stream *stream = exec->stream;

	exec->running = false;
	exec->exit_code = code;
	fake_process_stop(&exec->process);
	fake_event_box(exec->box, EVENT_EXEC, "exec_die", code);
	if (stream)
		finish(stream);
}

static void exec_exit(struct process *process, int code)
{
	exec_ended(container_of(process, struct exec, process), code);
}

static const struct process_owner exec_owner = {exec_print, exec_exit};

void fake_exec_free(struct exec *exec)
{
	if (exec->stream)
		exec->stream->exec = NULL;
	list_unlink(&exec->link);
	list_unlink(&exec->all);
	fake_process_drop(&exec->process);
	memory_free_vector(&exec->env);
	free(exec->id);
	free(exec);
}

static int feed_exec(struct stream *stream, struct error **err)
{
	int status = need(stream, err);

	if (status)
		return status;
	struct box *box = stream->box;
	if (box->seen.state == CONTAINER_PAUSED)
		return error_set(err, ERROR_CONFLICT,
				 "Container %s is paused, unpause the container before exec",
				 box->seen.id);
	if (box->seen.state == CONTAINER_RESTARTING)
		return error_set(err, ERROR_CONFLICT,
				 "Container %s is restarting, wait until the container is running",
				 box->seen.id);
	if (box->seen.state != CONTAINER_RUNNING)
		return error_set(err, ERROR_CONFLICT, "Container %s is not running", box->seen.id);
	if (!stream->command || !stream->command[0])
		return error_set(err, ERROR_INVALID, "No exec command specified");
	struct exec *exec = memory_zero(1, sizeof(*exec));
	exec->id = fake_new_id(stream->world);
	exec->box = box;
	exec->env = steal(&stream->env);
	exec->tty = stream->tty;
	exec->running = true;
	exec->process.world = stream->world;
	exec->process.box = box;
	exec->process.env = exec->env;
	exec->process.owner = &exec_owner;
	exec->process.has_input = stream->input;
	list_append(&box->execs, &exec->link);
	list_append(&stream->world->execs, &exec->all);
	stream->exec_id = memory_copy(exec->id);
	fake_event_box(box, EVENT_EXEC, "exec_create", 0);
	fake_event_box(box, EVENT_EXEC, "exec_start", 0);
	fake_note(stream->world, "exec", box->seen.name,
		  labels_get(&box->seen.labels, "com.docker.compose.service"));
	fake_process_load(&exec->process, stream->command);
	fake_process_run(&exec->process);
	if (stream->detach)
		return finish(stream);
	exec->stream = stream;
	stream->exec = exec;
	return 0;
}

void fake_feed_exited(struct box *box)
{
	LIST_FOR_EACH (struct exec, exec, &box->execs, link) {
		if (exec->running)
			exec_ended(exec, 137);
	}
	LIST_FOR_EACH (struct stream, stream, &box->streams, in_box)
		finish(stream);
}

void fake_feed_input(struct stream *stream, const char *bytes, size_t len, bool end)
{
	struct process *process = stream->exec ? &stream->exec->process
				  : stream->box && stream->call == CALL_ATTACH
					  ? &stream->box->process
					  : NULL;

	if (!process || (stream->call == CALL_ATTACH && !stream->box->open_stdin))
		return;
	if (len)
		fake_process_input(process, bytes, len);
	/* The end of one client's input is the container's only where it takes input once. */
	if (end && (stream->exec || stream->box->stdin_once))
		fake_process_input_end(process);
}

/* --- copy, stats */

static int feed_copy(struct stream *stream, struct error **err)
{
	CLEANUP(text_drop) struct text tar = {0};
	int status = need(stream, err);

	if (status)
		return status;
	if (!fake_archive_write(&stream->box->files, stream->path, &tar))
		return error_set(err, ERROR_NOT_FOUND, "Could not find the file %s in container %s",
				 stream->path, stream->subject);
	fake_stream_bytes(stream, STREAM_OUTPUT, tar.data, tar.len);
	return finish(stream);
}

static void on_sample(struct timer *timer)
{
	struct stream *stream = container_of(timer, struct stream, source);
	struct fake_world *world = stream->world;
	struct box *box = fake_box_find(world, stream->subject);

	if (!box) {
		finish(stream);
		return;
	}
	if (list_empty(&stream->queue)) {
		struct chunk *chunk = memory_zero(1, sizeof(*chunk));
		uint64_t ran = fake_box_runs(box) ? world->now - box->run_began : 0;
		chunk->is_stats = true;
		chunk->stats = (struct engine_stats){
			.cpu_percent = ran ? 0.5 : 0,
			.memory = ran ? (4 << 20) + ran / CLOCK_MS : 0,
			.memory_limit = (uint64_t)8 << 30,
			.pids = ran ? 1 : 0,
		};
		fake_stream_chunk(stream, chunk);
	}
	if (stream->once)
		finish(stream);
	else
		fake_timer_set(world, timer, world->now + CLOCK_SECOND, on_sample);
}

static int feed_stats(struct stream *stream, struct error **err)
{
	int status = need(stream, err);

	if (!status)
		fake_timer_set(stream->world, &stream->source, stream->world->now, on_sample);
	return status;
}

/* --- pull, push, build */

static void progress(struct stream *stream, const char *id, const char *text, uint64_t current,
		     uint64_t total)
{
	struct chunk *chunk = memory_zero(1, sizeof(*chunk));

	chunk->progress =
		(struct engine_progress){memory_copy(id), memory_copy(text), current, total};
	fake_stream_chunk(stream, chunk);
}

#define LAYER_STEPS 5
#define LAYER_SIZE  (UINT64_C(1) << 20)

static unsigned layers_of(const struct image_entry *entry)
{
	return entry->made.layers ? entry->made.layers : 1;
}

static void on_pull(struct timer *timer)
{
	struct stream *stream = container_of(timer, struct stream, source);
	struct fake_world *world = stream->world;
	struct image_entry *entry = fake_image_find(world, stream->subject);
	static const char *const words[LAYER_STEPS] = {
		"Pulling fs layer", "Downloading", "Downloading", "Extracting", "Pull complete"};

	if (!entry) {
		CLEANUP(error_drop) struct error *err = NULL;
		error_set(&err, ERROR_NOT_FOUND, "manifest for %s not found: manifest unknown",
			  stream->subject);
		fake_stream_end(stream, &err);
		return;
	}
	unsigned steps = layers_of(entry) * LAYER_STEPS;
	unsigned step = stream->step++;
	if (step < steps) {
		char layer[16];
		unsigned word = step % LAYER_STEPS;
		snprintf(layer, sizeof(layer), "layer%07u", step / LAYER_STEPS);
		progress(stream, layer, words[word],
			 word == 1   ? LAYER_SIZE / 2
			 : word == 4 ? 0
				     : LAYER_SIZE,
			 word == 0 || word == 4 ? 0 : LAYER_SIZE);
		fake_timer_set(world, timer, world->now + entry->made.pull_time / steps, on_pull);
		return;
	}
	entry->pulled = true;
	fake_note(world, "pull", entry->made.reference, NULL);
	fake_event_object(world, EVENT_OTHER, "image", "pull", entry->made.reference,
			  entry->made.reference, &entry->image.labels);
	CLEANUP(memory_free)
	char *status =
		memory_format("Status: Downloaded newer image for %s", entry->made.reference);
	progress(stream, NULL, status, 0, 0);
	finish(stream);
}

static int feed_pull(struct stream *stream, struct error **err)
{
	struct image_entry *entry = fake_image_find(stream->world, stream->subject);

	if (!entry || (entry->made.denied && !stream->has_credentials))
		return error_set(err, ERROR_NOT_FOUND,
				 "pull access denied for %s, repository does not exist or may "
				 "require 'docker login'",
				 stream->subject);
	if (entry->made.unknown)
		return error_set(err, ERROR_NOT_FOUND,
				 "manifest for %s not found: manifest unknown", stream->subject);
	if (entry->pulled) {
		CLEANUP(memory_free)
		char *status =
			memory_format("Status: Image is up to date for %s", entry->made.reference);
		progress(stream, NULL, status, 0, 0);
		return finish(stream);
	}
	fake_timer_set(stream->world, &stream->source, stream->world->now, on_pull);
	return 0;
}

static int feed_push(struct stream *stream, struct error **err)
{
	struct image_entry *entry = fake_image_find(stream->world, stream->subject);

	if (!entry || !entry->pulled)
		return error_set(err, ERROR_NOT_FOUND,
				 "An image does not exist locally with the tag: %s",
				 stream->subject);
	if (entry->made.denied)
		return error_set(err, ERROR_INVALID,
				 "denied: requested access to the resource is denied");
	fake_note(stream->world, "push", entry->made.reference, NULL);
	for (unsigned i = 0; i < layers_of(entry); i++) {
		char layer[16];

		snprintf(layer, sizeof(layer), "layer%07u", i);
		progress(stream, layer, "Pushing", LAYER_SIZE / 2, LAYER_SIZE);
		progress(stream, layer, "Pushed", 0, 0);
	}
	return finish(stream);
}

static int feed_build(struct stream *stream, struct error **err)
{
	ARRAY(const char *) labels = {0};

	(void)err;
	ARRAY_FOR_EACH (struct label, label, &stream->labels) {
		array_push(&labels, label->key);
		array_push(&labels, label->value);
	}
	(void)array_add(&labels);
	for (char **tag = stream->tags; tag && *tag; tag++) {
		CLEANUP(memory_free) char *line = memory_format("Successfully tagged %s", *tag);
		fake_image(stream->world,
			   &(struct fake_image){.reference = *tag, .labels = labels.items});
		fake_note(stream->world, "build", *tag, NULL);
		progress(stream, NULL, line, 0, 0);
	}
	array_drop(&labels);
	return finish(stream);
}

int fake_feed(struct stream *stream, struct error **err)
{
	static int (*const feeds[CALL_COUNT])(struct stream * stream, struct error * *err) = {
		[CALL_LOGS] = feed_logs, [CALL_EVENTS] = feed_events, [CALL_ATTACH] = feed_attach,
		[CALL_EXEC] = feed_exec, [CALL_COPY_OUT] = feed_copy, [CALL_STATS] = feed_stats,
		[CALL_PULL] = feed_pull, [CALL_PUSH] = feed_push,     [CALL_BUILD] = feed_build,
	};

	return feeds[stream->call](stream, err);
}
