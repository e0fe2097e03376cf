/* SPDX-License-Identifier: MIT */
/* box -- a container at rest: how it is made, named, found and connected */
#include "engine/fake/world.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static char **own(const char *const *strings)
{
	return memory_copy_vector(strings);
}

static char *one_line(char *const *words)
{
	CLEANUP(text_drop) struct text text = {0};

	for (; words && *words; words++)
		text_printf(&text, "%s%s", text.len ? " " : "", *words);
	return text_steal(&text);
}

static void add_port(struct box *box, const struct spec_port *port)
{
	struct wanted *wanted = array_add(&box->ports);

	wanted->ip = memory_copy(port->host_ip);
	wanted->published = memory_copy(port->published ? port->published : "0");
	wanted->protocol = memory_copy(port->protocol ? port->protocol : "tcp");
	wanted->target = port->target;
}

static void add_expose(struct box *box, const char *port)
{
	struct wanted *wanted = array_add(&box->ports);
	const char *slash = strchr(port, '/');

	wanted->target = (unsigned)strtoul(port, NULL, 10);
	wanted->protocol = memory_copy(slash ? slash + 1 : "tcp");
	wanted->published = memory_copy(box->publish_all ? "0" : NULL);
}

static void add_mount(struct box *box, const char *type, const char *source, const char *target,
		      bool read_only)
{
	struct container_mount *mount = array_add(&box->seen.mounts);
	bool is_volume = text_same(type, "volume");

	mount->type = memory_copy(type);
	mount->name = is_volume ? memory_copy(source) : NULL;
	mount->source = is_volume ? NULL : memory_copy(source);
	mount->target = memory_copy(target);
	mount->read_only = read_only;
}

static void add_endpoint(struct box *box, const struct spec_endpoint *made)
{
	struct endpoint *endpoint = array_add(&box->endpoints);

	endpoint->network = memory_copy(made->network);
	endpoint->aliases = own(made->aliases);
	endpoint->address = memory_copy(made->ipv4_address);
}

static void set_spec(struct box *box, const struct container_spec *spec)
{
	struct container *seen = &box->seen;

	seen->name = memory_copy(spec->name);
	seen->image = memory_copy(spec->image ? spec->image : "");
	seen->tty = spec->tty;
	fake_labels_copy(&seen->labels, &spec->labels);
	box->policy = memory_copy(spec->restart ? spec->restart : "no");
	box->policy_max = spec->restart_max;
	box->stop_signal = memory_copy(spec->stop_signal);
	box->stop_timeout = spec->stop_timeout;
	box->auto_remove = spec->auto_remove;
	box->open_stdin = spec->open_stdin;
	box->stdin_once = spec->stdin_once;
	box->init = spec->init_set && spec->init;
	box->publish_all = spec->publish_all;
	box->network_mode = memory_copy(spec->network_mode);
	box->isolation = memory_copy(spec->isolation);
	box->env = own(spec->env);
	box->volumes_from = own(spec->volumes_from);
	box->wanted_check = spec->healthcheck;
	box->test = own(spec->healthcheck.test);
	box->wanted_check.test = NULL;
}

struct box *fake_box_new(struct fake_world *world, const struct container_spec *spec)
{
	struct box *box = memory_zero(1, sizeof(*box));

	box->world = world;
	list_init(&box->link);
	list_init(&box->waiters);
	list_init(&box->streams);
	list_init(&box->execs);
	set_spec(box, spec);
	/* The command as a whole; what the image gives is filled in when the image is known. */
	ARRAY(char *) words = {0};
	for (const char *const *word = spec->entrypoint; word && *word; word++)
		array_push(&words, memory_copy(*word));
	for (const char *const *word = spec->command; word && *word; word++)
		array_push(&words, memory_copy(*word));
	if (words.len)
		(void)array_add(&words);
	box->command = words.items;
	for (size_t i = 0; i < spec->port_count; i++)
		add_port(box, &spec->ports[i]);
	for (const char *const *port = spec->expose; port && *port; port++)
		add_expose(box, *port);
	for (size_t i = 0; i < spec->mount_count; i++)
		add_mount(box, spec->mounts[i].type, spec->mounts[i].source, spec->mounts[i].target,
			  spec->mounts[i].read_only);
	for (const char *const *path = spec->tmpfs; path && *path; path++)
		add_mount(box, "tmpfs", NULL, *path, false);
	for (size_t i = 0; i < spec->endpoint_count; i++)
		add_endpoint(box, &spec->endpoints[i]);
	for (size_t i = 0; i < spec->file_count; i++) {
		const struct spec_file *file = &spec->files[i];
		fake_archive_put(&box->files, file->target, file->bytes ? file->bytes : "",
				 file->bytes ? file->len : 0);
	}
	return box;
}

