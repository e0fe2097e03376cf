/* SPDX-License-Identifier: MIT */
#include "compose/supervise/ending.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/excerpt.h"
#include "engine/alarm.h"

#define LINES     10
#define MOST      (16u << 10)
#define SHOWN_MAX 400 /* bytes of a line that are shown */
#define PATIENCE  (2 * CLOCK_SECOND)

struct ending {
	struct engine_stream *stream;
	struct alarm patience;
	struct text log;
	void (*done)(const char *lines, void *payload);
	void *payload;
};

static void add_lines(const struct text *log, struct text *out)
{
	const char *first = text_string(log);
	const char *end = first + log->len;

	for (const char *line = first; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline ? newline : end) - line);
		size_t shown = len && line[len - 1] == '\r' ? len - 1 : len;

		text_add(out, "  | ");
		excerpt_add_safe(out, line, shown < SHOWN_MAX ? shown : SHOWN_MAX);
		text_add(out, shown < SHOWN_MAX ? "\n" : "...\n");
		line += len + 1;
	}
}

static void closed(struct alarm *alarm)
{
	struct ending *ending = alarm->data;
	CLEANUP(text_drop) struct text log = ending->log;
	CLEANUP(text_drop) struct text lines = {0};
	void (*done)(const char *lines, void *payload) = ending->done;
	void *payload = ending->payload;

	add_lines(&log, &lines);
	free(ending);
	done(text_string(&lines), payload);
}

static void on_data(struct engine_stream *stream, enum stream_channel channel, const char *bytes,
		    size_t len, void *payload)
{
	struct ending *ending = payload;
	size_t room = MOST - ending->log.len;

	(void)channel;
	text_add_n(&ending->log, bytes, len < room ? len : room);
	if (ending->log.len < MOST)
		engine_stream_read(stream);
	else
		engine_stream_close(stream);
}

static void on_end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct ending *ending = payload;

	(void)stream, (void)err;
	ending->stream = NULL;
	alarm_close(&ending->patience, closed);
}

static void lose_patience(struct alarm *alarm)
{
	ending_cancel(alarm->data);
}

struct ending *ending_ask(struct engine *engine, const struct container *container,
			  void (*done)(const char *lines, void *payload), void *payload)
{
	static const struct engine_reader reader = {.data = on_data, .end = on_end};
	struct ending *ending = memory_zero(1, sizeof(*ending));
	struct logs_options options = {.tail = LINES, .tty = container->tty};

	ending->done = done;
	ending->payload = payload;
	alarm_open(&ending->patience, engine, lose_patience, ending);
	alarm_in(&ending->patience, PATIENCE);
	ending->stream = engine_logs(engine, container->id, &options, &reader, ending);
	engine_stream_read(ending->stream);
	return ending;
}

void ending_cancel(struct ending *ending)
{
	if (ending->stream)
		engine_stream_close(ending->stream);
}
