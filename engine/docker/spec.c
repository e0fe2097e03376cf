/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

/* API versions that brought a field. An older engine ignores what it does not know; the plan has
 * refused at its line what must not be ignored. */
enum {
	API_CREATE_MOUNTPOINT = 42,
	API_CONSOLE_SIZE = 42,
	API_ANNOTATIONS = 43,
	API_MULTI_NETWORK = 44,
	API_START_INTERVAL = 44,
	API_READ_ONLY_RECURSION = 44,
	API_VOLUME_SUBPATH = 45,
	API_IMAGE_MOUNT = 48,
	API_GW_PRIORITY = 48,
};

static cJSON *object_in(cJSON *parent, const char *key)
{
	cJSON *child = cJSON_GetObjectItemCaseSensitive(parent, key);

	return child ? child : cJSON_AddObjectToObject(parent, key);
}

static cJSON *array_in(cJSON *parent, const char *key)
{
	cJSON *child = cJSON_GetObjectItemCaseSensitive(parent, key);

	return child ? child : cJSON_AddArrayToObject(parent, key);
}

static void set_strings(cJSON *object, const char *key, const char *const *strings)
{
	if (strings)
		cJSON_AddItemToObject(object, key, json_strings(strings));
}

static void set_number(cJSON *object, const char *key, int64_t value)
{
	if (value)
		json_set_int(object, key, value);
}

static void set_true(cJSON *object, const char *key, bool value)
{
	if (value)
		json_set_bool(object, key, true);
}

void docker_labels_json(cJSON *object, const char *key, const struct labels *labels)
{
	if (labels->len == 0)
		return;
	cJSON *child = cJSON_AddObjectToObject(object, key);

	ARRAY_FOR_EACH (struct label, label, labels)
		cJSON_AddStringToObject(child, label->key, label->value ? label->value : "");
}

/* --- the networks */

cJSON *docker_endpoint_json(const struct spec_endpoint *endpoint, unsigned api)
{
	cJSON *json = cJSON_CreateObject();

	set_strings(json, "Aliases", endpoint->aliases);
	if (endpoint->ipv4_address || endpoint->ipv6_address || endpoint->link_local_ips) {
		cJSON *ipam = cJSON_AddObjectToObject(json, "IPAMConfig");

		json_set_string(ipam, "IPv4Address", endpoint->ipv4_address);
		json_set_string(ipam, "IPv6Address", endpoint->ipv6_address);
		set_strings(ipam, "LinkLocalIPs", endpoint->link_local_ips);
	}
	docker_labels_json(json, "DriverOpts", &endpoint->driver_opts);
	if (endpoint->interface_name)
		json_set_string(object_in(json, "DriverOpts"), "com.docker.network.endpoint.ifname",
				endpoint->interface_name);
	set_strings(json, "Links", endpoint->links);
	if (api >= API_MULTI_NETWORK)
		json_set_string(json, "MacAddress", endpoint->mac_address);
	if (api >= API_GW_PRIORITY)
		set_number(json, "GwPriority", endpoint->gw_priority);
	return json;
}

static void add_networks(cJSON *json, const struct container_spec *spec, unsigned api)
{
	cJSON *host = object_in(json, "HostConfig");
	size_t count = spec->network_mode ? 0 : spec->endpoint_count;

	if (spec->network_mode)
		json_set_string(host, "NetworkMode", spec->network_mode);
	else if (count)
		json_set_string(host, "NetworkMode", spec->endpoints[0].network);
	if (count && api < API_MULTI_NETWORK) {
		/* The others are connected one by one after the create. */
		count = 1;
		json_set_string(json, "MacAddress",
				spec->mac_address ? spec->mac_address
						  : spec->endpoints[0].mac_address);
	}
	if (!count)
		return;
	cJSON *endpoints = object_in(object_in(json, "NetworkingConfig"), "EndpointsConfig");

	for (size_t i = 0; i < count; i++) {
		struct spec_endpoint endpoint = spec->endpoints[i];

		if (i == 0 && !endpoint.mac_address)
			endpoint.mac_address = spec->mac_address;
		cJSON_AddItemToObject(endpoints, endpoint.network,
				      docker_endpoint_json(&endpoint, api));
	}
}

