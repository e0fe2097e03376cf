/* SPDX-License-Identifier: MIT */
#include "compose/cli/supply.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/transcript.h"

#define PARALLEL 8

enum task_state { TASK_WAITING, TASK_RUNNING, TASK_DONE };

struct task {
	struct supply *supply;
	struct supply_job *job;
	enum task_state state;
	struct engine_stream *stream;
	struct transcript transcript;
	char *id; /* of its line of progress */
};

struct supply {
	struct engine *engine;
	struct supply_options options;
	struct task *tasks; /* one per job */
	size_t running;
	struct error *error; /* the first */
	engine_done *done;
	void *payload;
};

/* --- what is told */

static void show(const struct supply *supply, const struct progress *progress)
{
	const struct progress_sink *sink = supply->options.progress;

	if (sink)
		sink->tell(progress, sink->payload);
}

static void tell_state(const struct task *task, enum progress_status status, const char *text,
		       const char *details)
{
	show(task->supply, &(struct progress){.id = task->id,
					      .status = status,
					      .text = text,
					      .details = details,
					      .percent = -1});
}

static const struct word {
	const char *word, *doing, *done;
} words[] = {{"pull", "Pulling", "Pulled"},
	     {"build", "Building", "Built"},
	     {"push", "Pushing", "Pushed"}};

static const struct word *word_of(const struct supply_job *job)
{
	return &words[job->build ? 1 : job->push ? 2 : 0];
}

const char *supply_word(const struct supply_job *job)
{
	return word_of(job)->word;
}

const char *supply_title(const struct supply_job *job)
{
	return word_of(job)->doing;
}

/* --- the layers of a pull or a push */

static void tell_layer(const struct task *task, const struct engine_progress *from)
{
	static const char *const done[] = {"Pull complete", "Already exists", "Pushed",
					   "Layer already exists"};
	struct progress progress = {
		.id = from->id,
		.parent = task->id,
		.text = from->text,
		.current = from->current,
		.total = from->total,
		.percent = -1,
	};

	/* A line with an id that is no layer's: the tag's. */
	if (!from->id || !from->text || text_starts(from->text, "Pulling from "))
		return;
	for (size_t i = 0; i < ARRAY_LEN(done); i++) {
		if (strcmp(from->text, done[i]) == 0)
			progress.status = PROGRESS_DONE;
	}
	show(task->supply, &progress);
}

/* --- a build's lines */

static void tell_line(struct task *task, const char *line)
{
	const struct supply_options *options = &task->supply->options;

	transcript_add(&task->transcript, line);
	if (options->quiet)
		return;
	if (options->line)
		options->line(task->job, line, options->payload);
	else
		tell_state(task, PROGRESS_WORKING, supply_title(task->job), line);
}

static void tell_lines(struct task *task, const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\r\n");
		CLEANUP(memory_free) char *line = memory_copy_n(text, len);

		if (len)
			tell_line(task, line);
		text += len;
		text += strspn(text, "\r\n");
	}
}

/* --- tasks */

static void on_progress(struct engine_stream *stream, const struct engine_progress *progress,
			void *payload)
{
	struct task *task = payload;

	if (task->job->build)
		tell_lines(task, progress->text);
	else if (!task->supply->options.quiet)
		tell_layer(task, progress);
	engine_stream_read(stream);
}

static void cancel_running(struct supply *supply)
{
	for (size_t i = 0; i < supply->options.count; i++) {
		if (supply->tasks[i].state == TASK_RUNNING)
			engine_stream_close(supply->tasks[i].stream);
	}
}

static struct error *describe(const struct task *task, const struct error *from)
{
	struct error *err = error_copy(from);
	const char *step = transcript_step(&task->transcript);
	const struct supply_options *options = &task->supply->options;
	bool seen = options->line && !options->quiet;

	if (task->job->build && !seen && *transcript_tail(&task->transcript) && !err->detail)
		error_detail(&err, "%s", transcript_tail(&task->transcript));
	if (task->job->build && step)
		error_wrap(&err, "at %s", step);
	error_wrap(&err, "service %s", task->job->service);
	return err;
}

