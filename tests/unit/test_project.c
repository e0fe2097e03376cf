/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/graph.h"
#include "compose/project/project.h"
#include "tests/folder.h"

/* A folder of its own for each test. */
struct fixture {
	char *folder;
	struct diagnostics diagnostics;
	struct project *project;
	struct error *err;
};

static int make_folder(void **state)
{
	struct fixture *f = memory_zero(1, sizeof(*f));

	f->folder = folder_new();
	*state = f;
	return 0;
}

static int drop_folder(void **state)
{
	struct fixture *f = *state;

	project_drop(&f->project);
	diagnostics_drop(&f->diagnostics);
	error_drop(&f->err);
	folder_drop(&f->folder);
	free(f);
	return 0;
}

static void put(struct fixture *f, const char *name, const char *text)
{
	CLEANUP(memory_free) char *path = path_join(f->folder, name);
	CLEANUP(memory_free) char *above = path_folder(path);

	assert_int_equal(file_make_folder(above, &f->err), 0);
	assert_int_equal(file_write(path, text, strlen(text), false, &f->err), 0);
}

static int load_from(struct fixture *f, const char *start, struct project_options *options)
{
	CLEANUP(memory_free) char *folder = path_join(f->folder, start);

	project_drop(&f->project);
	diagnostics_drop(&f->diagnostics);
	error_drop(&f->err);
	options->start = folder;
	return project_load(options, &f->diagnostics, &f->project, &f->err);
}

static struct project *load(struct fixture *f, const char *text)
{
	struct project_options options = {.name = "p"};

	put(f, "compose.yaml", text);
	if (load_from(f, ".", &options) < 0) {
		CLEANUP(text_drop) struct text out = {0};

		diagnostics_print(&f->diagnostics, false, &out);
		fail_msg("%s\n%s", f->err->message, text_string(&out));
	}
	return f->project;
}

