/* SPDX-License-Identifier: MIT */
/* What an engine said of its host, kept in a file: dockerd runs three programs for /version and
 * /info, which takes longer than all else that is asked of it when nothing is to be done. Kept for
 * unix sockets only, by the socket file's identity: an engine that starts makes a new one. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "engine/docker/docker.h"

enum { KEY_LEN = 16, MEMO_MAX = 64 << 10 };

/* Where a service manager holds the socket, the engine behind it may change all the same. */
#define FRESH_FOR (600 * CLOCK_SECOND)

static const struct {
	const char *key;
	size_t offset;
} strings[] = {
	{"id", offsetof(struct engine_host, id)},
	{"version", offsetof(struct engine_host, version)},
	{"os_type", offsetof(struct engine_host, os_type)},
	{"os_version", offsetof(struct engine_host, os_version)},
	{"operating_system", offsetof(struct engine_host, operating_system)},
	{"architecture", offsetof(struct engine_host, architecture)},
	{"isolation", offsetof(struct engine_host, isolation)},
};

static char **string_of(struct engine_host *host, size_t row)
{
	return (char **)((char *)host + strings[row].offset);
}

/* What the socket file is, as one word; NULL: not known. */
static char *identity(const struct docker *docker)
{
	uv_fs_t request;
	char *text = NULL;

	if (!docker->socket)
		return NULL;
	if (uv_fs_stat(NULL, &request, docker->socket, NULL) == 0) {
		const uv_stat_t *stat = &request.statbuf;

		text = memory_format("%llu:%llu:%ld.%09ld", (unsigned long long)stat->st_dev,
				     (unsigned long long)stat->st_ino, stat->st_ctim.tv_sec,
				     stat->st_ctim.tv_nsec);
	}
	uv_fs_req_cleanup(&request);
	return text;
}

static char *path_of(const struct docker *docker)
{
	char hex[DIGEST_HEX];
	const char *address = docker->engine.address;

	digest_hex(address, strlen(address), hex);
	return memory_format("%s/%.*s.json", docker->memo, KEY_LEN, hex);
}

bool memo_read(const struct docker *docker, struct engine_host *host, char **name)
{
	CLEANUP(error_drop) struct error *ignored = NULL;
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(json_drop) cJSON *json = NULL;
	CLEANUP(memory_free) char *socket = identity(docker);
	CLEANUP(memory_free) char *path = NULL;

	if (!docker->memo || !socket)
		return false;
	path = path_of(docker);
	if (file_read(path, MEMO_MAX, &text, &ignored) < 0 ||
	    json_parse(text_string(&text), text.len, path, &json, &ignored) < 0)
		return false;
	int64_t age = clock_wall() / CLOCK_SECOND - json_int(json, "asked", 0);

	if (!text_same(json_string(json, "address"), docker->engine.address) ||
	    !text_same(json_string(json, "socket"), socket) ||
	    !text_same(json_string(json, "server"), docker->server) ||
	    json_int(json, "api", 0) != (int64_t)docker->api || !json_string(json, "id") ||
	    age < 0 || age > (int64_t)(FRESH_FOR / CLOCK_SECOND))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		*string_of(host, i) = memory_copy(json_string(json, strings[i].key));
	host->is_server = json_bool(json, "is_server");
	host->cpus = (int)json_int(json, "cpus", 0);
	host->memory = json_int(json, "memory", 0);
	*name = memory_copy(json_string(json, "name"));
	return true;
}

void memo_write(const struct docker *docker, struct engine_host *host, const char *name)
{
	CLEANUP(error_drop) struct error *ignored = NULL;
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();
	CLEANUP(memory_free) char *socket = identity(docker);
	CLEANUP(memory_free) char *path = NULL;
	CLEANUP(memory_free) char *printed = NULL;

	if (!docker->memo || !socket)
		return;
	json_set_string(json, "address", docker->engine.address);
	json_set_string(json, "socket", socket);
	json_set_string(json, "server", docker->server);
	json_set_int(json, "api", docker->api);
	json_set_int(json, "asked", clock_wall() / (int64_t)CLOCK_SECOND);
	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		json_set_string(json, strings[i].key, *string_of(host, i));
	json_set_bool(json, "is_server", host->is_server);
	json_set_int(json, "cpus", host->cpus);
	json_set_int(json, "memory", host->memory);
	json_set_string(json, "name", name);
	printed = json_print(json);
	path = path_of(docker);
	/* What cannot be kept is asked again. */
	if (file_make_folder(docker->memo, &ignored) == 0)
		file_write(path, printed, strlen(printed), true, &ignored);
}
