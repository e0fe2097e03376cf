/* SPDX-License-Identifier: MIT */
#include "tests/winengine/mount.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/winengine/container.h"
#include "tests/winengine/feed.h"

/* --- a container's mounts */

static bool is_pipe(const char *path)
{
	return text_starts(path, "\\\\.\\pipe\\") || text_starts(path, "//./pipe/");
}

/* windows.md 1.3: not C: itself. On this host a path of its own kind stands for one of Windows. */
static int check_target(const char *target, struct error **err)
{
	if (text_same_nocase(target, "c:") || text_same_nocase(target, "c:\\") ||
	    text_same_nocase(target, "c:/"))
		return error_set(err, ERROR_INVALID,
				 "invalid volume specification: destination path cannot be 'c:' or "
				 "'c:\\': %s",
				 target);
	if (!path_is_windows(target) && !is_pipe(target))
		return error_set(err, ERROR_INVALID,
				 "invalid mount config for type: invalid mount path: '%s' mount "
				 "path must be absolute",
				 target);
	return 0;
}

static int check_bind(const struct mount *mount, struct error **err)
{
	enum file_kind kind = file_kind(mount->source);

	if (kind == FILE_ABSENT)
		return error_set(
			err, ERROR_INVALID,
			"invalid mount config for type \"bind\": bind source path does not "
			"exist: %s",
			mount->source);
	if (kind != FILE_FOLDER)
		return error_set(err, ERROR_INVALID,
				 "invalid mount config for type \"bind\": source path must be a "
				 "directory");
	return 0;
}

static int check(const struct mount *mount, struct error **err)
{
	if (text_same(mount->type, "tmpfs"))
		return error_set(err, ERROR_INVALID, "windows does not support tmpfs");
	if (text_same(mount->type, "npipe")) {
		if (mount->read_only || !is_pipe(mount->target) || !is_pipe(mount->source))
			return error_set(err, ERROR_INVALID,
					 "invalid mount config for type \"npipe\"");
		return 0;
	}
	int code = check_target(mount->target, err);

	if (code == 0 && text_same(mount->type, "bind"))
		code = check_bind(mount, err);
	else if (code == 0 && !text_same(mount->type, "volume"))
		return error_set(err, ERROR_INVALID, "mount type unknown: %s", mount->type);
	return code;
}

/* The last colon before the target that is none of a drive letter's: source:target[:ro|rw]. */
static char *cut_last(char *string)
{
	char *colon = strrchr(string, ':');

	if (colon && colon > string && isalpha((unsigned char)colon[-1]) &&
	    (colon == string + 1 || colon[-2] == ':')) {
		/* A drive's: what stands before it is cut. */
		if (colon == string + 1)
			return NULL;
		colon -= 2;
	}
	if (!colon)
		return NULL;
	*colon = '\0';
	return colon + 1;
}

static int parse_bind(const char *bind, struct mount *mount, struct error **err)
{
	CLEANUP(memory_free) char *rest = memory_copy(bind);
	char *last = cut_last(rest);

	if (last && (text_same(last, "ro") || text_same(last, "rw"))) {
		mount->read_only = text_same(last, "ro");
		last = cut_last(rest);
	}
	if (!last)
		return error_set(err, ERROR_INVALID, "invalid volume specification: '%s'", bind);
	mount->target = memory_copy(last);
	bool path = strpbrk(rest, "\\/:") != NULL;

	mount->type = memory_copy(is_pipe(rest) ? "npipe" : path ? "bind" : "volume");
	mount->source = memory_copy(path ? rest : NULL);
	mount->name = memory_copy(path ? NULL : rest);
	return 0;
}

static void take_mount(const cJSON *json, struct mount *mount)
{
	const char *type = json_string(json, "Type");
	const char *source = json_string(json, "Source");
	const char *target = json_string(json, "Target");
	bool volume = text_same(type, "volume");

	mount->type = memory_copy(type ? type : "");
	mount->target = memory_copy(target ? target : "");
	mount->read_only = json_bool(json, "ReadOnly");
	if (!volume)
		mount->source = memory_copy(source ? source : "");
	else
		mount->name = memory_copy(source);
}

