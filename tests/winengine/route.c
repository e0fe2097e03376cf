/* SPDX-License-Identifier: MIT */
#include "tests/winengine/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/winengine/archive.h"
#include "tests/winengine/attach.h"
#include "tests/winengine/container.h"
#include "tests/winengine/exec.h"
#include "tests/winengine/feed.h"
#include "tests/winengine/host.h"
#include "tests/winengine/image.h"
#include "tests/winengine/life.h"
#include "tests/winengine/mount.h"
#include "tests/winengine/nat.h"
#include "tests/winengine/shape.h"
#include "tests/winengine/world.h"

static void ping(struct call *call)
{
	call_bytes(call, 200, "Content-Type: text/plain; charset=utf-8\r\n", "OK", 2);
}

static void version(struct call *call)
{
	call_json(call, 200, host_version(&call->world->host));
}

static void info(struct call *call)
{
	cJSON *json = host_info(&call->world->host);
	unsigned containers = 0, running = 0, images = 0;

	LIST_FOR_EACH (struct container, container, &call->world->containers, link) {
		containers++;
		running += container->process != NULL;
	}
	LIST_FOR_EACH (struct image, image, &call->world->images, link)
		images += !image->absent;
	cJSON_AddStringToObject(json, "ID", call->world->id);
	cJSON_AddNumberToObject(json, "Containers", containers);
	cJSON_AddNumberToObject(json, "ContainersRunning", running);
	cJSON_AddNumberToObject(json, "ContainersStopped", containers - running);
	cJSON_AddNumberToObject(json, "Images", images);
	call_json(call, 200, json);
}

/* --- for the test that drives it: nothing of a daemon's */

static void set_fault(struct call *call)
{
	struct fault *fault = &call->world->fault;
	const char *code = call_query(call, "code");

	free(fault->what);
	fault->what = memory_copy(call_query(call, "what"));
	fault->code = strtoul(code ? code : "0", NULL, 0);
	fault->left = (unsigned)call_number(call, "count", 1);
	call_empty(call, 204);
}

static void end(struct call *call)
{
	struct world *world = call->world;

	call_empty(call, 204);
	uv_stop(world->loop);
}

/* --- the table */

static const struct route {
	const char *method, *path; /* {} is the name */
	void (*answer)(struct call *call);
	const char *query; /* the keys that may be there */
	const struct shape *shape;
} routes[] = {
	{"GET", "_ping", ping, "", NULL},
	{"HEAD", "_ping", ping, "", NULL},
	{"GET", "version", version, "", NULL},
	{"GET", "info", info, "", NULL},
	{"GET", "events", feed_events, "since until filters", NULL},

	{"GET", "images/json", image_list, "all filters digests shared-size", NULL},
	{"POST", "images/create", image_pull, "fromImage tag platform", NULL},
	{"GET", "images/{}/json", image_inspect, "", NULL},
	{"DELETE", "images/{}", image_remove, "force noprune", NULL},

	{"GET", "networks", nat_list, "filters", NULL},
	{"POST", "networks/create", nat_create, "", shape_network},
	{"GET", "networks/{}", nat_inspect, "", NULL},
	{"DELETE", "networks/{}", nat_remove, "", NULL},
	{"POST", "networks/{}/connect", nat_connect, "", shape_connect},
	{"POST", "networks/{}/disconnect", nat_disconnect, "", shape_disconnect},

	{"GET", "volumes", mount_volume_list, "filters", NULL},
	{"POST", "volumes/create", mount_volume_create, "", shape_volume},
	{"GET", "volumes/{}", mount_volume_inspect, "", NULL},
	{"DELETE", "volumes/{}", mount_volume_remove, "force", NULL},

	{"GET", "containers/json", container_list, "all filters limit size", NULL},
	{"POST", "containers/create", container_create, "name platform", shape_container},
	{"GET", "containers/{}/json", container_inspect, "size", NULL},
	{"GET", "containers/{}/logs", container_logs,
	 "stdout stderr follow timestamps since until tail", NULL},
	{"GET", "containers/{}/top", container_top, "ps_args", NULL},
	{"GET", "containers/{}/stats", container_stats, "stream one-shot", NULL},
	{"POST", "containers/{}/update", container_update, "", shape_update},
	{"POST", "containers/{}/rename", container_rename, "name", NULL},
	{"POST", "containers/{}/start", life_start, "", NULL},
	{"POST", "containers/{}/stop", life_stop, "t signal", NULL},
	{"POST", "containers/{}/restart", life_restart, "t signal", NULL},
	{"POST", "containers/{}/kill", life_kill, "signal", NULL},
	{"POST", "containers/{}/pause", life_pause, "", NULL},
	{"POST", "containers/{}/unpause", life_unpause, "", NULL},
	{"POST", "containers/{}/wait", life_wait, "condition", NULL},
	{"DELETE", "containers/{}", life_remove, "force v link", NULL},
	{"POST", "containers/{}/attach", attach_open, "stream stdin stdout stderr logs detachKeys",
	 NULL},
	{"POST", "containers/{}/resize", attach_resize, "h w", NULL},
	{"PUT", "containers/{}/archive", archive_put, "path noOverwriteDirNonDir copyUIDGID", NULL},
	{"GET", "containers/{}/archive", archive_get, "path", NULL},
	{"HEAD", "containers/{}/archive", archive_get, "path", NULL},

	{"POST", "containers/{}/exec", exec_create, "", shape_exec},
	{"POST", "exec/{}/start", exec_start, "", shape_exec_start},
	{"POST", "exec/{}/resize", exec_resize, "h w", NULL},
	{"GET", "exec/{}/json", exec_inspect, "", NULL},

	{"POST", "test/fault", set_fault, "what code count", NULL},
	{"POST", "test/end", end, "", NULL},
};

