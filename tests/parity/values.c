/* SPDX-License-Identifier: MIT */
#include "tests/parity/values.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"

#define VALUES(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct {
	const char *path;
	const char *const *values;
} known[] = {
	{"name", VALUES("proj", "my-proj", "\"${P:-proj}\"")},
	{"services.image", VALUES("app", "\"app:1\"", "registry.example/app", "\"${I:-app}\"")},
	{"services.restart",
	 VALUES("always", "\"no\"", "on-failure", "\"on-failure:3\"", "unless-stopped")},
	{"services.pull_policy", VALUES("always", "never", "missing", "if_not_present", "build")},
	{"services.network_mode", VALUES("host", "none", "bridge", "\"container:x\"")},
	{"services.ipc", VALUES("host", "shareable", "private")},
	{"services.pid", VALUES("host", "\"container:x\"")},
	{"services.uts", VALUES("host")},
	{"services.userns_mode", VALUES("host")},
	{"services.platform", VALUES("linux/amd64", "linux/arm64")},
	{"services.build.platforms", VALUES("linux/amd64", "linux/arm64")},
	{"services.container_name", VALUES("one", "\"two-2\"", "\"${N:-x}_3\"")},
	{"services.profiles", VALUES("p", "q", "r")},
	{"services.ports",
	 VALUES("80", "\"80\"", "\"8080:80\"", "\"127.0.0.1:8081:81\"", "\"8000-8002:90-92\"",
		"\"53:53/udp\"", "\"7000-7001\"", "\"8100-8110:99\"", "\"${PORT:-9000}:9000\"",
		"\"[::1]:8082:82\"", "\"0.0.0.0::83\"", "\"84/tcp\"")},
	{"services.ports.target", VALUES("80", "81", "\"82\"")},
	{"services.ports.published", VALUES("\"8080\"", "\"8081\"", "\"8000-8005\"")},
	{"services.ports.protocol", VALUES("tcp", "udp")},
	{"services.ports.mode", VALUES("host", "ingress")},
	{"services.ports.host_ip", VALUES("127.0.0.1", "0.0.0.0", "\"::1\"")},
	{"services.expose", VALUES("80", "\"81\"", "\"82/udp\"", "\"90-92\"")},
	{"services.env_file", VALUES("a.env", "./b.env", "c.env")},
	{"services.env_file.path", VALUES("a.env", "./b.env", "c.env")},
	{"services.depends_on.condition",
	 VALUES("service_started", "service_healthy", "service_completed_successfully")},
	{"services.external_links", VALUES("x", "\"x:y\"", "z")},
	{"services.volumes_from", VALUES("\"container:x\"", "\"container:y:ro\"")},
	{"services.devices", VALUES("\"/dev/a\"", "\"/dev/a:/dev/b\"", "\"/dev/a:/dev/c:r\"")},
	{"services.devices.source", VALUES("/dev/a", "/dev/b")},
	{"services.devices.target", VALUES("/dev/x", "/dev/y")},
	{"services.devices.permissions", VALUES("rwm", "r")},
	{"services.dns", VALUES("1.1.1.1", "8.8.8.8", "\"${D:-9.9.9.9}\"")},
	{"services.tmpfs", VALUES("/run", "\"/scratch:size=1m\"", "/var/tmp")},
	{"services.configs", VALUES("c1", "c2")},
	{"services.configs.source", VALUES("c1", "c2")},
	{"services.configs.target", VALUES("/a", "/b")},
	{"services.secrets", VALUES("s1", "s2")},
	{"services.secrets.source", VALUES("s1", "s2")},
	{"services.secrets.target", VALUES("/a", "b")},
	{"services.build.secrets", VALUES("s1", "s2")},
	{"services.build.secrets.source", VALUES("s1", "s2")},
	{"services.build.ssh", VALUES("default")},
	{"services.build.context",
	 VALUES(".", "./dir", "https://github.com/a/b.git", "\"${C:-.}\"")},
	{"services.build.additional_contexts",
	 VALUES("docker-image://x", "./dir", "https://e.example/x")},
	{"services.volumes.type", VALUES("bind", "volume", "tmpfs")},
	{"services.volumes.source", VALUES("./src", "v1", "v2")},
	{"services.credential_spec.config", VALUES("c1")},
	{"services.healthcheck.test",
	 VALUES("exit 0", "[CMD, x]", "[CMD-SHELL, \"x y\"]", "[NONE]")},
	{"services.networks.ipv4_address", VALUES("172.16.1.5")},
	{"services.networks.ipv6_address", VALUES("\"fe80::1\"")},
	{"services.networks.link_local_ips", VALUES("169.254.1.1", "169.254.1.2")},
	{"services.mac_address", VALUES("\"02:42:ac:11:00:03\"")},
	{"services.networks.mac_address", VALUES("\"02:42:ac:11:00:03\"")},
	{"services.security_opt",
	 VALUES("label:disable", "no-new-privileges:true", "seccomp:unconfined")},
	{"services.group_add", VALUES("mail", "1000", "\"1001\"")},
	{"services.cpus", VALUES("0.5", "\"1.5\"", "2")},
	{"services.scale", VALUES("1", "\"1\"")},
	{"services.deploy.replicas", VALUES("1", "\"1\"")},
	{"services.deploy.mode", VALUES("replicated", "global")},
	{"services.deploy.resources.limits.memory", VALUES("512m", "\"1g\"", "\"${M:-5m}\"")},
	{"services.deploy.resources.reservations.memory", VALUES("64m", "\"1g\"")},
	{"services.networks.priority", VALUES("1", "5")},
	{"services.deploy.resources.limits.cpus", VALUES("\"0.5\"", "0.25")},
	{"services.develop.watch.path", VALUES(".", "./src")},
	{"services.develop.watch.action", VALUES("rebuild")},
	{"services.develop.watch.target", VALUES("/x")},
	{"services.cpu_percent", VALUES("50", "\"50\"")},
	{"services.oom_score_adj", VALUES("5", "\"-5\"")},
	{"services.isolation", VALUES("default", "process")},
	{"services.logging.driver", VALUES("json-file", "local")},
	{"services.stop_signal", VALUES("SIGINT", "SIGTERM")},
	{"services.blkio_config.weight", VALUES("10", "500")},
	{"services.blkio_config.weight_device.weight", VALUES("10", "500")},
	{"networks.driver", VALUES("bridge", "x")},
	{"networks.name", VALUES("net", "\"${N:-net}\"")},
	{"networks.ipam.config.subnet", VALUES("10.0.0.0/24")},
	{"networks.ipam.config.gateway", VALUES("10.0.0.1")},
	{"networks.ipam.config.ip_range", VALUES("10.0.0.128/25")},
	{"volumes.name", VALUES("vol", "\"${N:-vol}\"")},
	{"secrets.file", VALUES("./s", "/abs/s")},
	{"configs.file", VALUES("./c", "/abs/c")},
};