static bool has_target(const struct container *container, const char *target)
{
	ARRAY_FOR_EACH (struct mount, mount, &container->mounts)
		if (text_same_nocase(mount->target, target))
			return true;
	return false;
}

int mount_parse(struct container *container, struct error **err)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, json_get(container->host, "Binds")) {
		int code = parse_bind(item->valuestring, array_add(&container->mounts), err);

		if (code < 0)
			return code;
	}
	cJSON_ArrayForEach (item, json_get(container->host, "Mounts"))
		take_mount(item, array_add(&container->mounts));
	cJSON_ArrayForEach (item, json_get(container->config, "Volumes"))
		if (!has_target(container, item->string))
			*array_add(&container->mounts) = (struct mount){
				.type = memory_copy("volume"),
				.target = memory_copy(item->string),
			};
	ARRAY_FOR_EACH (struct mount, mount, &container->mounts) {
		int code = check(mount, err);

		if (code < 0)
			return code;
	}
	return 0;
}

void mount_drop(struct container *container)
{
	ARRAY_FOR_EACH (struct mount, mount, &container->mounts) {
		free(mount->type);
		free(mount->name);
		free(mount->source);
		free(mount->target);
		free(mount->real);
	}
	array_drop(&container->mounts);
}

/* --- where they are */

/* "C:\\data" is /data. */
static char *plain(const char *path)
{
	char *copy = memory_copy(path[0] && path[1] == ':' ? path + 2 : path);
	size_t len = strlen(copy);

	for (char *c = copy; *c; c++)
		if (*c == '\\')
			*c = '/';
	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	return copy;
}

char *mount_path(const struct container *container, const char *inside)
{
	const char *real = container->folder;
	size_t best = 0;

	ARRAY_FOR_EACH (struct mount, mount, &container->mounts) {
		CLEANUP(memory_free) char *target = plain(mount->target);
		size_t len = strlen(target);

		if (mount->real && len > best && text_starts(inside, target) &&
		    (!inside[len] || inside[len] == '/')) {
			best = len;
			real = mount->real;
		}
	}
	return memory_format("%s%s", real, inside + best);
}

char *mount_world(const struct container *container)
{
	CLEANUP(text_drop) struct text world = {0};

	text_add(&world, container->folder);
	ARRAY_FOR_EACH (struct mount, mount, &container->mounts) {
		CLEANUP(memory_free) char *target = plain(mount->target);

		if (mount->real)
			text_printf(&world, ";%s=%s", target, mount->real);
	}
	return text_steal(&world);
}

/* --- volumes */

static struct volume *find(const struct world *world, const char *name)
{
	LIST_FOR_EACH (struct volume, volume, &world->volumes, link)
		if (text_same(volume->name, name))
			return volume;
	return NULL;
}

static char *folder_of(const char *name)
{
	return memory_format("C:\\ProgramData\\docker\\volumes\\%s\\_data", name);
}

static struct volume *make(struct world *world, const char *name, const cJSON *labels)
{
	struct volume *volume = memory_zero(1, sizeof(*volume));
	CLEANUP(error_drop) struct error *err = NULL;
	char id[ID_LEN];

	volume->name = memory_copy(name);
	volume->labels = labels ? cJSON_Duplicate(labels, true) : cJSON_CreateObject();
	volume->created = clock_wall();
	world_id(id);
	volume->folder = memory_format("%s/volume-%.12s", world->root, id);
	file_make_folder(volume->folder, &err);
	list_append(&world->volumes, &volume->link);
	feed_tell(world, &(struct feed_event){
				 .type = "volume", .action = "create", .id = name, .name = name});
	return volume;
}

