/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/preflight.h"
#include "compose/plan/subnet.h"
#include "compose/project/diagnostic.h"

#define LINUX_ENGINE                                                                               \
	(ENGINE_LINUX | ENGINE_LOCAL | ENGINE_ROUTABLE | ENGINE_FILE_BIND | ENGINE_HOST_IP |       \
	 ENGINE_PORT_RANGE | ENGINE_HEALTHCHECK | ENGINE_START_INTERVAL)
#define WINDOWS_ENGINE                                                                             \
	(ENGINE_LOCAL | ENGINE_HEALTHCHECK | ENGINE_START_INTERVAL | ENGINE_ISOLATION_PROCESS)

/* A project from a text, an engine, and what preflight said of the two. */
struct fixture {
	char *folder, *path;
	struct project *project;
	struct engine_host host;
	struct observed observed;
	struct preflight_facts facts;
	struct diagnostics found;
};

static bool nothing_exists(const char *path, void *payload)
{
	(void)path;
	(void)payload;
	return false;
}

static bool all_are_files(const char *path, void *payload)
{
	(void)path;
	(void)payload;
	return true;
}

static bool port_8080_is_taken(const char *ip, unsigned port, const char *protocol,
			       struct preflight_obstacle *obstacle, void *payload)
{
	(void)ip;
	(void)payload;
	snprintf(obstacle->holder, sizeof(obstacle->holder), "nginx (process 12)");
	return port == 8080 && strcmp(protocol, "tcp") == 0;
}

static int setup(void **state)
{
	struct fixture *f = memory_zero(1, sizeof(*f));
	f->host.os_type = memory_copy("linux");
	f->host.capabilities = LINUX_ENGINE;
	f->facts = (struct preflight_facts){.host = &f->host, .observed = &f->observed};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	project_drop(&f->project);
	diagnostics_drop(&f->found);
	observed_drop(&f->observed);
	engine_host_drop(&f->host);
	if (f->path)
		remove(f->path);
	memory_free(&f->path);
	memory_free(state);
	return 0;
}

static void on_windows(struct fixture *f)
{
	memory_free(&f->host.os_type);
	f->host.os_type = memory_copy("windows");
	f->host.os_version = memory_copy("10.0.20348.1");
	f->host.is_server = true;
	f->host.capabilities = WINDOWS_ENGINE;
}

static void load(struct fixture *f, const char *yaml)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	f->path = memory_format("build/preflight-%p.yaml", (void *)f);
	if (file_write(f->path, yaml, strlen(yaml), false, &err) < 0)
		fail_msg("%s", err->message);
	const char *files[] = {f->path, NULL};
	const char *environment[] = {"SET=1", NULL};
	const struct project_options options = {
		.files = files, .name = "shop", .environment = environment};
	if (project_load(&options, &diagnostics, &f->project, &err) < 0)
		fail_msg("%s", err->message);
}

static void check(struct fixture *f, const char *yaml)
{
	load(f, yaml);
	preflight_check(f->project, &f->facts, &f->found);
	diagnostics_sort(&f->found);
}

/* The findings as severity line path: message, one a line. */
static void assert_found(struct fixture *f, const char *wanted)
{
	CLEANUP(text_drop) struct text got = {0};
	ARRAY_FOR_EACH (struct diagnostic, d, &f->found.list)
		text_printf(&got, "%s %u %s: %s\n", d->severity == SEVERITY_ERROR ? "E" : "W",
			    d->line, d->path, d->message);
	assert_string_equal(text_string(&got), wanted);
}

static void a_project_that_fits_has_no_findings(void **state)
{
	struct fixture *f = *state;
	check(f, "services:\n"
		 "  web:\n"
		 "    image: tiny\n"
		 "    ports: ['8080:80', '127.0.0.1:9000:90', '8000-8010:81']\n"
		 "    privileged: true\n"
		 "    read_only: true\n"
		 "    tmpfs: [/run]\n");
	assert_found(f, "");
}

