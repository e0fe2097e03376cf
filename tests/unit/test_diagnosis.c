/* SPDX-License-Identifier: MIT */
#include "compose/cli/diagnosis.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/below.h"
#include "netns/hns.h"
#include "tests/netns/simulator.h"
#include "tests/test.h"

#define NETWORK_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HNS_ID     "A003CD4D-F20D-4E3D-AF1A-AE7B453399A4"

/* The structures own their strings, so they are not const. */
#define WORDS(text) ((char[]){text})

static const struct host debian = {
	.name = WORDS("Debian GNU/Linux 12 (bookworm)"),
	.version = WORDS("6.1.0"),
	.architecture = WORDS("amd64"),
	.cgroups = WORDS("v2"),
	.controllers = WORDS("cpu io memory pids"),
};
static const struct host server = {
	.is_windows = true,
	.name = WORDS("Windows Server 2022 Datacenter 21H2"),
	.version = WORDS("10.0.20348.2582"),
	.architecture = WORDS("amd64"),
	.edition = WORDS("ServerDatacenter"),
	.build = 20348,
	.is_server = true,
	.is_elevated = true,
	.hns = HOST_RUNNING,
	.vmcompute = HOST_RUNNING,
};
static const struct engine_host moby = {
	.driver = WORDS("docker"),
	.version = WORDS("20.10.24"),
	.api_version = WORDS("1.41"),
	.os_type = WORDS("linux"),
	.architecture = WORDS("amd64"),
	.capabilities = ENGINE_LINUX | ENGINE_LOCAL,
};
static const struct engine_host windows_moby = {
	.driver = WORDS("docker"),
	.version = WORDS("29.7.2"),
	.api_version = WORDS("1.56"),
	.os_type = WORDS("windows"),
	.os_version = WORDS("10.0.20348.2582"),
	.architecture = WORDS("amd64"),
	.isolation = WORDS("process"),
	.is_server = true,
	.capabilities = ENGINE_LOCAL,
};

static void says(const struct diagnosis *facts, const char *expected)
{
	CLEANUP(findings_drop) struct findings findings = {0};
	CLEANUP(text_drop) struct text text = {0};

	diagnose(facts, &findings);
	findings_print(&findings, false, &text);
	assert_string_equal(text_string(&text), expected);
}

static void add_try(struct diagnosis *facts, const char *address, struct error *err,
		    enum diagnosis_socket socket)
{
	array_push(&facts->tries,
		   ((struct diagnosis_try){(char *)address, (char *)"the default", err, socket}));
}

static void add_claim(struct diagnosis *facts, unsigned port, bool is_taken, const char *holder)
{
	array_push(&facts->claims, ((struct diagnosis_claim){
					   .service = (char *)"web",
					   .where = (char *)"compose.yaml:5:9",
					   .port = port,
					   .is_taken = is_taken,
					   .holder = (char *)holder,
				   }));
}

static void drop(struct diagnosis *facts)
{
	array_drop(&facts->tries);
	array_drop(&facts->claims);
}

static void what_is_well_is_told_in_a_line_each(void **state)
{
	struct diagnosis facts = {
		.host = &debian,
		.engine = &moby,
		.looks_for_buildx = true,
		.buildx = "github.com/docker/buildx v0.12.1",
		.project = "shop",
	};

	(void)state;
	add_try(&facts, "unix:///var/run/docker.sock", NULL, SOCKET_THERE);
	add_claim(&facts, 8080, false, NULL);
	says(&facts,
	     "host\n"
	     "  ok       Debian GNU/Linux 12 (bookworm), kernel 6.1.0, amd64\n"
	     "  ok       cgroup v2: cpu io memory pids\n"
	     "engine\n"
	     "  ok       unix:///var/run/docker.sock (the default): docker 20.10.24, API 1.41, "
	     "linux/amd64\n"
	     "build\n"
	     "  ok       docker buildx: github.com/docker/buildx v0.12.1\n"
	     "project\n"
	     "  ok       shop: its file is well\n"
	     "ports\n"
	     "  ok       free, or this project's own: 1 of 1 published ports\n"
	     "\nall well\n");
	drop(&facts);
}

