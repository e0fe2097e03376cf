/* SPDX-License-Identifier: MIT */
#include "compose/project/schema.h"

#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/brief.h"
#include "compose/project/mount.h"
#include "compose/project/port.h"

#define ROWS(array) .rows = array, .len = ARRAY_LEN(array)
#define WORDS(...)  ((const char *const[]){__VA_ARGS__, NULL})

/* --- below a service */

static const struct row file_rows[] = {
	{.name = "source", .shape = SHAPE_STRING, .flags = ROW_REQUIRED},
	{.name = "target", .shape = SHAPE_STRING},
	{.name = "uid", .shape = SHAPE_STRING},
	{.name = "gid", .shape = SHAPE_STRING},
	{.name = "mode", .shape = SHAPE_MODE, .flags = ROW_KEEP},
};
static const struct schema build_secret = {
	.what = "a build's secret", ROWS(file_rows), .brief = "source"};

static const struct row build_rows[] = {
	{.name = "context", .shape = SHAPE_STRING},
	{.name = "dockerfile", .shape = SHAPE_STRING},
	{.name = "dockerfile_inline", .shape = SHAPE_STRING},
	{.name = "entitlements", .shape = SHAPE_STRINGS},
	{.name = "args", .shape = SHAPE_PAIRS},
	{.name = "provenance", .shape = SHAPE_SWITCH},
	{.name = "sbom", .shape = SHAPE_SWITCH},
	{.name = "ssh", .shape = SHAPE_SSH, .flags = ROW_DISTINCT},
	{.name = "labels", .shape = SHAPE_LABELS},
	{.name = "cache_from", .shape = SHAPE_STRINGS},
	{.name = "cache_to", .shape = SHAPE_STRINGS},
	{.name = "no_cache", .shape = SHAPE_BOOL},
	{.name = "no_cache_filter", .shape = SHAPE_ONE_OR_MORE},
	{.name = "additional_contexts", .shape = SHAPE_LABELS, .flags = ROW_FORMED},
	{.name = "pull", .shape = SHAPE_BOOL},
	{.name = "extra_hosts", .shape = SHAPE_HOSTS, .flags = ROW_SORTED | ROW_DISTINCT},
	{.name = "isolation", .shape = SHAPE_STRING},
	{.name = "network", .shape = SHAPE_STRING},
	{.name = "target", .shape = SHAPE_STRING},
	{.name = "secrets", .shape = SHAPE_ITEMS, .of = &build_secret},
	{.name = "shm_size", .shape = SHAPE_BYTES},
	{.name = "tags", .shape = SHAPE_STRINGS, .flags = ROW_UNIQUE},
	{.name = "ulimits", .shape = SHAPE_ULIMITS},
	{.name = "platforms", .shape = SHAPE_STRINGS},
	{.name = "privileged", .shape = SHAPE_BOOL},
};
static const struct schema build = {.what = "build", ROWS(build_rows), .brief = "context"};

static const struct row dependency_rows[] = {
	{.name = "condition",
	 .shape = SHAPE_STRING,
	 .flags = ROW_REQUIRED,
	 .words = WORDS("service_started", "service_healthy", "service_completed_successfully")},
	{.name = "restart", .shape = SHAPE_BOOL},
	{.name = "required", .shape = SHAPE_BOOL, .flags = ROW_KEEP},
};
static const struct schema dependency = {.what = "a dependency", ROWS(dependency_rows)};

static const struct row env_file_rows[] = {
	{.name = "path", .shape = SHAPE_STRING, .flags = ROW_REQUIRED},
	{.name = "required", .shape = SHAPE_BOOL, .flags = ROW_KEEP},
	{.name = "format", .shape = SHAPE_STRING, .words = WORDS("raw")},
};
static const struct schema env_file = {
	.what = "an env_file",
	ROWS(env_file_rows),
	.closed = true,
	.brief = "path",
	.identity = brief_path,
};

