/* SPDX-License-Identifier: MIT */
#include "compose/supervise/home.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "tests/folder.h"
#include "tests/test.h"

static void a_relative_home_is_below_the_working_folder(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *before = path_current();
	CLEANUP(home_drop) struct home home = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(chdir(folder), 0);
	setenv("WINCOMPOSE_HOME", "moved", 1);
	home_find(&home);
	assert_int_equal(chdir(before), 0);
	assert_true(path_is_absolute(home.data));
	assert_true(path_is_absolute(home.runtime));
	assert_string_equal(path_name(home.data), "moved");
}

static void a_folder_too_deep_for_a_socket_is_told(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *deep = memory_format("%s/%0*d", folder, 100, 0);
	CLEANUP(home_drop) struct home home = {0};
	CLEANUP(home_project_drop) struct home_project project = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	setenv("WINCOMPOSE_HOME", deep, 1);
	home_find(&home);
	assert_int_equal(home_project(&home, "engine", "shop", &project, &err), ERROR_INVALID);
	assert_non_null(strstr(err->message, "a socket's path has at most 107"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_relative_home_is_below_the_working_folder),
		cmocka_unit_test(a_folder_too_deep_for_a_socket_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