static void an_engine_that_does_not_answer_is_told_with_each_address(void **state)
{
	struct error refused = {.code = ERROR_UNAVAILABLE,
				.message = WORDS("tcp://10.0.0.1:2375: connection refused")};
	struct diagnosis facts = {.host = &debian};

	(void)state;
	add_try(&facts, "unix:///a", &refused, SOCKET_ABSENT);
	add_try(&facts, "unix:///b", &refused, SOCKET_DENIED);
	add_try(&facts, "tcp://10.0.0.1:2375", &refused, SOCKET_UNKNOWN);
	says(&facts,
	     "host\n"
	     "  ok       Debian GNU/Linux 12 (bookworm), kernel 6.1.0, amd64\n"
	     "  ok       cgroup v2: cpu io memory pids\n"
	     "engine\n"
	     "  wrong    unix:///a (the default): there is no such socket, so no Docker Engine "
	     "runs "
	     "there\n"
	     "           -> start it (systemctl start docker), or name another: --host, --context, "
	     "DOCKER_HOST\n"
	     "  wrong    unix:///b (the default): this user may not use the socket\n"
	     "           -> usermod -aG docker $USER as root, then log in anew; who is in that "
	     "group "
	     "is as good as root\n"
	     "  wrong    tcp://10.0.0.1:2375 (the default): connection refused\n"
	     "\n3 wrong, warnings: 0\n");
	drop(&facts);
}

static void doubts_are_warnings_and_no_fault(void **state)
{
	struct host old = debian;
	CLEANUP(findings_drop) struct findings findings = {0};
	struct diagnosis facts = {.host = &old, .engine = &moby, .looks_for_buildx = true};

	(void)state;
	old.cgroups = WORDS("v1");
	old.controllers = WORDS("cpu memory_pressure");
	add_try(&facts, "unix:///a", NULL, SOCKET_THERE);
	diagnose(&facts, &findings);
	assert_int_equal(findings.warnings, 2);
	assert_int_equal(findings.wrong, 0);
	assert_string_equal(findings.items[1].advice, "boot with cgroup_enable=memory");
	assert_string_equal(findings.items[3].topic, "build");
	drop(&facts);
}

