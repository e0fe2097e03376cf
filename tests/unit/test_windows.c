/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "compose/plan/preflight.h"
#include "compose/project/diagnostic.h"
#include "compose/project/mount.h"
#include "tests/stack.h"

/* What a Windows engine refuses (E) or ignores (W), one thing a row: attributes of one service, or
 * a top-level section; and our words for it. The daemon's own refusals are those of
 * docs/windows.md. */
static const struct thing {
	const char *service; /* of service a, beside its image */
	const char *top;
	const char *says;
} rows[] = {
	{"blkio_config: {weight: 300}", "", "E blkio_config: Windows has no blkio controls"},
	{"cgroup_parent: x", "", "E cgroup_parent: Windows has no cgroups"},
	{"cpu_period: 1000", "", "E cpu_period: Windows refuses cpu_period"},
	{"cpuset: '0'", "", "E cpuset: Windows containers cannot be bound to processors"},
	{"cpu_rt_period: 1000", "", "E cpu_rt_period: Windows refuses"},
	{"cpu_rt_runtime: 1000", "", "E cpu_rt_runtime: Windows refuses"},
	{"mem_reservation: 1m", "", "E mem_reservation: Windows refuses memory reservations"},
	{"deploy: {resources: {reservations: {memory: 1m}}}", "",
	 "E deploy.resources.reservations.memory: Windows refuses memory reservations"},
	{"memswap_limit: 1m", "", "E memswap_limit: Windows refuses swap limits"},
	{"mem_swappiness: 5", "", "E mem_swappiness: Windows refuses"},
	{"oom_kill_disable: true", "", "E oom_kill_disable: Windows refuses"},
	{"pids_limit: 5", "", "E pids_limit: Windows refuses limits of processes"},
	{"deploy: {resources: {limits: {pids: 5}}}", "",
	 "E deploy.resources.limits.pids: Windows refuses limits of processes"},
	{"ulimits: {nofile: 10}", "", "E ulimits: Windows containers have no ulimits"},
	{"privileged: true", "", "E privileged: Windows containers have no privileged mode"},
	{"read_only: true", "", "E read_only: Windows containers have no read-only root"},
	{"tmpfs: [/run]", "", "E tmpfs: Windows containers have no tmpfs"},
	{"use_api_socket: true", "", "E use_api_socket: the API socket cannot"},
	{"cap_add: [NET_ADMIN]", "", "W cap_add: Windows ignores capabilities"},
	{"cap_drop: [ALL]", "", "W cap_drop: Windows ignores capabilities"},
	{"cpu_quota: 1000", "", "W cpu_quota: Windows ignores cpu_quota"},
	{"userns_mode: host", "", "W userns_mode: Windows has no user namespaces"},
	{"sysctls: {a: '1'}", "", "W sysctls: Windows ignores sysctls"},
	{"init: true", "", "W init: Windows containers have no init process"},
	{"dns_opt: [x]", "", "W dns_opt: Windows ignores dns_opt"},
	{"shm_size: 1m", "", "W shm_size: Windows ignores shm_size"},
	{"group_add: [x]", "", "W group_add: Windows ignores group_add"},
	{"pid: host", "", "W pid: Windows ignores pid"},
	{"ipc: host", "", "W ipc: Windows ignores ipc"},
	{"oom_score_adj: 5", "", "W oom_score_adj: Windows ignores"},
	{"device_cgroup_rules: ['c 1:3 rwm']", "", "W device_cgroup_rules: Windows has no cgroups"},
	{"gpus: all", "", "W gpus: Windows ignores gpus"},
	{"external_links: [b]", "", "W external_links: Windows ignores external_links"},
	{"network_mode: host", "", "E network_mode: Windows has no host network"},
	{"network_mode: bridge", "", "E network_mode: Windows has no network bridge"},
	{"network_mode: 'container:x'\n    isolation: hyperv", "",
	 "E network_mode: a container with isolation hyperv cannot share a network"},
	{"network_mode: 'container:x'", "", ""},
	{"logging: {driver: local}", "", ""},
	{"logging: {driver: journald}", "",
	 "E logging.driver: Windows has no logging driver journald"},
	{"logging: {driver: etwlogs}", "", ""},
	{"security_opt: ['no-new-privileges']", "",
	 "E security_opt: Windows knows only credentialspec=, not \"no-new-privileges\""},
	{"security_opt: ['credentialspec=file://a.json']\n    credential_spec: {file: b.json}", "",
	 "E security_opt: a container has one credential spec"},
	{"storage_opt: {size: 50G}", "", ""},
	{"storage_opt: {a: b}", "", "E storage_opt: Windows knows the storage option size alone"},
	{"stop_signal: SIGINT", "", "W stop_signal: Windows has one way to stop"},
	{"stop_signal: SIGKILL", "", ""},
	/* processors */
	{"cpus: 1\n    cpu_percent: 50", "", "E cpu_percent: Windows takes either cpus or cpu_pe"},
	{"cpus: 1\n    cpu_shares: 50", "", "E cpu_shares: Windows takes either cpus or cpu_sh"},
	{"cpu_percent: 50", "", ""},
	{"cpu_percent: 0.5", "", "E cpu_percent: cpu_percent is a number from 1 to 100"},
	{"cpu_shares: 20000", "", "E cpu_shares: on Windows cpu_shares is a weight from 1 to"},
	{"cpu_count: 1\n    cpu_percent: 50", "",
	 "W cpu_percent: with isolation process cpu_count goes before it"},
	{"cpu_shares: 10\n    cpu_percent: 50", "",
	 "W cpu_percent: with isolation process cpu_shares goes before it"},
	{"cpu_count: 1\n    cpu_percent: 50\n    isolation: hyperv", "", ""},
	{"cpus: 3", "", "E cpus: the host has 2 processors"},
	{"cpu_count: 3", "", "W cpu_count: the host has 2 processors"},
	/* devices */
	{"devices: ['class/5B45201D-F2F2-4F3B-85BB-30FF1F953599']", "", ""},
	{"devices: [/dev/null]", "", "E devices: Windows knows no device"},
	{"devices: ['class/5B45201D-F2F2-4F3B-85BB-30FF1F953599']\n    isolation: hyperv", "",
	 "E devices: devices can be given with isolation process only"},
	/* ports */
	{"ports: ['127.0.0.1:8080:80']", "", "E ports: this engine cannot publish at an address"},
	{"ports: ['8000-8010:81']", "", "E ports: this engine cannot publish one port at a range"},
	{"ports: ['82/sctp']", "", "E ports: Windows publishes tcp and udp only"},
	{"ports: ['0.0.0.0:83:83', '84']", "", ""},
	/* mounts */
	{"volumes: [{type: tmpfs, target: 'C:\\t'}]", "",
	 "E volumes: Windows containers have no t"},
	{"volumes: [{type: image, source: x, target: 'C:\\t'}]", "",
	 "E volumes: Windows containers cannot mount an image"},
	{"volumes: ['C:\\:C:\\data']", "", ""},
	{"volumes: ['C:\\a:C:\\']", "", "E volumes: nothing can be mounted on C:\\ itself"},
	{"volumes: ['C:\\a:c:']", "", "E volumes: nothing can be mounted on C:\\ itself"},
	{"volumes: ['C:\\a:c:/']", "", "E volumes: nothing can be mounted on C:\\ itself"},
	{"volumes: ['C:\\a:D:']", "", ""},
	{"volumes: ['C:\\a:/data']", "", "E volumes: a target of a Windows container begins with"},
	{"volumes: [{type: bind, source: 'C:\\a', target: 'C:\\b?'}]", "",
	 "E volumes: a path of Windows has none of"},
	{"volumes: [{type: bind, source: 'C:\\a', target: 'C:\\b', bind: {propagation: shared}}]",
	 "", "E volumes: Windows binds know neither propagation nor recursive"},
	{"volumes: [{type: npipe, source: '\\\\.\\pipe\\a', target: '\\\\.\\pipe\\b'}]", "", ""},
	{"volumes: [{type: npipe, source: '\\\\.\\pipe\\a', target: '\\\\.\\pipe\\b', read_only: "
	 "true}]",
	 "", "E volumes: a named pipe cannot be read-only"},
	{"volumes: [{type: npipe, source: '\\\\.\\pipe\\a', target: 'C:\\b'}]", "",
	 "E volumes: source and target of an npipe are"},
	{"volumes: ['vol:C:\\v']", "volumes: {vol: {name: con}}",
	 "E volumes.vol.name: Windows keeps the name con for a device"},
	{"volumes: ['vol:C:\\v']", "volumes: {vol: {name: LPT1}}",
	 "E volumes.vol.name: Windows keeps the name LPT1 for a device"},
	{"volumes: ['vol:C:\\v']", "volumes: {vol: {name: com10}}", ""},
	{"volumes: ['vol:C:\\v']", "volumes: {vol: {driver_opts: {type: nfs}}}",
	 "E volumes.vol.driver_opts: the driver local takes no options on Windows"},
	/* secrets */
	{"secrets: [{source: s, uid: '5'}]", "secrets: {s: {file: ./compose.yaml}}",
	 "W secrets: secret s: Windows files have no uid, gid and mode"},
	{"configs: [{source: s, mode: 0400}]", "configs: {s: {content: x}}",
	 "W configs: config s: Windows files have no uid, gid and mode"},
	{"configs: [{source: s, target: 'D:\\s'}]", "configs: {s: {content: x}}",
	 "E configs: D:\\s is copied in before the start, when the container has C: alone"},
	{"configs: [{source: s, target: /app/s}]\n    volumes: ['C:\\a:c:/App']",
	 "configs: {s: {content: x}}",
	 "E configs: C:\\app\\s is copied into the container, where the mount on c:/App hides it"},
	{"configs: [{source: s, target: /app/s}]\n    volumes: ['C:\\a:C:\\ap']",
	 "configs: {s: {content: x}}", ""},
	/* the hosts file */
	{"extra_hosts: ['db.local=10.0.0.1', 'six=fd00::1']", "", ""},
	{"extra_hosts: ['db=host-gateway']", "",
	 "E extra_hosts: \"db:host-gateway\": Windows does not know the address of host-gateway"},
	{"extra_hosts: ['a&calc=10.0.0.1']", "", "E extra_hosts: \"a&calc:10.0.0.1\": a name in"},
	{"extra_hosts: ['a=10.0.0.1&calc']", "", "E extra_hosts: \"a:10.0.0.1&calc\": an address"},
	/* networks */
	{"networks: [n]", "networks: {n: {driver: bridge}}",
	 "E networks.n.driver: Windows has no such network driver"},
	{"networks: [n]", "networks: {n: {driver: macvlan}}",
	 "E networks.n.driver: Windows has no such network driver"},
	{"networks: [n]", "networks: {n: {driver: transparent}}", ""},
	{"networks: [n]", "networks: {n: {internal: true}}",
	 "E networks.n.internal: Windows refuses internal networks"},
	{"networks: [n]", "networks: {n: {enable_ipv6: true}}",
	 "E networks.n.enable_ipv6: Windows container networks have no IPv6"},
	{"networks: [n]", "networks: {n: {ipam: {config: [{subnet: 'fd00::/64'}]}}}",
	 "E networks.n.enable_ipv6: Windows container networks have no IPv6"},
	{"networks: [n]", "networks: {n: {enable_ipv4: false}}",
	 "E networks.n.enable_ipv4: Windows container networks are of IPv4"},
	{"networks: [n]",
	 "networks: {n: {ipam: {config: [{subnet: 10.9.0.0/16, ip_range: 10.9.1.0/24}]}}}",
	 "E networks.n.ipam.config.ip_range: Windows refuses ip_range"},
	{"networks: [n]",
	 "networks: {n: {ipam: {config: [{subnet: 10.9.0.0/16, aux_addresses: {a: 10.9.0.5}}]}}}",
	 "E networks.n.ipam.config.aux_addresses: Windows refuses aux_addresses"},
	{"networks: [n]", "networks: {n: {ipam: {driver: dhcp}}}",
	 "E networks.n.ipam.driver: Windows has its own address management alone"},
	{"networks: [n]", "networks: {n: {ipam: {options: {a: b}}}}",
	 "E networks.n.ipam.options: Windows refuses options of address management"},
	{"networks: [n]", "networks: {n: {driver_opts: {com.docker.network.bridge.name: x}}}",
	 "W networks.n.driver_opts: Windows ignores the network option com.docker.network.bridge"},
	{"networks: [n]",
	 "networks: {n: {driver_opts: {com.docker.network.windowsshim.vlanid: x}}}",
	 "E networks.n.driver_opts: com.docker.network.windowsshim.vlanid is a number, not \"x\""},
	{"networks: [n]",
	 "networks: {n: {driver_opts: {com.docker.network.windowsshim.vlanid: '7'}}}", ""},
	{"networks: [n]",
	 "networks: {n: {driver_opts: {com.docker.network.windowsshim.dnsservers: 1.1.1.1}}}", ""},
	{"networks: {n: {ipv6_address: 'fd00::5'}}", "networks: {n: {}}",
	 "E networks: n: Windows container networks have no IPv6"},
	{"networks: {n: {link_local_ips: [169.254.1.1]}}", "networks: {n: {}}",
	 "W networks: n: Windows ignores link_local_ips"},
	{"networks: {n: {interface_name: eth5}}", "networks: {n: {}}",
	 "W networks: n: Windows ignores interface_name"},
	{"networks: {n: {ipv4_address: 10.9.0.5}}",
	 "networks: {n: {ipam: {config: [{subnet: 10.9.0.0/16, gateway: 10.9.0.1}]}}}", ""},
};

