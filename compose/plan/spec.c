/* SPDX-License-Identifier: MIT */
#include "compose/plan/spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "compose/plan/endpoint.h"
#include "compose/plan/storage.h"

#define SECOND 1000000000LL

/* --- small pieces */

/* labels_set keeps its items on the heap; a spec's live in the arena. */
static struct labels seal(struct arena *arena, struct labels *from)
{
	struct labels sealed = {.len = from->len, .cap = from->len};
	if (from->len) {
		sealed.items = arena_alloc(arena, from->len * sizeof(*from->items));
		memcpy(sealed.items, from->items, from->len * sizeof(*from->items));
	}
	array_drop(from);
	return sealed;
}

struct labels spec_labels(struct arena *arena, const struct pairs *pairs)
{
	struct labels labels = {0};
	for (size_t i = 0; i < pairs->len; i++)
		labels_set(&labels, pairs->items[i].key,
			   pairs->items[i].value ? pairs->items[i].value : "");
	return seal(arena, &labels);
}

const char *const *spec_vector(struct arena *arena, const struct strings *strings)
{
	if (!strings->len)
		return NULL;
	const char **vector = arena_alloc(arena, (strings->len + 1) * sizeof(*vector));
	memcpy(vector, strings->items, strings->len * sizeof(*vector));
	return vector;
}

static const char *joined(struct arena *arena, const struct strings *strings)
{
	CLEANUP(text_drop) struct text text = {0};
	for (size_t i = 0; i < strings->len; i++)
		text_printf(&text, "%s%s", i ? "," : "", strings->items[i]);
	return arena_copy(arena, text_string(&text));
}

static const char *const *environment_of(struct arena *arena, const struct pairs *pairs)
{
	if (!pairs->len)
		return NULL;
	const char **env = arena_alloc(arena, (pairs->len + 1) * sizeof(*env));
	for (size_t i = 0; i < pairs->len; i++) {
		const struct pair *pair = &pairs->items[i];
		env[i] = pair->value ? arena_format(arena, "%s=%s", pair->key, pair->value)
				     : pair->key;
	}
	return env;
}

const char *spec_container_name(struct arena *arena, const struct project *project,
				const struct service *service, unsigned number)
{
	if (service->container_name)
		return service->container_name;
	return arena_format(arena, "%s-%s-%u", project->name, service->name, number);
}

const char *spec_restart(const struct service *service, int *max_retries)
{
	static const struct {
		const char *condition, *policy;
	} conditions[] = {{"any", "always"}, {"none", "no"}, {"on-failure", "on-failure"}};

	const struct node *deploy = node_get(node_get(service->node, "deploy"), "restart_policy");
	const char *condition = node_text(node_get(deploy, "condition"));
	*max_retries = service->restart.max_retries;
	for (size_t i = 0; condition && i < ARRAY_LEN(conditions); i++) {
		if (!text_same(condition, conditions[i].condition))
			continue;
		const char *attempts = node_text(node_get(deploy, "max_attempts"));
		*max_retries = attempts ? (int)strtol(attempts, NULL, 10) : 0;
		return conditions[i].policy;
	}
	return service->restart.name;
}

/* --- labels */

static const char *const condition_names[] = {
	[DEPENDENCY_STARTED] = "service_started",
	[DEPENDENCY_HEALTHY] = "service_healthy",
	[DEPENDENCY_COMPLETED] = "service_completed_successfully",
};

static const char *const unhealthy_names[] = {
	[UNHEALTHY_RESTART] = "restart",
	[UNHEALTHY_RECREATE] = "recreate",
	[UNHEALTHY_STOP] = "stop",
	[UNHEALTHY_IGNORE] = "ignore",
};

static const char *depends_on_label(struct arena *arena, const struct service *service)
{
	CLEANUP(text_drop) struct text text = {0};
	ARRAY_FOR_EACH (struct dependency, d, &service->dependencies)
		text_printf(&text, "%s%s:%s:%s", text.len ? "," : "", d->service,
			    condition_names[d->condition], d->restart ? "true" : "false");
	return arena_copy(arena, text_string(&text));
}