void fake_endpoint_drop(struct endpoint *endpoint)
{
	free(endpoint->network);
	free(endpoint->id);
	free(endpoint->address);
	memory_free_vector(&endpoint->aliases);
	*endpoint = (struct endpoint){0};
}

static void drop_text(void *value)
{
	struct text *text = value;

	text_drop(text);
	free(text);
}

static void drop_parts(struct box *box)
{
	ARRAY_FOR_EACH (struct wanted, port, &box->ports) {
		free(port->ip);
		free(port->published);
		free(port->protocol);
	}
	array_drop(&box->ports);
	ARRAY_FOR_EACH (struct endpoint, endpoint, &box->endpoints)
		fake_endpoint_drop(endpoint);
	array_drop(&box->endpoints);
	ARRAY_FOR_EACH (char *, volume, &box->anonymous)
		free(*volume);
	array_drop(&box->anonymous);
	ARRAY_FOR_EACH (struct line, line, &box->log)
		free(line->text);
	array_drop(&box->log);
	map_drop_with(&box->files, drop_text);
}

void fake_box_free(struct box *box)
{
	struct fake_world *world = box->world;

	list_unlink(&box->link);
	LIST_FOR_EACH (struct exec, exec, &box->execs, link)
		fake_exec_free(exec);
	fake_process_drop(&box->process);
	fake_timer_stop(world, &box->exit);
	fake_timer_stop(world, &box->again);
	fake_timer_stop(world, &box->grace);
	fake_timer_stop(world, &box->health.timer);
	drop_parts(box);
	container_drop(&box->seen);
	free(box->policy);
	free(box->stop_signal);
	free(box->network_mode);
	free(box->isolation);
	free(box->health.script);
	memory_free_vector(&box->command);
	memory_free_vector(&box->env);
	memory_free_vector(&box->volumes_from);
	memory_free_vector(&box->test);
	free(box);
}

/* --- finding */

struct box *fake_box_find(const struct fake_world *world, const char *container)
{
	struct box *by_prefix = NULL;

	if (*container == '/')
		container++;
	LIST_FOR_EACH (struct box, box, &world->boxes, link) {
		if (text_same(box->seen.name, container) || text_same(box->seen.id, container))
			return box;
		if (*container && text_starts(box->seen.id, container))
			by_prefix = box;
	}
	return by_prefix;
}

int fake_box_need(struct fake_world *world, const char *container, struct box **ret,
		  struct error **err)
{
	struct box *box = fake_box_find(world, container);

	if (!box)
		return error_set(err, ERROR_NOT_FOUND, "No such container: %s", container);
	*ret = box;
	return 0;
}

bool fake_box_runs(const struct box *box)
{
	return box->seen.state == CONTAINER_RUNNING || box->seen.state == CONTAINER_PAUSED;
}

const struct container *fake_container(const struct fake_world *world, const char *container)
{
	struct box *box = fake_box_find(world, container);

	return box ? &box->seen : NULL;
}

size_t fake_containers(const struct fake_world *world)
{
	size_t count = 0;

	LIST_FOR_EACH (struct box, box, &world->boxes, link)
		count++;
	return count;
}

size_t fake_running(const struct fake_world *world)
{
	size_t count = 0;

	LIST_FOR_EACH (struct box, box, &world->boxes, link)
		count += fake_box_runs(box);
	return count;
}

const char *fake_file(const struct fake_world *world, const char *container, const char *path)
{
	struct box *box = fake_box_find(world, container);
	struct text *text = box ? map_get(&box->files, path) : NULL;

	return text ? text_string(text) : NULL;
}

/* --- networks and ports */