static const struct row device_rows[] = {
	{.name = "source", .shape = SHAPE_STRING, .flags = ROW_REQUIRED},
	{.name = "target", .shape = SHAPE_STRING},
	{.name = "permissions", .shape = SHAPE_STRING},
};
static const struct schema device = {
	.what = "a device", ROWS(device_rows), .parted = true, .expand = brief_device, .identity = brief_target};

static const struct row healthcheck_rows[] = {
	{.name = "test", .shape = SHAPE_TEST, .merge = MERGE_REPLACE},
	{.name = "timeout", .shape = SHAPE_DURATION, .flags = ROW_KEEP},
	{.name = "interval", .shape = SHAPE_DURATION, .flags = ROW_KEEP},
	{.name = "retries", .shape = SHAPE_INT, .flags = ROW_KEEP},
	{.name = "start_period", .shape = SHAPE_DURATION, .flags = ROW_KEEP},
	{.name = "start_interval", .shape = SHAPE_DURATION, .flags = ROW_KEEP},
	{.name = "disable", .shape = SHAPE_BOOL},
};
static const struct schema healthcheck = {.what = "a healthcheck", ROWS(healthcheck_rows)};

static const struct row logging_rows[] = {
	{.name = "driver", .shape = SHAPE_STRING},
	{.name = "options", .shape = SHAPE_OPTIONS, .flags = ROW_NULL_ITEM},
};
static const struct schema logging = {.what = "logging", ROWS(logging_rows)};

static const struct row credential_rows[] = {
	{.name = "config", .shape = SHAPE_STRING},
	{.name = "file", .shape = SHAPE_STRING},
	{.name = "registry", .shape = SHAPE_STRING},
};
static const struct schema credential_spec = {.what = "a credential_spec", ROWS(credential_rows)};

static const struct row attachment_rows[] = {
	{.name = "priority", .shape = SHAPE_INT, .flags = ROW_STRICT},
	{.name = "gw_priority", .shape = SHAPE_INT, .flags = ROW_STRICT},
	{.name = "aliases", .shape = SHAPE_STRINGS, .flags = ROW_UNIQUE},
	{.name = "interface_name", .shape = SHAPE_STRING},
	{.name = "ipv4_address", .shape = SHAPE_STRING},
	{.name = "ipv6_address", .shape = SHAPE_STRING},
	{.name = "link_local_ips", .shape = SHAPE_STRINGS, .flags = ROW_UNIQUE},
	{.name = "mac_address", .shape = SHAPE_STRING},
	{.name = "driver_opts", .shape = SHAPE_OPTIONS},
};
static const struct schema attachment = {.what = "a service's network", ROWS(attachment_rows)};

static const struct row port_rows[] = {
	{.name = "name", .shape = SHAPE_STRING},
	{.name = "mode", .shape = SHAPE_STRING},
	{.name = "host_ip", .shape = SHAPE_STRING},
	{.name = "target", .shape = SHAPE_INT, .flags = ROW_REQUIRED},
	{.name = "published", .shape = SHAPE_TEXT},
	{.name = "protocol", .shape = SHAPE_STRING},
	{.name = "app_protocol", .shape = SHAPE_STRING},
};
static const struct schema port = {.what = "a port",
				   ROWS(port_rows),
				   .numbers = true,
				   .expand = port_expand,
				   .identity = port_identity};

static const struct schema secret_use = {
	.what = "a service's secret", ROWS(file_rows), .brief = "source", .identity = brief_secret};
static const struct schema config_use = {
	.what = "a service's config", ROWS(file_rows), .brief = "source", .identity = brief_config};

static const struct row bind_rows[] = {
	{.name = "selinux", .shape = SHAPE_STRING, .words = WORDS("z", "Z")},
	{.name = "propagation", .shape = SHAPE_STRING},
	{.name = "create_host_path", .shape = SHAPE_BOOL, .flags = ROW_KEEP},
	{.name = "recursive",
	 .shape = SHAPE_STRING,
	 .words = WORDS("enabled", "disabled", "writable", "readonly")},
};
static const struct schema bind_options = {.what = "bind", ROWS(bind_rows)};

