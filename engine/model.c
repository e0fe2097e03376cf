/* SPDX-License-Identifier: MIT */
#include "engine/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* --- labels */

/* The place of key: the first that is not less. */
static size_t place(const struct labels *labels, const char *key)
{
	size_t low = 0;
	size_t high = labels->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(labels->items[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *labels_get(const struct labels *labels, const char *key)
{
	size_t i = place(labels, key);

	return i < labels->len && strcmp(labels->items[i].key, key) == 0 ? labels->items[i].value
									 : NULL;
}

void labels_set(struct labels *labels, const char *key, const char *value)
{
	size_t i = place(labels, key);

	if (i < labels->len && strcmp(labels->items[i].key, key) == 0) {
		labels->items[i].value = value;
		return;
	}
	array_add(labels);
	memmove(labels->items + i + 1, labels->items + i,
		(labels->len - 1 - i) * sizeof(*labels->items));
	labels->items[i] = (struct label){key, value};
}

/* Of labels that own their strings. */
static void labels_drop(struct labels *labels)
{
	ARRAY_FOR_EACH (struct label, label, labels) {
		free((char *)label->key);
		free((char *)label->value);
	}
	array_drop(labels);
}

static void labels_copy(struct labels *to, const struct labels *from)
{
	ARRAY_FOR_EACH (struct label, label, from)
		array_push(to,
			   ((struct label){memory_copy(label->key), memory_copy(label->value)}));
}

/* --- names */

const char *container_state_name(enum container_state state)
{
	static const char *const names[] = {
		[CONTAINER_CREATED] = "created",   [CONTAINER_RUNNING] = "running",
		[CONTAINER_PAUSED] = "paused",     [CONTAINER_RESTARTING] = "restarting",
		[CONTAINER_REMOVING] = "removing", [CONTAINER_EXITED] = "exited",
		[CONTAINER_DEAD] = "dead",
	};

	return names[state];
}

const char *container_health_name(enum container_health health)
{
	static const char *const names[] = {
		[HEALTH_NONE] = "",
		[HEALTH_STARTING] = "starting",
		[HEALTH_HEALTHY] = "healthy",
		[HEALTH_UNHEALTHY] = "unhealthy",
	};

	return names[health];
}

/* --- drop */

static void network_drop(struct container_network *network)
{
	free(network->name);
	free(network->id);
	free(network->address);
	free(network->address6);
	memory_free_vector(&network->aliases);
}

static void mount_drop(struct container_mount *mount)
{
	free(mount->type);
	free(mount->name);
	free(mount->source);
	free(mount->target);
}

void container_drop(struct container *container)
{
	free(container->id);
	free(container->name);
	free(container->image);
	free(container->image_id);
	free(container->command);
	free(container->status);
	free(container->error);
	free(container->health_output);
	labels_drop(&container->labels);
	labels_drop(&container->image_labels);
	ARRAY_FOR_EACH (struct container_port, port, &container->ports) {
		free(port->ip);
		free(port->protocol);
	}
	ARRAY_FOR_EACH (struct container_network, network, &container->networks)
		network_drop(network);
	ARRAY_FOR_EACH (struct container_mount, mount, &container->mounts)
		mount_drop(mount);
	array_drop(&container->ports);
	array_drop(&container->networks);
	array_drop(&container->mounts);
	*container = (struct container){0};
}

void engine_network_drop(struct engine_network *network)
{
	free(network->id);
	free(network->name);
	free(network->driver);
	labels_drop(&network->labels);
	ARRAY_FOR_EACH (char *, subnet, &network->subnets)
		free(*subnet);
	array_drop(&network->subnets);
	*network = (struct engine_network){0};
}

void engine_volume_drop(struct engine_volume *volume)
{
	free(volume->name);
	free(volume->driver);
	free(volume->mountpoint);
	labels_drop(&volume->labels);
	*volume = (struct engine_volume){0};
}

void image_drop(struct image *image)
{
	free(image->id);
	memory_free_vector(&image->tags);
	memory_free_vector(&image->digests);
	free(image->os);
	free(image->os_version);
	free(image->architecture);
	memory_free_vector(&image->command);
	memory_free_vector(&image->entrypoint);
	memory_free_vector(&image->volumes);
	labels_drop(&image->labels);
	*image = (struct image){0};
}

void observed_drop(struct observed *observed)
{
	ARRAY_FOR_EACH (struct container, container, &observed->containers)
		container_drop(container);
	ARRAY_FOR_EACH (struct engine_network, network, &observed->networks)
		engine_network_drop(network);
	ARRAY_FOR_EACH (struct engine_volume, volume, &observed->volumes)
		engine_volume_drop(volume);
	ARRAY_FOR_EACH (struct image, image, &observed->images)
		image_drop(image);
	array_drop(&observed->containers);
	array_drop(&observed->networks);
	array_drop(&observed->volumes);
	array_drop(&observed->images);
	*observed = (struct observed){0};
}

void engine_host_drop(struct engine_host *host)
{
	free(host->driver);
	free(host->id);
	free(host->address);
	free(host->version);
	free(host->api_version);
	free(host->os_type);
	free(host->os_version);
	free(host->operating_system);
	free(host->architecture);
	free(host->isolation);
	*host = (struct engine_host){0};
}

/* --- copy */

/* The strings and arrays of to are those of from until they are copied, one after the other. */
void container_copy(struct container *to, const struct container *from)
{
	*to = *from;
	to->id = memory_copy(from->id);
	to->name = memory_copy(from->name);
	to->image = memory_copy(from->image);
	to->image_id = memory_copy(from->image_id);
	to->command = memory_copy(from->command);
	to->status = memory_copy(from->status);
	to->error = memory_copy(from->error);
	to->health_output = memory_copy(from->health_output);
	to->labels = (struct labels){0};
	labels_copy(&to->labels, &from->labels);
	to->image_labels = (struct labels){0};
	labels_copy(&to->image_labels, &from->image_labels);
	memset(&to->ports, 0, sizeof(to->ports));
	ARRAY_FOR_EACH (struct container_port, port, &from->ports)
		array_push(&to->ports, ((struct container_port){
					       .ip = memory_copy(port->ip),
					       .published = port->published,
					       .target = port->target,
					       .protocol = memory_copy(port->protocol),
				       }));
	memset(&to->networks, 0, sizeof(to->networks));
	ARRAY_FOR_EACH (struct container_network, network, &from->networks)
		array_push(&to->networks, ((struct container_network){
						  .name = memory_copy(network->name),
						  .id = memory_copy(network->id),
						  .address = memory_copy(network->address),
						  .address6 = memory_copy(network->address6),
						  .aliases = memory_copy_vector(
							  (const char *const *)network->aliases),
					  }));
	memset(&to->mounts, 0, sizeof(to->mounts));
	ARRAY_FOR_EACH (struct container_mount, mount, &from->mounts)
		array_push(&to->mounts, ((struct container_mount){
						.type = memory_copy(mount->type),
						.name = memory_copy(mount->name),
						.source = memory_copy(mount->source),
						.target = memory_copy(mount->target),
						.read_only = mount->read_only,
					}));
}
