/* SPDX-License-Identifier: MIT */
#include "compose/cli/tail.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/line.h"
#include "compose/cli/outlet.h"

#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS   2000

enum log_state {
	LOG_ASKING,  /* whether it has a terminal is asked */
	LOG_OPEN,    /* its stream is open */
	LOG_BROKEN,  /* the engine is gone: tried again */
	LOG_ENDED,   /* the container has stopped */
	LOG_HOPELESS /* gone, or its logs cannot be read */
};

struct log {
	struct tail *tail;
	char *id, *name;
	char *label; /* what its prefix says */
	size_t colour;
	enum log_state state;
	bool tty;
	bool fed;             /* its stream brought something */
	bool is_again;        /* its stream has ended before */
	bool runs;            /* it was said to run since it was asked for last */
	unsigned owed;        /* ends of its stream that no note told of yet */
	bool waits;           /* for the outlet, to be read on */
	int64_t since;        /* of the first opening */
	struct line lines[2]; /* of each channel */
	struct line_mark mark;
	struct text notes; /* to be shown at the end, a line each */
	struct engine_stream *stream;
	struct engine_request *asking;
};

struct tail {
	struct cli *cli;
	struct tail_options options;
	struct outlet *outlet;
	struct map logs;     /* by id */
	struct map notes;    /* of containers not added yet: texts by name */
	struct map services; /* the colours given, by service */
	size_t width;        /* of the longest label */
	uv_timer_t retry;
	uint64_t retry_ms;
	struct error *error;
	bool closing;
	unsigned handles;
	void (*drained)(void *payload);
	void *payload;
	void (*closed)(void *payload);
	void *closed_payload;
};

static const char *const colours[] = {
	"\033[36m",   "\033[33m",   "\033[32m",   "\033[35m",   "\033[34m",
	"\033[36;1m", "\033[33;1m", "\033[32;1m", "\033[35;1m", "\033[34;1m",
};

static void open_stream(struct log *log);

/* --- the end of everything */

static void log_drop(void *value)
{
	struct log *log = value;

	free(log->id);
	free(log->name);
	free(log->label);
	line_drop(&log->lines[0]);
	line_drop(&log->lines[1]);
	text_drop(&log->notes);
	free(log);
}

static void finish(struct tail *tail)
{
	void (*closed)(void *payload) = tail->closed;
	void *payload = tail->closed_payload;

	if (--tail->handles)
		return;
	map_drop_with(&tail->logs, log_drop);
	map_drop_with(&tail->notes, free);
	map_drop(&tail->services);
	error_drop(&tail->error);
	free(tail);
	closed(payload);
}

static void outlet_closed(void *payload)
{
	finish(payload);
}

static void timer_closed(uv_handle_t *timer)
{
	finish(timer->data);
}

static bool is_quiet(const struct tail *tail)
{
	MAP_FOR_EACH (entry, &tail->logs) {
		const struct log *log = entry->value;
		if (log->stream || log->asking)
			return false;
	}
	return true;
}

static void maybe_closed(struct tail *tail)
{
	if (!tail->closing || !is_quiet(tail))
		return;
	uv_close((uv_handle_t *)&tail->retry, timer_closed);
	outlet_close(tail->outlet, outlet_closed, tail);
}

bool tail_is_drained(const struct tail *tail)
{
	if (outlet_error(tail->outlet))
		return true;
	MAP_FOR_EACH (entry, &tail->logs) {
		const struct log *log = entry->value;
		if (log->state < LOG_ENDED)
			return false;
	}
	return outlet_empty(tail->outlet);
}

static void maybe_drained(struct tail *tail)
{
	if (!tail->closing && tail_is_drained(tail))
		tail->drained(tail->payload);
}

const struct error *tail_error(const struct tail *tail)
{
	return tail->error ? tail->error : outlet_error(tail->outlet);
}

/* --- writing */

static void add_prefix(const struct log *log, bool padded, struct text *out)
{
	const struct tail *tail = log->tail;
	bool coloured = tail->cli->colour_out && !tail->options.no_colour;

	if (coloured)
		text_add(out, colours[log->colour]);
	text_add(out, log->label);
	if (padded)
		text_add_repeat(out, ' ', tail->width + 1 - strlen(log->label));
	text_add(out, padded ? " | " : " ");
	if (coloured)
		text_add(out, "\033[0m");
}

static void write_line(const struct line_view *view, void *payload)
{
	struct log *log = payload;
	struct tail *tail = log->tail;
	CLEANUP(text_drop) struct text out = {0};

	if (!tail->options.no_prefix)
		add_prefix(log, true, &out);
	if (tail->options.timestamps && view->time_len) {
		text_add_n(&out, view->time, view->time_len);
		text_add_char(&out, ' ');
	}
	if (view->continues)
		text_add(&out, "[...] ");
	text_add_n(&out, view->bytes, view->len);
	if (view->is_cut)
		text_add(&out, " [...]");
	text_add_char(&out, '\n');
	outlet_write(tail->outlet, out.data, out.len);
}

