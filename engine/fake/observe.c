/* SPDX-License-Identifier: MIT */
/* observe -- what an engine tells of what it has */
#include "engine/fake/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- host */

static void host_fill(struct fake_world *world, struct engine_host *host, const char *address)
{
	bool is_windows = text_same(world->os_type, "windows");

	engine_host_drop(host);
	host->driver = memory_copy("fake");
	host->id = memory_copy(world->id);
	host->address = memory_copy(address);
	host->version = memory_copy("25.0.0");
	host->api_version = memory_copy("1.44");
	host->os_type = memory_copy(world->os_type);
	host->os_version = memory_copy(world->os_version);
	host->operating_system = memory_copy("an engine in memory");
	host->architecture = memory_copy("amd64");
	if (is_windows)
		host->isolation = memory_copy(world->isolation ? world->isolation : "process");
	host->is_server = is_windows && !world->options.is_client;
	host->cpus = 2;
	host->memory = INT64_C(8) << 30;
	host->capabilities = world->options.capabilities;
}

/* --- containers */

static const char *age(int64_t ns, char out[static 32])
{
	static const struct {
		int64_t seconds;
		const char *word;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	int64_t seconds = ns / (int64_t)CLOCK_SECOND;

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		int64_t count = seconds / units[i].seconds;
		if (!count)
			continue;
		snprintf(out, 32, "%lld %s%s", (long long)count, units[i].word,
			 count == 1 ? "" : "s");
		return out;
	}
	return "Less than a second";
}

static void set_status(struct box *box)
{
	struct container *seen = &box->seen;
	int64_t now = fake_wall(box->world);
	char buffer[32];
	const char *health = "";

	free(seen->status);
	switch (seen->state) {
	case CONTAINER_CREATED:
		seen->status = memory_copy("Created");
		break;
	case CONTAINER_RUNNING:
		if (box->health.has)
			health = seen->health == HEALTH_STARTING  ? " (health: starting)"
				 : seen->health == HEALTH_HEALTHY ? " (healthy)"
								  : " (unhealthy)";
		seen->status = memory_format("Up %s%s", age(now - seen->started, buffer), health);
		break;
	case CONTAINER_PAUSED:
		seen->status = memory_format("Up %s (Paused)", age(now - seen->started, buffer));
		break;
	case CONTAINER_RESTARTING:
		seen->status = memory_format("Restarting (%lld) %s ago", (long long)seen->exit_code,
					     age(now - seen->finished, buffer));
		break;
	default:
		seen->status = memory_format("Exited (%lld) %s ago", (long long)seen->exit_code,
					     age(now - seen->finished, buffer));
		break;
	}
}

/* What only an inspect tells is taken off a list. */
static void add_container(struct observed *observed, struct box *box, const struct filter *filter)
{
	struct container *to = array_add(&observed->containers);

	set_status(box);
	container_copy(to, &box->seen);
	if (filter->inspect)
		return;
	to->started = to->finished = 0;
	to->restart_count = 0;
	to->oom_killed = to->has_healthcheck = to->tty = false;
	memory_free(&to->error);
	memory_free(&to->health_output);
	if (!filter->origin)
		fake_labels_drop(&to->image_labels);
	if (to->state != CONTAINER_RUNNING)
		to->health = HEALTH_NONE;
	ARRAY_FOR_EACH (struct container_network, network, &to->networks)
		memory_free_vector(&network->aliases);
}

static bool is_project(const struct labels *labels, const char *project)
{
	return !project || text_same(labels_get(labels, "com.docker.compose.project"), project);
}

static int by_name(const void *a, const void *b)
{
	const struct container *one = a;
	const struct container *other = b;

	return strcmp(one->name, other->name);
}

static void list_containers(struct request *request)
{
	const struct filter *filter = &request->filter;
	struct observed *observed = &request->observed;

	LIST_FOR_EACH (struct box, box, &request->world->boxes, link) {
		if (is_project(&box->seen.labels, filter->project))
			add_container(observed, box, filter);
	}
	if (observed->containers.len)
		qsort(observed->containers.items, observed->containers.len,
		      sizeof(*observed->containers.items), by_name);
}

static bool is_named(char *const *names, const char *name)
{
	for (; names && *names; names++) {
		if (text_same(*names, name))
			return true;
	}
	return false;
}

static void list_objects(struct request *request)
{
	const struct filter *filter = &request->filter;
	struct fake_world *world = request->world;
	struct observed *observed = &request->observed;

	LIST_FOR_EACH (struct network_entry, entry, &world->networks, link) {
		const struct engine_network *network = &entry->network;
		if ((filter->networks && is_project(&network->labels, filter->project)) ||
		    is_named(filter->network_names, network->name))
			fake_network_copy(array_add(&observed->networks), network);
	}
	LIST_FOR_EACH (struct volume_entry, entry, &world->volumes, link) {
		const struct engine_volume *volume = &entry->volume;
		if ((filter->volumes && is_project(&volume->labels, filter->project)) ||
		    is_named(filter->volume_names, volume->name))
			fake_volume_copy(array_add(&observed->volumes), volume);
	}
	for (char **name = filter->images; name && *name; name++) {
		if (fake_image_there(world, *name))
			fake_image_copy(array_add(&observed->images),
					&fake_image_find(world, *name)->image);
	}
}

int fake_observe(struct request *request, struct error **err)
{
	struct fake_world *world = request->world;
	struct box *box;
	int status;

	switch (request->call) {
	case CALL_HOST:
		if (request->handle && !request->kept) {
			struct engine *engine = &request->handle->engine;
			host_fill(world, &engine->host, engine->address);
			engine->host_known = true;
		}
		return 0;
	case CALL_LIST:
		if (request->filter.containers)
			list_containers(request);
		list_objects(request);
		return 0;
	case CALL_INSPECT:
		status = fake_box_need(world, request->subject, &box, err);
		if (status)
			return status;
		set_status(box);
		container_copy(&request->container, &box->seen);
		return 0;
	default:
		request->has_image = fake_image_there(world, request->subject);
		if (request->has_image)
			fake_image_copy(&request->image,
					&fake_image_find(world, request->subject)->image);
		return 0;
	}
}