static void everything_of_a_service_is_bound(void **state)
{
	const struct project *project = load(
		*state,
		"services:\n"
		"  a:\n"
		"    build: {context: /src, args: {X: 1, Y: }, extra_hosts: [h=1.1.1.1]}\n"
		"    platform: linux/amd64\n"
		"    command: [run, now]\n"
		"    entrypoint: []\n"
		"    environment: {B: 2, A: , C: ''}\n"
		"    labels: {l: 1}\n"
		"    ports: ['127.0.0.1:8080:80/udp', 443]\n"
		"    expose: [80, 90/udp]\n"
		"    volumes: ['/x:/y:ro,z', 'vol:/v:nocopy', '/anon', {type: tmpfs, target: /t, "
		"tmpfs: {size: 1k, mode: 448}}]\n"
		"    networks: {n: {aliases: [q], priority: 1}, m: {priority: 5}, o: }\n"
		"    depends_on: {b: {condition: service_healthy, restart: true}}\n"
		"    healthcheck: {test: [CMD, t], interval: 5s, retries: 2, start_period: 1m}\n"
		"    restart: on-failure:4\n"
		"    deploy: {replicas: 3, resources: {limits: {cpus: 1.5, memory: 1g, pids: 9}}}\n"
		"    secrets: [s, {source: s, target: other, mode: '0400'}]\n"
		"    configs: [c, {source: c, target: /abs}]\n"
		"    extra_hosts: [h=1.1.1.1]\n"
		"    ulimits: {nofile: {soft: 1, hard: 2}, nproc: 3}\n"
		"    devices: ['/dev/null']\n"
		"    stop_grace_period: 1m30s\n"
		"    logging: {driver: d, options: {o: 1}}\n"
		"    init: false\n"
		"    tty: true\n"
		"    attach: false\n"
		"    memswap_limit: -1\n"
		"    x-wincompose: {on_unhealthy: stop, backoff: {max: 2m}, probe: {http: {port: "
		"80}, retries: 9}, isolation: strict}\n"
		"  b: {image: i, healthcheck: {disable: true}, network_mode: host, restart: 'no'}\n"
		"networks: {n: {internal: true, ipam: {config: [{subnet: 10.0.0.0/8}]}}, m: "
		"{external: true}, o: }\n"
		"volumes: {vol: {driver: local}}\n"
		"secrets: {s: {file: s.txt}}\n"
		"configs: {c: {content: text}}\n");
	const struct service *a = project_service(project, "a");
	const struct service *b = project_service(project, "b");

	assert_string_equal(a->image, "p-a");
	assert_false(a->image_written);
	assert_string_equal(a->build->context, "/src");
	assert_string_equal(a->build->dockerfile, "Dockerfile");
	assert_string_equal(a->build->platform, "linux/amd64");
	assert_int_equal(a->build->args.len, 1);
	assert_string_equal(a->build->extra_hosts.items[0], "h:1.1.1.1");
	assert_string_equal(a->command[1], "now");
	assert_null(a->command[2]);
	assert_non_null(a->entrypoint);
	assert_null(a->entrypoint[0]);
	assert_null(b->entrypoint);
	assert_string_equal(a->environment.items[0].key, "A");
	assert_null(a->environment.items[0].value);
	assert_string_equal(a->environment.items[2].value, "");
	assert_int_equal(a->ports.len, 2);
	assert_string_equal(a->ports.items[0].host_ip, "127.0.0.1");
	assert_string_equal(a->ports.items[0].published, "8080");
	assert_string_equal(a->ports.items[0].protocol, "udp");
	assert_null(a->ports.items[1].published);
	assert_int_equal(a->ports.items[1].target, 443);
	assert_string_equal(a->expose.items[0], "80/tcp");
	assert_string_equal(a->expose.items[1], "90/udp");
	assert_int_equal(a->mounts.items[0].kind, MOUNT_BIND);
	assert_true(a->mounts.items[0].read_only);
	assert_true(a->mounts.items[0].create_host_path);
	assert_string_equal(a->mounts.items[0].selinux, "z");
	assert_true(a->mounts.items[1].nocopy);
	assert_null(a->mounts.items[2].source);
	assert_int_equal(a->mounts.items[3].tmpfs_size, 1024);
	assert_int_equal(a->mounts.items[3].tmpfs_mode, 0700);
	assert_string_equal(a->networks.items[0].network, "m");
	assert_string_equal(a->networks.items[1].network, "n");
	assert_string_equal(a->networks.items[1].aliases.items[0], "q");
	assert_int_equal(a->dependencies.items[0].condition, DEPENDENCY_HEALTHY);
	assert_true(a->dependencies.items[0].restart);
	assert_true(a->dependencies.items[0].required);
	assert_int_equal(a->dependencies.items[0].at.line, 13);
	assert_int_equal(a->healthcheck.interval, 5000000000);
	assert_int_equal(a->healthcheck.start_period, 60000000000);
	assert_true(b->healthcheck.disabled);
	assert_string_equal(a->restart.name, "on-failure");
	assert_int_equal(a->restart.max_retries, 4);
	assert_int_equal(a->replicas, 3);
	assert_true(a->resources.cpus == 1.5);
	assert_int_equal(a->resources.memory, 1 << 30);
	assert_int_equal(a->resources.memory_swap, -1);
	assert_int_equal(a->resources.pids, 9);
	assert_string_equal(a->secrets.items[0].target, "/run/secrets/s");
	assert_string_equal(a->secrets.items[1].target, "/run/secrets/other");
	assert_int_equal(a->secrets.items[1].mode, 0400);
	assert_string_equal(a->configs.items[0].target, "/c");
	assert_string_equal(a->configs.items[1].target, "/abs");
	assert_string_equal(a->extra_hosts.items[0], "h:1.1.1.1");
	assert_int_equal(a->ulimits.items[0].hard, 2);
	assert_int_equal(a->ulimits.items[1].soft, 3);
	assert_string_equal(a->devices.items[0], "/dev/null:/dev/null:rwm");
	assert_int_equal(a->stop_grace_period, 90000000000);
	assert_int_equal(b->stop_grace_period, -1);
	assert_string_equal(a->logging_options.items[0].value, "1");
	assert_true(a->init_written && !a->init && !b->init_written);
	assert_true(a->tty && !a->attach && b->attach);
	assert_int_equal(a->supervision.on_unhealthy, UNHEALTHY_STOP);
	assert_int_equal(a->supervision.max_restarts, 4);
	assert_int_equal(a->supervision.backoff_initial, 1000000000);
	assert_int_equal(a->supervision.backoff_max, 120000000000);
	assert_true(a->supervision.isolation_strict);
	assert_int_equal(a->supervision.probe.kind, PROBE_HTTP);
	assert_string_equal(a->supervision.probe.path, "/");
	assert_int_equal(a->supervision.probe.retries, 9);
	assert_int_equal(a->supervision.probe.interval, 10000000000);
	assert_int_equal(b->supervision.on_unhealthy, UNHEALTHY_IGNORE);
	assert_int_equal(b->supervision.probe.kind, PROBE_NONE);
	assert_string_equal(b->network_mode, "host");
	assert_int_equal(b->networks.len, 0);
	assert_string_equal(project_network(project, "n")->name, "p_n");
	assert_true(project_network(project, "n")->internal);
	assert_string_equal(project_network(project, "n")->ipam.items[0].subnet, "10.0.0.0/8");
	assert_string_equal(project_network(project, "m")->name, "m");
	assert_null(project_network(project, "default"));
	assert_string_equal(project_volume(project, "vol")->name, "p_vol");
	assert_int_equal(project_secret(project, "s")->kind, SOURCE_FILE);
	assert_true(path_is_absolute(project_secret(project, "s")->value));
	assert_string_equal(project_config(project, "c")->value, "text");
}