static void write_notes(struct log *log)
{
	for (const char *note = text_string(&log->notes); *note;) {
		CLEANUP(text_drop) struct text out = {0};
		size_t len = strcspn(note, "\n");

		add_prefix(log, false, &out);
		text_add_n(&out, note, len + 1);
		outlet_write(log->tail->outlet, out.data, out.len);
		note += len + 1;
	}
	text_clear(&log->notes);
}

static void on_drained(void *payload)
{
	struct tail *tail = payload;

	MAP_FOR_EACH (entry, &tail->logs) {
		struct log *log = entry->value;
		if (!log->waits || !log->stream)
			continue;
		log->waits = false;
		engine_stream_read(log->stream);
	}
	maybe_drained(tail);
}

/* --- streams */

static void on_open(struct engine_stream *stream, void *payload)
{
	(void)payload;
	engine_stream_read(stream);
}

static void on_data(struct engine_stream *stream, enum stream_channel channel, const char *bytes,
		    size_t len, void *payload)
{
	struct log *log = payload;
	struct tail *tail = log->tail;

	if (tail->closing)
		return;
	tail->retry_ms = RETRY_FIRST_MS;
	log->fed = true;
	line_feed(&log->lines[channel == STREAM_ERRORS], &log->mark, bytes, len, write_line, log);
	if (outlet_error(tail->outlet))
		maybe_drained(tail);
	else if (outlet_full(tail->outlet))
		log->waits = true;
	else
		engine_stream_read(stream);
}

static void retry_now(uv_timer_t *timer)
{
	struct tail *tail = timer->data;

	MAP_FOR_EACH (entry, &tail->logs) {
		struct log *log = entry->value;
		if (log->state == LOG_BROKEN)
			open_stream(log);
	}
}

static void retry_later(struct log *log)
{
	struct tail *tail = log->tail;

	log->state = LOG_BROKEN;
	if (uv_is_active((uv_handle_t *)&tail->retry))
		return;
	uv_timer_start(&tail->retry, retry_now, tail->retry_ms, 0);
	tail->retry_ms *= 2;
	if (tail->retry_ms > RETRY_MAX_MS)
		tail->retry_ms = RETRY_MAX_MS;
}

/* What a stream, or the question before it, ended with. */
static void end(struct log *log, const struct error *err)
{
	struct tail *tail = log->tail;
	bool is_gone = err && (err->code == ERROR_UNAVAILABLE || err->code == ERROR_TIMEOUT);

	if (tail->closing) {
		maybe_closed(tail);
		return;
	}
	if (is_gone && tail->options.follow) {
		retry_later(log);
		return;
	}
	log->state = err ? LOG_HOPELESS : LOG_ENDED;
	/* It may have died between two looks at it. */
	if (!err && log->runs) {
		open_stream(log);
		return;
	}
	write_notes(log);
	if (is_gone && !tail->error)
		tail->error = error_copy(err);
	else if (err && !is_gone && err->code != ERROR_NOT_FOUND)
		cli_warn(tail->cli, "%s: no log: %s", log->name, err->message);
	maybe_drained(tail);
}

static void on_end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct log *log = payload;

	(void)stream;
	log->stream = NULL;
	log->waits = false;
	line_end(&log->lines[0], &log->mark, !err, write_line, log);
	line_end(&log->lines[1], &log->mark, !err, write_line, log);
	if (err || log->tail->closing || !log->tail->options.follow) {
		end(log, err);
		return;
	}
	/* It has stopped; what tells so may come later, and it may run again already. */
	if (log->notes.len)
		write_notes(log);
	else
		log->owed++;
	log->is_again = true;
	/* One that brought nothing is not opened again in haste. */
	if (log->fed)
		open_stream(log);
	else
		retry_later(log);
}

static void open_logs(struct log *log)
{
	static const struct engine_reader reader = {
		.open = on_open,
		.data = on_data,
		.end = on_end,
	};
	const struct tail_options *options = &log->tail->options;
	bool again = log->mark.last != 0;
	struct logs_options ask = {
		.follow = options->follow,
		.timestamps = true,
		.since = again ? log->mark.last : log->since,
		.until = options->until,
		.tail = again ? -1 : options->count,
		.tty = log->tty,
	};

	line_resume(&log->mark);
	log->state = LOG_OPEN;
	log->fed = false;
	log->stream = engine_logs(log->tail->cli->engine, log->id, &ask, &reader, log);
}

