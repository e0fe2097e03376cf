/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/ops.h"

/* --- life */

int engine_open(uv_loop_t *loop, const struct engine_options *options, struct engine **ret,
		struct error **err)
{
	assert(!*err);
	for (const struct engine_ops *const *ops = engine_drivers; *ops; ops++) {
		if (strcmp((*ops)->name, options->driver) != 0)
			continue;
		struct engine *engine = NULL;
		int code = (*ops)->open(loop, options, &engine, err);

		if (code < 0)
			return code;
		list_init(&engine->refusals);
		*ret = engine;
		return 0;
	}
	return error_set(err, ERROR_UNSUPPORTED, "this program has no engine driver \"%s\"",
			 options->driver);
}

uv_loop_t *engine_loop(const struct engine *engine)
{
	return engine->loop;
}

const char *engine_driver(const struct engine *engine)
{
	return engine->ops->name;
}

const char *engine_address(const struct engine *engine)
{
	return engine->address;
}

const struct engine_host *engine_host_known(const struct engine *engine)
{
	return engine->host_known ? &engine->host : NULL;
}

/* --- refusals: the answer in place of a function that the driver does not have */

/* What a close waits for: the driver and every refusal. */
struct closing {
	size_t parts;
	void (*closed)(void *payload);
	void *payload;
};

struct refusal {
	union {
		struct engine_request request;
		struct engine_stream stream;
	};
	struct list link;
	uv_idle_t idle;
	void (*tell)(struct refusal *refusal, const struct error *err);
	void *done;
	void *payload;
	struct error *err;
	struct closing *closing;
};

static void part_closed(struct closing *closing)
{
	if (--closing->parts > 0)
		return;
	closing->closed(closing->payload);
	free(closing);
}

static void refusal_closed(uv_handle_t *handle)
{
	struct refusal *refusal = container_of((uv_idle_t *)handle, struct refusal, idle);

	if (refusal->closing)
		part_closed(refusal->closing);
	error_drop(&refusal->err);
	free(refusal);
}

static void refusal_due(uv_idle_t *idle)
{
	struct refusal *refusal = container_of(idle, struct refusal, idle);

	uv_idle_stop(idle);
	refusal->tell(refusal, refusal->err);
	list_unlink(&refusal->link);
	uv_close((uv_handle_t *)idle, refusal_closed);
}

static struct refusal *refuse(struct engine *engine, const char *what,
			      void (*tell)(struct refusal *refusal, const struct error *err),
			      void *done, void *payload)
{
	struct refusal *refusal = memory_zero(1, sizeof(*refusal));

	refusal->request.engine = engine;
	refusal->tell = tell;
	refusal->done = done;
	refusal->payload = payload;
	error_set(&refusal->err, ERROR_UNSUPPORTED, "the %s engine cannot %s", engine->ops->name,
		  what);
	list_append(&engine->refusals, &refusal->link);
	uv_idle_init(engine->loop, &refusal->idle);
	uv_idle_start(&refusal->idle, refusal_due);
	return refusal;
}

static struct refusal *refusal_of(const struct engine *engine, const void *request)
{
	struct engine *of = (struct engine *)engine;

	LIST_FOR_EACH (struct refusal, refusal, &of->refusals, link)
		if ((const void *)refusal == request)
			return refusal;
	return NULL;
}

static void refusal_cancel(struct refusal *refusal)
{
	error_drop(&refusal->err);
	error_set(&refusal->err, ERROR_CANCELLED, "cancelled");
}

static void driver_closed(void *payload)
{
	part_closed(payload);
}

void engine_close(struct engine *engine, void (*closed)(void *payload), void *payload)
{
	struct closing *closing = memory_zero(1, sizeof(*closing));

	*closing = (struct closing){.parts = 1, .closed = closed, .payload = payload};
	/* They stay due in the next turn, but belong to no engine any more. */
	LIST_FOR_EACH (struct refusal, refusal, &engine->refusals, link) {
		list_unlink(&refusal->link);
		refusal_cancel(refusal);
		refusal->closing = closing;
		closing->parts++;
	}
	engine->ops->close(engine, driver_closed, closing);
}

void engine_cancel(struct engine_request *request)
{
	struct refusal *refusal = refusal_of(request->engine, request);

	if (refusal)
		refusal_cancel(refusal);
	else
		request->engine->ops->cancel(request);
}

/* Each kind of completion, told of an error. */
static void tell_done(struct refusal *refusal, const struct error *err)
{
	((engine_done *)refusal->done)(err, refusal->payload);
}

static void tell_id(struct refusal *refusal, const struct error *err)
{
	((engine_id_done *)refusal->done)(NULL, err, refusal->payload);
}

static void tell_host(struct refusal *refusal, const struct error *err)
{
	((engine_host_done *)refusal->done)(NULL, err, refusal->payload);
}

static void tell_observed(struct refusal *refusal, const struct error *err)
{
	((engine_observed_done *)refusal->done)(NULL, err, refusal->payload);
}

