/* SPDX-License-Identifier: MIT */
#include "compose/project/parts.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/preflight.h"
#include "compose/plan/spec.h"
#include "compose/project/diagnostic.h"
#include "engine/docker/docker.h"
#include "tests/test.h"

/* A project from a text, and what an engine is asked for. */
struct fixture {
	char *path;
	struct project *project;
	struct arena arena;
	struct engine_host host;
	struct observed observed;
	struct diagnostics found;
};

static int setup(void **state)
{
	struct fixture *f = memory_zero(1, sizeof(*f));

	f->host.os_type = memory_copy("linux");
	f->host.address = memory_copy("unix:///run/own.sock");
	f->host.api_version = memory_copy("1.49");
	f->host.capabilities = ENGINE_LINUX | ENGINE_LOCAL | ENGINE_FILE_BIND | ENGINE_HEALTHCHECK |
			       ENGINE_START_INTERVAL | ENGINE_HOST_IP;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	project_drop(&f->project);
	arena_drop(&f->arena);
	engine_host_drop(&f->host);
	diagnostics_drop(&f->found);
	if (f->path)
		remove(f->path);
	memory_free(&f->path);
	memory_free(state);
	return 0;
}

static void load(struct fixture *f, const char *yaml)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};

	f->path = memory_format("build/parts-%p.yaml", (void *)f);
	if (file_write(f->path, yaml, strlen(yaml), false, &err) < 0)
		fail_msg("%s", err->message);
	const char *files[] = {f->path, NULL};
	const char *environment[] = {"SET=1", NULL};
	const struct project_options options = {
		.files = files, .name = "shop", .environment = environment};
	if (project_load(&options, &diagnostics, &f->project, &err) < 0)
		fail_msg("%s", err->message);
}

/* What create sends for service a, at a path of its JSON. */
static void assert_asked(struct fixture *f, const char *path, const char *wanted)
{
	const struct spec_options options = {.number = 2};
	const struct service *service = project_service(f->project, "a");
	CLEANUP(json_drop)
	cJSON *json = docker_container_json(
		spec_container(&f->arena, f->project, service, &f->host, &options), 49);
	const cJSON *part = json_path(json, path);
	CLEANUP(memory_free) char *got = part ? json_print(part) : memory_copy("nothing");

	assert_string_equal(got, wanted);
}

static void gpus_and_reserved_devices_become_requests(void **state)
{
	struct fixture *f = *state;

	load(f, "services:\n"
		"  a:\n"
		"    image: x\n"
		"    gpus: [{driver: nvidia, device_ids: ['0'], capabilities: [utility]}]\n"
		"    deploy: {resources: {reservations: {devices: [\n"
		"      {capabilities: [tpu], count: 2, options: {a: b}}]}}}\n");
	assert_asked(f, "HostConfig.DeviceRequests",
		     "[{\"Count\":2,\"Capabilities\":[[\"tpu\"]],\"Options\":{\"a\":\"b\"}},"
		     "{\"Driver\":\"nvidia\",\"DeviceIDs\":[\"0\"],"
		     "\"Capabilities\":[[\"utility\",\"gpu\"]]}]");
}

static void all_gpus_are_minus_one_with_the_capability_gpu(void **state)
{
	struct fixture *f = *state;

	load(f, "services: {a: {image: x, gpus: all}}\n");
	assert_asked(f, "HostConfig.DeviceRequests",
		     "[{\"Count\":-1,\"Capabilities\":[[\"gpu\"]]}]");
}

static void links_name_each_container_of_the_other_service_three_times(void **state)
{
	struct fixture *f = *state;

	load(f, "services:\n"
		"  a: {image: x, links: ['db:sql'], external_links: [old, 'other:name']}\n"
		"  db: {image: x, scale: 2}\n");
	assert_asked(f, "NetworkingConfig.EndpointsConfig.shop_default.Links",
		     "[\"shop-db-1:sql\",\"shop-db-1:db-2\",\"shop-db-1:shop-db-2\","
		     "\"shop-db-2:sql\",\"shop-db-2:db-2\",\"shop-db-2:shop-db-2\","
		     "\"old:old\",\"other:name\"]");
	assert_asked(f, "HostConfig.Links", "nothing");
	assert_int_equal(project_service(f->project, "a")->dependencies.len, 1);
}