static void what_windows_refuses_and_ignores_is_told_at_its_lines(void **state)
{
	struct fixture *f = *state;
	on_windows(f);
	check(f, "services:\n"
		 "  web:\n"
		 "    image: tiny\n"
		 "    privileged: true\n"
		 "    read_only: true\n"
		 "    tmpfs: [/run]\n"
		 "    ulimits: {nofile: 10}\n"
		 "    cap_add: [NET_ADMIN]\n"
		 "    init: true\n"
		 "    pids_limit: 5\n"
		 "    extra_hosts: ['a:10.0.0.1']\n"
		 "    network_mode: host\n"
		 "    security_opt: ['no-new-privileges']\n"
		 "    logging: {driver: journald}\n");
	assert_found(f,
		     "E 4 services.web.privileged: Windows containers have no privileged mode\n"
		     "E 5 services.web.read_only: Windows containers have no read-only root file "
		     "system\n"
		     "E 6 services.web.tmpfs: Windows containers have no tmpfs\n"
		     "E 7 services.web.ulimits: Windows containers have no ulimits\n"
		     "W 8 services.web.cap_add: Windows ignores capabilities\n"
		     "W 9 services.web.init: Windows containers have no init process\n"
		     "E 10 services.web.pids_limit: Windows refuses limits of processes\n"
		     "E 12 services.web.network_mode: Windows has no host network\n"
		     "E 13 services.web.security_opt: Windows knows only credentialspec=, not "
		     "\"no-new-privileges\"\n"
		     "E 14 services.web.logging.driver: Windows has no logging driver journald\n");
}

static void what_is_written_but_asks_for_nothing_is_no_finding(void **state)
{
	struct fixture *f = *state;
	on_windows(f);
	check(f, "services:\n"
		 "  web:\n"
		 "    image: tiny\n"
		 "    privileged: false\n"
		 "    read_only: false\n"
		 "    cap_add: []\n"
		 "    isolation: default\n");
	assert_found(f, "");
}

static void values_that_no_engine_takes_are_told_at_their_lines(void **state)
{
	struct fixture *f = *state;
	check(f, "services:\n"
		 "  a:\n"
		 "    image: app\n"
		 "    container_name: one\n"
		 "    restart: sometimes\n"
		 "    tmpfs: [/t]\n"
		 "    volumes:\n"
		 "      - {type: tmpfs, source: cache, target: /c}\n"
		 "      - {type: tmpfs, target: /t}\n"
		 "    ports:\n"
		 "      - {target: 0}\n"
		 "      - {target: 80, published: 5-x}\n"
		 "      - {target: 80, host_ip: localhost}\n"
		 "      - {target: 80, protocol: icmp}\n"
		 "      - {target: 90, protocol: ''}\n"
		 "  b: {image: app, restart: 'on-failure:x', container_name: one}\n"
		 "  c: {image: app, restart: 'on-failure:3', container_name: a b}\n");
	assert_found(f, "E 5 services.a.restart: \"sometimes\" is not a restart policy\n"
			"E 6 services.a.tmpfs: /t is mounted twice (lines 6 and 9)\n"
			"E 8 services.a.volumes[0]: a tmpfs has no source\n"
			"E 11 services.a.ports[0]: 0 is not a port\n"
			"E 12 services.a.ports[1].published: \"5-x\" is not a host port\n"
			"E 13 services.a.ports[2].host_ip: \"localhost\" is not an IP address\n"
			"E 14 services.a.ports[3].protocol: \"icmp\" is not a protocol\n"
			"E 16 services.b.restart: \"on-failure:x\" is not a restart policy\n"
			"E 16 services.b.container_name: \"one\" is the name of service \"a\" too\n"
			"E 17 services.c.container_name: \"a b\" is not a container's name\n");
}

static void linux_refuses_what_only_windows_has(void **state)
{
	struct fixture *f = *state;
	check(f, "services:\n"
		 "  web:\n"
		 "    image: tiny\n"
		 "    isolation: hyperv\n"
		 "    volumes:\n"
		 "      - {type: npipe, source: '\\\\.\\pipe\\a', target: '\\\\.\\pipe\\a'}\n");
	assert_found(f, "E 4 services.web.isolation: isolation hyperv is for Windows containers "
			"and this engine runs Linux containers\n"
			"E 6 services.web.volumes: Linux containers cannot mount a named pipe\n");
}

static void hyperv_where_it_is_not_is_an_error_at_its_line(void **state)
{
	struct fixture *f = *state;
	on_windows(f);
	check(f, "services:\n"
		 "  web:\n"
		 "    image: tiny\n"
		 "    isolation: hyperv\n");
	assert_found(f, "E 4 services.web.isolation: isolation hyperv is not to be had from this "
			"engine; write isolation: process\n");
}