static void tell_container(struct refusal *refusal, const struct error *err)
{
	((engine_container_done *)refusal->done)(NULL, err, refusal->payload);
}

static void tell_image(struct refusal *refusal, const struct error *err)
{
	((engine_image_done *)refusal->done)(NULL, err, refusal->payload);
}

static void tell_exit(struct refusal *refusal, const struct error *err)
{
	((engine_exit_done *)refusal->done)(0, err, refusal->payload);
}

static void tell_end(struct refusal *refusal, const struct error *err)
{
	refusal->stream.reader.end(&refusal->stream, err, refusal->stream.payload);
}

/* What a request is called in the sentence "the X engine cannot ...", how its completion is told,
 * and the call itself. */
#define REQUEST(function, words, tell, ...)                                                        \
	do {                                                                                       \
		if (engine->ops->function)                                                         \
			return engine->ops->function(engine, __VA_ARGS__, done, payload);          \
		return &refuse(engine, words, tell, (void *)done, payload)->request;               \
	} while (0)

#define STREAM(function, words, ...)                                                               \
	do {                                                                                       \
		if (engine->ops->function)                                                         \
			return engine->ops->function(engine, __VA_ARGS__, reader, payload);        \
		struct refusal *refusal = refuse(engine, words, tell_end, NULL, NULL);             \
		refusal->stream.reader = *reader;                                                  \
		refusal->stream.payload = payload;                                                 \
		return &refusal->stream;                                                           \
	} while (0)

/* --- requests */

struct engine_request *engine_host(struct engine *engine, engine_host_done *done, void *payload)
{
	if (engine->ops->host)
		return engine->ops->host(engine, done, payload);
	return &refuse(engine, "describe its host", tell_host, (void *)done, payload)->request;
}

struct engine_request *engine_ping(struct engine *engine, engine_done *done, void *payload)
{
	if (engine->ops->ping)
		return engine->ops->ping(engine, done, payload);
	return &refuse(engine, "say whether it answers", tell_done, (void *)done, payload)->request;
}

struct engine_request *engine_list(struct engine *engine, const struct engine_filter *filter,
				   engine_observed_done *done, void *payload)
{
	REQUEST(list, "list what it holds", tell_observed, filter);
}

struct engine_request *engine_inspect(struct engine *engine, const char *container,
				      engine_container_done *done, void *payload)
{
	REQUEST(inspect, "inspect a container", tell_container, container);
}

struct engine_request *engine_create(struct engine *engine, const struct container_spec *spec,
				     engine_id_done *done, void *payload)
{
	REQUEST(create, "create a container", tell_id, spec);
}

struct engine_request *engine_start(struct engine *engine, const char *container, engine_done *done,
				    void *payload)
{
	REQUEST(start, "start a container", tell_done, container);
}

struct engine_request *engine_stop(struct engine *engine, const char *container, int timeout,
				   engine_done *done, void *payload)
{
	REQUEST(stop, "stop a container", tell_done, container, timeout);
}

struct engine_request *engine_restart(struct engine *engine, const char *container, int timeout,
				      engine_done *done, void *payload)
{
	REQUEST(restart, "restart a container", tell_done, container, timeout);
}

struct engine_request *engine_kill(struct engine *engine, const char *container, const char *signal,
				   engine_done *done, void *payload)
{
	REQUEST(kill, "signal a container", tell_done, container, signal);
}

struct engine_request *engine_pause(struct engine *engine, const char *container, bool pause,
				    engine_done *done, void *payload)
{
	REQUEST(pause, "pause a container", tell_done, container, pause);
}

struct engine_request *engine_remove(struct engine *engine, const char *container, bool force,
				     bool volumes, engine_done *done, void *payload)
{
	REQUEST(remove, "remove a container", tell_done, container, force, volumes);
}

struct engine_request *engine_rename(struct engine *engine, const char *container, const char *name,
				     engine_done *done, void *payload)
{
	REQUEST(rename, "rename a container", tell_done, container, name);
}

struct engine_request *engine_wait(struct engine *engine, const char *container,
				   engine_exit_done *done, void *payload)
{
	REQUEST(wait, "wait for a container", tell_exit, container);
}

struct engine_request *engine_resize(struct engine *engine, const char *container_or_exec,
				     bool is_exec, unsigned width, unsigned height,
				     engine_done *done, void *payload)
{
	REQUEST(resize, "resize a terminal", tell_done, container_or_exec, is_exec, width, height);
}

struct engine_request *engine_copy_in(struct engine *engine, const char *container,
				      const char *path, const char *tar, size_t len,
				      engine_done *done, void *payload)
{
	REQUEST(copy_in, "copy files into a container", tell_done, container, path, tar, len);
}

struct engine_request *engine_exec_exit(struct engine *engine, const char *exec_id,
					engine_exit_done *done, void *payload)
{
	REQUEST(exec_exit, "run a command in a container", tell_exit, exec_id);
}

struct engine_request *engine_image(struct engine *engine, const char *reference,
				    engine_image_done *done, void *payload)
{
	REQUEST(image, "look up an image", tell_image, reference);
}