static void set_hash(struct arena *arena, struct labels *labels, const char *hash)
{
	labels_set(labels, LABEL_FOREIGN_HASH, hash);
	labels_set(labels, LABEL_HASH, arena_format(arena, "%s:%s", SPEC_HASH_ALGORITHM, hash));
}

static struct labels container_labels(struct arena *arena, const struct project *project,
				      const struct service *service,
				      const struct spec_options *options)
{
	struct labels labels = {0};
	for (size_t i = 0; i < service->labels.len; i++) {
		const struct pair *pair = &service->labels.items[i];
		labels_set(&labels, pair->key, pair->value ? pair->value : "");
	}
	labels_set(&labels, LABEL_PROJECT, project->name);
	labels_set(&labels, LABEL_SERVICE, service->name);
	labels_set(&labels, LABEL_NUMBER, arena_format(arena, "%u", options->number));
	labels_set(&labels, LABEL_ONE_OFF, options->one_off ? "True" : "False");
	labels_set(&labels, LABEL_DEPENDS_ON, depends_on_label(arena, service));
	labels_set(&labels, LABEL_VERSION, WINCOMPOSE_VERSION);
	if (project->folder)
		labels_set(&labels, LABEL_WORKING_DIR, project->folder);
	labels_set(&labels, LABEL_CONFIG_FILES, joined(arena, &project->files));
	if (project->env_files.len)
		labels_set(&labels, LABEL_ENV_FILES, joined(arena, &project->env_files));
	set_hash(arena, &labels, service->hash);
	if (options->image_id)
		labels_set(&labels, LABEL_IMAGE, options->image_id);
	if (options->replaces)
		labels_set(&labels, LABEL_REPLACES, options->replaces);
	if (options->slug)
		labels_set(&labels, LABEL_SLUG, options->slug);
	if (options->isolation)
		labels_set(&labels, LABEL_ISOLATION, options->isolation);
	if (options->isolation && options->isolation_reason)
		labels_set(&labels, LABEL_ISOLATION_REASON, options->isolation_reason);
	if (options->supervised && !options->one_off)
		labels_set(&labels, LABEL_SUPERVISE,
			   unhealthy_names[service->supervision.on_unhealthy]);
	return seal(arena, &labels);
}

/* --- references to other services: service:X is its first container */

static const char *first_container(struct arena *arena, const struct project *project,
				   const char *name, size_t len)
{
	const char *key = arena_copy_n(arena, name, len);
	const struct service *service = project_service(project, key);
	if (!service)
		return arena_format(arena, "%s-%s-1", project->name, key);
	return spec_container_name(arena, project, service, 1);
}

static const char *mode_of(struct arena *arena, const struct project *project, const char *mode)
{
	if (!mode || !text_starts(mode, "service:"))
		return mode;
	const char *name = mode + strlen("service:");
	return arena_format(arena, "container:%s",
			    first_container(arena, project, name, strlen(name)));
}

static const char *const *volumes_from_of(struct arena *arena, const struct project *project,
					  const struct strings *from)
{
	if (!from->len)
		return NULL;
	const char **names = arena_alloc(arena, (from->len + 1) * sizeof(*names));
	for (size_t i = 0; i < from->len; i++) {
		const char *item = from->items[i];
		if (text_starts(item, "container:")) {
			names[i] = item + strlen("container:");
			continue;
		}
		const char *colon = strchr(item, ':');
		size_t len = colon ? (size_t)(colon - item) : strlen(item);
		names[i] = arena_format(arena, "%s%s", first_container(arena, project, item, len),
					colon ? colon : "");
	}
	return names;
}

/* --- the rest of a container */

static void fill_ports(struct arena *arena, const struct service *service,
		       const struct spec_options *options, struct container_spec *spec)
{
	spec->expose = spec_vector(arena, &service->expose);
	if (options->one_off && !options->service_ports)
		return;
	spec->ports = arena_alloc(arena, (service->ports.len + 1) * sizeof(*spec->ports));
	spec->port_count = service->ports.len;
	for (size_t i = 0; i < service->ports.len; i++) {
		const struct service_port *port = &service->ports.items[i];
		spec->ports[i] = (struct spec_port){
			.host_ip = port->host_ip,
			.published = port->published,
			.target = port->target,
			.protocol = port->protocol ? port->protocol : "tcp",
		};
	}
}