static struct image *add_image(struct fixture *f, const char *tag)
{
	const char *tags[] = {tag, NULL};
	struct image *image = array_add(&f->observed.images);
	image->id = memory_copy("sha256:aa");
	image->tags = memory_copy_vector(tags);
	return image;
}

static void an_image_for_another_system_or_build_is_told_at_the_image(void **state)
{
	struct fixture *f = *state;
	on_windows(f);
	add_image(f, "penguin:1")->os = memory_copy("linux");
	struct image *image = add_image(f, "old:1");
	image->os = memory_copy("windows");
	image->os_version = memory_copy("10.0.17763.1");
	check(f, "services:\n"
		 "  a:\n"
		 "    image: penguin:1\n"
		 "  b:\n"
		 "    image: old:1\n");
	assert_found(f,
		     "E 3 services.a.image: penguin:1 is an image for linux and this engine runs "
		     "windows containers\n"
		     "E 5 services.b.image: old:1 is of Windows build 10.0.17763.1 and cannot "
		     "run with isolation process on a host of build 10.0.20348.1: use its tag "
		     "for ltsc2022\n");
}

static void ports_that_cannot_be_had_are_told_each_at_its_line(void **state)
{
	struct fixture *f = *state;
	f->facts.port_taken = port_8080_is_taken;
	check(f, "services:\n"
		 "  a:\n"
		 "    image: tiny\n"
		 "    ports:\n"
		 "      - '8080:80'\n"
		 "      - '9000:90'\n"
		 "      - '127.0.0.1:9001:91'\n"
		 "      - '9002:92/udp'\n"
		 "  b:\n"
		 "    image: tiny\n"
		 "    ports:\n"
		 "      - '9000:90'\n"
		 "      - '127.0.0.2:9001:91'\n"
		 "      - '9002:92'\n"
		 "  c:\n"
		 "    image: tiny\n"
		 "    scale: 3\n"
		 "    ports:\n"
		 "      - '7000:70'\n"
		 "      - '7001-7003:70'\n");
	assert_found(f, "E 5 services.a.ports: port 8080/tcp of this host is taken by "
			"nginx (process 12)\n"
			"E 12 services.b.ports: port 9000/tcp is published by a too, in line 6\n"
			"E 19 services.c.ports: 3 containers cannot share published port 7000\n");
}

static bool all_are_kept_back(const char *ip, unsigned port, const char *protocol,
			      struct preflight_obstacle *obstacle, void *payload)
{
	(void)ip, (void)port, (void)protocol, (void)payload;
	obstacle->first = 8000;
	obstacle->last = 8099;
	return true;
}

static void a_port_in_a_range_that_windows_keeps_back_is_told_with_the_range(void **state)
{
	struct fixture *f = *state;
	on_windows(f);
	f->facts.port_taken = all_are_kept_back;
	check(f, "services:\n"
		 "  a:\n"
		 "    image: tiny\n"
		 "    ports: ['8080:80']\n");
	assert_found(f,
		     "E 4 services.a.ports: port 8080/tcp is in the range 8000-8099 that Windows "
		     "keeps back\n");
	assert_non_null(strstr(f->found.list.items[0].hint, "net stop winnat"));
}

static void what_windows_cannot_publish_is_told(void **state)
{
	struct fixture *f = *state;
	on_windows(f);
	check(f, "services:\n"
		 "  a:\n"
		 "    image: tiny\n"
		 "    ports:\n"
		 "      - '127.0.0.1:8080:80'\n"
		 "      - '8000-8010:81'\n"
		 "      - '82/sctp'\n"
		 "      - '0.0.0.0:83:83'\n");
	assert_found(f, "E 5 services.a.ports: this engine cannot publish at an address of the "
			"host (127.0.0.1)\n"
			"E 6 services.a.ports: this engine cannot publish one port at a range "
			"(8000-8010)\n"
			"E 7 services.a.ports: Windows publishes tcp and udp only\n");
}