static const char *const left_out[] = {
	"version",
	"include",
	"models",
	"services.models",
	"services.provider",
	"services.extends",
	"services.x-wincompose",
	"x-wincompose",
	"services.gpus",
	"services.pre_start",
	"services.pull_refresh_after",
	"services.use_api_socket",
	"services.volumes.image",
	"services.volumes.volume.labels",
	"services.volumes.bind.recursive",
	"services.networks.interface_name",
	"services.networks.gw_priority",
	"services.develop.watch.ignore",
	"networks.ipam.config.aux_addresses",
	"services.build.no_cache_filter",
	"services.build.provenance",
	"services.build.sbom",
	"services.develop.watch.include",
	"services.develop.watch.exec",
	"services.develop.watch.initial_sync",
	"services.label_file",
	"services.env_file.format",
	"networks.ipam.options",
	"networks.ipam.config.aux_addresses",
	"networks.external",
	"volumes.external",
	"secrets.external",
	"configs.external",
	"secrets.name",
	"configs.name",
	"secrets.environment",
	"configs.environment",
	"configs.content",
	"services.post_start",
	"services.pre_stop",
	"services.links",
	"services.depends_on",
	"services.blkio_config.weight_device",
	"services.blkio_config.device_read_bps",
	"services.blkio_config.device_read_iops",
	"services.blkio_config.device_write_bps",
	"services.blkio_config.device_write_iops",
	"services.build.dockerfile_inline",
	"services.credential_spec",
};

