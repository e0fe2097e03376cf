/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/endpoint.h"
#include "compose/plan/spec.h"
#include "tests/plan/stage.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct fixture {
	struct stage *stage;
	struct arena arena;
	struct service *service; /* web */
	struct engine_host host;
};

static int setup(void **state)
{
	struct fixture *f = memory_zero(1, sizeof(*f));
	f->stage = stage_new("shop");
	f->service = stage_service(f->stage, "web", HASH);
	f->host.capabilities = ENGINE_LINUX | ENGINE_LOCAL | ENGINE_FILE_BIND;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	arena_drop(&f->arena);
	stage_drop(&f->stage);
	memory_free(state);
	return 0;
}

static const struct container_spec *make(struct fixture *f, const struct spec_options *options)
{
	struct spec_options first = {.number = 1};
	return spec_container(&f->arena, stage_project(f->stage), f->service, &f->host,
			      options ? options : &first);
}

static void assert_vector(const char *const *vector, const char *const *wanted)
{
	size_t i = 0;
	for (; wanted[i]; i++) {
		assert_non_null(vector[i]);
		assert_string_equal(vector[i], wanted[i]);
	}
	assert_null(vector[i]);
}

#define assert_strings(vector, ...)                                                                \
	assert_vector((vector), (const char *const[]){__VA_ARGS__, NULL})

static void assert_label(const struct labels *labels, const char *key, const char *value)
{
	const char *got = labels_get(labels, key);
	if (!value) {
		assert_null(got);
		return;
	}
	assert_non_null(got);
	assert_string_equal(got, value);
}

static void a_container_carries_docker_composes_labels_and_ours(void **state)
{
	struct fixture *f = *state;
	struct project *project = &f->stage->project;
	array_push(&project->files, "/srv/compose.yaml");
	array_push(&project->files, "/srv/more.yaml");
	array_push(&project->env_files, "/srv/.env.test");
	array_push(&f->service->labels, ((struct pair){"com.example", "1"}));
	array_push(&f->service->labels, ((struct pair){LABEL_PROJECT, "lie"}));
	stage_depend(f->service, "db", DEPENDENCY_HEALTHY, true);
	stage_depend(f->service, "job", DEPENDENCY_COMPLETED, false);
	const struct spec_options options = {
		.number = 2, .image_id = "sha256:aa", .isolation = "hyperv", .supervised = true};
	const struct labels *l = &make(f, &options)->labels;
	assert_label(l, "com.docker.compose.project", "shop");
	assert_label(l, "com.docker.compose.service", "web");
	assert_label(l, "com.docker.compose.container-number", "2");
	assert_label(l, "com.docker.compose.oneoff", "False");
	assert_label(l, "com.docker.compose.config-hash", HASH);
	assert_label(l, "com.docker.compose.image", "sha256:aa");
	assert_label(l, "com.docker.compose.version", WINCOMPOSE_VERSION);
	assert_label(l, "com.docker.compose.depends_on",
		     "db:service_healthy:true,job:service_completed_successfully:false");
	assert_label(l, "com.docker.compose.project.working_dir", "/work");
	assert_label(l, "com.docker.compose.project.config_files",
		     "/srv/compose.yaml,/srv/more.yaml");
	assert_label(l, "com.docker.compose.project.environment_file", "/srv/.env.test");
	assert_label(l, "com.docker.compose.replace", NULL);
	assert_label(l, "wincompose.config-hash", SPEC_HASH_ALGORITHM ":" HASH);
	assert_label(l, "wincompose.isolation", "hyperv");
	assert_label(l, "wincompose.supervise", "restart");
	assert_label(l, "com.example", "1");
}

static void names_are_docker_composes(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(make(f, NULL)->name, "shop-web-1");
	const struct spec_options passing = {
		.number = 1, .name = "aaaaaaaaaaaa_shop-web-1", .replaces = "aaaaaaaaaaaa"};
	const struct container_spec *spec = make(f, &passing);
	assert_string_equal(spec->name, "aaaaaaaaaaaa_shop-web-1");
	assert_label(&spec->labels, LABEL_REPLACES, "aaaaaaaaaaaa");
	f->service->container_name = "front";
	assert_string_equal(make(f, NULL)->name, "front");
}

