/* SPDX-License-Identifier: MIT */
/* ask -- the driver's functions: what was passed in is copied and set on its way */
#include "engine/fake/ask.h"

static struct engine_request *plain(struct request *request, engine_done *done)
{
	request->done.plain = done;
	return &request->base;
}

struct engine_request *fake_ask_host(struct engine *engine, engine_host_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_HOST, NULL, payload);

	request->done.host = done;
	return &request->base;
}

struct engine_request *fake_ask_ping(struct engine *engine, engine_done *done, void *payload)
{
	return plain(fake_request_new(engine, CALL_PING, NULL, payload), done);
}

struct engine_request *fake_ask_list(struct engine *engine, const struct engine_filter *filter,
				     engine_observed_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_LIST, filter->project, payload);

	request->filter = (struct filter){
		.project = memory_copy(filter->project),
		.containers = filter->containers,
		.networks = filter->networks,
		.volumes = filter->volumes,
		.inspect = filter->inspect,
		.origin = filter->origin,
		.network_names = memory_copy_vector(filter->network_names),
		.volume_names = memory_copy_vector(filter->volume_names),
		.images = memory_copy_vector(filter->images),
	};
	request->done.observed = done;
	return &request->base;
}

struct engine_request *fake_ask_inspect(struct engine *engine, const char *container,
					engine_container_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_INSPECT, container, payload);

	request->done.container = done;
	return &request->base;
}

struct engine_request *fake_ask_create(struct engine *engine, const struct container_spec *spec,
				       engine_id_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_CREATE, spec->name, payload);

	request->box = fake_box_new(request->world, spec);
	request->done.id = done;
	return &request->base;
}

struct engine_request *fake_ask_start(struct engine *engine, const char *container,
				      engine_done *done, void *payload)
{
	return plain(fake_request_new(engine, CALL_START, container, payload), done);
}

struct engine_request *fake_ask_stop(struct engine *engine, const char *container, int timeout,
				     engine_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_STOP, container, payload);

	request->timeout = timeout;
	return plain(request, done);
}

struct engine_request *fake_ask_restart(struct engine *engine, const char *container, int timeout,
					engine_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_RESTART, container, payload);

	request->timeout = timeout;
	return plain(request, done);
}

struct engine_request *fake_ask_kill(struct engine *engine, const char *container,
				     const char *signal, engine_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_KILL, container, payload);

	request->name = memory_copy(signal);
	return plain(request, done);
}

struct engine_request *fake_ask_pause(struct engine *engine, const char *container, bool pause,
				      engine_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_PAUSE, container, payload);

	request->pause = pause;
	return plain(request, done);
}

struct engine_request *fake_ask_remove(struct engine *engine, const char *container, bool force,
				       bool volumes, engine_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_REMOVE, container, payload);

	request->force = force;
	request->volumes = volumes;
	return plain(request, done);
}

struct engine_request *fake_ask_rename(struct engine *engine, const char *container,
				       const char *name, engine_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_RENAME, container, payload);

	request->name = memory_copy(name);
	return plain(request, done);
}

struct engine_request *fake_ask_wait(struct engine *engine, const char *container,
				     engine_exit_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_WAIT, container, payload);

	request->done.exit = done;
	return &request->base;
}

struct engine_request *fake_ask_resize(struct engine *engine, const char *subject, bool is_exec,
				       unsigned width, unsigned height, engine_done *done,
				       void *payload)
{
	struct request *request = fake_request_new(engine, CALL_RESIZE, subject, payload);

	(void)width;
	(void)height;
	request->force = is_exec;
	return plain(request, done);
}

struct engine_request *fake_ask_copy_in(struct engine *engine, const char *container,
					const char *path, const char *tar, size_t len,
					engine_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_COPY_IN, container, payload);

	request->name = memory_copy(path);
	text_add_n(&request->bytes, tar, len);
	return plain(request, done);
}

struct engine_request *fake_ask_exec_exit(struct engine *engine, const char *exec,
					  engine_exit_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_EXEC_EXIT, exec, payload);

	request->done.exit = done;
	return &request->base;
}

/* --- images, networks, volumes */

struct engine_request *fake_ask_image(struct engine *engine, const char *reference,
				      engine_image_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_IMAGE, reference, payload);

	request->done.image = done;
	return &request->base;
}

struct engine_request *fake_ask_image_remove(struct engine *engine, const char *reference,
					     bool force, engine_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_IMAGE_REMOVE, reference, payload);

	request->force = force;
	return plain(request, done);
}

struct engine_request *fake_ask_network_create(struct engine *engine,
					       const struct network_spec *spec,
					       engine_id_done *done, void *payload)
{
	struct request *request =
		fake_request_new(engine, CALL_NETWORK_CREATE, spec->name, payload);

	request->network = fake_network_new(request->world, spec);
	request->done.id = done;
	return &request->base;
}