#define WINDOWS_ENGINE                                                                             \
	(ENGINE_HEALTHCHECK | ENGINE_START_INTERVAL | ENGINE_ISOLATION_PROCESS |                   \
	 ENGINE_ISOLATION_HYPERV)

static void check(const char *yaml, const char *version, struct diagnostics *found)
{
	CLEANUP(project_drop) struct project *project = stack_load(yaml);
	char os[] = "windows", isolation[] = "process";
	CLEANUP(memory_free) char *os_version = memory_copy(version);
	struct engine_host host = {.os_type = os,
				   .os_version = os_version,
				   .isolation = isolation,
				   .is_server = true,
				   .cpus = 2,
				   .capabilities = WINDOWS_ENGINE};
	struct observed observed = {0};
	const struct preflight_facts facts = {.host = &host, .observed = &observed};
	preflight_check(project, &facts, found);
}

/* "E volumes: message", without the service's own prefix. */
static void say(const struct diagnostics *found, struct text *out)
{
	static const char own[] = "services.a.";
	ARRAY_FOR_EACH (struct diagnostic, d, &found->list)
		text_printf(out, "%s %s: %s\n", d->severity == SEVERITY_ERROR ? "E" : "W",
			    text_starts(d->path, own) ? d->path + strlen(own) : d->path,
			    d->message);
}

