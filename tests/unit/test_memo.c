/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/folder.h"
#include "tests/test.h"

/* An engine of which nothing but the socket's file is looked at. */
struct scene {
	char *folder;
	struct docker docker;
};

static void touch(const char *path)
{
	CLEANUP(error_drop) struct error *err = NULL;

	assert_int_equal(file_write(path, "", 0, false, &err), 0);
}

static int set_up(void **state)
{
	struct scene *scene = memory_zero(1, sizeof(*scene));

	scene->folder = folder_new();
	scene->docker.memo = memory_format("%s/engines", scene->folder);
	scene->docker.socket = memory_format("%s/socket", scene->folder);
	scene->docker.engine.address = memory_format("unix://%s", scene->docker.socket);
	scene->docker.server = memory_copy("Docker/20.10.24 (linux)");
	scene->docker.api = 41;
	touch(scene->docker.socket);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	folder_drop(&scene->folder);
	free(scene->docker.memo);
	free(scene->docker.socket);
	free(scene->docker.engine.address);
	free(scene->docker.server);
	free(scene);
	return 0;
}

static void keep(const struct docker *docker)
{
	CLEANUP(engine_host_drop)
	struct engine_host host = {
		.id = memory_copy("ABCD"),
		.os_type = memory_copy("linux"),
		.cpus = 2,
		.memory = 1 << 30,
	};

	memo_write(docker, &host, "here");
}

static bool is_kept(const struct docker *docker)
{
	CLEANUP(engine_host_drop) struct engine_host host = {0};
	CLEANUP(memory_free) char *name = NULL;

	return memo_read(docker, &host, &name);
}

static void what_was_kept_is_known_to_the_next(void **state)
{
	struct scene *scene = *state;
	CLEANUP(engine_host_drop) struct engine_host host = {0};
	CLEANUP(memory_free) char *name = NULL;

	assert_false(is_kept(&scene->docker));
	keep(&scene->docker);
	assert_true(memo_read(&scene->docker, &host, &name));
	assert_string_equal(host.id, "ABCD");
	assert_string_equal(host.os_type, "linux");
	assert_null(host.os_version);
	assert_int_equal(host.cpus, 2);
	assert_int_equal(host.memory, 1 << 30);
	assert_string_equal(name, "here");
}

static void an_engine_that_started_again_is_asked(void **state)
{
	struct scene *scene = *state;

	keep(&scene->docker);
	/* By another file in its place. */
	touch(scene->docker.socket);
	assert_false(is_kept(&scene->docker));
}

static void an_engine_of_another_version_is_asked(void **state)
{
	struct scene *scene = *state;

	keep(&scene->docker);
	scene->docker.api = 40;
	assert_false(is_kept(&scene->docker));
	scene->docker.api = 41;
	assert_true(is_kept(&scene->docker));
	free(scene->docker.server);
	scene->docker.server = memory_copy("Docker/26.1.5 (linux)");
	assert_false(is_kept(&scene->docker));
}

static void nothing_is_kept_of_an_engine_elsewhere(void **state)
{
	struct scene *scene = *state;
	char *socket = steal(&scene->docker.socket);

	keep(&scene->docker);
	assert_false(is_kept(&scene->docker));
	scene->docker.socket = socket;
	assert_false(is_kept(&scene->docker));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_kept_is_known_to_the_next, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_engine_that_started_again_is_asked, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_engine_of_another_version_is_asked, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_kept_of_an_engine_elsewhere, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
