/* SPDX-License-Identifier: MIT */
/* store -- images, networks and volumes */
#include "engine/fake/world.h"

#include <stdlib.h>
#include <string.h>

/* --- labels that own their strings, sorted by key */

void fake_labels_copy(struct labels *to, const struct labels *from)
{
	for (size_t i = 0; i < from->len; i++) {
		size_t at = 0;
		while (at < to->len && strcmp(to->items[at].key, from->items[i].key) < 0)
			at++;
		if (at < to->len && !strcmp(to->items[at].key, from->items[i].key)) {
			free((char *)to->items[at].value);
		} else {
			(void)*array_add(to);
			memmove(to->items + at + 1, to->items + at,
				(to->len - 1 - at) * sizeof(*to->items));
			to->items[at].key = memory_copy(from->items[i].key);
		}
		to->items[at].value = memory_copy(from->items[i].value);
	}
}

void fake_labels_drop(struct labels *labels)
{
	ARRAY_FOR_EACH (struct label, label, labels) {
		free((char *)label->key);
		free((char *)label->value);
	}
	array_drop(labels);
}

/* --- images */

char *fake_reference(const char *reference)
{
	if (text_starts(reference, "docker.io/"))
		reference += strlen("docker.io/");
	if (text_starts(reference, "library/"))
		reference += strlen("library/");
	const char *last = strrchr(reference, '/');
	last = last ? last : reference;
	return memory_format("%s%s", reference,
			     strchr(last, ':') || strchr(last, '@') ? "" : ":latest");
}

static struct image_entry *image_entry(struct fake_world *world, const char *reference)
{
	char *full = fake_reference(reference);
	struct image_entry *found = NULL;

	LIST_FOR_EACH (struct image_entry, entry, &world->images, link) {
		if (text_same(entry->made.reference, full) || text_same(entry->image.id, reference))
			found = entry;
	}
	free(full);
	return found;
}

struct image_entry *fake_image_find(struct fake_world *world, const char *reference)
{
	struct image_entry *found = image_entry(world, reference);

	if (!found && world->options.any_image && *reference &&
	    !text_starts(reference, "sha256:")) {
		fake_image_add(world, reference);
		found = image_entry(world, reference);
	}
	return found;
}

bool fake_image_there(struct fake_world *world, const char *reference)
{
	struct image_entry *found = fake_image_find(world, reference);

	return found && found->pulled;
}

void fake_image_drop(struct image_entry *entry)
{
	list_unlink(&entry->link);
	free((char *)entry->made.reference);
	memory_free_vector((char ***)&entry->made.healthcheck);
	free(entry->stop_signal);
	image_drop(&entry->image);
	free(entry);
}

static bool is_used(struct fake_world *world, const struct image_entry *entry, bool running)
{
	LIST_FOR_EACH (struct box, box, &world->boxes, link) {
		if (box->image == entry && (!running || fake_box_runs(box)))
			return true;
	}
	return false;
}

/* What a container was made of stays when its tag moves on, without a name. */
static void forget_tag(struct fake_world *world, struct image_entry *entry)
{
	if (!is_used(world, entry, false)) {
		fake_image_drop(entry);
		return;
	}
	free((char *)entry->made.reference);
	entry->made.reference = NULL;
	memory_free_vector(&entry->image.tags);
}

void fake_image(struct fake_world *world, const struct fake_image *made)
{
	struct image_entry *old = image_entry(world, made->reference);
	struct image_entry *entry = memory_zero(1, sizeof(*entry));
	struct image *image = &entry->image;
	char *id = fake_new_id(world);

	if (old)
		forget_tag(world, old);
	entry->made = *made;
	entry->made.reference = fake_reference(made->reference);
	entry->made.healthcheck = (const char *const *)memory_copy_vector(made->healthcheck);
	entry->stop_signal = memory_copy(made->stop_signal);
	entry->pulled = !made->absent && !made->unknown;
	image->id = memory_format("sha256:%s", id);
	image->tags = memory_copy_vector((const char *[]){entry->made.reference, NULL});
	char *colon = strrchr(entry->made.reference, ':');
	char *digest = memory_format("%.*s@sha256:%s", (int)(colon - entry->made.reference),
				     entry->made.reference, id);
	image->digests = memory_copy_vector((const char *[]){digest, NULL});
	free(digest);
	free(id);
	image->os = memory_copy(world->os_type);
	image->os_version = memory_copy(made->os_version);
	image->architecture = memory_copy("amd64");
	image->size = 4 << 20;
	image->created = fake_wall(world);
	image->tagged = made->tagged ? made->tagged : fake_wall(world);
	image->command = memory_copy_vector(made->command);
	image->volumes = memory_copy_vector(made->volumes);
	image->has_healthcheck = made->healthcheck != NULL;
	for (const char *const *label = made->labels; label && *label; label += 2) {
		struct label one = {label[0], label[1]};
		fake_labels_copy(&image->labels, &(struct labels){&one, 1, 1});
	}
	list_append(&world->images, &entry->link);
}