static void a_one_off_has_a_name_of_its_own_no_ports_and_no_restarts(void **state)
{
	struct fixture *f = *state;
	stage_port(f->service, "8080", 80);
	stage_join(f->stage, f->service, "default");
	f->service->restart.name = "always";
	struct spec_options options = {
		.number = 1, .one_off = true, .slug = "0123456789ab", .supervised = true};
	const struct container_spec *spec = make(f, &options);
	assert_string_equal(spec->name, "shop-web-run-0123456789ab");
	assert_label(&spec->labels, LABEL_ONE_OFF, "True");
	assert_label(&spec->labels, LABEL_SLUG, "0123456789ab");
	assert_label(&spec->labels, LABEL_SUPERVISE, NULL);
	assert_int_equal(spec->port_count, 0);
	assert_null(spec->restart);
	assert_strings(spec->endpoints[0].aliases, "shop-web-run-0123456789ab");
	options.service_ports = options.use_aliases = true;
	spec = make(f, &options);
	assert_int_equal(spec->port_count, 1);
	assert_strings(spec->endpoints[0].aliases, "shop-web-run-0123456789ab", "web");
}

static void aliases_are_the_final_name_the_service_and_what_is_written(void **state)
{
	struct fixture *f = *state;
	stage_join(f->stage, f->service, "back");
	array_push(&f->service->networks.items[0].aliases, "www");
	array_push(&f->service->networks.items[0].aliases, "web");
	f->service->mac_address = "02:00:00:00:00:01";
	const struct spec_options options = {.number = 3, .name = "aaaaaaaaaaaa_shop-web-3"};
	const struct container_spec *spec = make(f, &options);
	assert_int_equal(spec->endpoint_count, 1);
	assert_string_equal(spec->endpoints[0].network, "shop_back");
	assert_string_equal(spec->endpoints[0].mac_address, "02:00:00:00:00:01");
	assert_strings(spec->endpoints[0].aliases, "shop-web-3", "web", "www");
	const struct spec_endpoint *endpoint =
		endpoint_of(&f->arena, &f->stage->project, f->service, 3, "shop_back");
	assert_non_null(endpoint);
	assert_strings(endpoint->aliases, "shop-web-3", "web", "www");
	assert_null(endpoint_of(&f->arena, &f->stage->project, f->service, 3, "shop_front"));
	array_drop(&f->service->networks.items[0].aliases);
}

static void use_secret(struct fixture *f, enum source_kind kind, const char *value)
{
	array_push(&f->stage->project.secrets,
		   ((struct file_source){.key = "key", .kind = kind, .value = value}));
	array_push(
		&f->service->secrets,
		((struct service_file){
			.source = "key", .target = "/run/secrets/key", .uid = "10", .mode = 0400}));
}

static void a_secret_file_is_a_read_only_bind_where_the_engine_is_here(void **state)
{
	struct fixture *f = *state;
	use_secret(f, SOURCE_FILE, "/srv/key.txt");
	const struct container_spec *spec = make(f, NULL);
	assert_int_equal(spec->file_count, 0);
	assert_int_equal(spec->mount_count, 1);
	assert_string_equal(spec->mounts[0].type, "bind");
	assert_string_equal(spec->mounts[0].source, "/srv/key.txt");
	assert_string_equal(spec->mounts[0].target, "/run/secrets/key");
	assert_true(spec->mounts[0].read_only);
	assert_false(spec->mounts[0].create_host_path);
}

static void a_secret_file_is_copied_where_it_cannot_be_bound(void **state)
{
	struct fixture *f = *state;
	use_secret(f, SOURCE_FILE, "/srv/key.txt");
	const uint64_t engines[] = {ENGINE_LINUX | ENGINE_FILE_BIND, ENGINE_LOCAL, 0};
	for (size_t i = 0; i < ARRAY_LEN(engines); i++) {
		f->host.capabilities = engines[i];
		const struct container_spec *spec = make(f, NULL);
		assert_int_equal(spec->mount_count, 0);
		assert_int_equal(spec->file_count, 1);
		assert_string_equal(spec->files[0].source, "/srv/key.txt");
		assert_int_equal(spec->files[0].mode, 0400);
		assert_int_equal(spec->files[0].uid, 10);
	}
}

static void files_lie_at_dockers_own_places_on_windows(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *target, *wanted;
	} rows[] = {
		{"/run/secrets/key", "C:\\ProgramData\\Docker\\secrets\\key"},
		{"/site", "C:\\site"},
		{"/app/conf/site", "C:\\app\\conf\\site"},
		{"C:\\app\\site", "C:\\app\\site"},
		{"c:/app/site", "c:\\app\\site"},
		{"\\app\\site", "C:\\app\\site"},
	};
	f->host.capabilities = ENGINE_LOCAL;
	f->host.os_type = memory_copy("windows");
	use_secret(f, SOURCE_FILE, "C:\\key.txt");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		f->service->secrets.items[0].target = rows[i].target;
		const struct container_spec *spec = make(f, NULL);
		assert_int_equal(spec->mount_count, 0);
		assert_int_equal(spec->file_count, 1);
		assert_string_equal(spec->files[0].target, rows[i].wanted);
		assert_string_equal(spec->files[0].source, "C:\\key.txt");
	}
	memory_free(&f->host.os_type);
}