static const struct row volume_option_rows[] = {
	{.name = "labels", .shape = SHAPE_LABELS},
	{.name = "nocopy", .shape = SHAPE_BOOL},
	{.name = "subpath", .shape = SHAPE_STRING},
};
static const struct schema volume_options = {.what = "volume", ROWS(volume_option_rows)};

static const struct row tmpfs_rows[] = {
	{.name = "size", .shape = SHAPE_BYTES},
	{.name = "mode", .shape = SHAPE_INT, .flags = ROW_STRICT},
};
static const struct schema tmpfs_options = {.what = "tmpfs", ROWS(tmpfs_rows)};

static const struct row image_rows[] = {
	{.name = "subpath", .shape = SHAPE_STRING},
};
static const struct schema image_options = {.what = "image", ROWS(image_rows)};

static const struct row mount_rows[] = {
	{.name = "type",
	 .shape = SHAPE_STRING,
	 .flags = ROW_REQUIRED,
	 .words = WORDS("bind", "volume", "tmpfs", "npipe", "cluster", "image")},
	{.name = "source", .shape = SHAPE_STRING},
	{.name = "target", .shape = SHAPE_STRING},
	{.name = "read_only", .shape = SHAPE_BOOL},
	{.name = "consistency", .shape = SHAPE_STRING},
	{.name = "bind", .shape = SHAPE_OBJECT, .flags = ROW_KEEP, .of = &bind_options},
	{.name = "volume", .shape = SHAPE_OBJECT, .flags = ROW_KEEP, .of = &volume_options},
	{.name = "tmpfs", .shape = SHAPE_OBJECT, .flags = ROW_KEEP, .of = &tmpfs_options},
	{.name = "image", .shape = SHAPE_OBJECT, .flags = ROW_KEEP, .of = &image_options},
};
static const struct schema mount = {
	.what = "a mount", ROWS(mount_rows), .parted = true, .expand = mount_expand, .identity = brief_target};

static const struct row extends_rows[] = {
	{.name = "service", .shape = SHAPE_STRING},
	{.name = "file", .shape = SHAPE_STRING},
};
static const struct schema extends = {
	.what = "extends", ROWS(extends_rows), .closed = true, .brief = "service"};

/* --- x-wincompose */

static const struct row backoff_rows[] = {
	{.name = "initial", .shape = SHAPE_DURATION, .flags = ROW_KEEP},
	{.name = "max", .shape = SHAPE_DURATION, .flags = ROW_KEEP},
	{.name = "reset_after", .shape = SHAPE_DURATION, .flags = ROW_KEEP},
};
static const struct schema backoff = {.what = "backoff", ROWS(backoff_rows), .closed = true};

static const struct row http_rows[] = {
	{.name = "port", .shape = SHAPE_INT, .flags = ROW_REQUIRED},
	{.name = "path", .shape = SHAPE_STRING},
	{.name = "status", .shape = SHAPE_INT},
};
static const struct schema http = {.what = "an http probe", ROWS(http_rows), .closed = true};

static const struct row tcp_rows[] = {
	{.name = "port", .shape = SHAPE_INT, .flags = ROW_REQUIRED},
};
static const struct schema tcp = {.what = "a tcp probe", ROWS(tcp_rows), .closed = true};

static const struct row probe_rows[] = {
	{.name = "http", .shape = SHAPE_OBJECT, .of = &http, .merge = MERGE_REPLACE},
	{.name = "tcp", .shape = SHAPE_OBJECT, .of = &tcp, .merge = MERGE_REPLACE},
	{.name = "log", .shape = SHAPE_STRING},
	{.name = "interval", .shape = SHAPE_DURATION, .flags = ROW_KEEP},
	{.name = "timeout", .shape = SHAPE_DURATION, .flags = ROW_KEEP},
	{.name = "retries", .shape = SHAPE_INT},
	{.name = "start_period", .shape = SHAPE_DURATION, .flags = ROW_KEEP},
};
static const struct schema probe = {.what = "a probe", ROWS(probe_rows), .closed = true};