static void add_ports(cJSON *json, const struct container_spec *spec)
{
	cJSON *host = object_in(json, "HostConfig");

	for (const char *const *port = spec->expose; port && *port; port++)
		object_in(object_in(json, "ExposedPorts"), *port);
	for (size_t i = 0; i < spec->port_count; i++) {
		const struct spec_port *port = &spec->ports[i];
		CLEANUP(memory_free)
		char *key = memory_format("%u/%s", port->target,
					  port->protocol ? port->protocol : "tcp");
		cJSON *binding = cJSON_CreateObject();

		json_set_string(binding, "HostIp", port->host_ip);
		json_set_string(binding, "HostPort", port->published ? port->published : "");
		object_in(object_in(json, "ExposedPorts"), key);
		cJSON_AddItemToArray(array_in(object_in(host, "PortBindings"), key), binding);
	}
	set_true(host, "PublishAllPorts", spec->publish_all);
}

/* --- the mounts */

/* Binds, the older form, makes a missing folder and labels for SELinux, volumes too; but a colon
 * separates in it. */
static bool as_bind(const struct spec_mount *mount)
{
	bool windows = mount->target[0] && mount->target[1] == ':';

	if (text_same(mount->type, "volume"))
		return mount->selinux && mount->source && !mount->subpath && mount->labels.len == 0;
	return text_same(mount->type, "bind") && (mount->create_host_path || mount->selinux) &&
	       !mount->recursive && (windows || !strchr(mount->source, ':'));
}

static void add_bind(cJSON *host, const struct spec_mount *mount)
{
	CLEANUP(text_drop) struct text bind = {0};

	text_printf(&bind, "%s:%s:%s", mount->source, mount->target,
		    mount->read_only ? "ro" : "rw");
	if (mount->selinux)
		text_printf(&bind, ",%s", mount->selinux);
	if (mount->propagation && text_same(mount->type, "bind"))
		text_printf(&bind, ",%s", mount->propagation);
	if (mount->nocopy && text_same(mount->type, "volume"))
		text_printf(&bind, ",nocopy");
	cJSON_AddItemToArray(array_in(host, "Binds"), cJSON_CreateString(text_string(&bind)));
}

