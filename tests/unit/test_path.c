/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "tests/test.h"

static void each_kind_is_known_on_each_host(void **state)
{
	static const struct {
		const char *path;
		bool absolute;
		bool windows;
	} rows[] = {
		{"/x", true, false},        {"C:\\x", true, true},  {"c:/x", true, true},
		{"\\\\server", true, true}, {"C:x", false, false},  {"C:", false, false},
		{"x", false, false},        {"", false, false},     {"./x", false, false},
		{"\\x", false, false},      {"1:/x", false, false}, {"//./pipe/x", true, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(path_is_absolute(rows[i].path), rows[i].absolute);
		assert_int_equal(path_is_windows(rows[i].path), rows[i].windows);
	}
}

static void joining_keeps_what_is_absolute(void **state)
{
	static const char *const rows[][3] = {
		{"/a", "b", "/a/b"},      {"/a/", "b", "/a/b"},
		{"/", "b", "/b"},         {"/a", "/b", "/b"},
		{"/a", "C:\\b", "C:\\b"}, {"C:\\a", "b", "C:\\a\\b"},
		{"C:\\", "b", "C:\\b"},   {"C:/a/", "b", "C:/a/b"},
		{"C:\\a", "/b", "/b"},    {"\\\\s\\d", "b", "\\\\s\\d\\b"},
		{"", "b", "b"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(memory_free) char *joined = path_join(rows[i][0], rows[i][1]);

		assert_string_equal(joined, rows[i][2]);
	}
}

static void cleaning_resolves_dots_as_text(void **state)
{
	static const char *const rows[][2] = {
		{"/a/../b//c/./d/", "/b/c/d"},
		{"/", "/"},
		{"//", "/"},
		{"/..", "/"},
		{"/../../a", "/a"},
		{"/a/b/../..", "/"},
		{"/a/..b/...", "/a/..b/..."},
		{"/a\\..\\b", "/a\\..\\b"},
		{"C:\\a/b\\..\\c", "C:\\a\\c"},
		{"C:/..", "C:\\"},
		{"C:\\", "C:\\"},
		{"\\\\s\\share\\a\\..\\..\\b", "\\\\s\\share\\b"},
		{"\\\\.\\pipe\\docker_engine", "\\\\.\\pipe\\docker_engine"},
		{"\\\\s\\share", "\\\\s\\share"},
		{"", "."},
		{".", "."},
		{"..", ".."},
		{"./a", "a"},
		{"a/..", "."},
		{"..a", "..a"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(memory_free) char *clean = path_clean(rows[i][0]);

		assert_string_equal(clean, rows[i][1]);
	}
}

/* Relative paths have the host's separator. */
static void leading_dots_of_a_relative_path_are_kept(void **state)
{
	CLEANUP(memory_free) char *clean = path_clean("../../x/../../y");

	(void)state;
	for (char *c = clean; *c; c++)
		*c = *c == '\\' ? '/' : *c;
	assert_string_equal(clean, "../../../y");
}

static void folder_and_name_are_the_two_parts(void **state)
{
	static const char *const rows[][3] = {
		{"/a/b", "/a", "b"},
		{"/a", "/", "a"},
		{"/", "/", ""},
		{"a", ".", "a"},
		{"a/b", "a", "b"},
		{"/a//b", "/a", "b"},
		{"C:\\a", "C:\\", "a"},
		{"C:/a/b", "C:/a", "b"},
		{"C:\\", "C:\\", ""},
		{"/a\\b", "/", "a\\b"},
		{"/a/b/", "/a", ""},
		{"", ".", ""},
		{"\\\\s\\d\\a\\b", "\\\\s\\d\\a", "b"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(memory_free) char *folder = path_folder(rows[i][0]);

		assert_string_equal(folder, rows[i][1]);
		assert_string_equal(path_name(rows[i][0]), rows[i][2]);
	}
}

static void home_stands_for_the_tilde(void **state)
{
	CLEANUP(memory_free) char *home = path_home();
	CLEANUP(memory_free) char *tilde = path_expand_home("~");
	CLEANUP(memory_free) char *below = path_expand_home("~/.docker");
	CLEANUP(memory_free) char *expected = path_join(home, ".docker");
	CLEANUP(memory_free) char *untidy = path_expand_home("~/.docker/");
	CLEANUP(memory_free) char *without = path_expand_home("~.docker");
	CLEANUP(memory_free) char *plain = path_expand_home("/x/~");

	(void)state;
	assert_true(path_is_absolute(home));
	assert_string_equal(tilde, home);
	assert_string_equal(below, expected);
	assert_string_equal(untidy, expected);
	assert_string_equal(without, expected);
	assert_string_equal(plain, "/x/~");
}

static void the_working_folder_is_absolute_and_there(void **state)
{
	CLEANUP(memory_free) char *current = path_current();

	(void)state;
	assert_true(path_is_absolute(current));
	assert_int_equal(file_kind(current), FILE_FOLDER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_known_on_each_host),
		cmocka_unit_test(joining_keeps_what_is_absolute),
		cmocka_unit_test(cleaning_resolves_dots_as_text),
		cmocka_unit_test(leading_dots_of_a_relative_path_are_kept),
		cmocka_unit_test(folder_and_name_are_the_two_parts),
		cmocka_unit_test(home_stands_for_the_tilde),
		cmocka_unit_test(the_working_folder_is_absolute_and_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