int fake_box_connect(struct box *box, const char *name, const struct endpoint *made,
		     struct error **err)
{
	struct network_entry *network = fake_network_find(box->world, name);

	if (!network)
		return error_set(err, ERROR_NOT_FOUND, "network %s not found", name);
	ARRAY_FOR_EACH (struct endpoint, endpoint, &box->endpoints) {
		if (text_same(endpoint->network, network->network.name))
			return error_set(err, ERROR_CONFLICT,
					 "endpoint with name %s already exists in network %s",
					 box->seen.name, network->network.name);
	}
	struct endpoint *endpoint = array_add(&box->endpoints);
	endpoint->network = memory_copy(network->network.name);
	endpoint->id = memory_copy(network->network.id);
	endpoint->aliases = own((const char *const *)made->aliases);
	endpoint->address = memory_copy(made->address);
	fake_box_publish(box);
	fake_event_object(box->world, EVENT_OTHER, "network", "connect", network->network.id,
			  network->network.name, &network->network.labels);
	return 0;
}

int fake_box_disconnect(struct box *box, const char *name, struct error **err)
{
	struct network_entry *network = fake_network_find(box->world, name);

	if (!network)
		return error_set(err, ERROR_NOT_FOUND, "network %s not found", name);
	for (size_t i = 0; i < box->endpoints.len; i++) {
		if (!text_same(box->endpoints.items[i].network, network->network.name))
			continue;
		fake_endpoint_drop(&box->endpoints.items[i]);
		array_remove(&box->endpoints, i);
		fake_box_publish(box);
		fake_event_object(box->world, EVENT_OTHER, "network", "disconnect",
				  network->network.id, network->network.name,
				  &network->network.labels);
		return 0;
	}
	return error_set(err, ERROR_CONFLICT, "container %s is not connected to network %s",
			 box->seen.id, name);
}

/* An alias as inspect has it: what was asked for, and the short id. */
static char **aliases_of(const struct box *box, const struct endpoint *endpoint)
{
	ARRAY(char *) aliases = {0};

	for (char **alias = endpoint->aliases; alias && *alias; alias++)
		array_push(&aliases, memory_copy(*alias));
	array_push(&aliases, memory_copy_n(box->seen.id, 12));
	(void)array_add(&aliases);
	return aliases.items;
}

void fake_box_publish(struct box *box)
{
	struct container *seen = &box->seen;

	ARRAY_FOR_EACH (struct container_network, network, &seen->networks) {
		free(network->name);
		free(network->id);
		free(network->address);
		free(network->address6);
		memory_free_vector(&network->aliases);
	}
	seen->networks.len = 0;
	ARRAY_FOR_EACH (struct endpoint, endpoint, &box->endpoints) {
		struct container_network *network = array_add(&seen->networks);
		struct network_entry *entry = fake_network_find(
			box->world, endpoint->id ? endpoint->id : endpoint->network);
		network->name = memory_copy(endpoint->network);
		network->id = entry ? memory_copy(entry->network.id) : NULL;
		network->aliases = aliases_of(box, endpoint);
		if (!fake_box_runs(box) || !entry || !entry->network.subnets.len)
			continue;
		if (!endpoint->address) {
			const char *subnet = entry->network.subnets.items[0];
			const char *dot = strrchr(subnet, '.');
			endpoint->address = memory_format("%.*s.%u", (int)(dot ? dot - subnet : 0),
							  subnet, entry->next_address++ % 254 + 1);
		}
		network->address = memory_copy(endpoint->address);
	}
}

static bool is_taken(struct box *box, const char *ip, unsigned port, const char *protocol)
{
	LIST_FOR_EACH (struct box, other, &box->world->boxes, link) {
		if (other == box)
			continue;
		ARRAY_FOR_EACH (struct container_port, taken, &other->seen.ports) {
			bool same_ip = !ip || !taken->ip || text_same(ip, taken->ip) ||
				       text_same(ip, "0.0.0.0") || text_same(taken->ip, "0.0.0.0");
			if (taken->published == port && same_ip &&
			    text_same(taken->protocol, protocol))
				return true;
		}
	}
	return false;
}