static const struct row supervision_rows[] = {
	{.name = "on_unhealthy",
	 .shape = SHAPE_STRING,
	 .words = WORDS("restart", "recreate", "stop", "ignore")},
	{.name = "backoff", .shape = SHAPE_OBJECT, .of = &backoff},
	{.name = "probe", .shape = SHAPE_OBJECT, .of = &probe},
	{.name = "isolation", .shape = SHAPE_STRING, .words = WORDS("strict")},
};
static const struct schema supervision = {
	.what = "x-wincompose", ROWS(supervision_rows), .closed = true};

/* Nothing yet, so that a misspelt attempt is told. */
static const struct schema project_supervision = {.what = "x-wincompose", .closed = true};

/* --- a service */

static const struct row service_rows[] = {
	{.name = "profiles", .shape = SHAPE_STRINGS, .flags = ROW_UNIQUE},
	{.name = "annotations", .shape = SHAPE_LABELS},
	{.name = "attach", .shape = SHAPE_BOOL, .flags = ROW_KEEP},
	{.name = "build", .shape = SHAPE_OBJECT, .of = &build},
	{.name = "develop",
	 .shape = SHAPE_OBJECT,
	 .flags = ROW_NULL | ROW_KEEP,
	 .of = &schema_develop},
	{.name = "blkio_config", .shape = SHAPE_OBJECT, .flags = ROW_KEEP, .of = &schema_blkio},
	{.name = "cap_add", .shape = SHAPE_STRINGS, .flags = ROW_UNIQUE},
	{.name = "cap_drop", .shape = SHAPE_STRINGS, .flags = ROW_UNIQUE},
	{.name = "cgroup_parent", .shape = SHAPE_STRING},
	{.name = "cgroup", .shape = SHAPE_STRING, .words = WORDS("host", "private")},
	{.name = "cpu_count", .shape = SHAPE_INT},
	{.name = "cpu_percent", .shape = SHAPE_NUMBER},
	{.name = "cpu_period", .shape = SHAPE_INT},
	{.name = "cpu_quota", .shape = SHAPE_INT},
	{.name = "cpu_rt_period", .shape = SHAPE_INT},
	{.name = "cpu_rt_runtime", .shape = SHAPE_INT},
	{.name = "cpus", .shape = SHAPE_NUMBER},
	{.name = "cpuset", .shape = SHAPE_STRING},
	{.name = "cpu_shares", .shape = SHAPE_INT},
	{.name = "command",
	 .shape = SHAPE_COMMAND,
	 .flags = ROW_NULL | ROW_KEEP,
	 .merge = MERGE_REPLACE},
	{.name = "configs", .shape = SHAPE_ITEMS, .of = &config_use},
	{.name = "container_name", .shape = SHAPE_STRING},
	{.name = "credential_spec",
	 .shape = SHAPE_OBJECT,
	 .flags = ROW_KEEP,
	 .of = &credential_spec},
	{.name = "depends_on", .shape = SHAPE_MAP, .flags = ROW_NAMES, .of = &dependency},
	{.name = "deploy",
	 .shape = SHAPE_OBJECT,
	 .flags = ROW_NULL | ROW_KEEP,
	 .of = &schema_deploy},
	{.name = "device_cgroup_rules", .shape = SHAPE_STRINGS, .flags = ROW_DISTINCT},
	{.name = "devices", .shape = SHAPE_ITEMS, .of = &device},
	{.name = "dns", .shape = SHAPE_ONE_OR_MORE, .flags = ROW_UNIQUE | ROW_FILLED | ROW_FORMED},
	{.name = "dns_opt", .shape = SHAPE_STRINGS, .flags = ROW_UNIQUE},
	{.name = "dns_search", .shape = SHAPE_ONE_OR_MORE, .flags = ROW_UNIQUE | ROW_FORMED},
	{.name = "domainname", .shape = SHAPE_STRING},
	{.name = "entrypoint",
	 .shape = SHAPE_COMMAND,
	 .flags = ROW_NULL | ROW_KEEP,
	 .merge = MERGE_REPLACE},
	{.name = "provider", .shape = SHAPE_OBJECT, .of = &schema_provider},
	{.name = "environment", .shape = SHAPE_PAIRS},
	{.name = "env_file", .shape = SHAPE_ITEMS, .flags = ROW_SINGLE, .of = &env_file},
	{.name = "expose", .shape = SHAPE_TEXTS, .flags = ROW_UNIQUE},
	{.name = "extends", .shape = SHAPE_OBJECT, .of = &extends},
	{.name = "external_links", .shape = SHAPE_STRINGS, .flags = ROW_DISTINCT},
	{.name = "extra_hosts", .shape = SHAPE_HOSTS, .flags = ROW_SORTED | ROW_DISTINCT},
	{.name = "group_add", .shape = SHAPE_TEXTS, .flags = ROW_DISTINCT},
	{.name = "gpus", .shape = SHAPE_ITEMS, .flags = ROW_SINGLE, .of = &schema_gpu},
	{.name = "hostname", .shape = SHAPE_STRING},
	{.name = "healthcheck", .shape = SHAPE_OBJECT, .flags = ROW_KEEP, .of = &healthcheck},
	{.name = "image", .shape = SHAPE_STRING},
	{.name = "init", .shape = SHAPE_BOOL, .flags = ROW_KEEP},
	{.name = "ipc", .shape = SHAPE_STRING},
	{.name = "isolation",
	 .shape = SHAPE_STRING,
	 .flags = ROW_FILLED,
	 .words = WORDS("default", "process", "hyperv")},
	{.name = "labels", .shape = SHAPE_LABELS},
	{.name = "label_file", .shape = SHAPE_ONE_OR_MORE, .flags = ROW_FORMED},
	{.name = "links", .shape = SHAPE_STRINGS, .flags = ROW_UNIQUE},
	{.name = "logging",
	 .shape = SHAPE_OBJECT,
	 .flags = ROW_KEEP,
	 .of = &logging,
	 .merge = MERGE_LOGGING},
	{.name = "mem_limit", .shape = SHAPE_BYTES},
	{.name = "mem_reservation", .shape = SHAPE_BYTES},
	{.name = "memswap_limit", .shape = SHAPE_BYTES},
	{.name = "mem_swappiness", .shape = SHAPE_BYTES},
	{.name = "mac_address", .shape = SHAPE_STRING},
	{.name = "models",
	 .shape = SHAPE_MAP,
	 .flags = ROW_NAMES | ROW_NULL_ITEM,
	 .of = &schema_model_use},
	{.name = "networks",
	 .shape = SHAPE_MAP,
	 .flags = ROW_NAMES | ROW_NULL_ITEM,
	 .of = &attachment},
	{.name = "network_mode", .shape = SHAPE_STRING},
	{.name = "oom_kill_disable", .shape = SHAPE_BOOL},
	{.name = "oom_score_adj", .shape = SHAPE_INT},
	{.name = "pid", .shape = SHAPE_STRING, .flags = ROW_NULL},
	{.name = "pids_limit", .shape = SHAPE_INT},
	{.name = "platform", .shape = SHAPE_STRING},
	{.name = "ports", .shape = SHAPE_ITEMS, .of = &port},
	{.name = "pre_start", .shape = SHAPE_ITEMS, .of = &schema_first_hook},
	{.name = "post_start", .shape = SHAPE_ITEMS, .of = &schema_hook},
	{.name = "pre_stop", .shape = SHAPE_ITEMS, .of = &schema_hook},
	{.name = "privileged", .shape = SHAPE_BOOL},
	{.name = "pull_policy", .shape = SHAPE_STRING},
	{.name = "pull_refresh_after", .shape = SHAPE_DURATION, .flags = ROW_KEEP},
	{.name = "read_only", .shape = SHAPE_BOOL},
	{.name = "restart", .shape = SHAPE_STRING},
	{.name = "runtime", .shape = SHAPE_STRING},
	{.name = "scale", .shape = SHAPE_INT, .flags = ROW_KEEP},
	{.name = "secrets", .shape = SHAPE_ITEMS, .of = &secret_use},
	{.name = "security_opt", .shape = SHAPE_STRINGS, .flags = ROW_DISTINCT},
	{.name = "shm_size", .shape = SHAPE_BYTES},
	{.name = "stdin_open", .shape = SHAPE_BOOL},
	{.name = "stop_grace_period", .shape = SHAPE_DURATION, .flags = ROW_KEEP},
	{.name = "stop_signal", .shape = SHAPE_STRING},
	{.name = "storage_opt", .shape = SHAPE_OPTIONS, .flags = ROW_NULL_ITEM},
	{.name = "sysctls", .shape = SHAPE_LABELS},
	{.name = "tmpfs", .shape = SHAPE_ONE_OR_MORE, .flags = ROW_UNIQUE},
	{.name = "tty", .shape = SHAPE_BOOL},
	{.name = "ulimits", .shape = SHAPE_ULIMITS},
	{.name = "use_api_socket", .shape = SHAPE_BOOL},
	{.name = "user", .shape = SHAPE_STRING},
	{.name = "userns_mode", .shape = SHAPE_STRING},
	{.name = "uts", .shape = SHAPE_STRING},
	{.name = "volumes", .shape = SHAPE_ITEMS, .of = &mount},
	{.name = "volumes_from", .shape = SHAPE_STRINGS, .flags = ROW_DISTINCT},
	{.name = "working_dir", .shape = SHAPE_STRING},
	{.name = "x-wincompose", .shape = SHAPE_OBJECT, .of = &supervision},
};
const struct schema schema_service = {.what = "a service", ROWS(service_rows)};