void mount_volumes(struct container *container)
{
	char id[ID_LEN];

	ARRAY_FOR_EACH (struct mount, mount, &container->mounts) {
		if (text_same(mount->type, "bind"))
			mount->real = memory_copy(mount->source);
		if (!text_same(mount->type, "volume"))
			continue;
		if (!mount->name) {
			world_id(id);
			mount->name = memory_copy(id);
		}
		mount->source = folder_of(mount->name);
		struct volume *volume = find(container->world, mount->name);

		if (!volume)
			volume = make(container->world, mount->name, NULL);
		mount->real = memory_copy(volume->folder);
	}
}

static cJSON *describe(const struct volume *volume)
{
	CLEANUP(memory_free) char *folder = folder_of(volume->name);
	cJSON *json = cJSON_CreateObject();
	char created[40];

	clock_format(volume->created, created);
	cJSON_AddStringToObject(json, "CreatedAt", created);
	cJSON_AddStringToObject(json, "Driver", "local");
	cJSON_AddItemToObject(json, "Labels", cJSON_Duplicate(volume->labels, true));
	cJSON_AddStringToObject(json, "Mountpoint", folder);
	cJSON_AddStringToObject(json, "Name", volume->name);
	cJSON_AddNullToObject(json, "Options");
	cJSON_AddStringToObject(json, "Scope", "local");
	return json;
}

void mount_volume_list(struct call *call)
{
	CLEANUP(json_drop) cJSON *filters = feed_filters(call);
	cJSON *json = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(json, "Volumes");

	LIST_FOR_EACH (struct volume, volume, &call->world->volumes, link)
		if (feed_labels_match(filters, volume->labels) &&
		    feed_any(filters, "name", volume->name))
			cJSON_AddItemToArray(list, describe(volume));
	cJSON_AddNullToObject(json, "Warnings");
	call_json(call, 200, json);
}

static struct volume *named(struct call *call)
{
	struct volume *volume = find(call->world, call->name);

	if (!volume)
		call_error(call, 404, "get %s: no such volume", call->name);
	return volume;
}

void mount_volume_inspect(struct call *call)
{
	struct volume *volume = named(call);

	if (volume)
		call_json(call, 200, describe(volume));
}

/* windows.md 1.3: the names that Windows keeps for devices; the local driver takes no options. */
void mount_volume_create(struct call *call)
{
	static const char *const devices[] = {"con", "prn", "nul", "aux"};
	const char *name = json_string(call->json, "Name");
	const char *driver = json_string(call->json, "Driver");
	const cJSON *options = json_get(call->json, "DriverOpts");
	char id[ID_LEN];

	world_id(id);
	name = name && *name ? name : id;
	for (size_t i = 0; i < ARRAY_LEN(devices); i++)
		if (text_same_nocase(name, devices[i])) {
			call_error(call, 400, "volume name is invalid: \"%s\" is a reserved name",
				   name);
			return;
		}
	if (driver && *driver && !text_same(driver, "local")) {
		call_error(call, 404, "error looking up volume plugin %s: plugin \"%s\" not found",
			   driver, driver);
		return;
	}
	if (options && options->child) {
		call_error(call, 400, "create %s: options are not supported on this platform",
			   name);
		return;
	}
	struct volume *volume = find(call->world, name);

	if (!volume)
		volume = make(call->world, name, json_get(call->json, "Labels"));
	call_json(call, 201, describe(volume));
}

void mount_volume_remove(struct call *call)
{
	struct volume *volume = named(call);

	if (!volume)
		return;
	LIST_FOR_EACH (struct container, container, &call->world->containers, link)
		ARRAY_FOR_EACH (struct mount, mount, &container->mounts)
			if (text_same(mount->name, volume->name)) {
				call_error(call, 409, "remove %s: volume is in use - [%s]",
					   volume->name, container->id);
				return;
			}
	feed_tell(call->world, &(struct feed_event){.type = "volume",
						    .action = "destroy",
						    .id = volume->name,
						    .name = volume->name});
	list_unlink(&volume->link);
	cJSON_Delete(volume->labels);
	free(volume->folder);
	free(volume->name);
	free(volume);
	call_empty(call, 204);
}
