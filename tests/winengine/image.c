/* SPDX-License-Identifier: MIT */
#include "tests/winengine/image.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/winengine/container.h"
#include "tests/winengine/feed.h"

enum { FILE_MAX = 1 << 20 };

/* With the tag that is meant where none is given. */
static char *full_name(const char *reference)
{
	const char *slash = strrchr(reference, '/');
	const char *tag = strchr(slash ? slash : reference, ':');

	return memory_format("%s%s", reference, tag || strchr(reference, '@') ? "" : ":latest");
}

static int add(struct world *world, const cJSON *json, struct error **err)
{
	const char *name = json_string(json, "name");
	const char *version = json_string(json, "os_version");
	char hex[DIGEST_HEX];

	if (!name || !version)
		return error_set(err, ERROR_INVALID, "an image needs name and os_version");
	struct image *image = memory_zero(1, sizeof(*image));

	image->name = full_name(name);
	image->os_version = memory_copy(version);
	image->config = cJSON_Duplicate(json_get(json, "config"), true);
	if (!image->config)
		image->config = cJSON_CreateObject();
	image->absent = json_bool(json, "absent");
	image->wait_to_kill = json_int(json, "wait_to_kill", 5000);
	image->created = clock_wall();
	/* By its content, as an image's is: the same at each start. */
	CLEANUP(memory_free) char *printed = json_print(json);

	digest_hex(printed, strlen(printed), hex);
	snprintf(image->id, sizeof(image->id), "sha256:%s", hex);
	list_append(&world->images, &image->link);
	return 0;
}

int image_load(struct world *world, const char *path, struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(json_drop) cJSON *json = NULL;
	const cJSON *item;
	int code = file_read(path, FILE_MAX, &text, err);

	if (code == 0)
		code = json_parse(text_string(&text), text.len, path, &json, err);
	cJSON_ArrayForEach (item, json)
		if (code == 0)
			code = add(world, item, err);
	return code;
}

static struct image *find(const struct world *world, const char *reference, bool absent)
{
	CLEANUP(memory_free) char *name = full_name(reference);
	size_t len = strlen(reference);

	LIST_FOR_EACH (struct image, image, &world->images, link) {
		bool same = text_same(image->name, name) || text_same(image->id, reference) ||
			    (len >= 12 && text_starts(image->id + 7, reference));

		if (same && image->absent == absent)
			return image;
	}
	return NULL;
}

struct image *image_find(const struct world *world, const char *reference)
{
	return find(world, reference, false);
}

/* --- what the API asks */

static cJSON *tags(const struct image *image)
{
	return json_strings((const char *const[]){image->name, NULL});
}

/* windows.md 1.6: Os, OsVersion, Architecture, RootFS.Layers, Config. */
void image_inspect(struct call *call)
{
	struct image *image = image_find(call->world, call->name);
	char created[40];

	if (!image) {
		call_error(call, 404, "No such image: %s", call->name);
		return;
	}
	cJSON *json = cJSON_CreateObject();

	clock_format(image->created, created);
	cJSON_AddStringToObject(json, "Id", image->id);
	cJSON_AddItemToObject(json, "RepoTags", tags(image));
	cJSON_AddItemToObject(json, "RepoDigests", cJSON_CreateArray());
	cJSON_AddStringToObject(json, "Created", created);
	cJSON_AddItemToObject(json, "Config", cJSON_Duplicate(image->config, true));
	cJSON_AddStringToObject(json, "Architecture", "amd64");
	cJSON_AddStringToObject(json, "Os", "windows");
	cJSON_AddStringToObject(json, "OsVersion", image->os_version);
	cJSON_AddNumberToObject(json, "Size", 300000000);
	cJSON *layers = cJSON_AddObjectToObject(json, "RootFS");

	cJSON_AddStringToObject(layers, "Type", "layers");
	cJSON_AddItemToObject(layers, "Layers",
			      json_strings((const char *const[]){image->id, NULL}));
	cJSON_AddStringToObject(cJSON_AddObjectToObject(json, "Metadata"), "LastTagTime", created);
	call_json(call, 200, json);
}

void image_list(struct call *call)
{
	cJSON *list = cJSON_CreateArray();

	LIST_FOR_EACH (struct image, image, &call->world->images, link) {
		cJSON *json;

		if (image->absent)
			continue;
		json = cJSON_CreateObject();
		cJSON_AddStringToObject(json, "Id", image->id);
		cJSON_AddItemToObject(json, "RepoTags", tags(image));
		cJSON_AddItemToObject(json, "RepoDigests", cJSON_CreateArray());
		cJSON_AddNumberToObject(json, "Created", (double)(image->created / CLOCK_SECOND));
		cJSON_AddNumberToObject(json, "Size", 300000000);
		cJSON_AddItemToObject(json, "Labels",
				      cJSON_Duplicate(json_get(image->config, "Labels"), true));
		cJSON_AddNumberToObject(json, "Containers", -1);
		cJSON_AddItemToArray(list, json);
	}
	call_json(call, 200, list);
}

static void progress(struct call *call, const char *status)
{
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "status", status);
	call_line(call, json);
}

/* An image that is newer than the host is refused at the pull, and only there: windows.md 2.5. */
static bool newer(struct call *call, const struct image *image)
{
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();
	CLEANUP(text_drop) struct text message = {0};
	unsigned build = 0;

	if (sscanf(image->os_version, "10.0.%u", &build) != 1 || build <= call->world->host.build)
		return false;
	text_printf(&message,
		    "a Windows version 10.0.%u-based image is incompatible with a 10.0.%u host",
		    build, call->world->host.build);
	cJSON_AddStringToObject(cJSON_AddObjectToObject(json, "errorDetail"), "message",
				text_string(&message));
	cJSON_AddStringToObject(json, "error", text_string(&message));
	call_line(call, json);
	return true;
}

void image_pull(struct call *call)
{
	const char *from = call_query(call, "fromImage");
	const char *tag = call_query(call, "tag");
	CLEANUP(memory_free)
	char *name =
		memory_format("%s%s%s", from ? from : "", tag && *tag ? ":" : "", tag ? tag : "");
	struct image *image = find(call->world, name, true);

	if (!image)
		image = image_find(call->world, name);
	if (!image) {
		call_error(call, 404,
			   "pull access denied for %s, repository does not exist or may require "
			   "'docker login': denied: requested access to the resource is denied",
			   from ? from : "");
		return;
	}
	call_begin(call, "application/json");
	progress(call, "Pulling from a registry");
	if (!newer(call, image)) {
		image->absent = false;
		progress(call, "Status: Downloaded newer image");
		feed_tell(call->world, &(struct feed_event){.type = "image",
							    .action = "pull",
							    .id = image->name,
							    .name = image->name});
	}
	call_end(call);
}

void image_remove(struct call *call)
{
	struct image *image = image_find(call->world, call->name);
	cJSON *list, *json;

	if (!image) {
		call_error(call, 404, "No such image: %s", call->name);
		return;
	}
	LIST_FOR_EACH (struct container, container, &call->world->containers, link) {
		if (container->image != image || call_flag(call, "force"))
			continue;
		call_error(call, 409,
			   "conflict: unable to remove repository reference \"%s\" (must force) - "
			   "container %.12s is using its referenced image %.12s",
			   call->name, container->id, image->id + 7);
		return;
	}
	image->absent = true;
	list = cJSON_CreateArray();
	json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "Untagged", image->name);
	cJSON_AddItemToArray(list, json);
	call_json(call, 200, list);
}
