/* SPDX-License-Identifier: MIT */
#include "compose/project/bind.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "compose/project/hash.h"
#include "compose/project/lifecycle.h"
#include "compose/project/parts.h"
#include "compose/project/project.h"
#include "compose/project/supervision.h"
#include "compose/project/top.h"
#include "compose/project/value.h"

struct binder {
	struct project *project;
	struct arena *arena;
	struct service *service;
};

/* --- parts of a service */

static void bind_image(struct binder *binder, const struct node *node)
{
	binder->service->image = node_text(node);
	binder->service->image_at = node->at;
	binder->service->image_written = binder->service->image != NULL;
}

static void bind_build(struct binder *binder, const struct node *node)
{
	binder->service->build = parts_build(binder->arena, node);
}

static void bind_ports(struct binder *binder, const struct node *node)
{
	VALUE_ROOM(binder->arena, &binder->service->ports, value_items(node));
	for (size_t i = 0; i < value_items(node); i++) {
		const struct node *item = node->sequence.items[i];
		const char *published = node_text(node_get(item, "published"));
		const char *protocol = node_text(node_get(item, "protocol"));
		const char *mode = node_text(node_get(item, "mode"));
		int64_t target = value_int(node_get(item, "target"), 0);

		if (target < 1 || target > 65535)
			continue;
		binder->service->ports.items[binder->service->ports.len++] = (struct service_port){
			.host_ip = node_text(node_get(item, "host_ip")),
			.published = published && *published && strcmp(published, "0") != 0
					     ? published
					     : NULL,
			.target = (unsigned)target,
			.protocol = protocol && *protocol ? protocol : "tcp",
			.mode = mode ? mode : "ingress",
			.name = node_text(node_get(item, "name")),
			.app_protocol = node_text(node_get(item, "app_protocol")),
			.at = item->at,
		};
	}
}

static void bind_expose(struct binder *binder, const struct node *node)
{
	struct strings expose = value_strings(binder->arena, node);

	for (size_t i = 0; i < expose.len; i++)
		if (!strchr(expose.items[i], '/'))
			expose.items[i] = arena_format(binder->arena, "%s/tcp", expose.items[i]);
	binder->service->expose = expose;
}

/* A pipe's short form is a path and therefore says bind. */
static enum mount_kind kind_of(const char *type, const char *source)
{
	static const struct {
		const char *type;
		enum mount_kind kind;
	} kinds[] = {
		{"bind", MOUNT_BIND},   {"tmpfs", MOUNT_TMPFS},     {"npipe", MOUNT_NPIPE},
		{"image", MOUNT_IMAGE}, {"cluster", MOUNT_CLUSTER},
	};

	if (strcmp(type, "bind") == 0 && source && text_starts(source, "\\\\.\\pipe\\"))
		return MOUNT_NPIPE;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(type, kinds[i].type) == 0)
			return kinds[i].kind;
	return MOUNT_VOLUME;
}

static void bind_mounts(struct binder *binder, const struct node *node)
{
	VALUE_ROOM(binder->arena, &binder->service->mounts, value_items(node));
	for (size_t i = 0; i < value_items(node); i++) {
		const struct node *item = node->sequence.items[i];
		const struct node *bind = node_get(item, "bind");
		const struct node *volume = node_get(item, "volume");
		const struct node *tmpfs = node_get(item, "tmpfs");
		const struct node *image = node_get(item, "image");
		const char *type = node_text(node_get(item, "type"));
		const char *source = node_text(node_get(item, "source"));

		if (!type || !node_text(node_get(item, "target")))
			continue;
		binder->service->mounts.items[binder->service->mounts.len++] =
			(struct service_mount){
				.kind = kind_of(type, source),
				.source = source && *source ? source : NULL,
				.target = node_text(node_get(item, "target")),
				.read_only = value_bool(node_get(item, "read_only"), false),
				/* Where there is a block, true is what it leaves out. */
				.create_host_path = value_bool(node_get(bind, "create_host_path"),
							       bind != NULL),
				.nocopy = value_bool(node_get(volume, "nocopy"), false),
				.propagation = node_text(node_get(bind, "propagation")),
				.selinux = node_text(node_get(bind, "selinux")),
				.subpath = node_text(node_get(image ? image : volume, "subpath")),
				.recursive = node_text(node_get(bind, "recursive")),
				.consistency = node_text(node_get(item, "consistency")),
				.labels = value_pairs(binder->arena, node_get(volume, "labels")),
				.tmpfs_size = value_bytes(node_get(tmpfs, "size")),
				.tmpfs_mode = value_mode(node_get(tmpfs, "mode")),
				.at = item->at,
			};
	}
}