void fake_image_add(struct fake_world *world, const char *reference)
{
	fake_image(world, &(struct fake_image){.reference = reference});
}

void fake_image_copy(struct image *to, const struct image *from)
{
	*to = *from;
	to->id = memory_copy(from->id);
	to->tags = memory_copy_vector((const char *const *)from->tags);
	to->digests = memory_copy_vector((const char *const *)from->digests);
	to->os = memory_copy(from->os);
	to->os_version = memory_copy(from->os_version);
	to->architecture = memory_copy(from->architecture);
	to->command = memory_copy_vector((const char *const *)from->command);
	to->entrypoint = memory_copy_vector((const char *const *)from->entrypoint);
	to->volumes = memory_copy_vector((const char *const *)from->volumes);
	to->labels = (struct labels){0};
	fake_labels_copy(&to->labels, &from->labels);
}

int fake_image_gone(struct fake_world *world, const char *reference, bool force, struct error **err)
{
	struct image_entry *entry = image_entry(world, reference);

	if (!entry || !entry->pulled)
		return 0;
	if (is_used(world, entry, true) || (!force && is_used(world, entry, false)))
		return error_set(err, ERROR_CONFLICT,
				 "conflict: unable to remove repository reference \"%s\" (%s): a "
				 "container is using its referenced image",
				 reference,
				 is_used(world, entry, true) ? "cannot be forced" : "must force");
	fake_event_object(world, EVENT_OTHER, "image", "untag", entry->image.id, reference,
			  &entry->image.labels);
	forget_tag(world, entry);
	return 0;
}

/* --- networks */

struct network_entry *fake_network_find(const struct fake_world *world, const char *network)
{
	LIST_FOR_EACH (struct network_entry, entry, &world->networks, link) {
		if (text_same(entry->network.name, network) ||
		    text_same(entry->network.id, network))
			return entry;
	}
	return NULL;
}

struct network_entry *fake_network_new(struct fake_world *world, const struct network_spec *spec)
{
	struct network_entry *entry = memory_zero(1, sizeof(*entry));
	struct engine_network *network = &entry->network;

	list_init(&entry->link);
	entry->number = world->network_count++;
	entry->next_address = 2;
	network->id = fake_new_id(world);
	network->name = memory_copy(spec->name);
	bool is_windows = text_same(world->os_type, "windows");
	network->driver = memory_copy(spec->driver && *spec->driver ? spec->driver
				      : is_windows                  ? "nat"
								    : "bridge");
	network->internal = spec->internal;
	fake_labels_copy(&network->labels, &spec->labels);
	for (size_t i = 0; i < spec->pool_count; i++)
		array_push(&network->subnets, memory_copy(spec->pools[i].subnet));
	if (!spec->pool_count)
		array_push(&network->subnets,
			   memory_format("172.%u.%u.0/24", 17 + entry->number / 256 % 14,
					 entry->number % 256));
	return entry;
}

void fake_network_drop(struct network_entry *entry)
{
	list_unlink(&entry->link);
	engine_network_drop(&entry->network);
	free(entry);
}

void fake_network_copy(struct engine_network *to, const struct engine_network *from)
{
	*to = *from;
	to->id = memory_copy(from->id);
	to->name = memory_copy(from->name);
	to->driver = memory_copy(from->driver);
	to->labels = (struct labels){0};
	fake_labels_copy(&to->labels, &from->labels);
	memset(&to->subnets, 0, sizeof(to->subnets));
	ARRAY_FOR_EACH (char *, subnet, &from->subnets)
		array_push(&to->subnets, memory_copy(*subnet));
}

static bool is_built_in(const char *name)
{
	return text_same(name, "bridge") || text_same(name, "host") || text_same(name, "none") ||
	       text_same(name, "nat");
}

int fake_network_add(struct fake_world *world, struct network_entry *entry, struct error **err)
{
	const char *name = entry->network.name;

	if (!name || !*name)
		return error_set(err, ERROR_INVALID, "network name cannot be empty");
	if (fake_network_find(world, name))
		return error_set(err, ERROR_CONFLICT, "network with name %s already exists", name);
	LIST_FOR_EACH (struct network_entry, other, &world->networks, link) {
		if (other->network.subnets.len && entry->network.subnets.len &&
		    text_same(other->network.subnets.items[0], entry->network.subnets.items[0]))
			return error_set(err, ERROR_CONFLICT,
					 "Pool overlaps with other one on this address space");
	}
	entry->network.created = fake_wall(world);
	list_append(&world->networks, &entry->link);
	fake_note(world, "network create", name, NULL);
	fake_event_object(world, EVENT_OTHER, "network", "create", entry->network.id, name,
			  &entry->network.labels);
	return 0;
}

