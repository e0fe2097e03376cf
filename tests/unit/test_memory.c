/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <uv.h>

#include "base/own.h"
#include "tests/loop.h"
#include "tests/test.h"

static void memory_comes_zeroed_and_grows_with_its_content(void **state)
{
	char *memory = memory_zero(3, 5);

	(void)state;
	for (int i = 0; i < 15; i++)
		assert_int_equal(memory[i], 0);
	memcpy(memory, "content", 8);
	memory = memory_grow(memory, 100, 100);
	assert_string_equal(memory, "content");
	free(memory);
}

static void nothing_may_be_asked_for_and_freed(void **state)
{
	void *none = memory_alloc(0);
	void *zero = memory_zero(0, 8);
	void *grown = memory_grow(NULL, 0, 8);

	(void)state;
	assert_non_null(none);
	assert_non_null(zero);
	assert_non_null(grown);
	free(none);
	free(zero);
	free(grown);
}

static void strings_are_copied_and_formatted(void **state)
{
	CLEANUP(memory_free) char *copy = memory_copy("web");
	CLEANUP(memory_free) char *piece = memory_copy_n("webserver", 3);
	CLEANUP(memory_free) char *empty = memory_copy_n(NULL, 0);
	CLEANUP(memory_free) char *formatted = memory_format("%s-%0300d", copy, 7);

	(void)state;
	assert_string_equal(copy, "web");
	assert_string_equal(piece, "web");
	assert_string_equal(empty, "");
	assert_int_equal(strlen(formatted), 304);
	assert_null(memory_copy(NULL));
}

static void a_freed_pointer_is_null(void **state)
{
	char *memory = memory_alloc(10);

	(void)state;
	memory_free(&memory);
	assert_null(memory);
	memory_free(&memory);
}

static void vectors_are_copied_and_freed_whole(void **state)
{
	const char *const strings[] = {"a", "b", NULL};
	char **copy = memory_copy_vector(strings);

	(void)state;
	assert_string_equal(copy[0], "a");
	assert_string_equal(copy[1], "b");
	assert_null(copy[2]);
	assert_ptr_not_equal(copy[0], strings[0]);
	memory_free_vector(&copy);
	assert_null(copy);
	memory_free_vector(&copy);
	assert_null(memory_copy_vector(NULL));
}

static void the_libraries_work_on_our_memory(void **state)
{
	uv_loop_t loop;

	(void)state;
	memory_install();
	cJSON *json = cJSON_Parse("{\"a\":[1,2,3]}");
	char *printed = cJSON_PrintUnformatted(json);

	assert_string_equal(printed, "{\"a\":[1,2,3]}");
	free(printed);
	cJSON_Delete(json);
	assert_int_equal(uv_loop_init(&loop), 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	loop_assert_clean(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_comes_zeroed_and_grows_with_its_content),
		cmocka_unit_test(nothing_may_be_asked_for_and_freed),
		cmocka_unit_test(strings_are_copied_and_formatted),
		cmocka_unit_test(a_freed_pointer_is_null),
		cmocka_unit_test(vectors_are_copied_and_freed_whole),
		cmocka_unit_test(the_libraries_work_on_our_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
