/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

enum { WINDOW_MAX = 16 << 20, CHUNK_MAX = 64 << 10 };

/* A request that waits for the negotiation. */
struct flow_begin {
	char *method, *path, *body, *header, *type;
	struct flow_options options; /* its flags */
};

static struct flow *flow_of(const struct engine_stream *stream)
{
	return container_of(stream, struct flow, stream);
}

/* --- life */

void *flow_new(struct engine *engine, size_t size, const struct flow_kind *kind, const char *what,
	       const struct engine_reader *reader, void *payload)
{
	struct flow *flow = memory_zero(1, size);
	struct docker *docker = container_of(engine, struct docker, engine);

	flow->stream.engine = engine;
	flow->stream.reader = *reader;
	flow->stream.payload = payload;
	flow->docker = docker;
	flow->kind = kind;
	flow->what = memory_copy(what);
	flow->window = HTTP_WINDOW;
	list_append(&docker->flows, &flow->link);
	list_init(&flow->asks);
	if (docker->closing)
		docker_soon(docker);
	return flow;
}

static void begin_drop(struct flow_begin **begin)
{
	struct flow_begin *old = steal(begin);

	if (!old)
		return;
	free(old->method);
	free(old->path);
	free(old->body);
	free(old->header);
	free(old->type);
	free(old);
}

void flow_end(struct flow *flow, struct error **err)
{
	if (flow->ending)
		return;
	flow->ending = true;
	flow->err = steal(err);
	docker_drop_asks(&flow->asks);
	http_drop(steal(&flow->http));
	begin_drop(&flow->begin);
	docker_soon(flow->docker);
}

/* A write's completion; the next one may be made in it. */
static void tell_written(struct flow *flow, const struct error *err)
{
	engine_done *written = steal(&flow->written);

	flow->out_waits = false;
	if (written)
		written(err, flow->written_payload);
}

void flow_tell_end(struct flow *flow)
{
	CLEANUP(error_drop) struct error *gone = NULL;

	error_set(&gone, ERROR_UNAVAILABLE, "the stream has ended");
	while (flow->written)
		tell_written(flow, flow->err ? flow->err : gone);
	list_unlink(&flow->link);
	flow->stream.reader.end(&flow->stream, flow->err, flow->stream.payload);
	if (flow->kind->drop)
		flow->kind->drop(flow);
	error_drop(&flow->err);
	free(flow->what);
	free(flow->id);
	free(flow);
}

/* --- the request's events */

static void flow_head(struct http_request *http, int status, void *payload)
{
	struct flow *flow = payload;

	(void)http;
	(void)status;
	flow->docker->slow_told = false;
	if (flow->stream.reader.open)
		flow->stream.reader.open(&flow->stream, flow->stream.payload);
}

static int64_t parse(struct flow *flow, const char *bytes, size_t len, struct error **err)
{
	if (flow->kind->parse)
		return flow->kind->parse(flow, bytes, len, err);
	if (len > CHUNK_MAX)
		len = CHUNK_MAX;
	flow_tell_data(flow, STREAM_OUTPUT, bytes, len);
	return (int64_t)len;
}

/* More bytes are needed for one call of the reader than are there. */
static void starve(struct flow *flow, size_t len)
{
	CLEANUP(error_drop) struct error *err = NULL;

	if (http_finished(flow->http)) {
		http_take(flow->http, len);
		if (flow->kind->ended)
			flow->kind->ended(flow, len, &err);
		else
			error_set(&err, ERROR_UNAVAILABLE, "the engine's answer was cut short");
		if (err)
			flow_end(flow, &err);
	} else if (len >= WINDOW_MAX) {
		error_set(&err, ERROR_SYSTEM, "the engine's answer has a line of over %d bytes",
			  WINDOW_MAX);
		flow_end(flow, &err);
	} else if (len >= flow->window / 2) {
		flow->window *= 2;
		http_window(flow->http, flow->window);
	}
}

static void flow_ready(struct http_request *http, void *payload)
{
	struct flow *flow = payload;
	CLEANUP(error_drop) struct error *err = NULL;

	while (flow->permitted && !flow->ending) {
		size_t len = 0;
		const char *bytes = http_peek(http, &len);

		if (len == 0)
			return;
		int64_t taken = parse(flow, bytes, len, &err);

		/* The reader may have closed the stream, and the request is gone with it. */
		if (flow->ending)
			return;
		if (taken < 0)
			flow_end(flow, &err);
		else if (taken > 0)
			http_take(http, (size_t)taken);
		else
			starve(flow, len);
		if (taken <= 0)
			return;
	}
}

static void flow_written(struct http_request *http, const struct error *err, void *payload)
{
	struct flow *flow = payload;

	(void)http;
	if (flow->kind->written)
		flow->kind->written(flow, err);
	else
		tell_written(flow, err);
}

static void flow_slow(struct http_request *http, void *payload)
{
	struct flow *flow = payload;
	const struct engine_options *options = &flow->docker->engine.options;

	(void)http;
	if (flow->docker->slow_told || !options->slow)
		return;
	flow->docker->slow_told = true;
	options->slow(flow->what ? flow->what : "a stream", options->slow_payload);
}