static void a_named_pipe_is_sent_with_backslashes(void **state)
{
	struct fixture *f = *state;
	array_push(&f->service->mounts,
		   ((struct service_mount){.kind = MOUNT_NPIPE,
					   .source = "//./pipe/docker_engine",
					   .target = "\\\\.\\pipe\\docker_engine"}));
	const struct container_spec *spec = make(f, NULL);
	assert_string_equal(spec->mounts[0].type, "npipe");
	assert_string_equal(spec->mounts[0].source, "\\\\.\\pipe\\docker_engine");
	assert_string_equal(spec->mounts[0].target, "\\\\.\\pipe\\docker_engine");
}

static void content_and_environment_are_copied_in(void **state)
{
	struct fixture *f = *state;
	use_secret(f, SOURCE_ENVIRONMENT, "KEY");
	map_set(&f->stage->project.environment, "KEY", (void *)(uintptr_t) "s3cret");
	stage_config(f->stage, f->service, "site");
	const struct container_spec *spec = make(f, NULL);
	assert_int_equal(spec->file_count, 2);
	assert_string_equal(spec->files[0].bytes, "s3cret");
	assert_int_equal(spec->files[0].len, 6);
	assert_string_equal(spec->files[1].bytes, "text");
	assert_int_equal(spec->files[1].mode, 0444);
}

static void add_old_mount(struct container *c, const char *name, const char *target)
{
	array_push(&c->mounts, ((struct container_mount){.type = memory_copy("volume"),
							 .name = memory_copy(name),
							 .target = memory_copy(target)}));
}

#define ANONYMOUS "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void anonymous_volumes_go_to_the_replacement(void **state)
{
	struct fixture *f = *state;
	CLEANUP(container_drop) struct container old = {0};
	add_old_mount(&old, "written", "/cache");
	add_old_mount(&old, "shop_was", "/data");
	add_old_mount(&old, ANONYMOUS, "/declared");
	stage_mount(f->stage, f->service, NULL, "/cache");
	stage_mount(f->stage, f->service, "data", "/data");
	struct spec_options options = {.number = 1, .inherit = &old};
	const struct container_spec *spec = make(f, &options);
	assert_int_equal(spec->mount_count, 3);
	assert_string_equal(spec->mounts[0].source, "written");
	assert_string_equal(spec->mounts[1].source, "shop_data");
	assert_string_equal(spec->mounts[2].source, ANONYMOUS);
	assert_string_equal(spec->mounts[2].target, "/declared");
	/* The new image says which volumes it declares: this one does not any more. */
	char *none[] = {NULL};
	const struct image image = {.volumes = none};
	options.image = &image;
	assert_int_equal(make(f, &options)->mount_count, 2);
	options.inherit = NULL;
	assert_null(make(f, &options)->mounts[0].source);
}

static void another_services_namespaces_are_those_of_its_first_container(void **state)
{
	struct fixture *f = *state;
	stage_service(f->stage, "host", HASH)->container_name = "given";
	f->service = stage_service(f->stage, "xweb", HASH);
	f->service->network_mode = "service:host";
	f->service->pid = "service:web";
	f->service->ipc = "container:foreign";
	array_push(&f->service->volumes_from, "web:ro");
	array_push(&f->service->volumes_from, "container:foreign:rw");
	stage_project(f->stage);
	f->service = project_service(&f->stage->project, "xweb");
	const struct container_spec *spec = make(f, NULL);
	assert_string_equal(spec->network_mode, "container:given");
	assert_string_equal(spec->pid, "container:shop-web-1");
	assert_string_equal(spec->ipc, "container:foreign");
	assert_strings(spec->volumes_from, "shop-web-1:ro", "foreign:rw");
}

static struct node *mapping(struct arena *arena, const char *key, struct node *value)
{
	const struct position nowhere = {0};
	struct node *node = node_new(arena, NODE_MAPPING, nowhere);
	node_set(arena, node, key, value, nowhere);
	return node;
}

static void deploy_restart_policy_goes_before_restart(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *condition, *policy;
	} rows[] = {{"any", "always"}, {"none", "no"}, {"on-failure", "on-failure"}};
	const struct position nowhere = {0};
	f->service->restart = (struct restart_policy){.name = "unless-stopped"};
	int max;
	assert_string_equal(spec_restart(f->service, &max), "unless-stopped");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct node *policy = mapping(&f->arena, "condition",
					      node_string(&f->arena, rows[i].condition, nowhere));
		node_set(&f->arena, policy, "max_attempts", node_int(&f->arena, 4, nowhere),
			 nowhere);
		f->service->node =
			mapping(&f->arena, "deploy", mapping(&f->arena, "restart_policy", policy));
		const struct container_spec *spec = make(f, NULL);
		assert_string_equal(spec->restart, rows[i].policy);
		assert_int_equal(spec->restart_max, 4);
	}
}