static const char chain[] = "services:\n"
			    "  web: {image: x, depends_on: [api], networks: [n]}\n"
			    "  api: {image: x, depends_on: [db], volumes: ['vol:/v']}\n"
			    "  db: {image: x}\n"
			    "  other: {image: x, volumes: ['wol:/w'], profiles: [p]}\n"
			    "networks: {n: }\n"
			    "volumes: {vol: , wol: }\n";

static void selecting_keeps_what_is_needed_and_what_that_uses(void **state)
{
	struct fixture *f = *state;
	struct project *project = load(f, chain);
	static const char *const api[] = {"api", NULL};
	static const char *const wrong[] = {"ap", NULL};
	static const char *const off[] = {"other", NULL};

	assert_int_equal(project->services.len, 3);
	assert_string_equal(project->disabled.items[0], "other");
	assert_int_equal(project_select(project, wrong, false, &f->err), ERROR_NOT_FOUND);
	assert_string_equal(f->err->message, "no such service: ap");
	error_drop(&f->err);
	assert_int_equal(project_select(project, off, false, &f->err), ERROR_NOT_FOUND);
	assert_non_null(strstr(f->err->detail, "profile"));
	error_drop(&f->err);
	assert_int_equal(project_select(project, api, false, &f->err), 0);
	assert_int_equal(project->services.len, 2);
	assert_non_null(project_service(project, "db"));
	assert_int_equal(project_service(project, "db")->index, 1);
	assert_null(project_network(project, "n"));
	assert_non_null(project_volume(project, "vol"));
	assert_int_equal(project_select(project, api, true, &f->err), 0);
	assert_int_equal(project->services.len, 1);
	assert_int_equal(project_service(project, "api")->dependencies.len, 0);
}

static void scaling_changes_the_number_and_not_the_hash(void **state)
{
	struct fixture *f = *state;
	struct project *project = load(f, "services:\n"
					  "  a: {image: x, deploy: {replicas: 2}}\n"
					  "  b: {image: x, container_name: only}\n");
	struct service *a = project_service(project, "a");
	CLEANUP(memory_free) char *before = memory_copy(a->hash);

	assert_int_equal(project_scale(project, "a", 5, &f->err), 0);
	assert_int_equal(a->replicas, 5);
	CLEANUP(memory_free) char *json = project_save(project);
	struct project *again = NULL;
	assert_int_equal(project_restore(json, strlen(json), &again, &f->err), 0);
	assert_int_equal(project_service(again, "a")->replicas, 5);
	assert_string_equal(project_service(again, "a")->hash, before);
	project_drop(&again);
	assert_int_equal(project_scale(project, "b", 1, &f->err), 0);
	assert_int_equal(project_scale(project, "b", 2, &f->err), ERROR_INVALID);
	error_drop(&f->err);
	assert_int_equal(project_scale(project, "none", 2, &f->err), ERROR_NOT_FOUND);
}