static void links_on_the_default_bridge_are_the_containers(void **state)
{
	struct fixture *f = *state;

	load(f, "services: {a: {image: x, network_mode: bridge, external_links: [old]}}\n");
	assert_asked(f, "HostConfig.Links", "[\"old:old\"]");
}

static void block_devices_and_processor_times_are_sent(void **state)
{
	struct fixture *f = *state;

	load(f, "services:\n"
		"  a:\n"
		"    image: x\n"
		"    cpu_period: 100000\n"
		"    cpu_quota: '50000'\n"
		"    mem_swappiness: 60\n"
		"    oom_score_adj: -500\n"
		"    blkio_config:\n"
		"      weight: 300\n"
		"      weight_device: [{path: /dev/a, weight: 400}]\n"
		"      device_write_bps: [{path: /dev/b, rate: 1k}]\n");
	assert_asked(f, "HostConfig.CpuPeriod", "100000");
	assert_asked(f, "HostConfig.CpuQuota", "50000");
	assert_asked(f, "HostConfig.MemorySwappiness", "60");
	assert_asked(f, "HostConfig.OomScoreAdj", "-500");
	assert_asked(f, "HostConfig.BlkioWeight", "300");
	assert_asked(f, "HostConfig.BlkioWeightDevice", "[{\"Path\":\"/dev/a\",\"Weight\":400}]");
	assert_asked(f, "HostConfig.BlkioDeviceWriteBps", "[{\"Path\":\"/dev/b\",\"Rate\":1024}]");
}

static void mounts_of_images_and_of_volumes_with_labels_are_sent(void **state)
{
	struct fixture *f = *state;

	load(f, "services:\n"
		"  a:\n"
		"    image: x\n"
		"    volumes:\n"
		"      - {type: image, source: tools, target: /t, image: {subpath: bin}}\n"
		"      - {type: volume, target: /v, volume: {labels: [a=b]}}\n");
	assert_asked(f, "HostConfig.Mounts",
		     "[{\"Type\":\"image\",\"Source\":\"tools\",\"Target\":\"/t\","
		     "\"ImageOptions\":{\"Subpath\":\"bin\"}},"
		     "{\"Type\":\"volume\",\"Target\":\"/v\","
		     "\"VolumeOptions\":{\"Labels\":{\"a\":\"b\"}}}]");
}

static void use_api_socket_mounts_the_engines_own(void **state)
{
	struct fixture *f = *state;

	load(f, "services: {a: {image: x, use_api_socket: true}}\n");
	assert_asked(f, "HostConfig.Mounts",
		     "[{\"Type\":\"bind\",\"Source\":\"/run/own.sock\","
		     "\"Target\":\"/var/run/docker.sock\"}]");
}

static void hooks_watches_providers_and_models_are_in_the_model(void **state)
{
	struct fixture *f = *state;

	load(f, "services:\n"
		"  a:\n"
		"    image: x\n"
		"    models: {llm: {endpoint_var: URL}}\n"
		"    pre_start: [{command: migrate, per_replica: true}]\n"
		"    post_start: [{command: [a, b], user: root, environment: [K=v, N]}]\n"
		"    pre_stop: [{command: c, privileged: true, working_dir: /w}]\n"
		"    develop:\n"
		"      watch:\n"
		"        - {path: /src, action: sync+exec, target: /t, ignore: o, include: [c],\n"
		"           initial_sync: true, exec: {command: reload}}\n"
		"  p:\n"
		"    provider: {type: cloud, options: {n: 2, zones: [a, b]}}\n"
		"models: {llm: {model: ai/small, context_size: 4096, runtime_flags: [--x]}}\n");
	const struct service *a = project_service(f->project, "a");
	const struct service *p = project_service(f->project, "p");

	assert_string_equal(a->pre_start.items[0].image, "x");
	assert_true(a->pre_start.items[0].per_replica);
	assert_string_equal(a->post_start.items[0].command[1], "b");
	assert_string_equal(a->post_start.items[0].user, "root");
	assert_string_equal(a->post_start.items[0].environment.items[0].value, "v");
	assert_null(a->post_start.items[0].environment.items[1].value);
	assert_true(a->pre_stop.items[0].privileged);
	assert_string_equal(a->pre_stop.items[0].working_dir, "/w");
	const struct watch_rule *watch = &a->watches.items[0];
	assert_int_equal(watch->action, WATCH_SYNC_EXEC);
	assert_string_equal(watch->ignore.items[0], "o");
	assert_string_equal(watch->include.items[0], "c");
	assert_string_equal(watch->exec.command[0], "reload");
	assert_true(watch->initial_sync);
	assert_string_equal(a->models.items[0].endpoint_variable, "URL");
	assert_string_equal(a->models.items[0].model_variable, "LLM_MODEL");
	assert_string_equal(f->project->models.items[0].model, "ai/small");
	assert_int_equal(f->project->models.items[0].context_size, 4096);
	assert_string_equal(p->provider->type, "cloud");
	assert_string_equal(p->provider->options.items[1].values.items[1], "b");
	assert_null(p->image);
	assert_int_equal(p->networks.len, 0);
}