static int by_priority(const void *a, const void *b)
{
	const struct service_network *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	return strcmp(x->network, y->network);
}

static void bind_networks(struct binder *binder, const struct node *node)
{
	struct service *service = binder->service;

	VALUE_ROOM(binder->arena, &service->networks, value_entries(node));
	for (size_t i = 0; i < value_entries(node); i++) {
		const struct node_entry *entry = &node->mapping.entries[i];
		const struct node *value = entry->value;

		service->networks.items[service->networks.len++] = (struct service_network){
			.network = entry->key,
			.aliases = value_strings(binder->arena, node_get(value, "aliases")),
			.ipv4_address = node_text(node_get(value, "ipv4_address")),
			.ipv6_address = node_text(node_get(value, "ipv6_address")),
			.mac_address = node_text(node_get(value, "mac_address")),
			.link_local_ips =
				value_strings(binder->arena, node_get(value, "link_local_ips")),
			.driver_opts = value_pairs(binder->arena, node_get(value, "driver_opts")),
			.interface_name = node_text(node_get(value, "interface_name")),
			.priority = (int)value_int(node_get(value, "priority"), 0),
			.gw_priority = (int)value_int(node_get(value, "gw_priority"), 0),
			.at = entry->at,
		};
	}
	if (service->networks.len > 1)
		qsort(service->networks.items, service->networks.len,
		      sizeof(*service->networks.items), by_priority);
}

static void bind_network_mode(struct binder *binder, const struct node *node)
{
	binder->service->network_mode = node_text(node);
	binder->service->network_mode_at = node->at;
}

static void bind_isolation(struct binder *binder, const struct node *node)
{
	binder->service->isolation = node_text(node);
	binder->service->isolation_at = node->at;
}

static void bind_dependencies(struct binder *binder, const struct node *node)
{
	struct service *service = binder->service;

	VALUE_ROOM(binder->arena, &service->dependencies, value_entries(node));
	for (size_t i = 0; i < value_entries(node); i++) {
		const struct node_entry *entry = &node->mapping.entries[i];
		const char *condition = node_text(node_get(entry->value, "condition"));
		enum dependency_condition kind = DEPENDENCY_STARTED;

		if (text_same(condition, "service_healthy"))
			kind = DEPENDENCY_HEALTHY;
		else if (text_same(condition, "service_completed_successfully"))
			kind = DEPENDENCY_COMPLETED;
		service->dependencies.items[service->dependencies.len++] = (struct dependency){
			.service = entry->key,
			.condition = kind,
			.restart = value_bool(node_get(entry->value, "restart"), false),
			.required = value_bool(node_get(entry->value, "required"), true),
			.at = entry->at,
		};
	}
}

static void bind_healthcheck(struct binder *binder, const struct node *node)
{
	char **test = value_vector(binder->arena, node_get(node, "test"));
	bool none = test && test[0] && strcmp(test[0], "NONE") == 0;

	binder->service->healthcheck = (struct healthcheck){
		.disabled = none || value_bool(node_get(node, "disable"), false),
		.test = none ? NULL : test,
		.interval = (uint64_t)value_duration(node_get(node, "interval"), 0),
		.timeout = (uint64_t)value_duration(node_get(node, "timeout"), 0),
		.start_period = (uint64_t)value_duration(node_get(node, "start_period"), 0),
		.start_interval = (uint64_t)value_duration(node_get(node, "start_interval"), 0),
		.retries = (int)value_int(node_get(node, "retries"), 0),
		.at = node->at,
	};
}

static void bind_restart(struct binder *binder, const struct node *node)
{
	const char *text = node_text(node);
	struct restart_policy *restart = &binder->service->restart;

	/* deploy.restart_policy counts more. */
	if (!text || restart->name)
		return;
	*restart = (struct restart_policy){.name = text, .at = node->at};
	if (text_starts(text, "on-failure:")) {
		restart->name = "on-failure";
		restart->max_retries = (int)strtol(strchr(text, ':') + 1, NULL, 10);
	}
}