struct engine_request *engine_image_digest(struct engine *engine, const char *reference,
					   engine_id_done *done, void *payload)
{
	REQUEST(image_digest, "ask a registry for an image's digest", tell_id, reference);
}

struct engine_request *engine_image_remove(struct engine *engine, const char *reference, bool force,
					   engine_done *done, void *payload)
{
	REQUEST(image_remove, "remove an image", tell_done, reference, force);
}

struct engine_request *engine_network_create(struct engine *engine, const struct network_spec *spec,
					     engine_id_done *done, void *payload)
{
	REQUEST(network_create, "create a network", tell_id, spec);
}

struct engine_request *engine_network_remove(struct engine *engine, const char *network,
					     engine_done *done, void *payload)
{
	REQUEST(network_remove, "remove a network", tell_done, network);
}

struct engine_request *engine_network_connect(struct engine *engine, const char *network,
					      const char *container,
					      const struct spec_endpoint *endpoint,
					      engine_done *done, void *payload)
{
	REQUEST(network_connect, "connect a container to a network", tell_done, network, container,
		endpoint);
}

struct engine_request *engine_network_disconnect(struct engine *engine, const char *network,
						 const char *container, bool force,
						 engine_done *done, void *payload)
{
	REQUEST(network_disconnect, "disconnect a container from a network", tell_done, network,
		container, force);
}

struct engine_request *engine_volume_create(struct engine *engine, const struct volume_spec *spec,
					    engine_id_done *done, void *payload)
{
	REQUEST(volume_create, "create a volume", tell_id, spec);
}

struct engine_request *engine_volume_remove(struct engine *engine, const char *volume,
					    engine_done *done, void *payload)
{
	REQUEST(volume_remove, "remove a volume", tell_done, volume);
}

/* --- streams */

struct engine_stream *engine_logs(struct engine *engine, const char *container,
				  const struct logs_options *options,
				  const struct engine_reader *reader, void *payload)
{
	STREAM(logs, "show a container's log", container, options);
}

struct engine_stream *engine_events(struct engine *engine, const struct events_options *options,
				    const struct engine_reader *reader, void *payload)
{
	STREAM(events, "tell events", options);
}

struct engine_stream *engine_attach(struct engine *engine, const char *container,
				    const struct attach_options *options,
				    const struct engine_reader *reader, void *payload)
{
	STREAM(attach, "attach to a container", container, options);
}

struct engine_stream *engine_exec(struct engine *engine, const char *container,
				  const struct exec_options *options,
				  const struct engine_reader *reader, void *payload)
{
	STREAM(exec, "run a command in a container", container, options);
}

struct engine_stream *engine_copy_out(struct engine *engine, const char *container,
				      const char *path, const struct engine_reader *reader,
				      void *payload)
{
	STREAM(copy_out, "copy files out of a container", container, path);
}

struct engine_stream *engine_container_stats(struct engine *engine, const char *container,
					     bool once, const struct engine_reader *reader,
					     void *payload)
{
	STREAM(container_stats, "measure a container", container, once);
}

struct engine_stream *engine_pull(struct engine *engine, const char *reference,
				  const struct pull_options *options,
				  const struct engine_reader *reader, void *payload)
{
	STREAM(pull, "pull an image", reference, options);
}

struct engine_stream *engine_push(struct engine *engine, const char *reference,
				  const struct engine_reader *reader, void *payload)
{
	STREAM(push, "push an image", reference);
}

struct engine_stream *engine_build(struct engine *engine, const struct build_options *options,
				   const struct engine_reader *reader, void *payload)
{
	STREAM(build, "build an image", options);
}

void engine_stream_read(struct engine_stream *stream)
{
	if (!refusal_of(stream->engine, stream))
		stream->engine->ops->stream_read(stream);
}

void engine_stream_write(struct engine_stream *stream, const char *bytes, size_t len,
			 engine_done *done, void *payload)
{
	if (refusal_of(stream->engine, stream) || !stream->engine->ops->stream_write)
		refuse(stream->engine, "take input", tell_done, (void *)done, payload);
	else
		stream->engine->ops->stream_write(stream, bytes, len, done, payload);
}

void engine_stream_shutdown(struct engine_stream *stream, engine_done *done, void *payload)
{
	if (refusal_of(stream->engine, stream) || !stream->engine->ops->stream_shutdown)
		refuse(stream->engine, "take input", tell_done, (void *)done, payload);
	else
		stream->engine->ops->stream_shutdown(stream, done, payload);
}

void engine_stream_close(struct engine_stream *stream)
{
	struct refusal *refusal = refusal_of(stream->engine, stream);

	if (refusal)
		refusal_cancel(refusal);
	else
		stream->engine->ops->stream_close(stream);
}

const char *engine_stream_id(const struct engine_stream *stream)
{
	if (refusal_of(stream->engine, stream) || !stream->engine->ops->stream_id)
		return NULL;
	return stream->engine->ops->stream_id(stream);
}