static void flow_done(struct http_request *http, const struct http_reply *reply,
		      const struct error *failed, void *payload)
{
	struct flow *flow = payload;
	CLEANUP(error_drop) struct error *err = error_copy(failed);

	(void)http;
	flow->http = NULL;
	if (err && flow->what)
		error_wrap(&err, "%s", flow->what);
	if (reply && reply->status >= 300)
		docker_refused(reply->status, reply->body, reply->len, flow->what, &err);
	else if (!err && flow->kind->ended)
		flow->kind->ended(flow, 0, &err);
	flow_end(flow, &err);
}

static const struct http_events flow_events = {
	.head = flow_head,
	.ready = flow_ready,
	.written = flow_written,
	.slow = flow_slow,
	.done = flow_done,
};

/* --- the request */

static void pass_input(struct flow *flow)
{
	if (!flow->http || !flow->written || flow->out_waits)
		return;
	flow->out_waits = true;
	if (flow->out_end)
		http_shutdown(flow->http);
	else
		http_write(flow->http, flow->out, flow->out_len);
}

static void begin(const struct answer *answer, void *payload)
{
	struct flow *flow = payload;
	struct docker *docker = flow->docker;
	struct flow_begin *wanted = flow->begin;
	const struct flow_options *options = &wanted->options;
	CLEANUP(error_drop) struct error *err = error_copy(answer->err);
	const char *headers[3] = {0};
	size_t count = 0;

	if (err) {
		if (flow->what)
			error_wrap(&err, "%s", flow->what);
		flow_end(flow, &err);
		return;
	}
	CLEANUP(memory_free) char *path = memory_format("/v1.%u%s", docker->api, wanted->path);

	if (wanted->header)
		headers[count++] = wanted->header;
	if (wanted->type)
		headers[count++] = wanted->type;
	flow->http = http_start(
		docker->http,
		&(struct http_call){
			.kind = options->upgrade ? HTTP_UPGRADE : HTTP_STREAM,
			.host = &docker->host,
			.method = wanted->method,
			.path = path,
			.headers = headers,
			.body = wanted->body,
			.body_len = wanted->body ? strlen(wanted->body) : 0,
			.upload = options->upload,
			.timeout = options->unbounded ? 0 : docker->engine.options.timeout,
			.slow_after = options->unbounded ? 0 : 2 * CLOCK_SECOND,
			.events = &flow_events,
			.payload = flow,
		});
	begin_drop(&flow->begin);
	if (flow->kind->begun)
		flow->kind->begun(flow);
	else
		pass_input(flow);
}

void flow_begin(struct flow *flow, const struct flow_options *options)
{
	if (flow->ending)
		return;
	struct flow_begin *wanted = flow->begin = memory_zero(1, sizeof(*wanted));

	wanted->options = *options;
	wanted->method = memory_copy(options->method);
	wanted->path = memory_copy(options->path);
	wanted->header = memory_copy(options->header);
	if (options->type)
		wanted->type = memory_format("Content-Type: %s", options->type);
	if (options->json)
		wanted->body = json_print(options->json);
	if (flow->docker->api)
		begin(&(struct answer){.body = ""}, flow);
	else
		docker_negotiate(flow->docker, &flow->asks, begin, flow);
}

void flow_ask(struct flow *flow, const struct ask_options *options, docker_answered *answered)
{
	if (!flow->ending)
		docker_ask(flow->docker, &flow->asks, options, answered, flow);
}

/* --- the reader */

void flow_tell_data(struct flow *flow, enum stream_channel channel, const char *bytes, size_t len)
{
	assert(flow->permitted);
	flow->permitted = false;
	flow->stream.reader.data(&flow->stream, channel, bytes, len, flow->stream.payload);
}

void flow_tell_event(struct flow *flow, const struct engine_event *event)
{
	assert(flow->permitted);
	flow->permitted = false;
	flow->stream.reader.event(&flow->stream, event, flow->stream.payload);
}

void flow_tell_progress(struct flow *flow, const struct engine_progress *progress)
{
	assert(flow->permitted);
	flow->permitted = false;
	flow->stream.reader.progress(&flow->stream, progress, flow->stream.payload);
}

void flow_tell_stats(struct flow *flow, const struct engine_stats *stats)
{
	assert(flow->permitted);
	flow->permitted = false;
	flow->stream.reader.stats(&flow->stream, stats, flow->stream.payload);
}

void docker_stream_read(struct engine_stream *stream)
{
	struct flow *flow = flow_of(stream);

	flow->permitted = true;
	if (flow->http)
		http_wake(flow->http);
	else if (flow->kind->wanted && !flow->ending)
		flow->kind->wanted(flow);
}

/* --- the writer */

/* A stream that has ended tells the completion with its end, in a later turn. */
static void give(struct flow *flow, engine_done *done, void *payload)
{
	assert(!flow->written);
	flow->written = done;
	flow->written_payload = payload;
	pass_input(flow);
}

void docker_stream_write(struct engine_stream *stream, const char *bytes, size_t len,
			 engine_done *done, void *payload)
{
	struct flow *flow = flow_of(stream);

	flow->out = bytes;
	flow->out_len = len;
	give(flow, done, payload);
}

void docker_stream_shutdown(struct engine_stream *stream, engine_done *done, void *payload)
{
	struct flow *flow = flow_of(stream);

	flow->out_end = true;
	give(flow, done, payload);
}

void docker_stream_close(struct engine_stream *stream)
{
	CLEANUP(error_drop) struct error *err = NULL;

	error_set(&err, ERROR_CANCELLED, "cancelled");
	flow_end(flow_of(stream), &err);
}

const char *docker_stream_id(const struct engine_stream *stream)
{
	return flow_of(stream)->id;
}