static void each_thing_that_windows_refuses_or_ignores_is_told_before_anything_is_made(void **state)
{
	unsigned wrong = 0;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct thing *row = &rows[i];
		CLEANUP(diagnostics_drop) struct diagnostics found = {0};
		CLEANUP(text_drop) struct text said = {0};
		CLEANUP(memory_free)
		char *yaml = memory_format("services:\n  a:\n    image: tiny\n    %s\n%s\n",
					   row->service, row->top);
		check(yaml, "10.0.20348.1", &found);
		say(&found, &said);
		bool told = *row->says ? text_starts(text_string(&said), row->says) : !said.len;
		/* Exactly that, and at a line. */
		if (told && found.list.len <= 1 && (!found.list.len || found.list.items[0].line))
			continue;
		wrong++;
		print_error("%swanted: %s\ngot: %s\n", yaml, row->says, text_string(&said));
	}
	assert_int_equal(wrong, 0);
}

static void all_of_it_is_told_at_once(void **state)
{
	(void)state;
	CLEANUP(diagnostics_drop) struct diagnostics found = {0};
	check("services:\n"
	      "  a: {image: tiny, privileged: true, tmpfs: [/run], network_mode: host}\n"
	      "  b: {image: tiny, ports: ['127.0.0.1:1:1'], volumes: ['C:\\a:C:\\'], networks: "
	      "[n]}\n"
	      "networks: {n: {driver: bridge, internal: true}}\n",
	      "10.0.20348.1", &found);
	assert_int_equal(found.errors, 7);
}