/* The names of images have slashes, which some clients leave as they are. */
static char *joined(struct call *call, size_t first, size_t last)
{
	CLEANUP(text_drop) struct text name = {0};

	for (size_t i = first; i < last; i++)
		text_printf(&name, "%s%s", i > first ? "/" : "", call->parts.items[i]);
	return text_steal(&name);
}

static bool is_version(const char *part)
{
	return part[0] == 'v' && part[1] == '1' && part[2] == '.';
}

/* Whether the path fits; *name is then what stands for {}, or NULL. */
static bool fits(const struct route *route, struct call *call, char **name)
{
	size_t at = call->parts.len && is_version(call->parts.items[0]);
	const char *path = route->path;

	*name = NULL;
	while (*path) {
		size_t len = strcspn(path, "/");
		size_t after = 0, end = at + 1;

		for (const char *c = path + len; *c; c++)
			after += *c == '/';
		if (at >= call->parts.len)
			break;
		if (strncmp(path, "{}", 2) == 0) {
			if (text_starts(route->path, "images") && call->parts.len > after)
				end = call->parts.len - after;
			if (end <= at)
				break;
			free(*name);
			*name = joined(call, at, end);
		} else if (strlen(call->parts.items[at]) != len ||
			   strncmp(call->parts.items[at], path, len) != 0) {
			break;
		}
		at = end;
		path += len + (path[len] == '/');
	}
	if (!*path && at == call->parts.len)
		return true;
	free(*name);
	*name = NULL;
	return false;
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = strstr(words, word); at; at = strstr(at + 1, word))
		if ((at == words || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

static void check(const struct route *route, struct call *call, struct text *wrong)
{
	MAP_FOR_EACH (entry, &call->query)
		if (!has_word(route->query, entry->key))
			text_printf(wrong, "%s is no key of its query; ", entry->key);
	if (route->answer == archive_put)
		return;
	if (call->body.len && !call->json)
		text_add(wrong, "the body is not called JSON; ");
	shape_check(route->shape, call->json, wrong);
}

void route_answer(struct call *call)
{
	CLEANUP(text_drop) struct text wrong = {0};

	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (!text_same(routes[i].method, call->method) ||
		    !fits(&routes[i], call, &call->name))
			continue;
		check(&routes[i], call, &wrong);
		if (!wrong.len) {
			routes[i].answer(call);
			return;
		}
		world_broken(call->world, "%s %s: %s", call->method, call->target, wrong.data);
		call_error(call, 400, "strict: %s", wrong.data);
		return;
	}
	world_broken(call->world, "%s %s: there is no such request", call->method, call->target);
	call_error(call, 404, "page not found");
}