static const char *const *const of_shape[] = {
	[SHAPE_STRING] = VALUES("text", "\"a b\"", "'it''s'", "\"5\"", "\"${V:-x}\"", "\"$$x\"",
				"\"${SET}\"", "\"${UNSET}\"", "\"\"", "\"true\"", "a/b", "\"é\""),
	[SHAPE_INT] = VALUES("1", "2", "\"3\"", "\"${N:-4}\"", "0", "1.0"),
	[SHAPE_NUMBER] = VALUES("0.5", "1", "\"1.5\"", "\"${N:-2}\"", "0"),
	[SHAPE_BOOL] = VALUES("true", "false", "\"true\"", "\"${B:-false}\""),
	[SHAPE_BYTES] =
		VALUES("512m", "1024", "1gb", "\"1.5g\"", "64kb", "\"2048\"", "\"${M:-5m}\"", "0"),
	[SHAPE_DURATION] = VALUES("10s", "1m30s", "500ms", "1h", "0s", "\"${T:-5s}\"", "90s"),
	[SHAPE_MODE] = VALUES("0440", "0o644", "256"),
	[SHAPE_PAIRS] = VALUES("text", "5", "true", "1.5", "null", "\"\"", "\"a b\"", "\"a=b\"",
			       "\"${SET}\"", "\"$$x\"", "1e3", "0x10", "yes", "\"${UNSET:-}\"",
			       "-0", "1_000"),
	[SHAPE_OPTIONS] = VALUES("text", "5", "\"5\"", "\"${SET}\"", "\"\"", "\"a=b\""),
	[SHAPE_ADDRESSES] = VALUES("1.1.1.1", "\"${SET}\""),
	[SHAPE_COMMAND] =
		VALUES("run", "run it", "\"run 'a b' c\"", "\"run \\\"$$X\\\"\"", "[a, b c]", "[]",
		       "null", "\"\"", "[\"${SET}\", x]", "run --flag=\"a b\""),
	[SHAPE_TEST] = VALUES("exit 0", "[CMD, x]", "[CMD-SHELL, x]"),
	[SHAPE_ULIMITS] = VALUES("5", "{soft: 1, hard: 2}", "\"7\"", "-1"),
	[SHAPE_HOSTS] = VALUES("1.1.1.1", "\"::1\"", "host-gateway", "\"[::2]\""),
	[SHAPE_SWITCH] = VALUES("true", "false", "mode=max"),
	[SHAPE_COUNT] = VALUES("1", "all", "2"),
	[SHAPE_LISTS] = VALUES("a", "1"),
};

const char *const values_any[] = {
	"null", "true",   "5",  "1.5",   "\"\"",   "text", "[]",  "{}",          "[a]", "{a: b}",
	"[5]",  "[null]", "-1", "\"5\"", "[true]", "[{}]", "yes", "2001-01-01x", NULL,
};

const char *const *values_of(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(known[i].path, path) == 0)
			return known[i].values;
	return NULL;
}

const char *const *values_of_shape(enum shape shape)
{
	const char *const *values = shape < ARRAY_LEN(of_shape) ? of_shape[shape] : NULL;

	if (!values && shape == SHAPE_LABELS)
		values = of_shape[SHAPE_PAIRS];
	return values ? values : of_shape[SHAPE_STRING];
}

bool values_leave_out(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(left_out); i++)
		if (strcmp(left_out[i], path) == 0)
			return true;
	return false;
}