/* --- the top */

static const struct row pool_rows[] = {
	{.name = "subnet", .shape = SHAPE_STRING},
	{.name = "gateway", .shape = SHAPE_STRING},
	{.name = "ip_range", .shape = SHAPE_STRING},
	{.name = "aux_addresses", .shape = SHAPE_ADDRESSES},
};
static const struct schema pool = {
	.what = "an address pool", ROWS(pool_rows), .identity = brief_subnet};

static const struct row ipam_rows[] = {
	{.name = "driver", .shape = SHAPE_STRING},
	{.name = "config", .shape = SHAPE_ITEMS, .of = &pool, .merge = MERGE_ITEMS},
	{.name = "options", .shape = SHAPE_ADDRESSES},
};
static const struct schema ipam = {.what = "ipam", ROWS(ipam_rows)};

static const struct row network_rows[] = {
	{.name = "name", .shape = SHAPE_STRING},
	{.name = "driver", .shape = SHAPE_STRING},
	{.name = "driver_opts", .shape = SHAPE_OPTIONS},
	{.name = "ipam", .shape = SHAPE_OBJECT, .of = &ipam},
	{.name = "external", .shape = SHAPE_EXTERNAL},
	{.name = "internal", .shape = SHAPE_BOOL},
	{.name = "attachable", .shape = SHAPE_BOOL},
	{.name = "labels", .shape = SHAPE_LABELS},
	{.name = "enable_ipv4", .shape = SHAPE_BOOL, .flags = ROW_KEEP},
	{.name = "enable_ipv6", .shape = SHAPE_BOOL, .flags = ROW_KEEP},
};
static const struct schema network = {.what = "a network", ROWS(network_rows)};