static void missing_sources_are_told_where_nobody_would_make_them(void **state)
{
	struct fixture *f = *state;
	f->facts.exists = nothing_exists;
	check(f, "services:\n"
		 "  a:\n"
		 "    image: tiny\n"
		 "    secrets: [key, token, fine]\n"
		 "    volumes:\n"
		 "      - /made:/made\n"
		 "      - type: bind\n"
		 "        source: /data\n"
		 "        target: /data\n"
		 "        bind: {create_host_path: false}\n"
		 "secrets:\n"
		 "  key: {file: /srv/key.txt}\n"
		 "  token: {environment: UNSET}\n"
		 "  fine: {environment: SET}\n");
	assert_int_equal(f->found.errors, 3);
	CLEANUP(text_drop) struct text all = {0};
	diagnostics_print(&f->found, false, &all);
	assert_non_null(strstr(all.data, "bind source /data is not there"));
	assert_non_null(strstr(all.data, "the file of secret key is not there: /srv/key.txt"));
	assert_non_null(strstr(all.data, "environment variable UNSET, which is not set"));
	assert_null(strstr(all.data, "/made"));
}

static void a_file_cannot_be_bound_where_the_engine_binds_folders_only(void **state)
{
	struct fixture *f = *state;
	on_windows(f);
	f->facts.is_file = all_are_files;
	check(f, "services:\n"
		 "  a:\n"
		 "    image: tiny\n"
		 "    volumes: ['C:\\a.txt:C:\\b.txt']\n");
	assert_int_equal(f->found.errors, 1);
	assert_non_null(strstr(f->found.list.items[0].message, "can bind folders only"));
}

static void read_only_forbids_what_must_be_copied(void **state)
{
	struct fixture *f = *state;
	check(f, "services:\n"
		 "  a:\n"
		 "    image: tiny\n"
		 "    read_only: true\n"
		 "    configs: [site]\n"
		 "configs:\n"
		 "  site: {content: hello}\n");
	assert_found(f, "E 5 services.a.configs: config site is copied into the container, which "
			"read_only forbids\n");
}

static void waiting_for_a_health_that_nobody_checks_is_an_error(void **state)
{
	struct fixture *f = *state;
	add_image(f, "checked:1")->has_healthcheck = true;
	add_image(f, "bare:1");
	check(f, "services:\n"
		 "  web:\n"
		 "    image: tiny\n"
		 "    depends_on:\n"
		 "      a: {condition: service_healthy}\n"
		 "      b: {condition: service_healthy}\n"
		 "      c: {condition: service_healthy}\n"
		 "      d: {condition: service_healthy}\n"
		 "      e: {condition: service_healthy}\n"
		 "      f: {condition: service_healthy, required: false}\n"
		 "  a: {image: 'bare:1', healthcheck: {test: 'true'}}\n"
		 "  b: {image: 'checked:1'}\n"
		 "  c: {image: 'unknown:1'}\n"
		 "  d: {image: 'bare:1'}\n"
		 "  e: {image: 'checked:1', healthcheck: {disable: true}}\n"
		 "  f: {image: 'bare:1'}\n");
	assert_found(f, "E 8 services.web.depends_on: web waits for d to be healthy, which has no "
			"health check\n"
			"E 9 services.web.depends_on: web waits for e to be healthy, which has no "
			"health check\n"
			"W 10 services.web.depends_on: web waits for f to be healthy, which has "
			"no health check\n");
}

static void a_probe_that_cannot_be_dialled_is_an_error_at_its_line(void **state)
{
	struct fixture *f = *state;
	const char *yaml = "services:\n"
			   "  a:\n"
			   "    image: tiny\n"
			   "    ports: ['8080:80']\n"
			   "    x-wincompose:\n"
			   "      probe: {tcp: {port: 80}}\n"
			   "  b:\n"
			   "    image: tiny\n"
			   "    x-wincompose:\n"
			   "      probe: {http: {port: 81}}\n"
			   "  c:\n"
			   "    image: tiny\n"
			   "    x-wincompose:\n"
			   "      probe: {log: ready}\n";
	f->host.capabilities &= ~(uint64_t)ENGINE_ROUTABLE;
	check(f, yaml);
	assert_found(f, "E 10 services.b.x-wincompose.probe: port 81 cannot be dialled from here: "
			"it is not published and the engine's container addresses cannot be "
			"reached\n");
}