struct engine_request *fake_ask_network_remove(struct engine *engine, const char *network,
					       engine_done *done, void *payload)
{
	return plain(fake_request_new(engine, CALL_NETWORK_REMOVE, network, payload), done);
}

struct engine_request *fake_ask_network_connect(struct engine *engine, const char *network,
						const char *container,
						const struct spec_endpoint *endpoint,
						engine_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_NETWORK_CONNECT, network, payload);

	request->name = memory_copy(container);
	if (endpoint) {
		request->endpoint.aliases = memory_copy_vector(endpoint->aliases);
		request->endpoint.address = memory_copy(endpoint->ipv4_address);
	}
	return plain(request, done);
}

struct engine_request *fake_ask_network_disconnect(struct engine *engine, const char *network,
						   const char *container, bool force,
						   engine_done *done, void *payload)
{
	struct request *request =
		fake_request_new(engine, CALL_NETWORK_DISCONNECT, network, payload);

	request->name = memory_copy(container);
	request->force = force;
	return plain(request, done);
}

struct engine_request *fake_ask_volume_create(struct engine *engine, const struct volume_spec *spec,
					      engine_id_done *done, void *payload)
{
	struct request *request = fake_request_new(engine, CALL_VOLUME_CREATE, spec->name, payload);

	request->volume = fake_volume_new(request->world, spec);
	request->done.id = done;
	return &request->base;
}

struct engine_request *fake_ask_volume_remove(struct engine *engine, const char *volume,
					      engine_done *done, void *payload)
{
	return plain(fake_request_new(engine, CALL_VOLUME_REMOVE, volume, payload), done);
}

/* --- streams */

struct engine_stream *fake_ask_logs(struct engine *engine, const char *container,
				    const struct logs_options *options,
				    const struct engine_reader *reader, void *payload)
{
	struct stream *stream = fake_stream_new(engine, CALL_LOGS, container, reader, payload);

	stream->logs = *options;
	return &stream->base;
}

struct engine_stream *fake_ask_events(struct engine *engine, const struct events_options *options,
				      const struct engine_reader *reader, void *payload)
{
	struct stream *stream =
		fake_stream_new(engine, CALL_EVENTS, options->project, reader, payload);

	stream->events = *options;
	stream->events.project = NULL;
	stream->project = memory_copy(options->project);
	return &stream->base;
}

struct engine_stream *fake_ask_attach(struct engine *engine, const char *container,
				      const struct attach_options *options,
				      const struct engine_reader *reader, void *payload)
{
	struct stream *stream = fake_stream_new(engine, CALL_ATTACH, container, reader, payload);

	stream->attach = *options;
	return &stream->base;
}

struct engine_stream *fake_ask_exec(struct engine *engine, const char *container,
				    const struct exec_options *options,
				    const struct engine_reader *reader, void *payload)
{
	struct stream *stream = fake_stream_new(engine, CALL_EXEC, container, reader, payload);

	stream->command = memory_copy_vector(options->command);
	stream->env = memory_copy_vector(options->env);
	stream->tty = options->tty;
	stream->input = options->input;
	stream->detach = options->detach;
	return &stream->base;
}

struct engine_stream *fake_ask_copy_out(struct engine *engine, const char *container,
					const char *path, const struct engine_reader *reader,
					void *payload)
{
	struct stream *stream = fake_stream_new(engine, CALL_COPY_OUT, container, reader, payload);

	stream->path = memory_copy(path);
	return &stream->base;
}

struct engine_stream *fake_ask_stats(struct engine *engine, const char *container, bool once,
				     const struct engine_reader *reader, void *payload)
{
	struct stream *stream = fake_stream_new(engine, CALL_STATS, container, reader, payload);

	stream->once = once;
	return &stream->base;
}

struct engine_stream *fake_ask_pull(struct engine *engine, const char *reference,
				    const struct pull_options *options,
				    const struct engine_reader *reader, void *payload)
{
	struct stream *stream = fake_stream_new(engine, CALL_PULL, reference, reader, payload);

	stream->has_credentials = options && options->credentials;
	return &stream->base;
}

struct engine_stream *fake_ask_push(struct engine *engine, const char *reference,
				    const struct engine_reader *reader, void *payload)
{
	return &fake_stream_new(engine, CALL_PUSH, reference, reader, payload)->base;
}

struct engine_stream *fake_ask_build(struct engine *engine, const struct build_options *options,
				     const struct engine_reader *reader, void *payload)
{
	const char *tag = options->tags ? options->tags[0] : NULL;
	struct stream *stream = fake_stream_new(engine, CALL_BUILD, tag, reader, payload);

	stream->tags = memory_copy_vector(options->tags);
	fake_labels_copy(&stream->labels, &options->labels);
	return &stream->base;
}