static void inspected(const struct container *container, const struct error *err, void *payload)
{
	struct log *log = payload;

	log->asking = NULL;
	if (err || log->tail->closing) {
		end(log, err);
		return;
	}
	log->tty = container->tty;
	if (log->is_again && !log->notes.len && container->state != CONTAINER_RUNNING)
		end(log, NULL);
	else
		open_logs(log);
}

/* Whether a container has a terminal decides what its log looks like; only an inspect knows. */
static void open_stream(struct log *log)
{
	log->state = LOG_ASKING;
	log->runs = false;
	log->asking = engine_inspect(log->tail->cli->engine, log->id, inspected, log);
}

/* --- what is shown */

static char *label_of(const struct container *container)
{
	const struct labels *labels = &container->labels;
	const char *project = labels_get(labels, "com.docker.compose.project");
	const char *service = labels_get(labels, "com.docker.compose.service");
	const char *number = labels_get(labels, "com.docker.compose.container-number");

	if (project && service && number) {
		CLEANUP(memory_free)
		char *usual = memory_format("%s-%s-%s", project, service, number);
		if (strcmp(usual, container->name) == 0)
			return memory_copy(container->name + strlen(project) + 1);
	}
	return memory_copy(container->name);
}

static size_t colour_of(struct tail *tail, const struct container *container)
{
	const char *service = labels_get(&container->labels, "com.docker.compose.service");

	if (!service)
		service = container->name;
	if (!map_has(&tail->services, service))
		map_set(&tail->services, service,
			(void *)colours[tail->services.len % ARRAY_LEN(colours)]);
	const char *colour = map_get(&tail->services, service);
	for (size_t i = 0; i < ARRAY_LEN(colours); i++) {
		if (colours[i] == colour)
			return i;
	}
	return 0;
}

static struct log *log_new(struct tail *tail, const struct container *container, int64_t since)
{
	struct log *log = memory_zero(1, sizeof(*log));
	char *notes = map_remove(&tail->notes, container->name);

	log->tail = tail;
	log->id = memory_copy(container->id);
	log->name = memory_copy(container->name);
	log->label = label_of(container);
	log->colour = colour_of(tail, container);
	log->since = since ? since : tail->options.since;
	if (notes)
		text_add(&log->notes, notes);
	free(notes);
	if (strlen(log->label) > tail->width)
		tail->width = strlen(log->label);
	map_set(&tail->logs, log->id, log);
	return log;
}

void tail_add(struct tail *tail, const struct container *container, int64_t since)
{
	struct log *log = map_get(&tail->logs, container->id);

	if (!log)
		open_stream(log_new(tail, container, since));
	else if (log->state == LOG_ENDED && container->state == CONTAINER_RUNNING)
		open_stream(log);
	else if (log->state == LOG_ASKING)
		log->runs = container->state == CONTAINER_RUNNING;
}

void tail_note(struct tail *tail, const char *container, const char *sentence)
{
	MAP_FOR_EACH (entry, &tail->logs) {
		struct log *log = entry->value;

		if (strcmp(log->name, container) != 0)
			continue;
		if (log->state == LOG_HOPELESS)
			continue; /* of an older container of this name */
		text_printf(&log->notes, "%s\n", sentence);
		if (log->owed) {
			log->owed--;
			write_notes(log);
			return;
		}
		/* It may have started, written and died since its stream ended. */
		if (log->state == LOG_ENDED)
			open_stream(log);
		return;
	}
	char *before = map_get(&tail->notes, container);
	map_set(&tail->notes, container, memory_format("%s%s\n", before ? before : "", sentence));
	free(before);
}

struct tail *tail_open(struct cli *cli, const struct tail_options *options,
		       void (*drained)(void *payload), void *payload)
{
	struct tail *tail = memory_zero(1, sizeof(*tail));

	tail->cli = cli;
	tail->options = *options;
	tail->drained = drained;
	tail->payload = payload;
	tail->retry_ms = RETRY_FIRST_MS;
	tail->outlet = outlet_open(cli->loop, 1, on_drained, tail);
	uv_timer_init(cli->loop, &tail->retry);
	tail->retry.data = tail;
	tail->handles = 2;
	return tail;
}

void tail_close(struct tail *tail, void (*closed)(void *payload), void *payload)
{
	tail->closing = true;
	tail->closed = closed;
	tail->closed_payload = payload;
	uv_timer_stop(&tail->retry);
	MAP_FOR_EACH (entry, &tail->logs) {
		struct log *log = entry->value;

		write_notes(log);
		if (log->stream)
			engine_stream_close(log->stream);
		if (log->asking)
			engine_cancel(log->asking);
	}
	maybe_closed(tail);
}