static void add_recursion(cJSON *json, const char *recursive, unsigned api)
{
	static const struct {
		const char *word, *field;
		unsigned api;
	} fields[] = {
		{"disabled", "NonRecursive", 40},
		{"writable", "ReadOnlyNonRecursive", API_READ_ONLY_RECURSION},
		{"readonly", "ReadOnlyForceRecursive", API_READ_ONLY_RECURSION},
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (text_same(recursive, fields[i].word) && api >= fields[i].api)
			json_set_bool(object_in(json, "BindOptions"), fields[i].field, true);
}

static void add_bind_options(cJSON *json, const struct spec_mount *mount, unsigned api)
{
	if (mount->propagation)
		json_set_string(object_in(json, "BindOptions"), "Propagation", mount->propagation);
	if (mount->create_host_path && api >= API_CREATE_MOUNTPOINT)
		json_set_bool(object_in(json, "BindOptions"), "CreateMountpoint", true);
	add_recursion(json, mount->recursive, api);
}

static void add_volume_options(cJSON *json, const struct spec_mount *mount, unsigned api)
{
	if (mount->nocopy)
		json_set_bool(object_in(json, "VolumeOptions"), "NoCopy", true);
	if (mount->subpath && api >= API_VOLUME_SUBPATH)
		json_set_string(object_in(json, "VolumeOptions"), "Subpath", mount->subpath);
	if (mount->labels.len)
		docker_labels_json(object_in(json, "VolumeOptions"), "Labels", &mount->labels);
}

static void add_mount(cJSON *host, const struct spec_mount *mount, unsigned api)
{
	cJSON *json = cJSON_CreateObject();

	json_set_string(json, "Type", mount->type);
	json_set_string(json, "Source", mount->source);
	json_set_string(json, "Target", mount->target);
	set_true(json, "ReadOnly", mount->read_only);
	json_set_string(json, "Consistency", mount->consistency);
	if (text_same(mount->type, "bind")) {
		add_bind_options(json, mount, api);
	} else if (text_same(mount->type, "volume")) {
		add_volume_options(json, mount, api);
	} else if (text_same(mount->type, "image")) {
		if (mount->subpath && api >= API_IMAGE_MOUNT)
			json_set_string(object_in(json, "ImageOptions"), "Subpath", mount->subpath);
	} else if (text_same(mount->type, "tmpfs")) {
		if (mount->tmpfs_size)
			json_set_int(object_in(json, "TmpfsOptions"), "SizeBytes",
				     mount->tmpfs_size);
		if (mount->tmpfs_mode)
			json_set_int(object_in(json, "TmpfsOptions"), "Mode", mount->tmpfs_mode);
	}
	cJSON_AddItemToArray(array_in(host, "Mounts"), json);
}

static void add_mounts(cJSON *host, const struct container_spec *spec, unsigned api)
{
	for (size_t i = 0; i < spec->mount_count; i++) {
		if (as_bind(&spec->mounts[i]))
			add_bind(host, &spec->mounts[i]);
		else
			add_mount(host, &spec->mounts[i], api);
	}
	set_strings(host, "VolumesFrom", spec->volumes_from);
	for (const char *const *path = spec->tmpfs; path && *path; path++) {
		const char *colon = strchr(*path, ':');
		CLEANUP(memory_free)
		char *target =
			memory_copy_n(*path, colon ? (size_t)(colon - *path) : strlen(*path));

		json_set_string(object_in(host, "Tmpfs"), target, colon ? colon + 1 : "");
	}
}

/* --- the rest */

static void add_health(cJSON *json, const struct spec_healthcheck *check, unsigned api)
{
	static const char *const none[] = {"NONE", NULL};

	if (!check->disabled && !check->test && !check->interval && !check->timeout &&
	    !check->start_period && !check->start_interval && !check->retries)
		return;
	cJSON *health = cJSON_AddObjectToObject(json, "Healthcheck");

	set_strings(health, "Test", check->disabled ? none : check->test);
	if (check->disabled)
		return;
	set_number(health, "Interval", (int64_t)check->interval);
	set_number(health, "Timeout", (int64_t)check->timeout);
	set_number(health, "StartPeriod", (int64_t)check->start_period);
	if (api >= API_START_INTERVAL)
		set_number(health, "StartInterval", (int64_t)check->start_interval);
	set_number(health, "Retries", check->retries);
}

static void add_process(cJSON *json, const struct container_spec *spec)
{
	json_set_string(json, "Image", spec->image);
	set_strings(json, "Cmd", spec->command);
	set_strings(json, "Entrypoint", spec->entrypoint);
	set_strings(json, "Env", spec->env);
	json_set_string(json, "User", spec->user);
	json_set_string(json, "WorkingDir", spec->working_dir);
	json_set_string(json, "Hostname", spec->hostname);
	json_set_string(json, "Domainname", spec->domainname);
	json_set_string(json, "StopSignal", spec->stop_signal);
	if (spec->stop_timeout >= 0)
		json_set_int(json, "StopTimeout", spec->stop_timeout);
	set_true(json, "Tty", spec->tty);
	set_true(json, "OpenStdin", spec->open_stdin);
	set_true(json, "StdinOnce", spec->stdin_once);
	set_true(json, "AttachStdin", spec->attach_stdin);
	json_set_bool(json, "AttachStdout", true);
	json_set_bool(json, "AttachStderr", true);
	docker_labels_json(json, "Labels", &spec->labels);
}

static void add_throttles(cJSON *host, const char *key, const char *rate,
			  const struct spec_throttles *throttles)
{
	for (size_t i = 0; i < throttles->len; i++) {
		cJSON *json = cJSON_CreateObject();

		json_set_string(json, "Path", throttles->items[i].path);
		json_set_int(json, rate, throttles->items[i].rate);
		cJSON_AddItemToArray(array_in(host, key), json);
	}
}

static void add_blkio(cJSON *host, const struct spec_blkio *blkio)
{
	set_number(host, "BlkioWeight", blkio->weight);
	add_throttles(host, "BlkioWeightDevice", "Weight", &blkio->weight_device);
	add_throttles(host, "BlkioDeviceReadBps", "Rate", &blkio->read_bps);
	add_throttles(host, "BlkioDeviceReadIOps", "Rate", &blkio->read_iops);
	add_throttles(host, "BlkioDeviceWriteBps", "Rate", &blkio->write_bps);
	add_throttles(host, "BlkioDeviceWriteIOps", "Rate", &blkio->write_iops);
}

static void add_device_requests(cJSON *host, const struct container_spec *spec)
{
	for (size_t i = 0; i < spec->device_request_count; i++) {
		const struct spec_device_request *request = &spec->device_requests[i];
		cJSON *json = cJSON_CreateObject();

		json_set_string(json, "Driver", request->driver);
		set_number(json, "Count", request->count);
		set_strings(json, "DeviceIDs", request->device_ids);
		/* A list of lists: one of them must fit whole. */
		if (request->capabilities)
			cJSON_AddItemToArray(cJSON_AddArrayToObject(json, "Capabilities"),
					     json_strings(request->capabilities));
		docker_labels_json(json, "Options", &request->options);
		cJSON_AddItemToArray(array_in(host, "DeviceRequests"), json);
	}
}

static void add_resources(cJSON *host, const struct container_spec *spec)
{
	set_number(host, "NanoCpus", spec->nano_cpus);
	set_number(host, "Memory", spec->memory);
	set_number(host, "MemoryReservation", spec->memory_reservation);
	set_number(host, "MemorySwap", spec->memory_swap);
	set_number(host, "PidsLimit", spec->pids_limit);
	set_number(host, "CpuShares", spec->cpu_shares);
	set_number(host, "CpuCount", spec->cpu_count);
	set_number(host, "CpuPercent", (int64_t)spec->cpu_percent);
	set_number(host, "CpuPeriod", spec->cpu_period);
	set_number(host, "CpuQuota", spec->cpu_quota);
	set_number(host, "CpuRealtimePeriod", spec->cpu_rt_period);
	set_number(host, "CpuRealtimeRuntime", spec->cpu_rt_runtime);
	set_number(host, "MemorySwappiness", spec->swappiness);
	set_true(host, "OomKillDisable", spec->oom_kill_disable);
	set_number(host, "OomScoreAdj", spec->oom_score_adj);
	set_number(host, "ShmSize", spec->shm_size);
	json_set_string(host, "CpusetCpus", spec->cpuset);
	set_strings(host, "DeviceCgroupRules", spec->device_cgroup_rules);
	add_blkio(host, &spec->blkio);
	add_device_requests(host, spec);
	for (size_t i = 0; i < spec->ulimit_count; i++) {
		cJSON *limit = cJSON_CreateObject();

		json_set_string(limit, "Name", spec->ulimits[i].name);
		json_set_int(limit, "Soft", spec->ulimits[i].soft);
		json_set_int(limit, "Hard", spec->ulimits[i].hard);
		cJSON_AddItemToArray(array_in(host, "Ulimits"), limit);
	}
}

/* /dev/a:/dev/b:rwm; on Windows class/GUID or IDTYPE://ID before the first colon that is not the
 * type's. */
static void add_device(cJSON *host, const char *device)
{
	CLEANUP(memory_free) char *source = memory_copy(device);
	char *id = strstr(source, "://");
	char *target = strchr(id ? id + 3 : source, ':');
	char *permissions = NULL;
	cJSON *json = cJSON_CreateObject();

	if (target) {
		*target++ = '\0';
		permissions = strrchr(target, ':');
	}
	if (permissions)
		*permissions++ = '\0';
	json_set_string(json, "PathOnHost", source);
	if (source[0] == '/') {
		json_set_string(json, "PathInContainer", target ? target : source);
		json_set_string(json, "CgroupPermissions", permissions ? permissions : "rwm");
	}
	cJSON_AddItemToArray(array_in(host, "Devices"), json);
}

static void add_security(cJSON *host, const struct container_spec *spec)
{
	set_true(host, "Privileged", spec->privileged);
	set_true(host, "ReadonlyRootfs", spec->read_only);
	set_strings(host, "CapAdd", spec->cap_add);
	set_strings(host, "CapDrop", spec->cap_drop);
	set_strings(host, "SecurityOpt", spec->security_opt);
	set_strings(host, "GroupAdd", spec->group_add);
	json_set_string(host, "PidMode", spec->pid);
	json_set_string(host, "IpcMode", spec->ipc);
	json_set_string(host, "UTSMode", spec->uts);
	json_set_string(host, "UsernsMode", spec->userns);
	json_set_string(host, "CgroupnsMode", spec->cgroupns);
	json_set_string(host, "CgroupParent", spec->cgroup_parent);
	docker_labels_json(host, "Sysctls", &spec->sysctls);
	for (const char *const *device = spec->devices; device && *device; device++)
		add_device(host, *device);
}

static void add_host(cJSON *host, const struct container_spec *spec, unsigned api)
{
	if (spec->restart) {
		cJSON *policy = cJSON_AddObjectToObject(host, "RestartPolicy");

		json_set_string(policy, "Name", spec->restart);
		set_number(policy, "MaximumRetryCount", spec->restart_max);
	}
	set_true(host, "AutoRemove", spec->auto_remove);
	if (spec->init_set)
		json_set_bool(host, "Init", spec->init);
	json_set_string(host, "Runtime", spec->runtime);
	json_set_string(host, "Isolation", spec->isolation);
	set_strings(host, "Dns", spec->dns);
	set_strings(host, "DnsSearch", spec->dns_search);
	set_strings(host, "DnsOptions", spec->dns_opt);
	set_strings(host, "ExtraHosts", spec->extra_hosts);
	set_strings(host, "Links", spec->links);
	docker_labels_json(host, "StorageOpt", &spec->storage_opt);
	if (api >= API_ANNOTATIONS)
		docker_labels_json(host, "Annotations", &spec->annotations);
	if (spec->log_driver || spec->log_options.len) {
		cJSON *log = cJSON_AddObjectToObject(host, "LogConfig");

		json_set_string(log, "Type", spec->log_driver);
		docker_labels_json(log, "Config", &spec->log_options);
	}
	if (spec->console_width && api >= API_CONSOLE_SIZE) {
		cJSON *size = cJSON_AddArrayToObject(host, "ConsoleSize");

		cJSON_AddItemToArray(size, cJSON_CreateNumber(spec->console_height));
		cJSON_AddItemToArray(size, cJSON_CreateNumber(spec->console_width));
	}
}

cJSON *docker_container_json(const struct container_spec *spec, unsigned api)
{
	cJSON *json = cJSON_CreateObject();

	add_process(json, spec);
	add_health(json, &spec->healthcheck, api);
	cJSON *host = object_in(json, "HostConfig");

	add_host(host, spec, api);
	add_resources(host, spec);
	add_security(host, spec);
	add_mounts(host, spec, api);
	add_ports(json, spec);
	add_networks(json, spec, api);
	return json;
}

cJSON *docker_network_json(const struct network_spec *spec)
{
	cJSON *json = cJSON_CreateObject();

	json_set_string(json, "Name", spec->name);
	/* Engines up to API 1.43 allow two networks of one name unless asked to look. */
	json_set_bool(json, "CheckDuplicate", true);
	json_set_string(json, "Driver", spec->driver);
	set_true(json, "Internal", spec->internal);
	set_true(json, "Attachable", spec->attachable);
	set_true(json, "EnableIPv6", spec->ipv6);
	if (spec->ipv4_off)
		json_set_bool(json, "EnableIPv4", false);
	docker_labels_json(json, "Options", &spec->driver_opts);
	docker_labels_json(json, "Labels", &spec->labels);
	if (!spec->ipam_driver && !spec->pool_count && !spec->ipam_options.len)
		return json;
	cJSON *ipam = cJSON_AddObjectToObject(json, "IPAM");

	json_set_string(ipam, "Driver", spec->ipam_driver ? spec->ipam_driver : "default");
	docker_labels_json(ipam, "Options", &spec->ipam_options);
	for (size_t i = 0; i < spec->pool_count; i++) {
		cJSON *pool = cJSON_CreateObject();

		json_set_string(pool, "Subnet", spec->pools[i].subnet);
		json_set_string(pool, "IPRange", spec->pools[i].ip_range);
		json_set_string(pool, "Gateway", spec->pools[i].gateway);
		docker_labels_json(pool, "AuxiliaryAddresses", &spec->pools[i].aux_addresses);
		cJSON_AddItemToArray(array_in(ipam, "Config"), pool);
	}
	return json;
}

cJSON *docker_volume_json(const struct volume_spec *spec)
{
	cJSON *json = cJSON_CreateObject();

	json_set_string(json, "Name", spec->name);
	json_set_string(json, "Driver", spec->driver);
	docker_labels_json(json, "DriverOpts", &spec->driver_opts);
	docker_labels_json(json, "Labels", &spec->labels);
	return json;
}