static void bind_deploy(struct binder *binder, const struct node *node)
{
	struct service *service = binder->service;
	const struct node *limits = node_get(node_get(node, "resources"), "limits");
	const struct node *reserved = node_get(node_get(node, "resources"), "reservations");
	const struct node *restart = node_get(node, "restart_policy");
	const char *condition = node_text(node_get(restart, "condition"));

	if (node_get(node, "replicas"))
		service->replicas = (unsigned)value_int(node_get(node, "replicas"), 1);
	if (node_get(limits, "cpus"))
		service->resources.cpus = value_real(node_get(limits, "cpus"));
	if (node_get(limits, "memory"))
		service->resources.memory = value_bytes(node_get(limits, "memory"));
	if (node_get(limits, "pids"))
		service->resources.pids = value_int(node_get(limits, "pids"), 0);
	if (node_get(reserved, "memory"))
		service->resources.memory_reservation = value_bytes(node_get(reserved, "memory"));
	parts_devices(binder->arena, node_get(reserved, "devices"), NULL,
		      &service->device_requests);
	if (!restart)
		return;
	service->restart = (struct restart_policy){.name = "always", .at = restart->at};
	/* What the specification does not know is a policy of the engine's own, or refused there. */
	if (text_same(condition, "none"))
		service->restart.name = "no";
	else if (condition && *condition && strcmp(condition, "any") != 0)
		service->restart.name = condition;
	if (text_same(condition, "on-failure")) {
		service->restart.name = "on-failure";
		service->restart.max_retries = (int)value_int(node_get(restart, "max_attempts"), 0);
	}
}

static void bind_scale(struct binder *binder, const struct node *node)
{
	binder->service->replicas = (unsigned)value_int(node, 1);
}

static void bind_secrets(struct binder *binder, const struct node *node)
{
	parts_files(binder->arena, node, "/run/secrets/", &binder->service->secrets);
}

static void bind_configs(struct binder *binder, const struct node *node)
{
	parts_files(binder->arena, node, "/", &binder->service->configs);
}

static void bind_devices(struct binder *binder, const struct node *node)
{
	struct strings *devices = &binder->service->devices;

	VALUE_ROOM(binder->arena, devices, value_items(node));
	for (size_t i = 0; i < value_items(node); i++) {
		const struct node *item = node->sequence.items[i];
		const char *source = node_text(node_get(item, "source"));
		const char *target = node_text(node_get(item, "target"));
		const char *permissions = node_text(node_get(item, "permissions"));

		if (!source)
			source = ""; /* the engine refuses it */
		devices->items[devices->len++] =
			arena_format(binder->arena, "%s:%s:%s", source, target ? target : source,
				     permissions ? permissions : "rwm");
	}
}

static void bind_ulimits(struct binder *binder, const struct node *node)
{
	parts_ulimits(binder->arena, node, &binder->service->ulimits);
}

static void bind_gpus(struct binder *binder, const struct node *node)
{
	parts_devices(binder->arena, node, "gpu", &binder->service->device_requests);
}

static void bind_blkio(struct binder *binder, const struct node *node)
{
	parts_blkio(binder->arena, node, &binder->service->resources.blkio);
}

static void bind_develop(struct binder *binder, const struct node *node)
{
	parts_watches(binder->arena, node, binder->service);
}

static void bind_logging(struct binder *binder, const struct node *node)
{
	binder->service->logging_driver = node_text(node_get(node, "driver"));
	binder->service->logging_options = value_pairs(binder->arena, node_get(node, "options"));
}

static void bind_credential_spec(struct binder *binder, const struct node *node)
{
	binder->service->credential_spec = node;
}

static void bind_init(struct binder *binder, const struct node *node)
{
	binder->service->init = value_bool(node, false);
	binder->service->init_written = true;
}

static void bind_extra_hosts(struct binder *binder, const struct node *node)
{
	binder->service->extra_hosts = parts_hosts(binder->arena, node);
}

/* --- a service */

enum kind {
	KIND_STRING,
	KIND_STRINGS,
	KIND_PAIRS,
	KIND_VECTOR,
	KIND_BYTES,
	KIND_DURATION,
	KIND_BOOL,
	KIND_INT64,
	KIND_DOUBLE,
	KIND_FUNCTION,
};

struct binding {
	const char *name;
	enum kind kind;
	size_t offset;
	void (*bind)(struct binder *binder, const struct node *node);
};