static void subnets_that_overlap_are_told_with_both_names(void **state)
{
	struct fixture *f = *state;
	struct engine_network *other = array_add(&f->observed.networks);
	other->name = memory_copy("corporate");
	array_push(&other->subnets, memory_copy("10.9.0.0/16"));
	struct engine_network *own = array_add(&f->observed.networks);
	own->name = memory_copy("shop_a");
	array_push(&own->subnets, memory_copy("10.1.0.0/16"));
	check(f, "services:\n"
		 "  web: {image: tiny, networks: [a, b, c, d]}\n"
		 "networks:\n"
		 "  a: {ipam: {config: [{subnet: 10.1.0.0/16}]}}\n"
		 "  b: {ipam: {config: [{subnet: 10.1.4.0/24}]}}\n"
		 "  c: {ipam: {config: [{subnet: 10.9.9.0/24}]}}\n"
		 "  d: {ipam: {config: [{subnet: 10.2.0.0/16}]}}\n");
	CLEANUP(text_drop) struct text all = {0};
	diagnostics_print(&f->found, false, &all);
	assert_non_null(strstr(all.data, "subnet 10.1.4.0/24 overlaps with 10.1.0.0/16 of network "
					 "a"));
	assert_non_null(strstr(all.data, "subnet 10.9.9.0/24 overlaps with 10.9.0.0/16 of network "
					 "corporate"));
	assert_null(strstr(all.data, "10.2.0.0"));
	assert_null(strstr(all.data, "networks.a.ipam"));
}

static void externals_that_are_missing_are_told_all_at_once(void **state)
{
	struct fixture *f = *state;
	check(f, "services:\n"
		 "  web: {image: tiny, networks: [a], volumes: ['data:/v']}\n"
		 "networks:\n"
		 "  a: {external: true, name: outer}\n"
		 "volumes:\n"
		 "  data: {external: true, name: store}\n");
	assert_found(f, "E 4 networks.a: external network is not there\n"
			"E 6 volumes.data: external volume is not there\n");
}

static void addresses_are_read_as_their_standards_say(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool overlap;
	} pairs[] = {
		{"10.0.0.0/8", "10.255.0.0/16", true},
		{"10.0.0.0/16", "10.1.0.0/16", false},
		{"0.0.0.0/0", "192.168.1.0/24", true},
		{"10.0.0.128/25", "10.0.0.0/25", false},
		{"fd00::/8", "fd12:3456::/64", true},
		{"fd00:1::/64", "fd00:2::/64", false},
		{"::/0", "10.0.0.0/8", false},
		{"fd00::1:0/112", "fd00:0:0:0:0:0:1:5/128", true},
	};
	static const char *const wrong[] = {
		"10.0.0.0",
		"10.0.0/8",
		"10.0.0.256/8",
		"10.0.0.0/33",
		"10.0.0.0/",
		"a/8",
		"fd00::1::/8",
		"fd00:/16",
		"1:2:3:4:5:6:7:8:9/16",
		"12345::/16",
		"/8",
		"10.0.0.0/8x",
		"1:2:3:4:5:6:7::8/128x",
	};
	struct subnet a, b;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		assert_true(subnet_parse(pairs[i].a, &a));
		assert_true(subnet_parse(pairs[i].b, &b));
		assert_int_equal(subnet_overlap(&a, &b), pairs[i].overlap);
		assert_int_equal(subnet_overlap(&b, &a), pairs[i].overlap);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(subnet_parse(wrong[i], &a));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_project_that_fits_has_no_findings),
		TEST(what_windows_refuses_and_ignores_is_told_at_its_lines),
		TEST(what_is_written_but_asks_for_nothing_is_no_finding),
		TEST(values_that_no_engine_takes_are_told_at_their_lines),
		TEST(linux_refuses_what_only_windows_has),
		TEST(hyperv_where_it_is_not_is_an_error_at_its_line),
		TEST(an_image_for_another_system_or_build_is_told_at_the_image),
		TEST(ports_that_cannot_be_had_are_told_each_at_its_line),
		TEST(a_port_in_a_range_that_windows_keeps_back_is_told_with_the_range),
		TEST(what_windows_cannot_publish_is_told),
		TEST(missing_sources_are_told_where_nobody_would_make_them),
		TEST(a_file_cannot_be_bound_where_the_engine_binds_folders_only),
		TEST(read_only_forbids_what_must_be_copied),
		TEST(waiting_for_a_health_that_nobody_checks_is_an_error),
		TEST(a_probe_that_cannot_be_dialled_is_an_error_at_its_line),
		TEST(subnets_that_overlap_are_told_with_both_names),
		TEST(externals_that_are_missing_are_told_all_at_once),
		TEST(addresses_are_read_as_their_standards_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
