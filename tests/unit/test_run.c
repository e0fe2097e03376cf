/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include "base/memory.h"
#include "compose/cli/flag.h"
#include "compose/cli/settle.h"
#include "compose/cli/verb.h"
#include "compose/plan/spec.h"
#include "tests/desk.h"
#include "tests/folder.h"
#include "tests/stack.h"

static const char yaml[] = "services:\n"
			   "  job: {image: core}\n"
			   "  old: {image: old}\n";

/* A Windows host that refuses image core in its own kernel. */
struct scene {
	struct desk desk;
	char *folder, *path;
	const char *files[2];
};

static void scene_open(struct scene *scene, const char *text)
{
	struct fake_options options = {.os_type = "windows",
				       .os_version = "10.0.20348.100",
				       .capabilities = ENGINE_ISOLATION_PROCESS |
						       ENGINE_ISOLATION_HYPERV |
						       ENGINE_MULTI_NETWORK,
				       .id = "engine"};
	struct cli_globals *globals;
	struct error *err = NULL;

	*scene = (struct scene){.folder = folder_new()};
	assert_int_equal(uv_os_setenv("WINCOMPOSE_HOME", scene->folder), 0);
	desk_open(&scene->desk, &options);
	fake_image(scene->desk.world,
		   &(struct fake_image){.reference = "core", .os_version = "10.0.20348.200"});
	fake_image(scene->desk.world,
		   &(struct fake_image){.reference = "old", .os_version = "10.0.17763.1"});
	fake_behave(scene->desk.world, &(struct fake_behaviour){.image = "core",
								.isolation = "process",
								.start_error = "(0xc0370106)"});
	scene->path = path_join(scene->folder, "compose.yaml");
	assert_int_equal(file_write(scene->path, text, strlen(text), false, &err), 0);
	scene->files[0] = scene->path;
	globals = &scene->desk.cli.globals;
	globals->files = (struct flag_strings){scene->files, 2, 2};
	globals->project_name = "shop";
}

static void scene_close(struct scene *scene)
{
	desk_close(&scene->desk);
	uv_os_unsetenv("WINCOMPOSE_HOME");
	memory_free(&scene->path);
	folder_drop(&scene->folder);
}

/* wincompose run -d --name one job */
static int run(struct scene *scene, struct error **err)
{
	const struct verb *verb = verb_find("run");
	CLEANUP(memory_free) void *values = memory_zero(1, verb->values_size + 1);
	char job[] = "job";
	char *arguments[] = {job, NULL};
	int exit_code = 0;

	memcpy(values, verb->defaults, verb->values_size);
	for (const struct flag *flag = verb->flags; flag->name; flag++) {
		if (text_same(flag->name, "detach"))
			*(bool *)((char *)values + flag->offset) = true;
		if (text_same(flag->name, "name"))
			*(const char **)((char *)values + flag->offset) = "one";
	}
	return verb->run(&scene->desk.cli, values, arguments, &exit_code, err);
}

static void a_one_off_that_is_refused_is_made_anew_with_the_other_isolation(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct scene scene;

	(void)state;
	scene_open(&scene, yaml);
	if (run(&scene, &err) < 0)
		fail_msg("%s", err->message);
	const struct container *one = fake_container(scene.desk.world, "one");
	assert_non_null(one);
	assert_int_equal(one->state, CONTAINER_RUNNING);
	assert_string_equal(labels_get(&one->labels, LABEL_ISOLATION), "hyperv");
	assert_int_equal(fake_containers(scene.desk.world), 1);
	scene_close(&scene);
}

static void what_was_asked_for_fails_with_what_would_work(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct scene scene;

	(void)state;
	scene_open(&scene, "services:\n  job: {image: core, isolation: process}\n");
	assert_true(run(&scene, &err) < 0);
	assert_non_null(strstr(err->message, "write isolation: hyperv"));
	assert_non_null(strstr(err->message, "0xc0370106"));
	scene_close(&scene);
}

static void config_writes_the_isolation_that_up_would_take(void **state)
{
	CLEANUP(project_drop) struct project *project = stack_load(yaml);
	CLEANUP(error_drop) struct error *err = NULL;
	struct scene scene;

	(void)state;
	scene_open(&scene, yaml);
	assert_int_equal(settle_isolation(&scene.desk.cli, project, &err), 0);
	const struct service *job = project_service(project, "job");
	const struct service *old = project_service(project, "old");
	assert_string_equal(job->isolation, "process");
	assert_string_equal(node_text(node_get(job->node, "isolation")), "process");
	assert_string_equal(node_text(node_get(old->node, "isolation")), "hyperv");
	scene_close(&scene);
}

static void config_refuses_what_cannot_run_here(void **state)
{
	CLEANUP(project_drop)
	struct project *project =
		stack_load("services:\n  old: {image: old, isolation: process}\n");
	CLEANUP(error_drop) struct error *err = NULL;
	struct scene scene;

	(void)state;
	scene_open(&scene, yaml);
	assert_int_equal(settle_isolation(&scene.desk.cli, project, &err), ERROR_UNSUPPORTED);
	assert_non_null(strstr(err->message, "services.old.isolation"));
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_one_off_that_is_refused_is_made_anew_with_the_other_isolation),
		cmocka_unit_test(what_was_asked_for_fails_with_what_would_work),
		cmocka_unit_test(config_writes_the_isolation_that_up_would_take),
		cmocka_unit_test(config_refuses_what_cannot_run_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