#define FIELD(name_, kind_, member)                                                                \
	{                                                                                          \
		.name = name_, .kind = kind_, .offset = offsetof(struct service, member)           \
	}
#define WITH(name_, function)                                                                      \
	{                                                                                          \
		.name = name_, .kind = KIND_FUNCTION, .bind = function                             \
	}

static const struct binding bindings[] = {
	WITH("image", bind_image),
	WITH("build", bind_build),
	FIELD("platform", KIND_STRING, platform),
	FIELD("pull_policy", KIND_STRING, pull_policy),
	FIELD("command", KIND_VECTOR, command),
	FIELD("entrypoint", KIND_VECTOR, entrypoint),
	FIELD("environment", KIND_PAIRS, environment),
	FIELD("labels", KIND_PAIRS, labels),
	WITH("ports", bind_ports),
	WITH("expose", bind_expose),
	WITH("volumes", bind_mounts),
	FIELD("volumes_from", KIND_STRINGS, volumes_from),
	WITH("networks", bind_networks),
	WITH("network_mode", bind_network_mode),
	WITH("depends_on", bind_dependencies),
	WITH("healthcheck", bind_healthcheck),
	WITH("restart", bind_restart),
	WITH("deploy", bind_deploy),
	WITH("scale", bind_scale),
	FIELD("container_name", KIND_STRING, container_name),
	WITH("secrets", bind_secrets),
	WITH("configs", bind_configs),
	FIELD("user", KIND_STRING, user),
	FIELD("working_dir", KIND_STRING, working_dir),
	FIELD("hostname", KIND_STRING, hostname),
	FIELD("domainname", KIND_STRING, domainname),
	FIELD("mac_address", KIND_STRING, mac_address),
	WITH("isolation", bind_isolation),
	FIELD("stop_signal", KIND_STRING, stop_signal),
	FIELD("stop_grace_period", KIND_DURATION, stop_grace_period),
	FIELD("tty", KIND_BOOL, tty),
	FIELD("stdin_open", KIND_BOOL, stdin_open),
	FIELD("privileged", KIND_BOOL, privileged),
	FIELD("read_only", KIND_BOOL, read_only),
	FIELD("runtime", KIND_STRING, runtime),
	WITH("init", bind_init),
	FIELD("pid", KIND_STRING, pid),
	FIELD("ipc", KIND_STRING, ipc),
	FIELD("uts", KIND_STRING, uts),
	FIELD("userns_mode", KIND_STRING, userns_mode),
	FIELD("cgroup", KIND_STRING, cgroup),
	FIELD("cgroup_parent", KIND_STRING, cgroup_parent),
	FIELD("shm_size", KIND_BYTES, shm_size),
	FIELD("cap_add", KIND_STRINGS, cap_add),
	FIELD("cap_drop", KIND_STRINGS, cap_drop),
	FIELD("security_opt", KIND_STRINGS, security_opt),
	FIELD("group_add", KIND_STRINGS, group_add),
	FIELD("dns", KIND_STRINGS, dns),
	FIELD("dns_search", KIND_STRINGS, dns_search),
	FIELD("dns_opt", KIND_STRINGS, dns_opt),
	FIELD("tmpfs", KIND_STRINGS, tmpfs),
	WITH("devices", bind_devices),
	WITH("extra_hosts", bind_extra_hosts),
	FIELD("links", KIND_STRINGS, links),
	FIELD("external_links", KIND_STRINGS, external_links),
	FIELD("device_cgroup_rules", KIND_STRINGS, device_cgroup_rules),
	FIELD("use_api_socket", KIND_BOOL, use_api_socket),
	WITH("gpus", bind_gpus),
	WITH("blkio_config", bind_blkio),
	WITH("develop", bind_develop),
	FIELD("sysctls", KIND_PAIRS, sysctls),
	FIELD("annotations", KIND_PAIRS, annotations),
	FIELD("storage_opt", KIND_PAIRS, storage_opt),
	WITH("ulimits", bind_ulimits),
	WITH("logging", bind_logging),
	WITH("credential_spec", bind_credential_spec),
	FIELD("attach", KIND_BOOL, attach),
	FIELD("profiles", KIND_STRINGS, profiles),
	FIELD("cpus", KIND_DOUBLE, resources.cpus),
	FIELD("mem_limit", KIND_BYTES, resources.memory),
	FIELD("mem_reservation", KIND_BYTES, resources.memory_reservation),
	FIELD("memswap_limit", KIND_BYTES, resources.memory_swap),
	FIELD("pids_limit", KIND_INT64, resources.pids),
	FIELD("cpu_shares", KIND_INT64, resources.cpu_shares),
	FIELD("cpu_period", KIND_INT64, resources.cpu_period),
	FIELD("cpu_quota", KIND_INT64, resources.cpu_quota),
	FIELD("cpu_rt_period", KIND_INT64, resources.cpu_rt_period),
	FIELD("cpu_rt_runtime", KIND_INT64, resources.cpu_rt_runtime),
	FIELD("mem_swappiness", KIND_BYTES, resources.swappiness),
	FIELD("oom_kill_disable", KIND_BOOL, resources.oom_kill_disable),
	FIELD("oom_score_adj", KIND_INT64, resources.oom_score_adj),
	FIELD("cpu_count", KIND_INT64, resources.cpu_count),
	FIELD("cpu_percent", KIND_DOUBLE, resources.cpu_percent),
	FIELD("cpuset", KIND_STRING, resources.cpuset),
};