static void a_windows_host_says_which_isolation_it_has_and_why_not(void **state)
{
	static const struct {
		const char *edition;
		bool is_server, has_hypervisor;
		unsigned build;
		enum host_service vmcompute, vmms;
		const char *process, *hyperv;
		size_t wrong;
	} cases[] = {
		{"ServerDatacenter", true, true, 20348, HOST_RUNNING, HOST_RUNNING, "yes", "yes",
		 0},
		{"ServerDatacenter", true, false, 20348, HOST_RUNNING, HOST_RUNNING, "yes",
		 "no, no hypervisor runs (0xC0351000): virtualization is off in the firmware, or "
		 "this virtual machine is not given it",
		 0},
		{"ServerDatacenter", true, true, 20348, HOST_RUNNING, HOST_ABSENT, "yes",
		 "no, the feature Hyper-V is off", 0},
		{"ServerDatacenter", true, true, 20348, HOST_ABSENT, HOST_ABSENT,
		 "no, the feature Containers is off", "no, the feature Hyper-V is off", 2},
		{"Professional", false, true, 22631, HOST_RUNNING, HOST_RUNNING,
		 "yes, for development and tests", "yes", 0},
		{"Professional", false, true, 19045, HOST_RUNNING, HOST_RUNNING,
		 "yes, for development and tests, images of this very build only", "yes", 0},
		{"Core", false, true, 22631, HOST_RUNNING, HOST_RUNNING,
		 "yes, for development and tests", "no, the Home edition has no Hyper-V", 0},
		{"Professional", false, true, 17134, HOST_RUNNING, HOST_RUNNING,
		 "no, a client has it from build 17763 on", "yes", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct host host = server;
		CLEANUP(findings_drop) struct findings findings = {0};
		struct diagnosis facts = {.host = &host};

		host.edition = (char *)cases[i].edition;
		host.is_server = cases[i].is_server;
		host.has_hypervisor = cases[i].has_hypervisor;
		host.build = cases[i].build;
		host.vmcompute = cases[i].vmcompute;
		host.vmms = cases[i].vmms;
		CLEANUP(memory_free)
		char *process = memory_format("isolation process: %s", cases[i].process);
		CLEANUP(memory_free)
		char *hyperv = memory_format("isolation hyperv: %s", cases[i].hyperv);
		diagnose(&facts, &findings);
		assert_string_equal(findings.items[1].what, process);
		assert_string_equal(findings.items[2].what, hyperv);
		assert_int_equal(findings.wrong, cases[i].wrong);
	}
}

static void services_that_stand_still_are_wrong_where_the_engine_is_here(void **state)
{
	struct host host = server;
	struct engine_host elsewhere = windows_moby;
	struct diagnosis facts = {.host = &host};

	(void)state;
	host.hns = host.vmcompute = HOST_STOPPED;
	elsewhere.capabilities = 0;
	for (int i = 0; i < 2; i++) {
		CLEANUP(findings_drop) struct findings findings = {0};

		diagnose(&facts, &findings);
		assert_int_equal(findings.wrong, i ? 0 : 2);
		facts.engine = &elsewhere;
	}
}

static void a_port_is_told_with_who_has_it(void **state)
{
	struct ports_range kept[] = {{8000, 8099, false}, {9000, 9000, true}};
	const struct ports_ranges ranges = {kept, 2, 2};
	CLEANUP(observed_drop) struct observed observed = {0};
	CLEANUP(findings_drop) struct findings findings = {0};
	struct diagnosis facts = {
		.host = &server, .engine = &windows_moby, .observed = &observed, .ranges = &ranges};
	struct container *container = array_add(&observed.containers);
	struct container_port *port = array_add(&container->ports);

	(void)state;
	container->name = memory_copy("other-web-1");
	array_push(&container->labels, ((struct label){memory_copy("com.docker.compose.project"),
						       memory_copy("other")}));
	*port = (struct container_port){NULL, 7000, 80, memory_copy("tcp")};
	add_claim(&facts, 7000, true, "com.docker.backend.exe (process 4711)");
	add_claim(&facts, 80, true, "System (process 4)");
	add_claim(&facts, 81, true, NULL);
	add_claim(&facts, 8080, false, NULL);
	add_claim(&facts, 9000, false, NULL);
	diagnose_ports_(&facts, &findings);
	assert_int_equal(findings.len, 5);
	assert_int_equal(findings.wrong, 4);
	assert_string_equal(findings.items[0].what,
			    "compose.yaml:5:9: port 7000/tcp of service web is taken by container "
			    "other-web-1 of project other");
	assert_string_equal(findings.items[1].what,
			    "compose.yaml:5:9: port 80/tcp of service web is taken by System "
			    "(process 4)");
	assert_non_null(strstr(findings.items[1].advice, "netsh http show servicestate"));
	assert_string_equal(findings.items[2].what,
			    "compose.yaml:5:9: port 81/tcp of service web is taken");
	assert_string_equal(findings.items[3].what,
			    "compose.yaml:5:9: port 8080/tcp of service web is in the range "
			    "8000-8099 that Windows keeps back");
	assert_non_null(strstr(findings.items[3].advice, "startport=8080 numberofports=1"));
	/* 9000 is set aside for who names it. */
	assert_string_equal(findings.items[4].what,
			    "free, or this project's own: 1 of 5 published ports");
	drop(&facts);
}

/* --- what was left over */

static const char hns[] =
	"{\"Networks\":[{\"ID\":\"" HNS_ID "\",\"Name\":\"" NETWORK_ID
	"\",\"Type\":\"nat\",\"Subnets\":[{\"AddressPrefix\":\"172.30.0.0/24\"}]}],"
	"\"Endpoints\":[{\"ID\":\"11111111-1111-4111-8111-111111111111\",\"VirtualNetwork\":"
	"\"" HNS_ID "\",\"VirtualNetworkName\":\"" NETWORK_ID "\",\"IPAddress\":\"172.30.0.10\","
	"\"Policies\":[{\"Type\":\"NAT\",\"Protocol\":\"tcp\",\"InternalPort\":80,"
	"\"ExternalPort\":8080}]}]}";

struct scene {
	struct observed observed;
	struct netns_view view;
	struct diagnosis facts;
};

static void scene_open(struct scene *scene)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(simulator_drop) struct simulator *simulator = simulator_new(hns);
	const struct hns_api api = simulator_api(simulator);
	CLEANUP(netns_drop) struct netns_view seen = {0};
	CLEANUP(text_drop) struct text document = {0};

	*scene = (struct scene){0};
	/* By way of the document that the child writes. */
	assert_int_equal(hns_look(&api, &seen, &err), 0);
	below_write(&seen, NULL, &document);
	assert_int_equal(below_read(document.data, document.len, &scene->view, &err), 0);
	struct engine_network *network = array_add(&scene->observed.networks);
	network->id = memory_copy(NETWORK_ID);
	network->name = memory_copy("shop_default");
	array_push(&network->labels, ((struct label){memory_copy("com.docker.compose.project"),
						     memory_copy("shop")}));
	scene->facts = (struct diagnosis){
		.host = &server,
		.engine = &windows_moby,
		.observed = &scene->observed,
		.looks_below = true,
		.below = &scene->view,
	};
}