static unsigned choose(struct box *box, const struct wanted *port)
{
	char *end;
	unsigned long first = strtoul(port->published, &end, 10);
	unsigned long last = *end == '-' ? strtoul(end + 1, NULL, 10) : first;

	if (!first)
		return ++box->world->port;
	for (unsigned long at = first; at <= last; at++) {
		if (!is_taken(box, port->ip, (unsigned)at, port->protocol))
			return (unsigned)at;
	}
	return 0;
}

int fake_box_bind(struct box *box, struct error **err)
{
	ARRAY_FOR_EACH (struct wanted, port, &box->ports) {
		unsigned published = port->published ? choose(box, port) : 0;
		if (port->published && !published) {
			fake_box_unbind(box);
			return error_set(err, ERROR_SYSTEM,
					 "driver failed programming external connectivity on "
					 "endpoint %s (%s): Bind for %s:%s failed: port is already "
					 "allocated",
					 box->seen.name, box->seen.id,
					 port->ip ? port->ip : "0.0.0.0", port->published);
		}
		struct container_port *bound = array_add(&box->seen.ports);
		bound->ip = published ? memory_copy(port->ip ? port->ip : "0.0.0.0") : NULL;
		bound->published = published;
		bound->target = port->target;
		bound->protocol = memory_copy(port->protocol);
	}
	return 0;
}

void fake_box_unbind(struct box *box)
{
	ARRAY_FOR_EACH (struct container_port, port, &box->seen.ports) {
		free(port->ip);
		free(port->protocol);
	}
	box->seen.ports.len = 0;
}

/* --- the create call */

static bool is_name(const char *name)
{
	if (!isalnum((unsigned char)*name) || !name[1])
		return false;
	for (const char *c = name; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("_.-", *c))
			return false;
	}
	return true;
}

int fake_box_name_free(struct fake_world *world, const char *name, const struct box *except,
		       struct error **err)
{
	if (!is_name(name))
		return error_set(err, ERROR_INVALID,
				 "Invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are "
				 "allowed",
				 name);
	LIST_FOR_EACH (struct box, box, &world->boxes, link) {
		if (box != except && text_same(box->seen.name, name))
			return error_set(
				err, ERROR_CONFLICT,
				"Conflict. The container name \"/%s\" is already in use by "
				"container \"%s\". You have to remove (or rename) that "
				"container to be able to reuse that name.",
				name, box->seen.id);
	}
	return 0;
}

static int check_networks(struct box *box, struct error **err)
{
	const char *mode = box->network_mode;

	if (mode && text_starts(mode, "container:")) {
		struct box *other = NULL;
		return fake_box_need(box->world, mode + strlen("container:"), &other, err);
	}
	/* It may have been named by its id. One that is not there is told at the start, as dockerd
	 * does. */
	ARRAY_FOR_EACH (struct endpoint, endpoint, &box->endpoints) {
		struct network_entry *network = fake_network_find(box->world, endpoint->network);
		if (!network)
			continue;
		free(endpoint->network);
		endpoint->network = memory_copy(network->network.name);
	}
	if (!box->endpoints.len) {
		bool is_windows = text_same(box->world->os_type, "windows");
		const char *name = !mode || text_same(mode, "default")
					   ? (is_windows ? "nat" : "bridge")
					   : mode;
		array_add(&box->endpoints)->network = memory_copy(name);
	}
	return 0;
}

static bool has_mount(const struct box *box, const char *target)
{
	ARRAY_FOR_EACH (struct container_mount, mount, &box->seen.mounts) {
		if (text_same(mount->target, target))
			return true;
	}
	return false;
}

static int add_volumes_from(struct box *box, struct error **err)
{
	for (char **name = box->volumes_from; name && *name; name++) {
		char *plain = memory_copy(*name);
		char *colon = strchr(plain, ':');
		struct box *other = NULL;
		if (colon)
			*colon = '\0';
		int status = fake_box_need(box->world, plain, &other, err);
		free(plain);
		if (status)
			return status;
		ARRAY_FOR_EACH (struct container_mount, mount, &other->seen.mounts) {
			if (!has_mount(box, mount->target))
				add_mount(box, mount->type,
					  mount->name ? mount->name : mount->source, mount->target,
					  mount->read_only);
		}
	}
	return 0;
}