static void hash_of(struct fixture *f, const char *attributes, char hash[static 65])
{
	CLEANUP(memory_free)
	char *text = memory_format("services: {a: {image: x, %s}, b: {image: y}}\n", attributes);

	memcpy(hash, project_service(load(f, text), "a")->hash, 65);
}

static void the_hash_follows_what_makes_a_container_another_one(void **state)
{
	static const char *const same[] = {
		"scale: 3",
		"deploy: {replicas: 3}",
		"depends_on: [b]",
		"profiles: []",
		"pull_policy: always",
		"build: .",
		"attach: false",
		"x-any: 1",
		"x-wincompose: {on_unhealthy: stop}",
		"environment: {}",
		"tty: false",
	};
	static const char *const other[] = {
		"user: u",          "environment: {A: 1}", "environment: {A: }",
		"labels: {x-a: b}", "command: []",         "deploy: {replicas: 3, labels: {a: b}}",
		"ports: [80]",      "restart: always",     "networks: {default: {aliases: [q]}}",
	};
	char plain[65], hash[65];
	CLEANUP(text_drop) struct text seen = {0};

	hash_of(*state, "", plain);
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		hash_of(*state, same[i], hash);
		if (strcmp(hash, plain) != 0)
			fail_msg("%s changes the hash", same[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		hash_of(*state, other[i], hash);
		if (strcmp(hash, plain) == 0 || strstr(text_string(&seen), hash))
			fail_msg("%s does not change the hash", other[i]);
		text_add(&seen, hash);
	}
	/* How it is written does not count. */
	char list[65];
	hash_of(*state, "environment: [B=2, A=1], ports: ['80:80']", list);
	hash_of(*state, "ports: [{target: 80, published: 80}], environment: {A: '1', B: 2}", hash);
	assert_string_equal(hash, list);
}

static void saving_and_restoring_gives_the_same_project(void **state)
{
	struct fixture *f = *state;
	struct project *project = load(f, chain);
	CLEANUP(memory_free) char *first = project_save(project);
	CLEANUP(project_drop) struct project *again = NULL;

	assert_int_equal(project_restore(first, strlen(first), &again, &f->err), 0);
	CLEANUP(memory_free) char *second = project_save(again);
	assert_string_equal(first, second);
	assert_true(node_same(project->root, again->root));
	assert_int_equal(project_service(again, "web")->at.line, 2);
	assert_string_equal(project_service(again, "web")->at.file,
			    project_service(project, "web")->at.file);
	assert_string_equal(again->files.items[0], project->files.items[0]);
}

static void a_damaged_saved_project_is_refused(void **state)
{
	struct fixture *f = *state;
	struct project *project = load(f, chain);
	CLEANUP(memory_free) char *json = project_save(project);
	size_t len = strlen(json);

	for (size_t i = 0; i < len; i += 7) {
		CLEANUP(memory_free) char *damaged = memory_copy(json);
		CLEANUP(project_drop) struct project *again = NULL;
		CLEANUP(error_drop) struct error *err = NULL;

		/* Whatever comes of it, it comes as a result. */
		damaged[i] = damaged[i] == '9' ? '[' : '9';
		project_restore(damaged, len, &again, &err);
		project_drop(&again);
		error_drop(&err);
		assert_true(project_restore(json, i, &again, &err) < 0);
	}
	CLEANUP(project_drop) struct project *none = NULL;
	assert_int_equal(project_restore("{\"format\":99}", 13, &none, &f->err), ERROR_INVALID);
}

static void a_saved_position_is_whole_numbers(void **state)
{
	static const struct {
		const char *root;
		int status;
	} rows[] = {
		{"[6,1,1,1,[]]", 0},
		{"[6,0.5,1,1,[]]", ERROR_INVALID},
		{"[6,2,1,1,[]]", ERROR_INVALID},
		{"[6,0,1.5,1,[]]", ERROR_INVALID},
		{"[6,0,1,-1,[]]", ERROR_INVALID},
		{"[5.5,0,1,1,[]]", ERROR_INVALID},
		{"[6,0,1,4294967296,[]]", ERROR_INVALID},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(project_drop) struct project *project = NULL;
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(memory_free)
		char *json = memory_format("{\"format\":1,\"name\":\"p\",\"folder\":\"/p\","
					   "\"places\":[\"f\"],\"root\":%s}",
					   rows[i].root);

		assert_int_equal(project_restore(json, strlen(json), &project, &err),
				 rows[i].status);
	}
}

static void the_graph_has_needs_first_and_levels(void **state)
{
	struct fixture *f = *state;
	struct project *project = load(f, chain);
	struct graph graph;

	assert_int_equal(graph_build(project, &graph, &f->diagnostics), 0);
	assert_int_equal(graph.len, 3);
	assert_string_equal(project->services.items[graph.order[0]].name, "db");
	assert_string_equal(project->services.items[graph.order[1]].name, "api");
	assert_string_equal(project->services.items[graph.order[2]].name, "web");
	assert_int_equal(graph.nodes[project_service(project, "web")->index].level, 2);
	size_t db = project_service(project, "db")->index;
	assert_int_equal(graph.nodes[db].needed_by.len, 1);
	graph_drop(&graph);
}

static void ten_thousand_services_in_a_chain_are_no_trouble(void **state)
{
	CLEANUP(text_drop) struct text text = {0};

	text_add(&text, "services:\n  s00000: {image: x}\n");
	for (int i = 1; i < 10000; i++)
		text_printf(&text, "  s%05d: {image: x, depends_on: [s%05d]}\n", i, i - 1);
	struct project *project = load(*state, text.data);
	struct graph graph;

	assert_int_equal(project->services.len, 10000);
	assert_int_equal(graph_build(project, &graph, NULL), 0);
	assert_int_equal(graph.nodes[9999].level, 9999);
	graph_drop(&graph);
}

static void files_are_found_above_and_their_folder_is_the_project(void **state)
{
	struct fixture *f = *state;
	struct project_options options = {0};

	put(f, "My App/docker-compose.yml", "services: {a: {image: 'x:$V', build: sub}}\n");
	put(f, "My App/.env", "V=above\nW=1\n");
	put(f, "My App/deep/er/keep", "");
	put(f, "My App/deep/er/.env", "V=here\n");
	assert_int_equal(load_from(f, "My App/deep/er", &options), 0);
	assert_string_equal(f->project->name, "myapp");
	assert_string_equal(path_name(f->project->folder), "My App");
	assert_string_equal(f->project->services.items[0].image, "x:above");
	assert_string_equal(path_name(f->project->services.items[0].build->context), "sub");
	assert_string_equal(map_get(&f->project->environment, "W"), "1");
}

static void a_project_directory_is_where_relative_paths_begin(void **state)
{
	struct fixture *f = *state;
	static const char *const files[] = {"conf/c.yaml", NULL};
	CLEANUP(memory_free) char *folder = path_join(f->folder, "elsewhere");
	struct project_options options = {.files = files, .folder = folder};

	put(f, "conf/c.yaml", "services: {a: {build: sub, env_file: e.env}}\n");
	put(f, "elsewhere/e.env", "A=1\n");
	assert_int_equal(load_from(f, ".", &options), 0);
	CLEANUP(memory_free) char *context = path_join(folder, "sub");
	assert_string_equal(f->project->services.items[0].build->context, context);
	assert_string_equal(f->project->name, "elsewhere");
	options.folder = NULL;
	put(f, "conf/e.env", "A=2\n");
	assert_int_equal(load_from(f, ".", &options), 0);
	assert_string_equal(f->project->services.items[0].environment.items[0].value, "2");
	assert_string_equal(f->project->name, "conf");
}

static void no_file_is_not_found(void **state)
{
	struct fixture *f = *state;
	static const char *const files[] = {"none.yaml", NULL};
	struct project_options options = {.files = files};

	assert_int_equal(load_from(f, ".", &options), ERROR_NOT_FOUND);
	assert_string_equal(f->err->message, "there is no file none.yaml");
	assert_null(f->project);
}

static void what_fails_is_one_error_with_all_findings(void **state)
{
	struct fixture *f = *state;
	struct project_options options = {.name = "p"};

	put(f, "compose.yaml", "services:\n  a:\n    imge: x\n    tty: 5\n");
	assert_int_equal(load_from(f, ".", &options), ERROR_INVALID);
	assert_int_equal(f->diagnostics.errors, 2);
	assert_non_null(strstr(f->err->message, "compose.yaml:3:5: error: services.a.imge"));
	assert_non_null(strstr(f->err->detail, "did you mean \"image\"?"));
	assert_non_null(strstr(f->err->detail, "compose.yaml:4:10: error: services.a.tty"));
	CLEANUP(memory_free) char *name = NULL;
	cJSON *json = diagnostics_json(&f->diagnostics);
	assert_int_equal(cJSON_GetArraySize(json), 2);
	assert_int_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(json, 1), "line")->valueint, 4);
	cJSON_Delete(json);
}

