/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "engine/tar.h"

/* What is asked one after the other once the container is there: connections that a create of an
 * older API cannot make, then the files. Each is prepared before the first request, as the spec is
 * borrowed only for the call. */
struct further {
	char *network; /* NULL: files */
	cJSON *endpoint;
};

struct create_operation {
	struct operation operation; /* first */
	char *id;
	char *name;
	cJSON *json[2]; /* the create for API before and from 1.44 */
	char *path;
	struct text files; /* a tar; empty: none */
	ARRAY(struct further) further;
	size_t next;
	struct error *failed; /* why the container is removed again */
};

enum { FILE_MAX = 64 << 20, API_MULTI_NETWORK = 44 };

static void finish(struct operation *operation, const struct error *err)
{
	struct create_operation *of = container_of(operation, struct create_operation, operation);

	((engine_id_done *)operation->done)(err ? NULL : of->id, err, operation->payload);
}

static void drop(struct operation *operation)
{
	struct create_operation *of = container_of(operation, struct create_operation, operation);

	ARRAY_FOR_EACH (struct further, further, &of->further) {
		free(further->network);
		cJSON_Delete(further->endpoint);
	}
	array_drop(&of->further);
	text_drop(&of->files);
	cJSON_Delete(of->json[0]);
	cJSON_Delete(of->json[1]);
	error_drop(&of->failed);
	free(of->path);
	free(of->name);
	free(of->id);
}

/* --- what the spec asks for */

char *docker_archive_path(const char *target)
{
	bool windows = isalpha((unsigned char)target[0]) && target[1] == ':';
	char *path = memory_copy(target + (windows ? 2 : 0));

	for (char *c = path; windows && *c; c++)
		*c = *c == '\\' ? '/' : *c;
	memmove(path, path + strspn(path, "/"), strlen(path + strspn(path, "/")) + 1);
	return path;
}

static int add_file(struct text *tar, const struct spec_file *file, struct error **err)
{
	CLEANUP(text_drop) struct text content = {0};
	CLEANUP(memory_free) char *path = docker_archive_path(file->target);
	const char *bytes = file->bytes;
	struct tar_entry entry = {
		.kind = TAR_FILE,
		.path = path,
		.size = file->len,
		.mode = file->mode,
		.uid = file->uid,
		.gid = file->gid,
	};

	if (file->source) {
		int code = file_read(file->source, FILE_MAX, &content, err);

		if (code < 0)
			return code;
		bytes = text_string(&content);
		entry.size = content.len;
	}
	tar_file(tar, &entry, bytes);
	return 0;
}

static int prepare_files(struct create_operation *of, const struct container_spec *spec,
			 struct error **err)
{
	for (size_t i = 0; i < spec->file_count; i++) {
		int code = add_file(&of->files, &spec->files[i], err);

		if (code < 0)
			return error_wrap(err, "%s", spec->name);
		if (of->files.len > FILE_MAX)
			return error_set(err, ERROR_INVALID,
					 "%s: its secrets and configs are larger than %d bytes",
					 spec->name, FILE_MAX);
	}
	if (of->files.len)
		tar_end(&of->files);
	return 0;
}

static void prepare_networks(struct create_operation *of, const struct container_spec *spec)
{
	for (size_t i = 1; i < spec->endpoint_count && !spec->network_mode; i++)
		*array_add(&of->further) = (struct further){
			.network = memory_copy(spec->endpoints[i].network),
			.endpoint = docker_endpoint_json(&spec->endpoints[i], API_MULTI_NETWORK),
		};
}

/* --- step by step */

static void proceed(struct create_operation *of);

static void removed(const struct answer *answer, void *payload)
{
	struct create_operation *of = payload;

	(void)answer;
	operation_end(&of->operation, of->failed);
}

/* A container that is not as it was asked for is worse than none: the next run would start it. */
static void undo(struct create_operation *of, const struct error *err)
{
	CLEANUP(text_drop) struct text path = {0};

	of->failed = error_copy(err);
	if (err->code == ERROR_UNAVAILABLE) {
		operation_end(&of->operation, err);
		return;
	}
	docker_path(&path, "/containers/", of->id, "?force=1&v=1");
	operation_ask(&of->operation,
		      &(struct ask_options){.method = "DELETE", .path = text_string(&path)},
		      removed);
}

