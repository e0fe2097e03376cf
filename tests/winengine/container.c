/* SPDX-License-Identifier: MIT */
#include "tests/winengine/container.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/winengine/delay.h"
#include "tests/winengine/exec.h"
#include "tests/winengine/feed.h"
#include "tests/winengine/mount.h"
#include "tests/winengine/process.h"
#include "tests/winengine/refuse.h"

struct container *container_find(const struct world *world, const char *word)
{
	if (*word == '/')
		word++;
	LIST_FOR_EACH (struct container, container, &world->containers, link)
		if (world_named(word, container->id, container->name))
			return container;
	return NULL;
}

struct container *container_named(struct call *call)
{
	struct container *container = container_find(call->world, call->name);

	if (!container)
		call_error(call, 404, "No such container: %s", call->name);
	return container;
}

void container_tell(struct container *container, const char *action, const char *key,
		    const char *value)
{
	feed_tell(container->world, &(struct feed_event){
					    .type = "container",
					    .action = action,
					    .id = container->id,
					    .name = container->name,
					    .image = json_string(container->config, "Image"),
					    .labels = json_get(container->config, "Labels"),
					    .key = key,
					    .value = value,
				    });
}

void container_tell_exec(struct container *container, const char *action, const char *id,
			 char *const *command)
{
	CLEANUP(text_drop) struct text words = {0};

	text_printf(&words, "%s:", action);
	for (size_t i = 0; command && command[i]; i++)
		text_printf(&words, " %s", command[i]);
	container_tell(container, text_string(&words), "execID", id);
}

bool container_tty(const struct container *container)
{
	return json_bool(container->config, "Tty");
}

/* What was asked for, else the daemon's default: windows.md 1.5, inspect. */
bool container_is_hyperv(const struct container *container)
{
	const char *asked = json_string(container->host, "Isolation");

	if (!asked || !*asked || text_same(asked, "default"))
		asked = container->world->host.isolation;
	return text_same(asked, "hyperv");
}

char **container_env(const struct container *container)
{
	CLEANUP(json_drop) cJSON *list = cJSON_CreateArray();
	CLEANUP(memory_free) char *world = mount_world(container);
	const char *address = container->world->reachable && container->endpoints.len
				      ? container->endpoints.items[0].address
				      : "";
	CLEANUP(memory_free) char *where = memory_format("ACTOR_WORLD=%s", world);
	CLEANUP(memory_free) char *at = memory_format("ACTOR_ADDRESS=%s", address);
	const cJSON *item;

	cJSON_ArrayForEach (item, json_get(container->config, "Env"))
		cJSON_AddItemToArray(list, cJSON_Duplicate(item, true));
	cJSON_AddItemToArray(list, cJSON_CreateString(where));
	cJSON_AddItemToArray(list, cJSON_CreateString(at));
	return json_vector(list);
}

/* Its folder is its drive C: whatever the path's slashes. */
char *container_path(const struct container *container, const char *path)
{
	CLEANUP(memory_free) char *inside = memory_copy(path);
	const char *rest = inside;

	for (char *c = inside; *c; c++)
		if (*c == '\\')
			*c = '/';
	if (rest[0] && rest[1] == ':')
		rest += 2;
	rest += strspn(rest, "/");
	if (!*rest)
		return memory_copy(container->folder);
	CLEANUP(memory_free) char *rooted = memory_format("/%s", rest);

	return mount_path(container, rooted);
}

/* --- networks */

void container_join(struct container *container, struct network *network, const cJSON *asked)
{
	struct endpoint *endpoint = array_add(&container->endpoints);

	endpoint->network = network;
	endpoint->asked = asked ? cJSON_Duplicate(asked, true) : cJSON_CreateObject();
}

void container_leave(struct container *container, size_t endpoint)
{
	cJSON_Delete(container->endpoints.items[endpoint].asked);
	array_remove(&container->endpoints, endpoint);
}