static void numbers_become_the_engines_units(void **state)
{
	struct fixture *f = *state;
	f->service->resources.cpus = 0.35;
	f->service->stop_grace_period = 1500000000LL;
	f->service->healthcheck.start_interval = 5;
	const struct container_spec *spec = make(f, NULL);
	assert_int_equal(spec->nano_cpus, 350000000);
	assert_int_equal(spec->stop_timeout, 1);
	assert_int_equal(spec->healthcheck.start_interval, 0);
	f->host.capabilities |= ENGINE_START_INTERVAL;
	f->service->stop_grace_period = -1;
	spec = make(f, NULL);
	assert_int_equal(spec->healthcheck.start_interval, 5);
	assert_int_equal(spec->stop_timeout, -1);
}

static void the_environment_keeps_what_is_unset_apart_from_what_is_empty(void **state)
{
	struct fixture *f = *state;
	array_push(&f->service->environment, ((struct pair){"EMPTY", ""}));
	array_push(&f->service->environment, ((struct pair){"UNSET", NULL}));
	assert_strings(make(f, NULL)->env, "EMPTY=", "UNSET");
}

static void credential_specs_are_a_security_option(void **state)
{
	struct fixture *f = *state;
	const struct position nowhere = {0};
	static const struct {
		const char *key, *value, *option;
	} rows[] = {
		{"file", "my.json", "credentialspec=file://my.json"},
		{"file", "file://my.json", "credentialspec=file://my.json"},
		{"file", "raw://{\"a\":1}", "credentialspec=raw://{\"a\":1}"},
		{"registry", "my", "credentialspec=registry://my"},
		{"config", "site", "credentialspec=raw://text"},
	};
	stage_config(f->stage, f->service, "site");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		f->service->credential_spec = mapping(
			&f->arena, rows[i].key, node_string(&f->arena, rows[i].value, nowhere));
		assert_strings(make(f, NULL)->security_opt, rows[i].option);
	}
}

static void networks_and_volumes_carry_their_labels(void **state)
{
	struct fixture *f = *state;
	struct network *network = stage_network(f->stage, "back", HASH);
	struct ipam_pool *pool = array_add(&network->ipam);
	pool->subnet = "10.1.0.0/24";
	network->internal = true;
	const struct network_spec *spec = spec_network(&f->arena, &f->stage->project, network);
	assert_string_equal(spec->name, "shop_back");
	assert_null(spec->driver);
	assert_true(spec->internal);
	assert_int_equal(spec->pool_count, 1);
	assert_string_equal(spec->pools[0].subnet, "10.1.0.0/24");
	assert_label(&spec->labels, "com.docker.compose.network", "back");
	assert_label(&spec->labels, "com.docker.compose.project", "shop");
	assert_label(&spec->labels, LABEL_HASH, SPEC_HASH_ALGORITHM ":" HASH);
	stage_mount(f->stage, f->service, "data", "/data");
	const struct volume_spec *volume =
		spec_volume(&f->arena, &f->stage->project, &f->stage->project.volumes.items[0]);
	assert_string_equal(volume->name, "shop_data");
	assert_label(&volume->labels, "com.docker.compose.volume", "data");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_container_carries_docker_composes_labels_and_ours),
		TEST(names_are_docker_composes),
		TEST(a_one_off_has_a_name_of_its_own_no_ports_and_no_restarts),
		TEST(aliases_are_the_final_name_the_service_and_what_is_written),
		TEST(a_secret_file_is_a_read_only_bind_where_the_engine_is_here),
		TEST(a_secret_file_is_copied_where_it_cannot_be_bound),
		TEST(files_lie_at_dockers_own_places_on_windows),
		TEST(a_named_pipe_is_sent_with_backslashes),
		TEST(content_and_environment_are_copied_in),
		TEST(anonymous_volumes_go_to_the_replacement),
		TEST(another_services_namespaces_are_those_of_its_first_container),
		TEST(deploy_restart_policy_goes_before_restart),
		TEST(numbers_become_the_engines_units),
		TEST(the_environment_keeps_what_is_unset_apart_from_what_is_empty),
		TEST(credential_specs_are_a_security_option),
		TEST(networks_and_volumes_carry_their_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