static void furthered(const struct answer *answer, void *payload)
{
	struct create_operation *of = payload;

	if (answer->err)
		undo(of, answer->err);
	else
		proceed(of);
}

static void connect_next(struct create_operation *of)
{
	CLEANUP(text_drop) struct text path = {0};
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();
	struct further *further = &of->further.items[of->next++];

	json_set_string(json, "Container", of->id);
	cJSON_AddItemToObject(json, "EndpointConfig", steal(&further->endpoint));
	docker_path(&path, "/networks/", further->network, "/connect");
	operation_ask(&of->operation,
		      &(struct ask_options){
			      .method = "POST",
			      .path = text_string(&path),
			      .json = json,
			      .what = of->name,
		      },
		      furthered);
}

static void copy_files(struct create_operation *of)
{
	CLEANUP(text_drop) struct text path = {0};
	CLEANUP(text_drop) struct text files = of->files;

	of->files = (struct text){0};
	docker_path(&path, "/containers/", of->id, "/archive?path=%2F");
	operation_ask(&of->operation,
		      &(struct ask_options){
			      .method = "PUT",
			      .path = text_string(&path),
			      .bytes = files.data,
			      .len = files.len,
			      .what = of->name,
		      },
		      furthered);
}

static void proceed(struct create_operation *of)
{
	bool together = of->operation.docker->api >= API_MULTI_NETWORK;

	if (!together && of->next < of->further.len)
		connect_next(of);
	else if (of->files.len)
		copy_files(of);
	else
		operation_end(&of->operation, NULL);
}

static void created(const struct answer *answer, void *payload)
{
	struct create_operation *of = payload;
	CLEANUP(error_drop) struct error *err = error_copy(answer->err);

	of->id = memory_copy(json_string(answer->json, "Id"));
	if (!err && !of->id)
		error_set(&err, ERROR_SYSTEM, "%s: the engine's answer has no Id", of->name);
	if (err)
		operation_end(&of->operation, err);
	else
		proceed(of);
}

/* The JSON depends on the API version, which is known now. */
static void negotiated(const struct answer *answer, void *payload)
{
	struct create_operation *of = payload;

	if (answer->err) {
		operation_end(&of->operation, answer->err);
		return;
	}
	bool newer = of->operation.docker->api >= API_MULTI_NETWORK;

	operation_ask(&of->operation,
		      &(struct ask_options){
			      .method = "POST",
			      .path = of->path,
			      .json = of->json[newer],
			      .fresh = true,
		      },
		      created);
}

struct engine_request *docker_create(struct engine *engine, const struct container_spec *spec,
				     engine_id_done *done, void *payload)
{
	struct create_operation *of =
		operation_new(engine, sizeof(*of), finish, (void *)done, payload);
	struct docker *docker = of->operation.docker;
	CLEANUP(text_drop) struct text path = {0};
	struct error *err = NULL;

	of->operation.drop = drop;
	if (prepare_files(of, spec, &err) < 0) {
		operation_end_soon(&of->operation, &err);
		return &of->operation.request;
	}
	prepare_networks(of, spec);
	docker_query(&path, "name", spec->name);
	docker_query(&path, "platform", spec->platform);
	of->path = memory_format("/containers/create%s", text_string(&path));
	of->name = memory_copy(spec->name);
	/* An engine ignores the fields that it does not know; but an older one refuses several
	 * networks. */
	if (docker->api < API_MULTI_NETWORK)
		of->json[0] = docker_container_json(spec, API_MULTI_NETWORK - 1);
	if (!docker->api || docker->api >= API_MULTI_NETWORK)
		of->json[1] = docker_container_json(spec, DOCKER_API_MAX);
	if (docker->api)
		negotiated(&(struct answer){.body = ""}, of);
	else
		docker_negotiate(docker, &of->operation.asks, negotiated, of);
	return &of->operation.request;
}
