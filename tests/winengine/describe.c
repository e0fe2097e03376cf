/* SPDX-License-Identifier: MIT */
#include "tests/winengine/container.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "tests/winengine/feed.h"
#include "tests/winengine/mount.h"
#include "tests/winengine/process.h"

/* container's words for the API: inspect and list. */

static const char *const state_names[] = {
	[STATE_CREATED] = "created",       [STATE_RUNNING] = "running", [STATE_PAUSED] = "paused",
	[STATE_RESTARTING] = "restarting", [STATE_EXITED] = "exited",
};

const char *container_state(const struct container *container)
{
	return state_names[container->state];
}

static void add_time(cJSON *json, const char *key, int64_t time)
{
	char string[40] = "0001-01-01T00:00:00Z"; /* never, to Go */

	if (time)
		clock_format(time, string);
	cJSON_AddStringToObject(json, key, string);
}

static cJSON *describe_state(struct container *container)
{
	cJSON *json = cJSON_CreateObject();
	bool up = container->state == STATE_RUNNING || container->state == STATE_PAUSED ||
		  container->state == STATE_RESTARTING;

	cJSON_AddStringToObject(json, "Status", container_state(container));
	cJSON_AddBoolToObject(json, "Running", up);
	cJSON_AddBoolToObject(json, "Paused", container->state == STATE_PAUSED);
	cJSON_AddBoolToObject(json, "Restarting", container->state == STATE_RESTARTING);
	cJSON_AddBoolToObject(json, "OOMKilled", false);
	cJSON_AddBoolToObject(json, "Dead", false);
	cJSON_AddNumberToObject(json, "Pid",
				container->process ? process_pid(container->process) : 0);
	/* Of 32 bits without a sign: windows.md 1.5. */
	cJSON_AddNumberToObject(json, "ExitCode", (double)container->exit_code);
	cJSON_AddStringToObject(json, "Error", container->error ? container->error : "");
	add_time(json, "StartedAt", container->started);
	add_time(json, "FinishedAt", container->finished);
	if (health_exists(container))
		cJSON_AddItemToObject(json, "Health", health_describe(&container->health));
	return json;
}

static cJSON *describe_endpoint(const struct endpoint *endpoint)
{
	cJSON *json = cJSON_Duplicate(endpoint->asked, true);

	if (!json_get(json, "Aliases"))
		cJSON_AddNullToObject(json, "Aliases");
	cJSON_DeleteItemFromObjectCaseSensitive(json, "MacAddress");
	cJSON_AddStringToObject(json, "MacAddress", endpoint->mac);
	cJSON_AddStringToObject(json, "NetworkID", endpoint->network->id);
	cJSON_AddStringToObject(json, "EndpointID", endpoint->id);
	cJSON_AddStringToObject(json, "Gateway", "");
	cJSON_AddStringToObject(json, "IPAddress", endpoint->address);
	cJSON_AddNumberToObject(json, "IPPrefixLen",
				endpoint->address[0] ? endpoint->network->prefix : 0);
	cJSON_AddStringToObject(json, "GlobalIPv6Address", "");
	return json;
}

static cJSON *describe_networks(const struct container *container)
{
	cJSON *json = cJSON_CreateObject();

	ARRAY_FOR_EACH (struct endpoint, endpoint, &container->endpoints)
		cJSON_AddItemToObject(json, endpoint->network->name, describe_endpoint(endpoint));
	return json;
}

static cJSON *describe_ports(const struct container *container)
{
	cJSON *json = cJSON_CreateObject();
	const cJSON *exposed;

	ARRAY_FOR_EACH (struct port, port, &container->ports) {
		CLEANUP(memory_free)
		char *key = memory_format("%u/%s", port->target, port->protocol);
		CLEANUP(memory_free) char *number = memory_format("%u", port->published);
		cJSON *list = cJSON_GetObjectItemCaseSensitive(json, key);
		cJSON *binding = cJSON_CreateObject();

		cJSON_AddStringToObject(binding, "HostIp", "0.0.0.0");
		cJSON_AddStringToObject(binding, "HostPort", number);
		cJSON_AddItemToArray(list ? list : cJSON_AddArrayToObject(json, key), binding);
	}
	cJSON_ArrayForEach (exposed, json_get(container->config, "ExposedPorts"))
		if (container->process && !cJSON_GetObjectItemCaseSensitive(json, exposed->string))
			cJSON_AddNullToObject(json, exposed->string);
	return json;
}

static cJSON *describe_mounts(const struct container *container)
{
	cJSON *list = cJSON_CreateArray();

	ARRAY_FOR_EACH (struct mount, mount, &container->mounts) {
		cJSON *json = cJSON_CreateObject();

		cJSON_AddStringToObject(json, "Type", mount->type);
		json_set_string(json, "Name", mount->name);
		cJSON_AddStringToObject(json, "Source", mount->source ? mount->source : "");
		cJSON_AddStringToObject(json, "Destination", mount->target);
		json_set_string(json, "Driver", mount->name ? "local" : NULL);
		cJSON_AddStringToObject(json, "Mode", "");
		cJSON_AddBoolToObject(json, "RW", !mount->read_only);
		cJSON_AddStringToObject(json, "Propagation", "");
		cJSON_AddItemToArray(list, json);
	}
	return list;
}

/* Entrypoint, then Cmd. */
static void add_command(cJSON *json, const struct container *container)
{
	cJSON *arguments = cJSON_CreateArray();
	const char *const keys[] = {"Entrypoint", "Cmd"};
	const char *path = NULL;
	const cJSON *item;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		cJSON_ArrayForEach (item, json_get(container->config, keys[i])) {
			if (!path)
				path = item->valuestring;
			else
				cJSON_AddItemToArray(arguments, cJSON_Duplicate(item, true));
		}
	cJSON_AddStringToObject(json, "Path", path ? path : "");
	cJSON_AddItemToObject(json, "Args", arguments);
}