/* The first is NetworkMode's; then those of the request. False: answered. */
static bool join_all(struct container *container, struct call *call)
{
	const cJSON *wanted = json_path(call->json, "NetworkingConfig.EndpointsConfig"), *item;
	const char *mode = json_string(container->host, "NetworkMode");
	struct network *first = NULL;

	if (mode && text_starts(mode, "container:"))
		return true;
	first = nat_find(call->world, mode);
	if (!first) {
		call_error(call, 404, "network %s not found", mode);
		return false;
	}
	cJSON_ArrayForEach (item, wanted)
		if (nat_find(call->world, item->string) == first)
			break;
	container_join(container, first, item);
	cJSON_ArrayForEach (item, wanted) {
		struct network *network = nat_find(call->world, item->string);

		if (!network) {
			call_error(call, 404, "network %s not found", item->string);
			return false;
		}
		if (network != first)
			container_join(container, network, item);
	}
	return true;
}

/* --- create */

static void take_default(cJSON *object, const char *key, const cJSON *value)
{
	if (value && !json_get(object, key)) {
		cJSON_DeleteItemFromObjectCaseSensitive(object, key);
		cJSON_AddItemToObject(object, key, cJSON_Duplicate(value, true));
	}
}

/* The image's variables that the request does not set. */
static void merge_env(cJSON *config, const cJSON *image)
{
	const cJSON *theirs, *ours;
	cJSON *env = cJSON_GetObjectItemCaseSensitive(config, "Env");

	if (!cJSON_IsArray(env)) {
		cJSON_DeleteItemFromObjectCaseSensitive(config, "Env");
		env = cJSON_AddArrayToObject(config, "Env");
	}
	cJSON_ArrayForEach (theirs, json_get(image, "Env")) {
		size_t len = strcspn(theirs->valuestring, "=") + 1;

		cJSON_ArrayForEach (ours, env)
			if (strncmp(ours->valuestring, theirs->valuestring, len) == 0)
				break;
		if (!ours)
			cJSON_InsertItemInArray(env, 0, cJSON_Duplicate(theirs, true));
	}
}

static void merge_health(cJSON *config, const cJSON *image)
{
	cJSON *check = cJSON_GetObjectItemCaseSensitive(config, "Healthcheck");
	const cJSON *item;

	take_default(config, "Healthcheck", json_get(image, "Healthcheck"));
	if (check)
		cJSON_ArrayForEach (item, json_get(image, "Healthcheck"))
			take_default(check, item->string, item);
}

static void merge_image(cJSON *config, const cJSON *image)
{
	static const char *const keys[] = {"User", "WorkingDir", "Shell", "StopSignal", "Volumes"};
	bool own_entrypoint = json_get(config, "Entrypoint");
	const cJSON *label;
	cJSON *labels;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		take_default(config, keys[i], json_get(image, keys[i]));
	if (!own_entrypoint) {
		take_default(config, "Cmd", json_get(image, "Cmd"));
		take_default(config, "Entrypoint", json_get(image, "Entrypoint"));
	}
	merge_env(config, image);
	merge_health(config, image);
	if (!json_get(config, "Labels"))
		cJSON_AddObjectToObject(config, "Labels");
	labels = cJSON_GetObjectItemCaseSensitive(config, "Labels");
	cJSON_ArrayForEach (label, json_get(image, "Labels"))
		take_default(labels, label->string, label);
}

/* What of the request is the container's Config, and what its HostConfig. */
static void take_request(struct container *container, const cJSON *json)
{
	cJSON *host;

	container->config = cJSON_Duplicate(json, true);
	cJSON_DeleteItemFromObjectCaseSensitive(container->config, "NetworkingConfig");
	host = cJSON_DetachItemFromObjectCaseSensitive(container->config, "HostConfig");
	container->host = host ? host : cJSON_CreateObject();
	merge_image(container->config, container->image->config);
	if (!json_get(container->host, "NetworkMode"))
		cJSON_AddStringToObject(container->host, "NetworkMode", "default");
	if (!json_get(container->host, "Isolation"))
		cJSON_AddStringToObject(container->host, "Isolation", "default");
	if (!json_get(container->config, "Hostname"))
		cJSON_AddStringToObject(container->config, "Hostname", "");
}

static struct container *container_new(struct world *world, const char *name, struct image *image)
{
	struct container *container = memory_zero(1, sizeof(*container));