static void scene_close(struct scene *scene)
{
	observed_drop(&scene->observed);
	netns_drop(&scene->view);
}

static struct container *add_container(struct scene *scene, enum container_state state,
				       const char *address)
{
	struct container *container = array_add(&scene->observed.containers);
	struct container_network *network = array_add(&container->networks);

	container->state = state;
	network->name = memory_copy("shop_default");
	network->id = memory_copy(NETWORK_ID);
	network->address = memory_copy(address);
	return container;
}

static bool is_stale(const struct scene *scene)
{
	return diagnosis_is_stale(&scene->facts, &scene->view.endpoints.items[0]);
}

static void an_endpoint_that_nothing_has_is_told_as_left_over(void **state)
{
	struct scene scene;
	CLEANUP(findings_drop) struct findings findings = {0};

	(void)state;
	scene_open(&scene);
	diagnose_networks_(&scene.facts, &findings);
	assert_int_equal(findings.len, 2);
	assert_string_equal(findings.items[0].what, NETWORK_ID ": nat 172.30.0.0/24, endpoints: 1");
	assert_string_equal(findings.items[1].what,
			    "endpoint 11111111-1111-4111-8111-111111111111 (172.30.0.10 with 8080 "
			    "-> 80/tcp) of shop_default was left over: its address and ports stay "
			    "taken");
	assert_string_equal(findings.items[1].advice, "wincompose doctor --fix removes it");
	assert_int_equal(findings.warnings, 1);
	scene_close(&scene);
}