static void server_2016_has_one_nat_network(void **state)
{
	(void)state;
	CLEANUP(diagnostics_drop) struct diagnostics found = {0};
	check("services:\n  a: {image: tiny, networks: [n]}\nnetworks: {n: {}}\n", "10.0.14393.1",
	      &found);
	assert_int_equal(found.errors, 1);
	assert_non_null(strstr(found.list.items[0].message, "one NAT network"));
	diagnostics_drop(&found);
	found = (struct diagnostics){0};
	check("services:\n  a: {image: tiny, networks: [n]}\n"
	      "networks: {n: {driver: transparent}}\n",
	      "10.0.14393.1", &found);
	assert_int_equal(found.errors, 0);
}

static void pipes_are_known_by_either_slash(void **state)
{
	(void)state;
	assert_true(mount_is_pipe("\\\\.\\pipe\\docker_engine"));
	assert_true(mount_is_pipe("//./PIPE/docker_engine"));
	assert_false(mount_is_pipe("\\\\.\\pipe\\"));
	assert_false(mount_is_pipe("\\\\server\\share"));
	assert_false(mount_is_pipe(""));
	assert_false(mount_is_pipe(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_thing_that_windows_refuses_or_ignores_is_told_before_anything_is_made),
		cmocka_unit_test(all_of_it_is_told_at_once),
		cmocka_unit_test(server_2016_has_one_nat_network),
		cmocka_unit_test(pipes_are_known_by_either_slash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