static void forgive(struct task *task, const struct error *err)
{
	const char *because = task->job->forgiven_because;
	CLEANUP(memory_free)
	char *sentence =
		memory_format("%s%s%s", err->message, because ? "; " : "", because ? because : "");

	tell_state(task, PROGRESS_WARNING, "Warning", sentence);
}

static void fail(struct task *task, const struct error *from)
{
	struct supply *supply = task->supply;
	CLEANUP(error_drop) struct error *err = describe(task, from);

	tell_state(task, PROGRESS_ERROR, from->code == ERROR_CANCELLED ? "Interrupted" : "Error",
		   from->message);
	if (supply->error)
		return;
	error_move(&supply->error, &err);
	cancel_running(supply);
}

static void advance(struct supply *supply);

static void on_end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct task *task = payload;

	(void)stream;
	task->state = TASK_DONE;
	task->stream = NULL;
	task->supply->running--;
	task->job->failure = error_copy(err);
	if (!err)
		tell_state(task, PROGRESS_DONE, word_of(task->job)->done, NULL);
	else if (task->job->forgiven && err->code != ERROR_CANCELLED)
		forgive(task, err);
	else
		fail(task, err);
	transcript_drop(&task->transcript);
	advance(task->supply);
}

static void start(struct task *task)
{
	static const struct engine_reader reader = {.progress = on_progress, .end = on_end};
	const struct supply_job *job = task->job;
	struct engine *engine = task->supply->engine;

	task->state = TASK_RUNNING;
	task->supply->running++;
	tell_state(task, PROGRESS_WORKING, supply_title(task->job), NULL);
	if (job->build)
		task->stream = engine_build(engine, job->build, &reader, task);
	else if (job->push)
		task->stream = engine_push(engine, job->image, &reader, task);
	else
		task->stream = engine_pull(engine, job->image,
					   &(struct pull_options){.platform = job->platform},
					   &reader, task);
	engine_stream_read(task->stream);
}

static bool is_ready(const struct supply *supply, const struct task *task)
{
	if (task->state != TASK_WAITING)
		return false;
	ARRAY_FOR_EACH (const size_t, index, &task->job->after) {
		if (supply->tasks[*index].state != TASK_DONE)
			return false;
	}
	return true;
}

static void start_ready(struct supply *supply)
{
	struct task *waiting = NULL;

	for (size_t i = 0; i < supply->options.count; i++) {
		struct task *task = &supply->tasks[i];

		if (supply->running >= supply->options.parallel)
			return;
		if (is_ready(supply, task))
			start(task);
		else if (!waiting && task->state == TASK_WAITING)
			waiting = task;
	}
	/* What waits for each other in a circle would wait for ever. */
	if (!supply->running && waiting)
		start(waiting);
}

static void finish(struct supply *supply)
{
	supply->done(supply->error, supply->payload);
	error_drop(&supply->error);
	for (size_t i = 0; i < supply->options.count; i++)
		free(supply->tasks[i].id);
	free(supply->tasks);
	free(supply);
}

static void advance(struct supply *supply)
{
	if (!supply->error)
		start_ready(supply);
	if (!supply->running)
		finish(supply);
}

/* --- life */

struct supply *supply_start(struct engine *engine, const struct supply_options *options,
			    engine_done *done, void *payload)
{
	struct supply *supply = memory_zero(1, sizeof(*supply));

	assert(options->count);
	supply->engine = engine;
	supply->options = *options;
	if (!supply->options.parallel)
		supply->options.parallel = PARALLEL;
	supply->done = done;
	supply->payload = payload;
	supply->tasks = memory_zero(options->count, sizeof(*supply->tasks));
	for (size_t i = 0; i < options->count; i++) {
		struct task *task = &supply->tasks[i];

		task->supply = supply;
		task->job = &options->jobs[i];
		task->job->failure = NULL;
		task->id = memory_format("Image %s", task->job->image);
	}
	start_ready(supply);
	return supply;
}

void supply_cancel(struct supply *supply)
{
	if (!supply->error)
		error_set(&supply->error, ERROR_CANCELLED, "interrupted");
	cancel_running(supply);
}