static void fill_healthcheck(const struct service *service, const struct engine_host *host,
			     struct container_spec *spec)
{
	const struct healthcheck *from = &service->healthcheck;
	bool capable = !host || (host->capabilities & ENGINE_START_INTERVAL);
	spec->healthcheck = (struct spec_healthcheck){
		.disabled = from->disabled,
		.test = (const char *const *)from->test,
		.interval = from->interval,
		.timeout = from->timeout,
		.start_period = from->start_period,
		.start_interval = capable ? from->start_interval : 0,
		.retries = from->retries,
	};
}

static struct spec_throttles throttles_of(struct arena *arena, const struct throttles *from)
{
	struct spec_throttles to = {
		.items = arena_alloc(arena, (from->len + 1) * sizeof(*to.items)),
		.len = from->len,
	};

	for (size_t i = 0; i < from->len; i++)
		to.items[i] = (struct spec_throttle){from->items[i].path, from->items[i].rate};
	return to;
}

static void fill_blkio(struct arena *arena, const struct blkio *from, struct spec_blkio *to)
{
	*to = (struct spec_blkio){
		.weight = from->weight,
		.weight_device = throttles_of(arena, &from->weight_device),
		.read_bps = throttles_of(arena, &from->read_bps),
		.read_iops = throttles_of(arena, &from->read_iops),
		.write_bps = throttles_of(arena, &from->write_bps),
		.write_iops = throttles_of(arena, &from->write_iops),
	};
}

static void fill_device_requests(struct arena *arena, const struct service *service,
				 struct container_spec *spec)
{
	const struct device_requests *from = &service->device_requests;

	spec->device_request_count = from->len;
	spec->device_requests =
		arena_alloc(arena, (from->len + 1) * sizeof(*spec->device_requests));
	for (size_t i = 0; i < from->len; i++)
		spec->device_requests[i] = (struct spec_device_request){
			.driver = from->items[i].driver,
			.count = from->items[i].count,
			.device_ids = spec_vector(arena, &from->items[i].device_ids),
			.capabilities = spec_vector(arena, &from->items[i].capabilities),
			.options = spec_labels(arena, &from->items[i].options),
		};
}

static void fill_resources(struct arena *arena, const struct service *service,
			   struct container_spec *spec)
{
	const struct resources *from = &service->resources;
	spec->nano_cpus = (int64_t)(from->cpus * 1e9 + 0.5);
	spec->memory = from->memory;
	spec->memory_reservation = from->memory_reservation;
	spec->memory_swap = from->memory_swap;
	spec->pids_limit = from->pids;
	spec->cpu_shares = from->cpu_shares;
	spec->cpu_count = from->cpu_count;
	spec->cpu_percent = from->cpu_percent;
	spec->cpu_period = from->cpu_period;
	spec->cpu_quota = from->cpu_quota;
	spec->cpu_rt_period = from->cpu_rt_period;
	spec->cpu_rt_runtime = from->cpu_rt_runtime;
	spec->swappiness = from->swappiness;
	spec->oom_kill_disable = from->oom_kill_disable;
	spec->oom_score_adj = from->oom_score_adj;
	spec->cpuset = from->cpuset;
	fill_blkio(arena, &from->blkio, &spec->blkio);
	fill_device_requests(arena, service, spec);
	spec->shm_size = service->shm_size;
}

/* credential_spec: {file|registry|config} is a security option of the engine. A config's content is
 * sent as it is; a file that the caller had is raw://CONTENT by now. */
