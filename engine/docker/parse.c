/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"

static char *copy_of(const cJSON *object, const char *key)
{
	const char *string = json_string(object, key);

	/* The API writes absent strings as empty ones. */
	return string && *string ? memory_copy(string) : NULL;
}

static int64_t time_of(const cJSON *object, const char *key)
{
	const char *string = json_string(object, key);
	int64_t time = 0;

	/* "0001-01-01T00:00:00Z" says never, and is no time to us. */
	return string && clock_parse(string, &time) ? time : 0;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->key, ((const struct label *)b)->key);
}

void docker_parse_labels(const cJSON *json, struct labels *labels)
{
	const cJSON *item = NULL;

	cJSON_ArrayForEach (item, json) {
		const char *value = cJSON_GetStringValue(item);

		if (item->string && value)
			*array_add(labels) =
				(struct label){memory_copy(item->string), memory_copy(value)};
	}
	if (labels->len > 1)
		qsort(labels->items, labels->len, sizeof(*labels->items), by_key);
}

/* --- states */

enum container_state docker_parse_state(const char *state)
{
	for (int i = CONTAINER_CREATED; i <= CONTAINER_DEAD; i++)
		if (text_same(state, container_state_name(i)))
			return i;
	return CONTAINER_CREATED;
}

static enum container_health health_of(const char *word)
{
	static const struct {
		const char *word;
		enum container_health health;
	} words[] = {
		{"starting", HEALTH_STARTING},
		{"health: starting", HEALTH_STARTING},
		{"healthy", HEALTH_HEALTHY},
		{"unhealthy", HEALTH_UNHEALTHY},
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (text_same(word, words[i].word))
			return words[i].health;
	return HEALTH_NONE;
}

/* "Exited (137) 2 minutes ago", "Restarting (1) ...", "Up 3 minutes (healthy)", "Up 1 second
 * (health: starting)", "Up 2 hours (Paused)": the words of moby's container/state.go; no other
 * field of a list has them. */
void docker_parse_status(const char *status, struct container *container)
{
	const char *open = status ? strchr(status, '(') : NULL;
	const char *close = open ? strchr(open, ')') : NULL;

	if (!close)
		return;
	CLEANUP(memory_free) char *word = memory_copy_n(open + 1, (size_t)(close - open - 1));

	if (text_starts(status, "Exited") || text_starts(status, "Restarting"))
		container->exit_code = strtoll(word, NULL, 10);
	else if (text_starts(status, "Up"))
		container->health = health_of(word);
}

/* --- parts of containers */

static void parse_networks(const cJSON *json, struct container *container)
{
	const cJSON *item = NULL;

	cJSON_ArrayForEach (item, json) {
		struct container_network *network = array_add(&container->networks);

		network->name = memory_copy(item->string);
		network->id = copy_of(item, "NetworkID");
		network->address = copy_of(item, "IPAddress");
		network->address6 = copy_of(item, "GlobalIPv6Address");
		network->aliases = json_vector(json_get(item, "Aliases"));
	}
}

static void parse_mounts(const cJSON *json, struct container *container)
{
	const cJSON *item = NULL;

	cJSON_ArrayForEach (item, json) {
		struct container_mount *mount = array_add(&container->mounts);
		const cJSON *writable = json_get(item, "RW");

		mount->type = copy_of(item, "Type");
		mount->name = copy_of(item, "Name");
		mount->source = copy_of(item, "Source");
		mount->target = copy_of(item, "Destination");
		mount->read_only = cJSON_IsFalse(writable);
	}
}

static void parse_ports(const cJSON *json, struct container *container)
{
	const cJSON *item = NULL;

	cJSON_ArrayForEach (item, json) {
		struct container_port *port = array_add(&container->ports);

		port->ip = copy_of(item, "IP");
		port->published = (unsigned)json_int(item, "PublicPort", 0);
		port->target = (unsigned)json_int(item, "PrivatePort", 0);
		port->protocol = copy_of(item, "Type");
	}
}

/* An inspect has {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "81/tcp": null}. */
static void parse_bindings(const cJSON *json, struct container *container)
{
	const cJSON *item = NULL;
	const cJSON *binding = NULL;

	cJSON_ArrayForEach (item, json) {
		unsigned target = (unsigned)strtoul(item->string, NULL, 10);
		const char *slash = strchr(item->string, '/');

		if (cJSON_GetArraySize(item) == 0)
			*array_add(&container->ports) = (struct container_port){
				.target = target,
				.protocol = memory_copy(slash ? slash + 1 : "tcp"),
			};
		cJSON_ArrayForEach (binding, item) {
			const char *port = json_string(binding, "HostPort");

			*array_add(&container->ports) = (struct container_port){
				.ip = copy_of(binding, "HostIp"),
				.published = port ? (unsigned)strtoul(port, NULL, 10) : 0,
				.target = target,
				.protocol = memory_copy(slash ? slash + 1 : "tcp"),
			};
		}
	}
}

/* --- containers */

/* A container that others link to is listed with names of two parts as well. */
static char *own_name(const cJSON *names)
{
	const cJSON *item = NULL;

	cJSON_ArrayForEach (item, names) {
		const char *name = cJSON_GetStringValue(item);

		if (name && name[0] == '/' && !strchr(name + 1, '/'))
			return memory_copy(name + 1);
	}
	return NULL;
}

void docker_parse_listed(const cJSON *json, struct container *container)
{
	container->id = copy_of(json, "Id");
	container->name = own_name(json_get(json, "Names"));
	container->image = copy_of(json, "Image");
	container->image_id = copy_of(json, "ImageID");
	container->command = copy_of(json, "Command");
	container->status = copy_of(json, "Status");
	container->state = docker_parse_state(json_string(json, "State"));
	container->created = json_int(json, "Created", 0) * (int64_t)CLOCK_SECOND;
	docker_parse_status(container->status, container);
	docker_parse_labels(json_get(json, "Labels"), &container->labels);
	parse_ports(json_get(json, "Ports"), container);
	parse_networks(json_path(json, "NetworkSettings.Networks"), container);
	parse_mounts(json_get(json, "Mounts"), container);
}

/* As the list writes it: the program and its arguments, separated by spaces. */
static char *command_of(const cJSON *json)
{
	CLEANUP(text_drop) struct text command = {0};
	const char *path = json_string(json, "Path");
	const cJSON *item = NULL;

	text_add(&command, path ? path : "");
	cJSON_ArrayForEach (item, json_get(json, "Args"))
		if (cJSON_IsString(item))
			text_printf(&command, " %s", item->valuestring);
	return text_steal(&command);
}

static bool has_check(const cJSON *config)
{
	const cJSON *test = json_path(config, "Healthcheck.Test");
	const char *first = cJSON_GetStringValue(cJSON_GetArrayItem(test, 0));

	return first && strcmp(first, "NONE") != 0;
}

static void parse_state(const cJSON *state, struct container *container)
{
	const cJSON *health = json_get(state, "Health");
	const cJSON *log = json_get(health, "Log");
	int checks = cJSON_GetArraySize(log);

	container->state = docker_parse_state(json_string(state, "Status"));
	container->status = copy_of(state, "Status");
	container->exit_code = json_int(state, "ExitCode", 0);
	container->oom_killed = json_bool(state, "OOMKilled");
	container->error = copy_of(state, "Error");
	container->started = time_of(state, "StartedAt");
	container->finished = time_of(state, "FinishedAt");
	container->health = health_of(json_string(health, "Status"));
	/* What stopped keeps its last health; a list says none then. */
	if (container->state != CONTAINER_RUNNING && container->state != CONTAINER_PAUSED)
		container->health = HEALTH_NONE;
	if (checks > 0)
		container->health_output = copy_of(cJSON_GetArrayItem(log, checks - 1), "Output");
}

void docker_parse_inspected(const cJSON *json, struct container *container)
{
	const cJSON *config = json_get(json, "Config");
	const char *name = json_string(json, "Name");

	container->id = copy_of(json, "Id");
	container->name = name ? memory_copy(name[0] == '/' ? name + 1 : name) : NULL;
	container->image = copy_of(config, "Image");
	container->image_id = copy_of(json, "Image");
	container->command = command_of(json);
	container->created = time_of(json, "Created");
	container->restart_count = (int)json_int(json, "RestartCount", 0);
	container->tty = json_bool(config, "Tty");
	container->has_healthcheck = has_check(config);
	docker_parse_labels(json_get(config, "Labels"), &container->labels);
	parse_state(json_get(json, "State"), container);
	parse_bindings(json_path(json, "NetworkSettings.Ports"), container);
	parse_networks(json_path(json, "NetworkSettings.Networks"), container);
	parse_mounts(json_get(json, "Mounts"), container);
}

/* --- the others */

void docker_parse_network(const cJSON *json, struct engine_network *network)
{
	const cJSON *pool = NULL;

	network->id = copy_of(json, "Id");
	network->name = copy_of(json, "Name");
	network->driver = copy_of(json, "Driver");
	network->internal = json_bool(json, "Internal");
	network->created = time_of(json, "Created");
	docker_parse_labels(json_get(json, "Labels"), &network->labels);
	cJSON_ArrayForEach (pool, json_path(json, "IPAM.Config")) {
		char *subnet = copy_of(pool, "Subnet");

		if (subnet)
			array_push(&network->subnets, subnet);
	}
}

void docker_parse_volume(const cJSON *json, struct engine_volume *volume)
{
	volume->name = copy_of(json, "Name");
	volume->driver = copy_of(json, "Driver");
	volume->mountpoint = copy_of(json, "Mountpoint");
	docker_parse_labels(json_get(json, "Labels"), &volume->labels);
}

static char **keys_of(const cJSON *object)
{
	const cJSON *item = NULL;
	size_t count = 0;

	if (cJSON_GetArraySize(object) == 0)
		return NULL;
	char **keys = memory_zero((size_t)cJSON_GetArraySize(object) + 1, sizeof(*keys));

	cJSON_ArrayForEach (item, object)
		keys[count++] = memory_copy(item->string);
	return keys;
}

void docker_parse_image(const cJSON *json, struct image *image)
{
	const cJSON *config = json_get(json, "Config");

	image->id = copy_of(json, "Id");
	image->tags = json_vector(json_get(json, "RepoTags"));
	image->digests = json_vector(json_get(json, "RepoDigests"));
	image->os = copy_of(json, "Os");
	image->os_version = copy_of(json, "OsVersion");
	image->architecture = copy_of(json, "Architecture");
	image->size = json_int(json, "Size", 0);
	image->created = time_of(json, "Created");
	image->tagged = time_of(json_get(json, "Metadata"), "LastTagTime");
	image->command = json_vector(json_get(config, "Cmd"));
	image->entrypoint = json_vector(json_get(config, "Entrypoint"));
	image->volumes = keys_of(json_get(config, "Volumes"));
	image->has_healthcheck = has_check(config);
	docker_parse_labels(json_get(config, "Labels"), &image->labels);
}