static void findings_beyond_a_hundred_are_counted(void **state)
{
	struct fixture *f = *state;
	struct project_options options = {.name = "p"};
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(text_drop) struct text out = {0};

	text_add(&text, "services:\n  a:\n    image: x\n");
	for (int i = 0; i < 500; i++)
		text_printf(&text, "    k%d: x\n", i);
	put(f, "compose.yaml", text.data);
	assert_int_equal(load_from(f, ".", &options), ERROR_INVALID);
	assert_int_equal(f->diagnostics.errors, 500);
	assert_int_equal(f->diagnostics.list.len, 100);
	diagnostics_print(&f->diagnostics, false, &out);
	assert_true(text_ends(out.data, "... and 400 more\n"));
}

static void names_of_projects_are_checked(void **state)
{
	static const char *const good[] = {"a", "0", "a-b_c", "9lives"};
	static const char *const bad[] = {"", "A", "a b", "-a", "_a", "ä", "a.b"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_equal(project_name_check(good[i], &err), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_equal(project_name_check(bad[i], &err), ERROR_INVALID);
	}
}

static void on_windows_variables_have_no_case_and_semicolons_part_files(void **state)
{
	struct fixture *f = *state;
	static const char *const environment[] = {"Path=P", "COMPOSE_FILE=a.yaml;b.yaml",
						  "=C:=C:\\x", NULL};
	struct project_options options = {.name = "p", .environment = environment, .windows = true};

	put(f, "a.yaml", "services: {a: {image: 'x-${PATH}-${Path}-${path:-none}'}}\n");
	put(f, "b.yaml", "services: {b: {image: y}}\n");
	assert_int_equal(load_from(f, ".", &options), 0);
	assert_int_equal(f->project->services.len, 2);
	assert_string_equal(f->project->services.items[0].image, "x-P-P-P");
}

int main(void)
{
#define PROJECT_TEST(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)
	const struct CMUnitTest tests[] = {
		PROJECT_TEST(everything_of_a_service_is_bound),
		PROJECT_TEST(selecting_keeps_what_is_needed_and_what_that_uses),
		PROJECT_TEST(scaling_changes_the_number_and_not_the_hash),
		PROJECT_TEST(the_hash_follows_what_makes_a_container_another_one),
		PROJECT_TEST(saving_and_restoring_gives_the_same_project),
		PROJECT_TEST(a_damaged_saved_project_is_refused),
		PROJECT_TEST(a_saved_position_is_whole_numbers),
		PROJECT_TEST(the_graph_has_needs_first_and_levels),
		PROJECT_TEST(ten_thousand_services_in_a_chain_are_no_trouble),
		PROJECT_TEST(files_are_found_above_and_their_folder_is_the_project),
		PROJECT_TEST(a_project_directory_is_where_relative_paths_begin),
		PROJECT_TEST(no_file_is_not_found),
		PROJECT_TEST(what_fails_is_one_error_with_all_findings),
		PROJECT_TEST(findings_beyond_a_hundred_are_counted),
		PROJECT_TEST(names_of_projects_are_checked),
		PROJECT_TEST(on_windows_variables_have_no_case_and_semicolons_part_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