int fake_network_gone(struct fake_world *world, const char *network, struct error **err)
{
	struct network_entry *entry = fake_network_find(world, network);

	if (!entry)
		return 0;
	const char *name = entry->network.name;
	if (is_built_in(name))
		return error_set(err, ERROR_CONFLICT,
				 "%s is a pre-defined network and cannot be removed", name);
	LIST_FOR_EACH (struct box, box, &world->boxes, link) {
		if (!fake_box_runs(box))
			continue;
		ARRAY_FOR_EACH (struct endpoint, endpoint, &box->endpoints) {
			if (text_same(endpoint->id, entry->network.id))
				return error_set(err, ERROR_CONFLICT,
						 "error while removing network: network %s id %s "
						 "has active endpoints",
						 name, entry->network.id);
		}
	}
	fake_note(world, "network destroy", name, NULL);
	fake_event_object(world, EVENT_NETWORK_DESTROY, "network", "destroy", entry->network.id,
			  name, &entry->network.labels);
	fake_network_drop(entry);
	return 0;
}

bool fake_has_network(const struct fake_world *world, const char *network)
{
	return fake_network_find(world, network) != NULL;
}

void fake_store_open(struct fake_world *world)
{
	static const char *const linux_names[] = {"bridge", "host", "none"};
	static const char *const windows_names[] = {"nat", "none"};
	bool is_windows = text_same(world->os_type, "windows");
	const char *const *names = is_windows ? windows_names : linux_names;

	for (size_t i = 0; i < (is_windows ? ARRAY_LEN(windows_names) : ARRAY_LEN(linux_names));
	     i++) {
		struct network_spec spec = {.name = names[i],
					    .driver = text_same(names[i], "none") ? "null"
										  : names[i]};
		list_append(&world->networks, &fake_network_new(world, &spec)->link);
	}
}

/* --- volumes */

struct volume_entry *fake_volume_find(const struct fake_world *world, const char *volume)
{
	LIST_FOR_EACH (struct volume_entry, entry, &world->volumes, link) {
		if (text_same(entry->volume.name, volume))
			return entry;
	}
	return NULL;
}

struct volume_entry *fake_volume_new(struct fake_world *world, const struct volume_spec *spec)
{
	struct volume_entry *entry = memory_zero(1, sizeof(*entry));

	list_init(&entry->link);
	entry->volume.name =
		spec->name && *spec->name ? memory_copy(spec->name) : fake_new_id(world);
	entry->volume.driver = memory_copy(spec->driver && *spec->driver ? spec->driver : "local");
	entry->volume.mountpoint =
		memory_format("/var/lib/docker/volumes/%s/_data", entry->volume.name);
	fake_labels_copy(&entry->volume.labels, &spec->labels);
	return entry;
}

void fake_volume_drop(struct volume_entry *entry)
{
	list_unlink(&entry->link);
	engine_volume_drop(&entry->volume);
	free(entry);
}

void fake_volume_copy(struct engine_volume *to, const struct engine_volume *from)
{
	to->name = memory_copy(from->name);
	to->driver = memory_copy(from->driver);
	to->mountpoint = memory_copy(from->mountpoint);
	to->labels = (struct labels){0};
	fake_labels_copy(&to->labels, &from->labels);
}

/* One of that name that is there stays as it is, as dockerd has it. */
void fake_volume_add(struct fake_world *world, struct volume_entry *entry)
{
	if (fake_volume_find(world, entry->volume.name)) {
		fake_volume_drop(entry);
		return;
	}
	list_append(&world->volumes, &entry->link);
	fake_note(world, "volume create", entry->volume.name, NULL);
	fake_event_object(world, EVENT_OTHER, "volume", "create", entry->volume.name,
			  entry->volume.name, &entry->volume.labels);
}

int fake_volume_gone(struct fake_world *world, const char *volume, struct error **err)
{
	struct volume_entry *entry = fake_volume_find(world, volume);

	if (!entry)
		return 0;
	LIST_FOR_EACH (struct box, box, &world->boxes, link) {
		ARRAY_FOR_EACH (struct container_mount, mount, &box->seen.mounts) {
			if (text_same(mount->name, volume))
				return error_set(err, ERROR_CONFLICT,
						 "remove %s: volume is in use - [%s]", volume,
						 box->seen.id);
		}
	}
	fake_note(world, "volume destroy", volume, NULL);
	fake_event_object(world, EVENT_VOLUME_DESTROY, "volume", "destroy", volume, volume,
			  &entry->volume.labels);
	fake_volume_drop(entry);
	return 0;
}

bool fake_has_volume(const struct fake_world *world, const char *volume)
{
	return fake_volume_find(world, volume) != NULL;
}