static void bind_field(struct binder *binder, const struct binding *binding,
		       const struct node *node)
{
	void *field = (char *)binder->service + binding->offset;

	switch (binding->kind) {
	case KIND_STRING:
		*(const char **)field = node_text(node);
		break;
	case KIND_STRINGS:
		*(struct strings *)field = value_strings(binder->arena, node);
		break;
	case KIND_PAIRS:
		*(struct pairs *)field = value_pairs(binder->arena, node);
		break;
	case KIND_VECTOR:
		*(char ***)field = value_vector(binder->arena, node);
		break;
	case KIND_BYTES:
		*(int64_t *)field = value_bytes(node);
		break;
	case KIND_DURATION:
		*(int64_t *)field = value_duration(node, -1);
		break;
	case KIND_BOOL:
		*(bool *)field = value_bool(node, *(bool *)field);
		break;
	case KIND_INT64:
		*(int64_t *)field = value_int(node, 0);
		break;
	case KIND_DOUBLE:
		*(double *)field = value_real(node);
		break;
	case KIND_FUNCTION:
		binding->bind(binder, node);
		break;
	}
}

/* refresh is every_<pull_refresh_after>, and always where that is not written. */
static void bind_refresh(struct binder *binder, const struct node *after)
{
	struct service *service = binder->service;
	const char *text = node_text(after);

	if (text_same(service->pull_policy, "refresh"))
		service->pull_policy =
			text ? arena_format(binder->arena, "every_%s", text) : "always";
}

static void bind_service(struct binder *binder, const struct node_entry *entry)
{
	struct service *service = binder->service;

	*service = (struct service){
		.name = entry->key,
		.at = entry->at,
		.node = entry->value,
		.replicas = 1,
		.stop_grace_period = -1,
		.attach = true,
	};
	for (size_t i = 0; i < value_entries(entry->value); i++) {
		const struct node_entry *attribute = &entry->value->mapping.entries[i];

		for (size_t j = 0; j < ARRAY_LEN(bindings); j++)
			if (bindings[j].name[0] == attribute->key[0] &&
			    strcmp(bindings[j].name, attribute->key) == 0)
				bind_field(binder, &bindings[j], attribute->value);
	}
	supervision_bind(service, node_get(entry->value, "x-wincompose"));
	lifecycle_bind(binder->arena, service, entry->value);
	bind_refresh(binder, node_get(entry->value, "pull_refresh_after"));
	if (service->build)
		((struct build *)service->build)->platform = service->platform;
	if (!service->image && service->build) {
		service->image =
			arena_format(binder->arena, "%s-%s", binder->project->name, service->name);
		service->image_at = service->build->at;
	}
	hash_node(entry->value, service->hash);
}

void bind_project(struct project *project)
{
	struct binder binder = {project, &project->arena, NULL};
	const struct node *services = node_get(project->root, "services");

	VALUE_ROOM(&project->arena, &project->services, value_entries(services));
	for (size_t i = 0; i < value_entries(services); i++) {
		binder.service = &project->services.items[project->services.len];
		bind_service(&binder, &services->mapping.entries[i]);
		binder.service->index = project->services.len++;
	}
	top_bind(project);
	lifecycle_bind_models(project, node_get(project->root, "models"));
}
