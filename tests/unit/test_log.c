/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/own.h"
#include "tests/folder.h"
#include "tests/test.h"

static void read_log(const char *path, struct text *text)
{
	CLEANUP(error_drop) struct error *err = NULL;

	text_clear(text);
	assert_int_equal(file_read(path, 2 * 1024 * 1024, text, &err), 0);
}

static void a_line_has_its_time_and_only_the_level_asked_for(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "log");
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	int64_t time;

	(void)state;
	assert_int_equal(log_file_set(path, &err), 0);
	log_info("too early");
	log_level_set(LOG_LEVEL_INFO);
	log_debug("not asked for");
	log_info("service %s\nstarted", "web");
	log_level_set(LOG_LEVEL_DEBUG);
	log_debug("two");
	log_close();
	log_level_set(LOG_LEVEL_NONE);
	read_log(path, &text);
	char *first = text.data;
	char *second = strchr(first, '\n');

	assert_non_null(second);
	*second++ = '\0';
	assert_string_equal(strchr(first, ' '), " service web started");
	assert_string_equal(strchr(second, ' '), " two\n");
	*strchr(first, ' ') = '\0';
	assert_true(clock_parse(first, &time));
}

static void the_file_is_appended_to(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "log");
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	log_level_set(LOG_LEVEL_INFO);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(log_file_set(path, &err), 0);
		log_info("run %d", i);
		log_close();
	}
	log_level_set(LOG_LEVEL_NONE);
	read_log(path, &text);
	assert_non_null(strstr(text.data, "run 0\n"));
	assert_non_null(strstr(text.data, "run 1\n"));
}

static void at_one_mebibyte_the_file_is_kept_once_under_another_name(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "log");
	CLEANUP(memory_free) char *old = path_join(folder, "log.1");
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	char line[1000];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(log_file_set(path, &err), 0);
	log_level_set(LOG_LEVEL_INFO);
	for (int i = 0; i < 2500; i++)
		log_info("%04d %s", i, line);
	log_level_set(LOG_LEVEL_NONE);
	log_close();
	read_log(old, &text);
	assert_in_range(text.len, 1024 * 1024 - 1100, 1024 * 1024);
	read_log(path, &text);
	assert_in_range(text.len, 1000, 1024 * 1024);
	assert_non_null(strstr(text.data, " 2499 x"));
	assert_int_equal(text.data[text.len - 1], '\n');
}

static void a_log_that_cannot_be_opened_is_an_error(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "none/log");
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(log_file_set(path, &err), ERROR_NOT_FOUND);
	assert_non_null(strstr(err->message, path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_its_time_and_only_the_level_asked_for),
		cmocka_unit_test(the_file_is_appended_to),
		cmocka_unit_test(at_one_mebibyte_the_file_is_kept_once_under_another_name),
		cmocka_unit_test(a_log_that_cannot_be_opened_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
