/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <string.h>

#include "tests/test.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
	struct arena arena = {0};
	char *before = NULL;

	(void)state;
	for (size_t size = 0; size < 2000; size++) {
		char *memory = arena_alloc(&arena, size);

		assert_int_equal((uintptr_t)memory % _Alignof(int64_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xff, size);
		if (before)
			assert_int_equal(size > 1 ? before[size - 2] : -1, -1);
		before = memory;
	}
	assert_int_equal(arena.used, 2000 * 1999 / 2);
	arena_drop(&arena);
	assert_null(arena.blocks);
	assert_int_equal(arena.used, 0);
}

static void a_large_object_has_a_block_of_its_own(void **state)
{
	struct arena arena = {0};
	char *small = arena_copy(&arena, "first");
	char *large = arena_alloc(&arena, 10 * 1024 * 1024);
	char *next = arena_copy(&arena, "second");

	(void)state;
	memset(large, 'x', 10 * 1024 * 1024);
	/* The block that was being filled is filled on. */
	assert_ptr_equal(next, small + 6);
	assert_string_equal(small, "first");
	assert_string_equal(next, "second");
	arena_drop(&arena);
}

static void the_first_object_may_be_large(void **state)
{
	struct arena arena = {0};
	char *large = arena_alloc(&arena, 1024 * 1024);

	(void)state;
	memset(large, 'x', 1024 * 1024);
	assert_string_equal(arena_copy(&arena, "small"), "small");
	assert_int_equal(large[1024 * 1024 - 1], 'x');
	arena_drop(&arena);
}

static void strings_are_copied_and_formatted(void **state)
{
	struct arena arena = {0};
	char bytes[3] = {'a', 'b', 'c'};

	(void)state;
	assert_null(arena_copy(&arena, NULL));
	assert_string_equal(arena_copy(&arena, ""), "");
	assert_string_equal(arena_copy_n(&arena, bytes, 2), "ab");
	assert_string_equal(arena_copy_n(&arena, NULL, 0), "");
	assert_string_equal(arena_format(&arena, "%s_%d", "web", 1), "web_1");
	const char *longer = arena_format(&arena, "%1000d!", 5);

	assert_int_equal(strlen(longer), 1001);
	assert_string_equal(longer + 999, "5!");
	arena_drop(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(a_large_object_has_a_block_of_its_own),
		cmocka_unit_test(the_first_object_may_be_large),
		cmocka_unit_test(strings_are_copied_and_formatted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