	container->world = world;
	world_id(container->id);
	container->name = name && *name ? memory_copy(*name == '/' ? name + 1 : name)
					: memory_format("amazed_%.8s", container->id);
	container->image = image;
	container->created = clock_wall();
	container->folder = memory_format("%s/%.12s", world->root, container->id);
	list_init(&container->link);
	list_init(&container->waits);
	scroll_init(&container->scroll);
	return container;
}

void container_drop(struct container *container)
{
	list_unlink(&container->link);
	delay_cancel(&container->patience);
	health_stop(&container->health);
	scroll_end(&container->scroll);
	scroll_drop(&container->scroll);
	health_drop(&container->health);
	while (container->endpoints.len)
		container_leave(container, container->endpoints.len - 1);
	array_drop(&container->endpoints);
	nat_detach(container);
	exec_forget(container);
	mount_drop(container);
	text_drop(&container->early);
	cJSON_Delete(container->config);
	cJSON_Delete(container->host);
	free(container->folder);
	free(container->error);
	free(container->name);
	free(container);
}

static bool name_taken(struct call *call, const char *name)
{
	const struct container *other = name && *name ? container_find(call->world, name) : NULL;

	if (!other || !text_same(other->name, *name == '/' ? name + 1 : name))
		return false;
	call_error(
		call, 409,
		"Conflict. The container name \"/%s\" is already in use by container \"%s\". You "
		"have to remove (or rename) that container to be able to reuse that name.",
		other->name, other->id);
	return true;
}

/* What images of tests have on their drive C:. */
static void make_folders(const struct container *container, struct error **err)
{
	static const char *const inside[] = {"tmp", "www"};

	for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
		CLEANUP(memory_free) char *folder = path_join(container->folder, inside[i]);

		if (file_make_folder(folder, err) < 0)
			return;
	}
}

void container_create(struct call *call)
{
	const char *name = call_query(call, "name");
	const char *reference = json_string(call->json, "Image");
	struct image *image = image_find(call->world, reference ? reference : "");
	CLEANUP(json_drop) cJSON *warnings = cJSON_CreateArray();
	CLEANUP(error_drop) struct error *err = NULL;
	struct container *container;
	cJSON *json;

	if (!image) {
		call_error(call, 404, "No such image: %s", reference ? reference : "");
		return;
	}
	if (name_taken(call, name))
		return;
	container = container_new(call->world, name, image);
	take_request(container, call->json);
	if (refuse_create(container, warnings, &err) < 0 || mount_parse(container, &err) < 0) {
		call_error(call, err->code == ERROR_SYSTEM ? 500 : 400, "%s", err->message);
		container_drop(container);
		return;
	}
	if (!join_all(container, call)) {
		container_drop(container);
		return;
	}
	make_folders(container, &err);
	list_append(&call->world->containers, &container->link);
	mount_volumes(container);
	container_tell(container, "create", NULL, NULL);
	json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "Id", container->id);
	cJSON_AddItemToObject(json, "Warnings", steal(&warnings));
	call_json(call, 201, json);
}

/* --- the rest */

void container_rename(struct call *call)
{
	struct container *container = container_named(call);
	const char *name = call_query(call, "name");
	CLEANUP(memory_free) char *old = NULL;

	if (!container || name_taken(call, name))
		return;
	old = memory_format("/%s", container->name);
	free(container->name);
	container->name = memory_copy(name ? name : "");
	container_tell(container, "rename", "oldName", old);
	call_empty(call, 204);
}

static int64_t seconds(struct call *call, const char *key)
{
	const char *value = call_query(call, key);
	int64_t time = 0;

	if (!value || !*value || clock_parse(value, &time))
		return time;
	return (int64_t)(strtod(value, NULL) * (double)CLOCK_SECOND);
}

