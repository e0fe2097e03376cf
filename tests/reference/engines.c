/* SPDX-License-Identifier: MIT */
#include "tests/reference/engines.h"

#include <string.h>

#include "base/own.h"

/* What a look at the value decides, so that plan/rule has no row of it: plan/age, plan/windows, plan/windows.ground,
 * plan/preflight and cli/recipe. */
static const struct {
	const char *path;
	const char *says[ENGINES_LEN]; /* NULL: obeyed */
} notes[] = {
	{"services.annotations",
	 {"from Docker 24; before that ignored, with a warning",
	  "from Docker 24; before that ignored, with a warning"}},
	{"services.build.cache_to",
	 {"needs BuildKit (docker buildx)", "needs BuildKit (docker buildx)"}},
	{"services.build.additional_contexts",
	 {"needs BuildKit (docker buildx)", "needs BuildKit (docker buildx)"}},
	{"services.build.entitlements",
	 {"needs BuildKit (docker buildx)", "needs BuildKit (docker buildx)"}},
	{"services.build.no_cache_filter",
	 {"needs BuildKit (docker buildx)", "needs BuildKit (docker buildx)"}},
	{"services.build.platforms",
	 {"needs BuildKit (docker buildx)", "needs BuildKit (docker buildx)"}},
	{"services.build.privileged",
	 {"needs BuildKit (docker buildx)", "needs BuildKit (docker buildx)"}},
	{"services.build.provenance",
	 {"needs BuildKit (docker buildx)", "needs BuildKit (docker buildx)"}},
	{"services.build.sbom",
	 {"needs BuildKit (docker buildx)", "needs BuildKit (docker buildx)"}},
	{"services.build.secrets",
	 {"needs BuildKit (docker buildx)", "needs BuildKit (docker buildx)"}},
	{"services.build.ssh",
	 {"needs BuildKit (docker buildx)", "needs BuildKit (docker buildx)"}},
	{"services.cpus", {NULL, "error: with cpu_percent or cpu_shares"}},
	{"services.cpu_percent", {NULL, "error: with cpus, or outside of 1 to 100"}},
	{"services.cpu_shares", {NULL, "error: with cpus, or outside of 1 to 10000"}},
	{"services.devices",
	 {NULL, "error: but class/GUID and IDTYPE://ID, with isolation process"}},
	{"services.healthcheck.start_interval",
	 {"from Docker 25; before that interval is used, with a warning",
	  "from Docker 25; before that interval is used, with a warning"}},
	{"services.isolation",
	 {"error: process and hyperv are of Windows",
	  "obeyed, or refused with the reason; without it one is chosen that can run the image"}},
	{"services.logging.driver", {NULL, "error: local and journald"}},
	{"services.network_mode", {NULL, "error: host and bridge"}},
	{"services.networks.gw_priority", {"from Docker 28", "from Docker 28"}},
	{"services.networks.interface_name",
	 {"from Docker 28.1", "Windows ignores interface_name"}},
	{"services.networks.ipv6_address", {NULL, "error: no IPv6"}},
	{"services.networks.link_local_ips", {NULL, "Windows ignores link_local_ips"}},
	{"services.pre_start.per_replica", {"error: true", "error: true"}},
	{"services.secrets.uid",
	 {"ignored where the source is a file: it is mounted as it is", "Windows ignores uid"}},
	{"services.secrets.gid",
	 {"ignored where the source is a file: it is mounted as it is", "Windows ignores gid"}},
	{"services.secrets.mode",
	 {"ignored where the source is a file: it is mounted as it is", "Windows ignores mode"}},
	{"services.configs.uid",
	 {"ignored where the source is a file: it is mounted as it is", "Windows ignores uid"}},
	{"services.configs.gid",
	 {"ignored where the source is a file: it is mounted as it is", "Windows ignores gid"}},
	{"services.configs.mode",
	 {"ignored where the source is a file: it is mounted as it is", "Windows ignores mode"}},
	{"services.security_opt", {NULL, "error: but credentialspec="}},
	{"services.stop_signal", {NULL, "every signal but SIGKILL is a shutdown"}},
	{"services.storage_opt", {NULL, "error: but size"}},
	{"services.volumes.type",
	 {"error: npipe and cluster; image: from Docker 28", "error: tmpfs, image and cluster"}},
	{"services.volumes.target", {NULL, "error: without a drive, and C:\\ itself"}},
	{"services.volumes.bind.propagation", {NULL, "error: Windows has no propagation"}},
	{"services.volumes.bind.recursive", {"from Docker 25", "error: Windows has no recursive"}},
	{"services.volumes.volume.subpath", {"from Docker 26", "from Docker 26"}},
	{"services.volumes.image", {"from Docker 28", "error: images cannot be mounted"}},
	{"services.volumes.tmpfs", {NULL, "error: Windows containers have no tmpfs"}},
	{"networks.driver", {NULL, "error: bridge, host, macvlan and ipvlan"}},
	{"networks.driver_opts", {NULL, "those that Windows does not know are ignored"}},
	{"networks.enable_ipv4", {"false: from Docker 28", "error: false"}},
	{"networks.enable_ipv6", {NULL, "error: no IPv6"}},
	{"networks.internal", {NULL, "error: use driver: internal"}},
	{"networks.ipam.driver", {NULL, "error: but windows"}},
	{"networks.ipam.config.ip_range", {NULL, "error: use a smaller subnet"}},
	{"networks.ipam.config.aux_addresses", {NULL, "error: Windows refuses them"}},
	{"networks.ipam.options", {NULL, "error: Windows refuses them"}},
	{"secrets.external",
	 {"error: true, no engine keeps one", "error: true, no engine keeps one"}},
	{"secrets.driver", {"error: swarms alone have it", "error: swarms alone have it"}},
	{"secrets.driver_opts", {"swarms alone have it", "swarms alone have it"}},
	{"secrets.template_driver", {"error: swarms alone have it", "error: swarms alone have it"}},
	{"configs.external",
	 {"error: true, no engine keeps one", "error: true, no engine keeps one"}},
	{"configs.template_driver", {"error: swarms alone have it", "error: swarms alone have it"}},
	{"volumes.name", {NULL, "error: con, nul, com1 and the like"}},
	{"volumes.driver_opts", {NULL, "error: with the driver local"}},
};

const char *engines_note(const char *path, enum reference_engine engine)
{
	for (size_t i = 0; i < ARRAY_LEN(notes); i++)
		if (strcmp(notes[i].path, path) == 0)
			return notes[i].says[engine];
	return NULL;
}