static const char *credential_option(struct arena *arena, const struct project *project,
				     const struct node *from)
{
	const char *file = node_text(node_get(from, "file"));
	const char *registry = node_text(node_get(from, "registry"));
	const char *config = node_text(node_get(from, "config"));
	if (file && text_starts(file, "raw://"))
		return arena_format(arena, "credentialspec=%s", file);
	if (file)
		return arena_format(arena, "credentialspec=%s%s",
				    text_starts(file, "file://") ? "" : "file://", file);
	if (registry)
		return arena_format(arena, "credentialspec=registry://%s", registry);
	const struct file_source *source = config ? project_config(project, config) : NULL;
	const char *content = NULL;
	if (source && source->kind == SOURCE_CONTENT)
		content = source->value;
	if (source && source->kind == SOURCE_ENVIRONMENT)
		content = map_get(&project->environment, source->value);
	return content ? arena_format(arena, "credentialspec=raw://%s", content) : NULL;
}

static void fill_security(struct arena *arena, const struct project *project,
			  const struct service *service, struct container_spec *spec)
{
	const char *credential = credential_option(arena, project, service->credential_spec);
	spec->security_opt = spec_vector(arena, &service->security_opt);
	if (credential) {
		size_t len = service->security_opt.len;
		const char **options = arena_alloc(arena, (len + 2) * sizeof(*options));
		for (size_t i = 0; i < len; i++)
			options[i] = service->security_opt.items[i];
		options[len] = credential;
		spec->security_opt = options;
	}
	spec->privileged = service->privileged;
	spec->read_only = service->read_only;
	spec->cap_add = spec_vector(arena, &service->cap_add);
	spec->cap_drop = spec_vector(arena, &service->cap_drop);
	spec->group_add = spec_vector(arena, &service->group_add);
	spec->ulimit_count = service->ulimits.len;
	spec->ulimits = arena_alloc(arena, (service->ulimits.len + 1) * sizeof(*spec->ulimits));
	for (size_t i = 0; i < service->ulimits.len; i++) {
		const struct ulimit *from = &service->ulimits.items[i];
		spec->ulimits[i] = (struct spec_ulimit){from->name, from->soft, from->hard};
	}
}

static void fill_namespaces(struct arena *arena, const struct project *project,
			    const struct service *service, struct container_spec *spec)
{
	spec->network_mode = mode_of(arena, project, service->network_mode);
	spec->pid = mode_of(arena, project, service->pid);
	spec->ipc = mode_of(arena, project, service->ipc);
	spec->uts = mode_of(arena, project, service->uts);
	spec->userns = service->userns_mode;
	spec->cgroupns = service->cgroup;
	spec->cgroup_parent = service->cgroup_parent;
	spec->volumes_from = volumes_from_of(arena, project, &service->volumes_from);
}

static void fill_process(struct arena *arena, const struct service *service,
			 struct container_spec *spec)
{
	spec->command = (const char *const *)service->command;
	spec->entrypoint = (const char *const *)service->entrypoint;
	spec->env = environment_of(arena, &service->environment);
	spec->user = service->user;
	spec->working_dir = service->working_dir;
	spec->hostname = service->hostname;
	spec->domainname = service->domainname;
	spec->mac_address = service->mac_address;
	spec->stop_signal = service->stop_signal;
	spec->stop_timeout =
		service->stop_grace_period < 0 ? -1 : (int)(service->stop_grace_period / SECOND);
	spec->tty = service->tty;
	spec->open_stdin = service->stdin_open;
	spec->init = service->init;
	spec->init_set = service->init_written;
	spec->runtime = service->runtime;
}

static void fill_host_options(struct arena *arena, const struct service *service,
			      struct container_spec *spec)
{
	spec->dns = spec_vector(arena, &service->dns);
	spec->dns_search = spec_vector(arena, &service->dns_search);
	spec->dns_opt = spec_vector(arena, &service->dns_opt);
	spec->extra_hosts = spec_vector(arena, &service->extra_hosts);
	spec->tmpfs = spec_vector(arena, &service->tmpfs);
	spec->devices = spec_vector(arena, &service->devices);
	spec->device_cgroup_rules = spec_vector(arena, &service->device_cgroup_rules);
	spec->sysctls = spec_labels(arena, &service->sysctls);
	spec->annotations = spec_labels(arena, &service->annotations);
	spec->storage_opt = spec_labels(arena, &service->storage_opt);
	spec->log_driver = service->logging_driver;
	spec->log_options = spec_labels(arena, &service->logging_options);
}