void container_logs(struct call *call)
{
	struct container *container = container_named(call);
	const char *tail = call_query(call, "tail");

	if (!container)
		return;
	struct scroll_options options = {
		.channels = {false, call_flag(call, "stdout"), call_flag(call, "stderr")},
		.framed = !container_tty(container),
		.timestamps = call_flag(call, "timestamps"),
		.since = seconds(call, "since"),
		.until = seconds(call, "until"),
		.tail = tail && *tail && !text_same(tail, "all") ? call_number(call, "tail", -1)
								 : -1,
		.whole = true,
	};

	if (!options.channels[1] && !options.channels[2]) {
		call_error(call, 400, "Bad parameters: you must choose at least one stream");
		return;
	}
	call_begin(call, options.framed ? "application/vnd.docker.multiplexed-stream"
					: "application/vnd.docker.raw-stream");
	scroll_show(&container->scroll, call, &options);
	if (call_flag(call, "follow") && container->state == STATE_RUNNING)
		scroll_follow(&container->scroll, call, &options);
	else
		call_end(call);
}

/* windows.md 1.5: top's columns, and no arguments. */
void container_top(struct call *call)
{
	static const char *const titles[] = {"Name", "PID", "CPU", "Private Working Set", NULL};
	struct container *container = container_named(call);
	const char *arguments = call_query(call, "ps_args");
	cJSON *json, *rows;

	if (!container)
		return;
	if (arguments && *arguments) {
		call_error(call, 400, "Windows does not support arguments to top");
		return;
	}
	if (!container->process) {
		call_error(call, 409, "container %s is not running", container->id);
		return;
	}
	CLEANUP(memory_free) char *pid = memory_format("%d", process_pid(container->process));

	json = cJSON_CreateObject();
	cJSON_AddItemToObject(json, "Titles", json_strings(titles));
	rows = cJSON_AddArrayToObject(json, "Processes");
	cJSON_AddItemToArray(rows, json_strings((const char *const[]){
					   "actor.exe", pid, "00:00:00.015", "1.2MB", NULL}));
	call_json(call, 200, json);
}

/* windows.md 1.5: units of 100 ns, no system_cpu_usage, num_procs set. */
void container_stats(struct call *call)
{
	struct container *container = container_named(call);
	CLEANUP(json_drop) cJSON *json = NULL;
	char now[40];

	if (!container)
		return;
	json = cJSON_CreateObject();
	clock_format(clock_wall(), now);
	cJSON_AddStringToObject(json, "name", container->name);
	cJSON_AddStringToObject(json, "id", container->id);
	cJSON_AddStringToObject(json, "read", now);
	cJSON_AddStringToObject(json, "preread", "0001-01-01T00:00:00Z");
	cJSON_AddNumberToObject(json, "num_procs", 4);
	cJSON_AddItemToObject(json, "cpu_stats",
			      cJSON_CreateRaw("{\"cpu_usage\":{\"total_usage\":156250}}"));
	cJSON_AddItemToObject(json, "precpu_stats",
			      cJSON_CreateRaw("{\"cpu_usage\":{\"total_usage\":0}}"));
	cJSON_AddItemToObject(
		json, "memory_stats",
		cJSON_CreateRaw("{\"commitbytes\":50000000,\"commitpeakbytes\":60000000,"
				"\"privateworkingset\":40000000}"));
	cJSON_AddItemToObject(json, "storage_stats", cJSON_CreateRaw("{\"read_size_bytes\":4096}"));
	/* A stream has one sample: what its numbers mean is seen by that. */
	call_begin(call, "application/json");
	call_line(call, json);
	call_end(call);
}

/* windows.md 1.3: only the restart policy. */
void container_update(struct call *call)
{
	struct container *container = container_named(call);
	const cJSON *item;

	if (!container)
		return;
	cJSON_ArrayForEach (item, call->json)
		if (!text_same(item->string, "RestartPolicy")) {
			call_error(call, 500, "resource updating isn't supported on Windows");
			return;
		}
	cJSON_DeleteItemFromObjectCaseSensitive(container->host, "RestartPolicy");
	if (json_get(call->json, "RestartPolicy"))
		cJSON_AddItemToObject(container->host, "RestartPolicy",
				      cJSON_Duplicate(json_get(call->json, "RestartPolicy"), true));
	container_tell(container, "update", NULL, NULL);
	call_json(call, 200, cJSON_Parse("{\"Warnings\":null}"));
}