static void a_builds_further_parts_are_in_the_model(void **state)
{
	struct fixture *f = *state;

	load(f, "services:\n"
		"  a:\n"
		"    build:\n"
		"      context: /ctx\n"
		"      ssh: {default: null, k: /key}\n"
		"      secrets: [{source: s, target: id}]\n"
		"      additional_contexts: {lib: /lib}\n"
		"      ulimits: {nproc: 3, nofile: {soft: 1, hard: 2}}\n"
		"      platforms: [linux/amd64]\n"
		"      cache_to: [type=inline]\n"
		"      no_cache_filter: dep\n"
		"      provenance: false\n"
		"      sbom: true\n"
		"      privileged: true\n"
		"      entitlements: [network.host]\n"
		"secrets: {s: {file: /s}}\n");
	const struct build *build = project_service(f->project, "a")->build;

	assert_string_equal(build->ssh.items[0], "default");
	assert_string_equal(build->ssh.items[1], "k=/key");
	assert_string_equal(build->secrets.items[0].target, "id");
	assert_string_equal(build->additional_contexts.items[0].value, "/lib");
	assert_int_equal(build->ulimits.items[0].hard, 2);
	assert_string_equal(build->platforms.items[0], "linux/amd64");
	assert_string_equal(build->no_cache_filter.items[0], "dep");
	assert_string_equal(build->provenance, "false");
	assert_string_equal(build->sbom, "true");
	assert_true(build->privileged);
}

static void refresh_is_the_age_that_is_written(void **state)
{
	struct fixture *f = *state;

	load(f, "services:\n"
		"  a: {image: x, pull_policy: refresh, pull_refresh_after: 90m}\n"
		"  b: {image: x, pull_policy: refresh}\n");
	assert_string_equal(project_service(f->project, "a")->pull_policy, "every_1h30m0s");
	assert_string_equal(project_service(f->project, "b")->pull_policy, "always");
}

/* --- what the engine cannot do */

static void assert_found(struct fixture *f, const char *yaml, const char *wanted)
{
	const struct preflight_facts facts = {.host = &f->host, .observed = &f->observed};
	CLEANUP(text_drop) struct text got = {0};

	load(f, yaml);
	preflight_check(f->project, &facts, &f->found);
	diagnostics_sort(&f->found);
	ARRAY_FOR_EACH (struct diagnostic, d, &f->found.list)
		text_printf(&got, "%s %u %s: %s\n", d->severity == SEVERITY_ERROR ? "E" : "W",
			    d->line, d->path, d->message);
	assert_string_equal(text_string(&got), wanted);
}

static const char new_things[] =
	"services:\n"
	"  a:\n"
	"    image: x\n"
	"    annotations: {a: b}\n"
	"    networks:\n"
	"      n: {gw_priority: 1}\n"
	"      m: {interface_name: e}\n"
	"    volumes:\n"
	"      - {type: image, source: i, target: /i}\n"
	"      - {type: volume, source: v, target: /v, volume: {subpath: s}}\n"
	"      - {type: bind, source: /s, target: /b, bind: {recursive: readonly}}\n"
	"networks:\n"
	"  m:\n"
	"  n: {enable_ipv4: false}\n"
	"volumes: {v: }\n";