static const char *isolation_of(const struct service *service, const struct spec_options *options)
{
	if (options->isolation)
		return options->isolation;
	return text_same(service->isolation, "default") ? NULL : service->isolation;
}

const struct container_spec *spec_container(struct arena *arena, const struct project *project,
					    const struct service *service,
					    const struct engine_host *host,
					    const struct spec_options *options)
{
	struct container_spec *spec = arena_alloc(arena, sizeof(*spec));
	spec->name = options->name;
	if (!spec->name)
		spec->name = options->one_off ? arena_format(arena, "%s-%s-run-%s", project->name,
							     service->name, options->slug)
					      : spec_container_name(arena, project, service,
								    options->number);
	spec->image = service->image;
	spec->platform = service->platform;
	spec->labels = container_labels(arena, project, service, options);
	spec->isolation = isolation_of(service, options);
	if (!options->one_off)
		spec->restart = spec_restart(service, &spec->restart_max);
	fill_process(arena, service, spec);
	fill_ports(arena, service, options, spec);
	storage_fill(arena, project, service, host, options, spec);
	endpoint_fill(arena, project, service, options, spec);
	fill_namespaces(arena, project, service, spec);
	fill_healthcheck(service, host, spec);
	fill_resources(arena, service, spec);
	fill_security(arena, project, service, spec);
	fill_host_options(arena, service, spec);
	return spec;
}

/* --- networks and volumes */

static struct labels resource_labels(struct arena *arena, const struct project *project,
				     const struct pairs *written, const char *kind, const char *key,
				     const char *hash)
{
	struct labels labels = {0};
	for (size_t i = 0; i < written->len; i++)
		labels_set(&labels, written->items[i].key,
			   written->items[i].value ? written->items[i].value : "");
	labels_set(&labels, LABEL_PROJECT, project->name);
	labels_set(&labels, kind, key);
	labels_set(&labels, LABEL_VERSION, WINCOMPOSE_VERSION);
	set_hash(arena, &labels, hash);
	return seal(arena, &labels);
}

const struct network_spec *spec_network(struct arena *arena, const struct project *project,
					const struct network *network)
{
	struct network_spec *spec = arena_alloc(arena, sizeof(*spec));
	*spec = (struct network_spec){
		.name = network->name,
		.driver = network->driver,
		.driver_opts = spec_labels(arena, &network->driver_opts),
		.labels = resource_labels(arena, project, &network->labels, LABEL_NETWORK,
					  network->key, network->hash),
		.internal = network->internal,
		.attachable = network->attachable,
		.ipv6 = network->ipv6,
		.ipv4_off = network->ipv4_off,
		.ipam_options = spec_labels(arena, &network->ipam_options),
		.ipam_driver = network->ipam_driver,
		.pools = arena_alloc(arena, (network->ipam.len + 1) * sizeof(*spec->pools)),
		.pool_count = network->ipam.len,
	};
	for (size_t i = 0; i < network->ipam.len; i++) {
		const struct ipam_pool *from = &network->ipam.items[i];
		spec->pools[i] = (struct spec_pool){
			.subnet = from->subnet,
			.ip_range = from->ip_range,
			.gateway = from->gateway,
			.aux_addresses = spec_labels(arena, &from->aux_addresses),
		};
	}
	return spec;
}

const struct volume_spec *spec_volume(struct arena *arena, const struct project *project,
				      const struct volume *volume)
{
	struct volume_spec *spec = arena_alloc(arena, sizeof(*spec));
	*spec = (struct volume_spec){
		.name = volume->name,
		.driver = volume->driver,
		.driver_opts = spec_labels(arena, &volume->driver_opts),
		.labels = resource_labels(arena, project, &volume->labels, LABEL_VOLUME,
					  volume->key, volume->hash),
	};
	return spec;
}