static void add_volumes(struct box *box)
{
	for (char **target = box->image->image.volumes; target && *target; target++) {
		if (!has_mount(box, *target))
			add_mount(box, "volume", NULL, *target, false);
	}
	ARRAY_FOR_EACH (struct container_mount, mount, &box->seen.mounts) {
		if (!text_same(mount->type, "volume") || fake_volume_find(box->world, mount->name))
			continue;
		struct volume_entry *volume =
			fake_volume_new(box->world, &(struct volume_spec){.name = mount->name});
		if (!mount->name) {
			volume->anonymous = true;
			mount->name = memory_copy(volume->volume.name);
			array_push(&box->anonymous, memory_copy(volume->volume.name));
		}
		mount->source = memory_copy(volume->volume.mountpoint);
		fake_volume_add(box->world, volume);
	}
}

static void choose_behaviour(struct box *box)
{
	const char *service = labels_get(&box->seen.labels, "com.docker.compose.service");
	char *image = fake_reference(box->seen.image);

	LIST_FOR_EACH (struct behaviour, behaviour, &box->world->behaviours, link) {
		const struct fake_behaviour *how = &behaviour->how;
		if ((!how->image || text_same(how->image, image)) &&
		    (!how->service || text_same(how->service, service)) &&
		    (!how->name || text_same(how->name, box->seen.name)) &&
		    (!how->isolation ||
		     text_same(how->isolation, box->isolation ? box->isolation : "")))
			box->behaviour = behaviour;
	}
	free(image);
}

/* A number of the check: as asked for, else Docker's default. */
static void set_health(struct box *box)
{
	const struct spec_healthcheck *wanted = &box->wanted_check;
	char **test = box->test ? box->test : (char **)box->image->made.healthcheck;
	struct health *health = &box->health;

	health->has = !wanted->disabled && test && test[0] && !text_same(test[0], "NONE");
	health->interval = wanted->interval ? wanted->interval : 30 * CLOCK_SECOND;
	health->timeout = wanted->timeout ? wanted->timeout : 30 * CLOCK_SECOND;
	health->start_period = wanted->start_period;
	health->start_interval = health->interval;
	if (box->world->options.capabilities & ENGINE_START_INTERVAL)
		health->start_interval =
			wanted->start_interval ? wanted->start_interval : 5 * CLOCK_SECOND;
	health->retries = wanted->retries ? wanted->retries : 3;
	health->stopped = true;
	box->seen.has_healthcheck = health->has;
}

/* What the image gives: labels below the container's own, a command, a signal, a check. */
static void set_image(struct box *box)
{
	struct container *seen = &box->seen;
	struct labels own_labels = seen->labels;

	seen->labels = (struct labels){0};
	fake_labels_copy(&seen->labels, &box->image->image.labels);
	fake_labels_copy(&seen->labels, &own_labels);
	fake_labels_drop(&own_labels);
	fake_labels_copy(&seen->image_labels, &box->image->image.labels);
	seen->image_id = memory_copy(box->image->image.id);
	if (!box->command)
		box->command = own((const char *const *)box->image->image.command);
	seen->command = one_line(box->command);
	if (!box->stop_signal)
		box->stop_signal = memory_copy(box->image->stop_signal);
}

int fake_box_add(struct fake_world *world, struct box *box, struct error **err)
{
	int status;

	if (!box->seen.name)
		box->seen.name = memory_format("fake_%u", world->requests);
	if ((status = fake_box_name_free(world, box->seen.name, NULL, err)))
		return status;
	box->image = fake_image_find(world, box->seen.image);
	if (!box->image || !box->image->pulled) {
		CLEANUP(memory_free) char *full = fake_reference(box->seen.image);
		return error_set(err, ERROR_NOT_FOUND, "No such image: %s", full);
	}
	if ((status = check_networks(box, err)) || (status = add_volumes_from(box, err)))
		return status;
	box->seen.id = fake_new_id(world);
	add_volumes(box);
	set_image(box);
	choose_behaviour(box);
	set_health(box);
	box->seen.created = fake_wall(world);
	box->seen.state = CONTAINER_CREATED;
	list_append(&world->boxes, &box->link);
	fake_box_publish(box);
	fake_event_box(box, EVENT_CREATE, "create", 0);
	return 0;
}
