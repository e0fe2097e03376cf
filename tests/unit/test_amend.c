/* SPDX-License-Identifier: MIT */
#include "compose/cli/amend.h"

#include <string.h>

#include "tests/test.h"

#include "tests/stack.h"

static const char job[] = "services:\n"
			  "  job:\n"
			  "    image: tiny\n"
			  "    command: [run, it]\n"
			  "    environment: {A: file, B: file}\n"
			  "    ports: ['8080:80']\n"
			  "    volumes: ['data:/data']\n"
			  "    cap_add: [NET_ADMIN]\n"
			  "volumes: {data: {}}\n";

static struct service *load(struct project **project)
{
	*project = stack_load(job);
	return project_service(*project, "job");
}

static const char *value_of(const struct pairs *pairs, const char *key)
{
	for (size_t i = 0; i < pairs->len; i++) {
		if (strcmp(pairs->items[i].key, key) == 0)
			return pairs->items[i].value;
	}
	return "absent";
}

static void amend(struct project *project, struct service *service,
		  const struct amend_options *options)
{
	struct error *err = NULL;

	if (amend_service(project, service, options, &err) < 0)
		fail_msg("%s", err->message);
}

static void nothing_given_changes_nothing(void **state)
{
	CLEANUP(project_drop) struct project *project = NULL;
	struct service *service = load(&project);

	(void)state;
	amend(project, service, &(struct amend_options){0});
	assert_string_equal(service->command[0], "run");
	assert_int_equal(service->ports.len, 1);
	assert_int_equal(service->mounts.len, 1);
	assert_int_equal(service->environment.len, 2);
}

static void flags_go_before_env_files_and_those_before_the_service(void **state)
{
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "e.env");
	static const char text[] = "B=from file\nC=from file\n";
	struct service *service = load(&project);
	struct error *err = NULL;

	(void)state;
	assert_int_equal(file_write(path, text, strlen(text), false, &err), 0);
	amend(project, service,
	      &(struct amend_options){
		      .env_files = (const char *const[]){path, NULL},
		      .env = (const char *const[]){"C=flag", "D=", "UNSET", NULL},
		      .labels = (const char *const[]){"x=y=z", "bare", NULL},
	      });
	assert_string_equal(value_of(&service->environment, "A"), "file");
	assert_string_equal(value_of(&service->environment, "B"), "from file");
	assert_string_equal(value_of(&service->environment, "C"), "flag");
	assert_string_equal(value_of(&service->environment, "D"), "");
	assert_null(value_of(&service->environment, "UNSET"));
	assert_string_equal(value_of(&service->labels, "x"), "y=z");
	assert_string_equal(value_of(&service->labels, "bare"), "");
}

static void an_entrypoint_drops_the_command_unless_one_is_given(void **state)
{
	CLEANUP(project_drop) struct project *project = NULL;
	struct service *service = load(&project);

	(void)state;
	amend(project, service, &(struct amend_options){.entrypoint = "sh -c 'a b'"});
	assert_string_equal(service->entrypoint[2], "a b");
	assert_null(service->entrypoint[3]);
	assert_non_null(service->command);
	assert_null(service->command[0]);
	amend(project, service,
	      &(struct amend_options){.entrypoint = "sh",
				      .command = (const char *const[]){"x", "y", NULL}});
	assert_string_equal(service->command[1], "y");
	assert_null(service->command[2]);
}

static void ports_replace_and_mounts_join_the_services(void **state)
{
	CLEANUP(project_drop) struct project *project = NULL;
	struct service *service = load(&project);

	(void)state;
	amend(project, service,
	      &(struct amend_options){
		      .publish = (const char *const[]){"127.0.0.1:9000-9001:90-91/udp", "5", NULL},
		      .volumes = (const char *const[]){"./x:/x:ro", "data:/more", "/anonymous",
						       "other:/data", NULL},
		      .cap_add = (const char *const[]){"SYS_TIME", NULL},
	      });
	assert_int_equal(service->ports.len, 3);
	assert_string_equal(service->ports.items[1].host_ip, "127.0.0.1");
	assert_string_equal(service->ports.items[1].published, "9001");
	assert_int_equal(service->ports.items[1].target, 91);
	assert_string_equal(service->ports.items[1].protocol, "udp");
	assert_null(service->ports.items[2].published);
	assert_int_equal(service->mounts.len, 4);
	const struct service_mount *mounts = service->mounts.items;
	assert_string_equal(mounts[0].source,
			    "other"); /* at the place of the one with its target */
	assert_int_equal(mounts[1].kind, MOUNT_BIND);
	assert_true(path_is_absolute(mounts[1].source));
	assert_true(mounts[1].read_only);
	assert_string_equal(mounts[2].source, "data");
	assert_null(mounts[3].source);
	assert_string_equal(mounts[3].target, "/anonymous");
	assert_int_equal(service->cap_add.len, 2);
	assert_string_equal(service->cap_add.items[1], "SYS_TIME");
}

static void what_is_wrong_is_told_with_its_flag(void **state)
{
	const struct {
		struct amend_options options;
		const char *flag;
	} cases[] = {
		{{.publish = (const char *const[]){"99999", NULL}}, "--publish"},
		{{.volumes = (const char *const[]){"", NULL}}, "--volume"},
		{{.env = (const char *const[]){"=x", NULL}}, "--env"},
		{{.labels = (const char *const[]){"", NULL}}, "--label"},
		{{.entrypoint = "'open"}, "--entrypoint"},
		{{.env_files = (const char *const[]){"/no/such/file", NULL}}, "--env-from-file"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(project_drop) struct project *project = NULL;
		CLEANUP(error_drop) struct error *err = NULL;
		struct service *service = load(&project);

		assert_true(amend_service(project, service, &cases[i].options, &err) < 0);
		assert_true(text_starts(err->message, cases[i].flag));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given_changes_nothing),
		cmocka_unit_test(flags_go_before_env_files_and_those_before_the_service),
		cmocka_unit_test(an_entrypoint_drops_the_command_unless_one_is_given),
		cmocka_unit_test(ports_replace_and_mounts_join_the_services),
		cmocka_unit_test(what_is_wrong_is_told_with_its_flag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