static void an_endpoint_is_never_taken_for_stale_in_doubt(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	assert_true(is_stale(&scene));
	/* Another's project, where this one is known. */
	scene.facts.project = "other";
	assert_false(is_stale(&scene));
	scene.facts.project = "shop";
	assert_true(is_stale(&scene));
	/* A running one with another address does not have it; one with this address does. */
	add_container(&scene, CONTAINER_RUNNING, "172.30.0.11");
	assert_true(is_stale(&scene));
	struct container *has = add_container(&scene, CONTAINER_RUNNING, "172.30.0.10");
	assert_false(is_stale(&scene));
	has->networks.items[0].address[10] = '2';
	assert_true(is_stale(&scene));
	/* A stopped one has none; one that is about to start may get it. */
	struct container *other = add_container(&scene, CONTAINER_EXITED, NULL);
	assert_true(is_stale(&scene));
	other->state = CONTAINER_CREATED;
	assert_false(is_stale(&scene));
	other->state = CONTAINER_RESTARTING;
	assert_false(is_stale(&scene));
	other->state = CONTAINER_EXITED;
	/* A network that no project of compose has is somebody else's. */
	scene.observed.networks.items[0].labels.len = 0;
	assert_false(is_stale(&scene));
	scene.observed.networks.items[0].labels.len = 1;
	/* Without the engine nobody knows. */
	scene.facts.observed = NULL;
	assert_false(is_stale(&scene));
	scene_close(&scene);
}

static void why_the_networks_are_not_known_is_told(void **state)
{
	struct error denied = {.code = ERROR_SYSTEM, .message = WORDS("access is denied")};
	struct host user = server;
	struct diagnosis facts = {.host = &server, .looks_below = true, .below_err = &denied};

	(void)state;
	for (int i = 0; i < 3; i++) {
		static const enum finding_mark marks[] = {FINDING_WRONG, FINDING_WARNING,
							  FINDING_OK};
		CLEANUP(findings_drop) struct findings findings = {0};

		diagnose_networks_(&facts, &findings);
		assert_int_equal(findings.len, 1);
		assert_int_equal(findings.items[0].mark, marks[i]);
		user.is_elevated = false;
		facts.host = &user;
		facts.engine = i ? &moby : NULL;
	}
}

static void an_error_below_comes_through_with_its_code(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(text_drop) struct text document = {0};
	CLEANUP(netns_drop) struct netns_view view = {0};
	const struct error failed = {.code = ERROR_UNAVAILABLE, .message = WORDS("net start hns")};

	(void)state;
	below_write(&view, &failed, &document);
	assert_int_equal(below_read(document.data, document.len, &view, &err), ERROR_UNAVAILABLE);
	assert_string_equal(err->message, "net start hns");
	error_drop(&err);
	assert_int_equal(below_read("{", 1, &view, &err), ERROR_INVALID);
}

static void findings_are_json_for_programs(void **state)
{
	CLEANUP(findings_drop) struct findings findings = {0};
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(json_drop) cJSON *json = NULL;
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	findings_add(&findings, FINDING_OK, "host", "a \"%s\"", "quoted");
	findings_add(&findings, FINDING_WRONG, "ports", "b");
	findings_advise(&findings, "c");
	findings_json(&findings, &text);
	assert_int_equal(json_parse(text.data, text.len, "it", &json, &err), 0);
	assert_int_equal(cJSON_GetArraySize(json), 2);
	const cJSON *first = cJSON_GetArrayItem(json, 0), *last = cJSON_GetArrayItem(json, 1);
	assert_string_equal(json_string(first, "message"), "a \"quoted\"");
	assert_null(json_get(first, "advice"));
	assert_string_equal(json_string(last, "mark"), "wrong");
	assert_string_equal(json_string(last, "topic"), "ports");
	assert_string_equal(json_string(last, "advice"), "c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_well_is_told_in_a_line_each),
		cmocka_unit_test(an_engine_that_does_not_answer_is_told_with_each_address),
		cmocka_unit_test(doubts_are_warnings_and_no_fault),
		cmocka_unit_test(a_windows_host_says_which_isolation_it_has_and_why_not),
		cmocka_unit_test(services_that_stand_still_are_wrong_where_the_engine_is_here),
		cmocka_unit_test(a_port_is_told_with_who_has_it),
		cmocka_unit_test(an_endpoint_that_nothing_has_is_told_as_left_over),
		cmocka_unit_test(an_endpoint_is_never_taken_for_stale_in_doubt),
		cmocka_unit_test(why_the_networks_are_not_known_is_told),
		cmocka_unit_test(an_error_below_comes_through_with_its_code),
		cmocka_unit_test(findings_are_json_for_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