static void what_an_engine_is_too_old_for_is_told_with_its_line(void **state)
{
	struct fixture *f = *state;

	memory_free(&f->host.api_version);
	f->host.api_version = memory_copy("1.41");
	f->host.capabilities &= ~(uint64_t)ENGINE_LOCAL;
	assert_found(
		f, new_things,
		"W 4 services.a.annotations: annotations: this engine is too old for it (API "
		"1.41)\n"
		"E 6 services.a.networks.n: gw_priority: this engine is too old for it (API 1.41)\n"
		"E 7 services.a.networks.m: interface_name: this engine is too old for it (API "
		"1.41)\n"
		"E 9 services.a.volumes[0]: mounts of type image: this engine is too old for it "
		"(API 1.41)\n"
		"E 10 services.a.volumes[1]: a volume's subpath: this engine is too old for it "
		"(API 1.41)\n"
		"E 11 services.a.volumes[2]: recursive: this engine is too old for it (API 1.41)\n"
		"E 14 networks.n.enable_ipv4: enable_ipv4: false: this engine is too old for it "
		"(API 1.41)\n");
}

static void a_new_engine_takes_all_of_it(void **state)
{
	struct fixture *f = *state;

	f->host.capabilities &= ~(uint64_t)ENGINE_LOCAL;
	assert_found(f, new_things, "");
}

static void what_cannot_be_run_yet_is_an_error_at_its_line(void **state)
{
	struct fixture *f = *state;

	assert_found(f,
		     "services:\n"
		     "  a:\n"
		     "    image: x\n"
		     "    pre_start: [{command: a}, {command: b, per_replica: true}]\n"
		     "    post_start: [{command: a}]\n"
		     "    pre_stop: [{command: a}]\n"
		     "    use_api_socket: true\n"
		     "    secrets: [s]\n"
		     "    volumes: [{type: cluster, source: c, target: /c}]\n"
		     "volumes: {c: }\n"
		     "secrets:\n"
		     "  s: {environment: SET, driver: d}\n",
		     "E 4 services.a.pre_start[1].per_replica: a pre_start hook is run once for "
		     "the service, not for each of its containers\n"
		     "W 7 services.a.use_api_socket: the container gets the engine's socket, but "
		     "not this user's registry credentials\n"
		     "E 8 services.a.secrets: secret s has a driver, which swarms alone have\n"
		     "E 9 services.a.volumes: a cluster volume can be mounted by a swarm's "
		     "service only\n");
}

static void an_owner_of_a_mounted_secret_is_told_to_have_no_effect(void **state)
{
	struct fixture *f = *state;

	assert_found(f,
		     "services:\n"
		     "  a:\n"
		     "    image: x\n"
		     "    secrets: [{source: s, uid: '1'}]\n"
		     "secrets:\n"
		     "  s: {file: /s}\n",
		     "W 4 services.a.secrets: secret s is mounted: uid, gid and mode stay those of "
		     "its file\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gpus_and_reserved_devices_become_requests),
		TEST(all_gpus_are_minus_one_with_the_capability_gpu),
		TEST(links_name_each_container_of_the_other_service_three_times),
		TEST(links_on_the_default_bridge_are_the_containers),
		TEST(block_devices_and_processor_times_are_sent),
		TEST(mounts_of_images_and_of_volumes_with_labels_are_sent),
		TEST(use_api_socket_mounts_the_engines_own),
		TEST(hooks_watches_providers_and_models_are_in_the_model),
		TEST(a_builds_further_parts_are_in_the_model),
		TEST(refresh_is_the_age_that_is_written),
		TEST(what_an_engine_is_too_old_for_is_told_with_its_line),
		TEST(a_new_engine_takes_all_of_it),
		TEST(what_cannot_be_run_yet_is_an_error_at_its_line),
		TEST(an_owner_of_a_mounted_secret_is_told_to_have_no_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
