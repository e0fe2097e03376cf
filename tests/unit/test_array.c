/* SPDX-License-Identifier: MIT */
#include "base/array.h"

#include "tests/test.h"

struct point {
	int x;
	int y;
};

static void elements_are_added_zeroed_and_stay_in_order(void **state)
{
	ARRAY(struct point) points = {0};

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct point *point = array_add(&points);

		assert_int_equal(point->x | point->y, 0);
		point->x = i;
		/* What a removed element left behind is zeroed too. */
		point->y = -1;
	}
	array_remove(&points, 99);
	assert_int_equal(array_add(&points)->y, 0);
	points.items[99].x = 99;
	assert_int_equal(points.len, 100);
	int i = 0;

	ARRAY_FOR_EACH (struct point, point, &points)
		assert_int_equal(point->x, i++);
	assert_int_equal(i, 100);
	array_drop(&points);
	assert_null(points.items);
	assert_int_equal(points.len + points.cap, 0);
}

static void a_removed_elements_place_is_closed_up(void **state)
{
	ARRAY(int) numbers = {0};

	(void)state;
	for (int i = 0; i < 5; i++)
		array_push(&numbers, i);
	array_remove(&numbers, 4);
	array_remove(&numbers, 0);
	array_remove(&numbers, 1);
	assert_int_equal(numbers.len, 2);
	assert_int_equal(numbers.items[0], 1);
	assert_int_equal(numbers.items[1], 3);
	array_drop(&numbers);
}

static void an_empty_array_has_nothing_to_visit(void **state)
{
	ARRAY(int) numbers = {0};
	int visits = 0;

	(void)state;
	ARRAY_FOR_EACH (int, number, &numbers)
		visits += 1 + *number;
	assert_int_equal(visits, 0);
	array_drop(&numbers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_are_added_zeroed_and_stay_in_order),
		cmocka_unit_test(a_removed_elements_place_is_closed_up),
		cmocka_unit_test(an_empty_array_has_nothing_to_visit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
