/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/test.h"

enum { MANY = 1000 };

static void *number(intptr_t value)
{
	return (void *)value;
}

static const char *name(char buffer[static 32], int i)
{
	snprintf(buffer, 32, "service-%d", i);
	return buffer;
}

static void an_empty_map_has_nothing(void **state)
{
	struct map map = {0};

	(void)state;
	assert_null(map_get(&map, "x"));
	assert_false(map_has(&map, "x"));
	assert_null(map_remove(&map, "x"));
	MAP_FOR_EACH (entry, &map)
		fail();
	map_drop(&map);
}

static void a_value_is_found_and_replaced_in_its_place(void **state)
{
	struct map map = {0};
	char key[] = "a";

	(void)state;
	assert_null(map_set(&map, key, number(1)));
	key[0] = 'b';
	assert_null(map_set(&map, key, number(2)));
	assert_ptr_equal(map_set(&map, "a", number(3)), number(1));
	assert_int_equal(map.len, 2);
	assert_ptr_equal(map_get(&map, "a"), number(3));
	assert_string_equal(map.entries[0].key, "a");
	assert_null(map_set(&map, "null", NULL));
	assert_true(map_has(&map, "null"));
	assert_null(map_get(&map, "null"));
	map_drop(&map);
}

static void many_are_found_in_the_order_of_insertion(void **state)
{
	struct map map = {0};
	char key[32];
	int i = 0;

	(void)state;
	for (i = 0; i < MANY; i++)
		assert_null(map_set(&map, name(key, i), number(i + 1)));
	for (i = 0; i < MANY; i++)
		assert_ptr_equal(map_get(&map, name(key, i)), number(i + 1));
	assert_false(map_has(&map, name(key, MANY)));
	assert_false(map_has(&map, ""));
	i = 0;
	MAP_FOR_EACH (entry, &map)
		assert_string_equal(entry->key, name(key, i++));
	assert_int_equal(i, MANY);
	map_drop(&map);
}

/* Against a plain list of what must be there, at sizes with and without a table, over all kinds of
 * places. */
static void what_is_removed_is_gone_and_the_rest_is_found_in_order(void **state)
{
	unsigned int random = 1;

	(void)state;
	for (int size = 1; size < 70; size++) {
		struct map map = {0};
		int left[70], count = size;
		char key[32];

		for (int i = 0; i < size; i++) {
			map_set(&map, name(key, i), number(i + 1));
			left[i] = i;
		}
		while (count) {
			random = random * 1103515245 + 12345;
			int at = (int)(random >> 16) % count;

			assert_ptr_equal(map_remove(&map, name(key, left[at])),
					 number(left[at] + 1));
			assert_false(map_has(&map, key));
			count--;
			memmove(left + at, left + at + 1, (size_t)(count - at) * sizeof(*left));
			assert_int_equal(map.len, count);
			for (int i = 0; i < count; i++) {
				assert_string_equal(map.entries[i].key, name(key, left[i]));
				assert_ptr_equal(map_get(&map, key), number(left[i] + 1));
			}
		}
		assert_null(map_set(&map, "again", number(5)));
		assert_ptr_equal(map_get(&map, "again"), number(5));
		map_drop(&map);
	}
}

static void keys_of_every_length_are_told_apart(void **state)
{
	struct map map = {0};
	char key[40] = "";

	(void)state;
	for (intptr_t i = 0; i < 39; i++) {
		assert_null(map_set(&map, key, number(i + 1)));
		key[i] = 'k';
		key[i + 1] = '\0';
	}
	memset(key, 0, sizeof(key));
	for (intptr_t i = 0; i < 39; i++) {
		assert_ptr_equal(map_get(&map, key), number(i + 1));
		key[i] = 'k';
	}
	map_drop(&map);
}

static int dropped;

static void drop(void *value)
{
	dropped++;
	free(value);
}

static void dropping_with_a_function_drops_each_value_once(void **state)
{
	struct map map = {0};
	char key[32];

	(void)state;
	for (int i = 0; i < 20; i++)
		map_set(&map, name(key, i), memory_copy("value"));
	map_drop_with(&map, drop);
	assert_int_equal(dropped, 20);
	assert_int_equal(map.len, 0);
	assert_null(map.slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_has_nothing),
		cmocka_unit_test(a_value_is_found_and_replaced_in_its_place),
		cmocka_unit_test(many_are_found_in_the_order_of_insertion),
		cmocka_unit_test(what_is_removed_is_gone_and_the_rest_is_found_in_order),
		cmocka_unit_test(keys_of_every_length_are_told_apart),
		cmocka_unit_test(dropping_with_a_function_drops_each_value_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