static const struct row volume_rows[] = {
	{.name = "name", .shape = SHAPE_STRING},
	{.name = "driver", .shape = SHAPE_STRING},
	{.name = "driver_opts", .shape = SHAPE_OPTIONS},
	{.name = "external", .shape = SHAPE_EXTERNAL},
	{.name = "labels", .shape = SHAPE_LABELS, .flags = ROW_DISTINCT},
};
static const struct schema volume = {.what = "a volume", ROWS(volume_rows)};

static const struct row secret_rows[] = {
	{.name = "name", .shape = SHAPE_STRING},
	{.name = "file", .shape = SHAPE_STRING},
	{.name = "environment", .shape = SHAPE_STRING},
	{.name = "external", .shape = SHAPE_EXTERNAL},
	{.name = "labels", .shape = SHAPE_LABELS, .flags = ROW_DISTINCT},
	{.name = "driver", .shape = SHAPE_STRING},
	{.name = "driver_opts", .shape = SHAPE_OPTIONS},
	{.name = "template_driver", .shape = SHAPE_STRING},
};
static const struct schema secret = {.what = "a secret", ROWS(secret_rows)};

static const struct row config_rows[] = {
	{.name = "name", .shape = SHAPE_STRING},
	{.name = "file", .shape = SHAPE_STRING},
	{.name = "environment", .shape = SHAPE_STRING, .flags = ROW_KEEP},
	{.name = "content", .shape = SHAPE_STRING, .flags = ROW_KEEP},
	{.name = "external", .shape = SHAPE_EXTERNAL},
	{.name = "labels", .shape = SHAPE_LABELS, .flags = ROW_DISTINCT},
	{.name = "template_driver", .shape = SHAPE_STRING},
};
static const struct schema config = {.what = "a config", ROWS(config_rows)};

