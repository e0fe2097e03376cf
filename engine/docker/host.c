/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

struct host_operation {
	struct operation operation; /* first */
	struct engine_host host;
	char *name;      /* of the machine, as the engine says it */
	char *second_id; /* of another call */
	unsigned waiting;
};

static void finish(struct operation *operation, const struct error *err)
{
	engine_host_done *done = (engine_host_done *)operation->done;

	done(err ? NULL : &operation->docker->engine.host, err, operation->payload);
}

static void drop(struct operation *operation)
{
	struct host_operation *of = container_of(operation, struct host_operation, operation);

	engine_host_drop(&of->host);
	free(of->name);
	free(of->second_id);
}

/* --- what the engine can do */

/* Docker Desktop's and other virtual machines have their own files, ports and addresses, whatever
 * socket leads to them. */
static bool on_this_host(const struct docker *docker, const char *name)
{
	char ours[UV_MAXHOSTNAMESIZE];
	size_t len = sizeof(ours);

	return docker->host.local && name && uv_os_gethostname(ours, &len) == 0 &&
	       text_same_nocase(ours, name);
}

static uint64_t capabilities(const struct docker *docker, const struct engine_host *host,
			     const char *name)
{
	uint64_t can = ENGINE_BUILD | ENGINE_HEALTHCHECK;

	/* Home editions have no Hyper-V containers. */
	if (text_same(host->os_type, "windows") && host->operating_system &&
	    strstr(host->operating_system, "Home"))
		can |= ENGINE_ISOLATION_PROCESS;
	else if (text_same(host->os_type, "windows"))
		can |= ENGINE_ISOLATION_PROCESS | ENGINE_ISOLATION_HYPERV | ENGINE_PAUSE;
	else
		can |= ENGINE_LINUX | ENGINE_PAUSE | ENGINE_HOST_IP | ENGINE_FILE_BIND |
		       ENGINE_PORT_RANGE;
	if (docker->api >= 44)
		can |= ENGINE_MULTI_NETWORK | ENGINE_START_INTERVAL;
	if (on_this_host(docker, name))
		can |= ENGINE_LOCAL | ENGINE_ROUTABLE;
	return can;
}

/* Windows says 10.0.20348 as OSVersion and the revision only in KernelVersion: 10.0 20348
 * (20348.859.amd64fre.fe_release...). */
static char *windows_version(const char *version, const char *kernel)
{
	const char *open = kernel ? strchr(kernel, '(') : NULL;
	const char *dot = open ? strchr(open, '.') : NULL;
	size_t digits = dot ? strspn(dot + 1, "0123456789") : 0;

	if (version && digits)
		return memory_format("%s.%.*s", version, (int)digits, dot + 1);
	return memory_copy(version);
}

/* --- the answers */

static void know(struct host_operation *of)
{
	struct docker *docker = of->operation.docker;
	struct engine_host *host = &of->host;

	host->driver = memory_copy("docker");
	host->address = memory_copy(docker->engine.address);
	host->api_version = memory_format("1.%u", docker->api);
	host->capabilities = capabilities(docker, host, of->name);
	engine_host_drop(&docker->engine.host);
	docker->engine.host = of->host;
	docker->engine.host_known = true;
	of->host = (struct engine_host){0};
	operation_end(&of->operation, NULL);
}

static void complete(struct host_operation *of)
{
	struct docker *docker = of->operation.docker;
	struct engine_host *host = &of->host;

	if (--of->waiting > 0)
		return;
	/* Some engines make up a new id for each call; then the address stands for them. */
	if (!host->id || !host->id[0] || (of->second_id && !text_same(of->second_id, host->id))) {
		free(host->id);
		host->id = memory_copy(docker->engine.address);
	}
	memo_write(docker, host, of->name);
	know(of);
}

static void second(const struct answer *answer, void *payload)
{
	struct host_operation *of = payload;

	of->second_id = memory_copy(answer->err ? "" : json_string(answer->json, "ID"));
	complete(of);
}

static void versioned(const struct answer *answer, void *payload)
{
	struct host_operation *of = payload;

	if (answer->err) {
		operation_end(&of->operation, answer->err);
		return;
	}
	const cJSON *first = cJSON_GetArrayItem(json_get(answer->json, "Components"), 0);

	of->host.version = memory_copy(json_string(answer->json, "Version"));
	/* dockerd keeps its id in a file; of others it is not known. */
	if (!text_same(json_string(first, "Name"), "Engine")) {
		of->waiting++;
		operation_ask(&of->operation, &(struct ask_options){.path = "/info"}, second);
	}
	complete(of);
}

static void informed(const struct answer *answer, void *payload)
{
	struct host_operation *of = payload;
	struct engine_host *host = &of->host;
	const cJSON *json = answer->json;

	if (answer->err) {
		operation_end(&of->operation, answer->err);
		return;
	}
	const char *system = json_string(json, "OperatingSystem");
	const char *architecture = json_string(json, "Architecture");
	const char *isolation = json_string(json, "Isolation");

	host->id = memory_copy(json_string(json, "ID"));
	host->os_type = memory_copy(json_string(json, "OSType"));
	host->operating_system = memory_copy(system);
	if (text_same(host->os_type, "windows"))
		host->os_version = windows_version(json_string(json, "OSVersion"),
						   json_string(json, "KernelVersion"));
	else
		host->os_version = memory_copy(json_string(json, "OSVersion"));
	host->is_server = system && strstr(system, "Server");
	host->architecture = memory_copy(text_same(architecture, "x86_64")    ? "amd64"
					 : text_same(architecture, "aarch64") ? "arm64"
									      : architecture);
	host->isolation = memory_copy(isolation && *isolation ? isolation : NULL);
	host->cpus = (int)json_int(json, "NCPU", 0);
	host->memory = json_int(json, "MemTotal", 0);
	of->name = memory_copy(json_string(json, "Name"));
	complete(of);
}

static void ask_both(struct host_operation *of)
{
	of->waiting = 2;
	operation_ask(&of->operation, &(struct ask_options){.path = "/version"}, versioned);
	operation_ask(&of->operation, &(struct ask_options){.path = "/info"}, informed);
}

static void greeted(const struct answer *answer, void *payload)
{
	struct host_operation *of = payload;

	if (answer->err)
		operation_end(&of->operation, answer->err);
	else if (memo_read(of->operation.docker, &of->host, &of->name))
		know(of);
	else
		ask_both(of);
}

struct engine_request *docker_host(struct engine *engine, engine_host_done *done, void *payload)
{
	struct host_operation *of =
		operation_new(engine, sizeof(*of), finish, (void *)done, payload);

	of->operation.drop = drop;
	if (engine->host_known) {
		struct error *none = NULL;

		operation_end_soon(&of->operation, &none);
		return &of->operation.request;
	}
	if (of->operation.docker->memo)
		docker_negotiate(of->operation.docker, &of->operation.asks, greeted, of);
	else
		ask_both(of);
	return &of->operation.request;
}

struct engine_request *docker_ping(struct engine *engine, engine_done *done, void *payload)
{
	return operation_simple(engine, &(struct ask_options){.path = "/_ping"}, operation_answered,
				done, payload);
}
