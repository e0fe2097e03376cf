/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "tests/folder.h"
#include "tests/test.h"

static void count_name(const char *name, void *payload)
{
	struct text *names = payload;

	text_printf(names, "%s;", name);
}

static void assert_names(const char *folder, const char *expected)
{
	CLEANUP(text_drop) struct text names = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	assert_int_equal(file_list(folder, count_name, &names, &err), 0);
	assert_string_equal(text_string(&names), expected);
}

static void write_file(const char *path, const char *content)
{
	CLEANUP(error_drop) struct error *err = NULL;

	assert_int_equal(file_write(path, content, strlen(content), false, &err), 0);
}

static void what_is_written_is_read_and_nothing_else_is_left(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "\xc3\xa4.json");
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	write_file(path, "first, and longer");
	write_file(path, "second");
	text_add(&text, "before ");
	assert_int_equal(file_read(path, 6, &text, &err), 0);
	assert_string_equal(text.data, "before second");
	assert_names(folder, "\xc3\xa4.json;");
	write_file(path, "");
	assert_int_equal(file_read(path, 0, &text, &err), 0);
	assert_int_equal(text.len, 13);
}

static void bytes_are_kept_as_they_are(void **state)
{
	static const char bytes[] = "a\0b\r\n\x1a\n";
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "bytes");
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(file_write(path, bytes, sizeof(bytes), true, &err), 0);
	assert_int_equal(file_read(path, 100, &text, &err), 0);
	assert_int_equal(text.len, sizeof(bytes));
	assert_memory_equal(text.data, bytes, sizeof(bytes));
}

static void a_file_that_is_too_large_is_refused_with_its_size(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "big");
	CLEANUP(memory_free)
	char *expected = memory_format("%s has 11 bytes, the most allowed is 10", path);
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	write_file(path, "hello world");
	assert_int_equal(file_read(path, 10, &text, &err), ERROR_INVALID);
	assert_string_equal(err->message, expected);
	assert_null(text.data);
}

static void a_missing_file_is_not_found(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "none");
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(file_read(path, 10, &text, &err), ERROR_NOT_FOUND);
	assert_non_null(strstr(err->message, path));
	assert_int_equal(file_kind(path), FILE_ABSENT);
}

static void a_folder_is_not_read_as_a_file(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(file_kind(folder), FILE_FOLDER);
	assert_int_equal(file_read(folder, 10, &text, &err), ERROR_INVALID);
}

static void writing_where_no_folder_is_fails(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "none/file");
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(file_write(path, "x", 1, false, &err), ERROR_NOT_FOUND);
	assert_names(folder, "");
}

static void a_folder_in_the_files_place_is_kept_and_no_rest_is_left(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "taken");
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(file_make_folder(path, &err), 0);
	assert_true(file_write(path, "x", 1, false, &err) < 0);
	assert_int_equal(file_kind(path), FILE_FOLDER);
	assert_names(folder, "taken;");
}

static void folders_are_made_with_their_parents_and_may_be_there(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "a/b/c");
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(file_make_folder(path, &err), 0);
	assert_int_equal(file_make_folder(path, &err), 0);
	assert_int_equal(file_make_folder(folder, &err), 0);
	assert_int_equal(file_kind(path), FILE_FOLDER);
}

static void a_file_in_a_folders_place_is_a_conflict(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "file");
	CLEANUP(memory_free) char *below = path_join(path, "below");
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(error_drop) struct error *other = NULL;

	(void)state;
	write_file(path, "x");
	assert_int_equal(file_make_folder(path, &err), ERROR_CONFLICT);
	assert_true(file_make_folder(below, &other) < 0);
	assert_int_equal(file_kind(path), FILE_REGULAR);
}

static void removing_takes_a_file_and_is_well_with_none(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "file");
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	write_file(path, "x");
	assert_int_equal(file_remove(path, &err), 0);
	assert_int_equal(file_kind(path), FILE_ABSENT);
	assert_int_equal(file_remove(path, &err), 0);
	assert_true(file_remove(folder, &err) < 0);
	assert_non_null(strstr(err->message, "cannot remove"));
}

static void names_are_listed_in_the_order_of_their_bytes(void **state)
{
	static const char *const names[] = {"b", "a", "\xc3\xa9", "10", "9", "Z", ".hidden"};
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(text_drop) struct text seen = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *none = path_join(folder, "none");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(memory_free) char *path = path_join(folder, names[i]);

		write_file(path, "x");
	}
	assert_names(folder, ".hidden;10;9;Z;a;b;\xc3\xa9;");
	assert_int_equal(file_list(none, count_name, &seen, &err), ERROR_NOT_FOUND);
	assert_null(seen.data);
}

static void a_lock_is_held_once_and_names_its_holder(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "lock");
	CLEANUP(file_lock_drop) struct file_lock *lock = NULL;
	CLEANUP(error_drop) struct error *err = NULL;
	struct file_lock *second = NULL;
	char holder[40];

	(void)state;
	assert_int_equal(file_lock_holder(path), 0);
	assert_int_equal(file_lock_take(path, &lock, &err), 0);
	assert_int_equal(file_lock_holder(path), uv_os_getpid());
	assert_int_equal(file_lock_take(path, &second, &err), ERROR_CONFLICT);
	assert_null(second);
	snprintf(holder, sizeof(holder), "(%d)", uv_os_getpid());
	assert_non_null(strstr(err->message, holder));
	file_lock_drop(&lock);
	assert_null(lock);
	assert_int_equal(file_lock_holder(path), 0);
	assert_int_equal(file_kind(path), FILE_REGULAR);
	error_drop(&err);
	assert_int_equal(file_lock_take(path, &lock, &err), 0);
}

static void a_lock_in_no_folder_fails(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "none/lock");
	CLEANUP(error_drop) struct error *err = NULL;
	struct file_lock *lock = NULL;

	(void)state;
	assert_int_equal(file_lock_take(path, &lock, &err), ERROR_NOT_FOUND);
	assert_null(lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_and_nothing_else_is_left),
		cmocka_unit_test(bytes_are_kept_as_they_are),
		cmocka_unit_test(a_file_that_is_too_large_is_refused_with_its_size),
		cmocka_unit_test(a_missing_file_is_not_found),
		cmocka_unit_test(a_folder_is_not_read_as_a_file),
		cmocka_unit_test(writing_where_no_folder_is_fails),
		cmocka_unit_test(a_folder_in_the_files_place_is_kept_and_no_rest_is_left),
		cmocka_unit_test(folders_are_made_with_their_parents_and_may_be_there),
		cmocka_unit_test(a_file_in_a_folders_place_is_a_conflict),
		cmocka_unit_test(removing_takes_a_file_and_is_well_with_none),
		cmocka_unit_test(names_are_listed_in_the_order_of_their_bytes),
		cmocka_unit_test(a_lock_is_held_once_and_names_its_holder),
		cmocka_unit_test(a_lock_in_no_folder_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