void container_inspect(struct call *call)
{
	struct container *container = container_named(call);
	cJSON *json, *settings;

	if (!container)
		return;
	CLEANUP(memory_free) char *name = memory_format("/%s", container->name);

	json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "Id", container->id);
	add_time(json, "Created", container->created);
	add_command(json, container);
	cJSON_AddItemToObject(json, "State", describe_state(container));
	cJSON_AddStringToObject(json, "Image", container->image->id);
	cJSON_AddStringToObject(json, "Name", name);
	cJSON_AddNumberToObject(json, "RestartCount", container->restarts);
	cJSON_AddStringToObject(json, "Driver", "windowsfilter");
	cJSON_AddStringToObject(json, "Platform", "windows");
	cJSON_AddItemToObject(json, "HostConfig", cJSON_Duplicate(container->host, true));
	cJSON_AddItemToObject(json, "Mounts", describe_mounts(container));
	cJSON_AddItemToObject(json, "Config", cJSON_Duplicate(container->config, true));
	settings = cJSON_AddObjectToObject(json, "NetworkSettings");
	cJSON_AddItemToObject(settings, "Ports", describe_ports(container));
	cJSON_AddItemToObject(settings, "Networks", describe_networks(container));
	call_json(call, 200, json);
}

/* --- list */

/* "Up 2 seconds (healthy)", "Exited (0) 1 second ago": moby's words. */
static char *status_of(const struct container *container)
{
	static const char *const health_words[] = {"", " (health: starting)", " (healthy)",
						   " (unhealthy)"};
	long long age = (long long)((clock_wall() - (container->process ? container->started
									: container->finished)) /
				    (int64_t)CLOCK_SECOND);

	switch (container->state) {
	case STATE_CREATED:
		return memory_copy("Created");
	case STATE_RUNNING:
		return memory_format("Up %lld seconds%s", age,
				     health_words[container->health.status]);
	case STATE_PAUSED:
		return memory_format("Up %lld seconds (Paused)", age);
	case STATE_RESTARTING:
		return memory_format("Restarting (%lld) %lld seconds ago",
				     (long long)container->exit_code, age);
	case STATE_EXITED:
		break;
	}
	return memory_format("Exited (%lld) %lld seconds ago", (long long)container->exit_code,
			     age);
}

static cJSON *list_ports(const struct container *container)
{
	cJSON *list = cJSON_CreateArray();

	ARRAY_FOR_EACH (struct port, port, &container->ports) {
		cJSON *json = cJSON_CreateObject();

		cJSON_AddStringToObject(json, "IP", "0.0.0.0");
		cJSON_AddNumberToObject(json, "PrivatePort", port->target);
		cJSON_AddNumberToObject(json, "PublicPort", port->published);
		cJSON_AddStringToObject(json, "Type", port->protocol);
		cJSON_AddItemToArray(list, json);
	}
	return list;
}

static char *command_of(const struct container *container)
{
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();
	CLEANUP(text_drop) struct text text = {0};
	const cJSON *item;

	add_command(json, container);
	text_add(&text, json_string(json, "Path"));
	cJSON_ArrayForEach (item, json_get(json, "Args"))
		text_printf(&text, " %s", item->valuestring);
	return text_steal(&text);
}

static cJSON *list_entry(const struct container *container)
{
	CLEANUP(memory_free) char *name = memory_format("/%s", container->name);
	CLEANUP(memory_free) char *status = status_of(container);
	CLEANUP(memory_free) char *command = command_of(container);
	cJSON *json = cJSON_CreateObject();
	cJSON *settings;

	cJSON_AddStringToObject(json, "Id", container->id);
	cJSON_AddItemToObject(json, "Names", json_strings((const char *const[]){name, NULL}));
	cJSON_AddStringToObject(json, "Image", json_string(container->config, "Image"));
	cJSON_AddStringToObject(json, "ImageID", container->image->id);
	cJSON_AddStringToObject(json, "Command", command);
	cJSON_AddNumberToObject(json, "Created",
				(double)(container->created / (int64_t)CLOCK_SECOND));
	cJSON_AddItemToObject(json, "Ports", list_ports(container));
	cJSON_AddItemToObject(json, "Labels",
			      cJSON_Duplicate(json_get(container->config, "Labels"), true));
	cJSON_AddStringToObject(json, "State", container_state(container));
	cJSON_AddStringToObject(json, "Status", status);
	cJSON_AddStringToObject(cJSON_AddObjectToObject(json, "HostConfig"), "NetworkMode",
				json_string(container->host, "NetworkMode"));
	settings = cJSON_AddObjectToObject(json, "NetworkSettings");
	cJSON_AddItemToObject(settings, "Networks", describe_networks(container));
	cJSON_AddItemToObject(json, "Mounts", describe_mounts(container));
	return json;
}

void container_list(struct call *call)
{
	CLEANUP(json_drop) cJSON *filters = feed_filters(call);
	bool all = call_flag(call, "all") || json_get(filters, "status");
	cJSON *list = cJSON_CreateArray();

	LIST_FOR_EACH (struct container, container, &call->world->containers, link) {
		bool up = container->process || container->state == STATE_RESTARTING;

		if ((up || all) &&
		    feed_labels_match(filters, json_get(container->config, "Labels")) &&
		    feed_any(filters, "status", container_state(container)) &&
		    feed_any(filters, "name", container->name) &&
		    feed_any(filters, "id", container->id))
			/* The newest first. */
			cJSON_InsertItemInArray(list, 0, list_entry(container));
	}
	call_json(call, 200, list);
}
