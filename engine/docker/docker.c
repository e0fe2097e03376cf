/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "engine/conduit.h"

enum { DEFAULT_TIMEOUT = 30 };

/* --- what ends in a later turn */

static struct operation *ending_operation(struct docker *docker)
{
	LIST_FOR_EACH (struct operation, operation, &docker->operations, link)
		if (operation->ending)
			return operation;
	return NULL;
}

static struct flow *ending_flow(struct docker *docker)
{
	LIST_FOR_EACH (struct flow, flow, &docker->flows, link)
		if (flow->ending)
			return flow;
	return NULL;
}

static void cancel_all(struct docker *docker)
{
	LIST_FOR_EACH (struct operation, operation, &docker->operations, link)
		docker_cancel(&operation->request);
	LIST_FOR_EACH (struct flow, flow, &docker->flows, link)
		docker_stream_close(&flow->stream);
}

static void docker_free(uv_handle_t *handle)
{
	struct docker *docker = container_of((uv_idle_t *)handle, struct docker, soon);
	void (*closed)(void *payload) = docker->closed;
	void *payload = docker->closed_payload;

	labels_cache_drop(docker);
	engine_host_drop(&docker->engine.host);
	free(docker->engine.address);
	free(docker->url);
	free(docker->socket);
	free(docker->ca_file);
	free(docker->cert_file);
	free(docker->key_file);
	free(docker->os_type);
	free(docker->server);
	free(docker->memo);
	free(docker);
	closed(payload);
}

static void http_closed(void *payload)
{
	struct docker *docker = payload;

	uv_close((uv_handle_t *)&docker->soon, docker_free);
}

static void soon_due(uv_idle_t *soon)
{
	struct docker *docker = container_of(soon, struct docker, soon);
	struct operation *operation = NULL;
	struct flow *flow = NULL;

	do {
		/* Completions may ask anew; a closing engine ends that as well. */
		if (docker->closing)
			cancel_all(docker);
		operation = ending_operation(docker);
		flow = operation ? NULL : ending_flow(docker);
		if (operation)
			operation_end(operation, operation->err);
		if (flow)
			flow_tell_end(flow);
	} while (operation || flow);
	uv_idle_stop(soon);
	if (!docker->closing)
		return;
	docker_drop_asks(&docker->ping);
	http_close(docker->http, http_closed, docker);
}

void docker_soon(struct docker *docker)
{
	if (!uv_is_closing((uv_handle_t *)&docker->soon))
		uv_idle_start(&docker->soon, soon_due);
}

/* --- the address */

static bool loopback(const char *authority)
{
	return text_starts(authority, "127.") || text_starts(authority, "localhost:") ||
	       text_starts(authority, "[::1]");
}

/* Files of a folder as docker takes them: absent ones are left out. */
static char *certificate(const char *folder, const char *name)
{
	CLEANUP(memory_free) char *path = path_join(folder, name);

	return file_kind(path) == FILE_REGULAR ? steal(&path) : NULL;
}

static int locate_tcp(struct docker *docker, const char *authority,
		      const struct engine_options *options, struct error **err)
{
	bool tls = options->tls_folder || options->tls_skip_verify;
	size_t len = strcspn(authority, "/");

	if (len == 0)
		return error_set(err, ERROR_INVALID, "%s names no host", options->address);
	/* docker's own ports where none is given. */
	const char *bracket = authority[0] == '[' ? strchr(authority, ']') : NULL;
	bool has_port = strchr(bracket ? bracket : authority, ':') != NULL;

	docker->url = memory_format("%s://%.*s%s", tls ? "https" : "http", (int)len, authority,
				    has_port ? ""
				    : tls    ? ":2376"
					     : ":2375");
	docker->host.local = loopback(authority);
	if (!options->tls_folder)
		return 0;
	if (file_kind(options->tls_folder) != FILE_FOLDER)
		return error_set(err, ERROR_INVALID,
				 "the folder of TLS certificates %s is not there",
				 options->tls_folder);
	docker->ca_file = certificate(options->tls_folder, "ca.pem");
	docker->cert_file = certificate(options->tls_folder, "cert.pem");
	docker->key_file = certificate(options->tls_folder, "key.pem");
	return 0;
}

static int locate_pipe(struct docker *docker, const char *name,
		       const struct engine_options *options, struct error **err)
{
	CLEANUP(memory_free) char *path = memory_copy(name);

	for (char *p = path; *p; p++)
		if (*p == '/')
			*p = '\\';
	if (named_check(path, err) < 0)
		return error_wrap(err, "%s", options->address);
	docker->url = memory_copy("http://engine");
	docker->socket = steal(&path);
	docker->host.local = true;
	docker->host.trust_pipe = options->trust_pipe;
	/* It may be busy for a while where many dial at once; a socket has a queue. */
	docker->host.connect_timeout = 10 * CLOCK_SECOND;
	return 0;
}