static const struct row inclusion_rows[] = {
	{.name = "path", .shape = SHAPE_ONE_OR_MORE, .flags = ROW_FORMED},
	{.name = "project_directory", .shape = SHAPE_STRING},
	{.name = "env_file", .shape = SHAPE_ONE_OR_MORE, .flags = ROW_FORMED},
};
static const struct schema inclusion = {
	.what = "an include",
	ROWS(inclusion_rows),
	.closed = true,
	.brief = "path",
};

static const struct row project_rows[] = {
	{.name = "version", .shape = SHAPE_STRING, .flags = ROW_OBSOLETE},
	{.name = "name", .shape = SHAPE_STRING},
	{.name = "include", .shape = SHAPE_ITEMS, .flags = ROW_NULL, .of = &inclusion},
	{.name = "services", .shape = SHAPE_MAP, .flags = ROW_KEEP, .of = &schema_service},
	{.name = "networks", .shape = SHAPE_MAP, .flags = ROW_NULL_ITEM, .of = &network},
	{.name = "volumes", .shape = SHAPE_MAP, .flags = ROW_NULL_ITEM, .of = &volume},
	{.name = "secrets", .shape = SHAPE_MAP, .flags = ROW_NULL_ITEM, .of = &secret},
	{.name = "configs", .shape = SHAPE_MAP, .flags = ROW_NULL_ITEM, .of = &config},
	{.name = "models", .shape = SHAPE_MAP, .of = &schema_model},
	{.name = "x-wincompose", .shape = SHAPE_OBJECT, .of = &project_supervision},
};
const struct schema schema_project = {.what = "a Compose file", ROWS(project_rows)};

const struct row *schema_row(const struct schema *schema, const char *name)
{
	/* An empty name is no attribute, so there are two characters to compare. */
	if (!*name)
		return NULL;
	for (size_t i = 0; i < schema->len; i++) {
		const struct row *row = &schema->rows[i];

		if (row->name[0] == name[0] && row->name[1] == name[1] &&
		    strcmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

const char *schema_nearest(const struct schema *schema, const char *name)
{
	CLEANUP(memory_free) const char **names = memory_alloc(schema->len * sizeof(*names));

	for (size_t i = 0; i < schema->len; i++)
		names[i] = schema->rows[i].name;
	return text_nearest(name, names, schema->len);
}