static int locate(struct docker *docker, const struct engine_options *options, struct error **err)
{
	const char *address = options->address;
	const char *rest = strstr(address, "://");

	if (!rest)
		return error_set(
			err, ERROR_INVALID,
			"\"%s\" is no address of an engine: unix:///path or tcp://host:port",
			address);
	rest += 3;
	if (text_starts(address, "unix://")) {
		docker->url = memory_copy("http://engine");
		docker->socket = memory_copy(rest);
		docker->host.local = true;
		return 0;
	}
	if (text_starts(address, "tcp://") || text_starts(address, "http://") ||
	    text_starts(address, "https://"))
		return locate_tcp(docker, rest, options, err);
	if (text_starts(address, "npipe://"))
		return locate_pipe(docker, rest, options, err);
	return error_set(err, ERROR_UNSUPPORTED,
			 "%s: this kind of address is not known; unix://, tcp:// and npipe:// are",
			 address);
}

/* --- life */

static int docker_open(uv_loop_t *loop, const struct engine_options *options, struct engine **ret,
		       struct error **err)
{
	struct docker *docker = memory_zero(1, sizeof(*docker));
	int code = locate(docker, options, err);

	if (code < 0) {
		free(docker->url);
		free(docker);
		return code;
	}
	docker->engine.ops = &docker_ops;
	docker->engine.loop = loop;
	docker->engine.address = memory_copy(options->address);
	docker->engine.options = (struct engine_options){
		.timeout = options->timeout ? options->timeout : DEFAULT_TIMEOUT * CLOCK_SECOND,
		.slow = options->slow,
		.slow_payload = options->slow_payload,
	};
	docker->host.url = docker->url;
	docker->host.socket = docker->socket;
	docker->host.ca_file = docker->ca_file;
	docker->host.cert_file = docker->cert_file;
	docker->host.key_file = docker->key_file;
	docker->host.skip_verify = options->tls_skip_verify;
	if (!docker->host.connect_timeout)
		docker->host.connect_timeout =
			docker->host.local ? CLOCK_SECOND : 10 * CLOCK_SECOND;
	docker->memo = memory_copy(options->memo);
	docker->http = http_open(loop);
	list_init(&docker->ping);
	list_init(&docker->waiting);
	list_init(&docker->operations);
	list_init(&docker->flows);
	list_init(&docker->labels);
	uv_idle_init(loop, &docker->soon);
	*ret = &docker->engine;
	return 0;
}

static void docker_close(struct engine *engine, void (*closed)(void *payload), void *payload)
{
	struct docker *docker = container_of(engine, struct docker, engine);

	docker->closing = true;
	docker->closed = closed;
	docker->closed_payload = payload;
	docker_soon(docker);
}

/* The functions of a row stand in the file of the row's name. */
const struct engine_ops docker_ops = {
	.name = "docker",
	.open = docker_open,
	.close = docker_close,
	/* operation */
	.cancel = docker_cancel,
	/* host */
	.host = docker_host,
	.ping = docker_ping,
	/* list, inspect */
	.list = docker_list,
	.inspect = docker_inspect,
	/* create, containers */
	.create = docker_create,
	.start = docker_start,
	.stop = docker_stop,
	.restart = docker_restart,
	.kill = docker_kill,
	.pause = docker_pause,
	.remove = docker_remove,
	.rename = docker_rename,
	.wait = docker_wait,
	.resize = docker_resize,
	/* networks, volumes, images */
	.network_create = docker_network_create,
	.network_remove = docker_network_remove,
	.network_connect = docker_network_connect,
	.network_disconnect = docker_network_disconnect,
	.volume_create = docker_volume_create,
	.volume_remove = docker_volume_remove,
	.image = docker_image,
	.image_digest = docker_image_digest,
	.image_remove = docker_image_remove,
	/* attach, exec, copy, stats, pull, build */
	.attach = docker_attach,
	.exec = docker_exec,
	.exec_exit = docker_exec_exit,
	.copy_in = docker_copy_in,
	.copy_out = docker_copy_out,
	.container_stats = docker_container_stats,
	.pull = docker_pull,
	.push = docker_push,
	.build = docker_build,
	/* logs, events */
	.logs = docker_logs,
	.events = docker_events,
	/* flow */
	.stream_read = docker_stream_read,
	.stream_write = docker_stream_write,
	.stream_shutdown = docker_stream_shutdown,
	.stream_close = docker_stream_close,
	.stream_id = docker_stream_id,
};
