/* SPDX-License-Identifier: MIT */
#include "base/list.h"

#include "tests/test.h"

struct item {
	int number;
	struct list link;
};

static void members_are_visited_in_the_order_they_came(void **state)
{
	struct item items[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
	struct list head;
	int count = 0;

	(void)state;
	list_init(&head);
	assert_true(list_empty(&head));
	assert_null(list_first(&head, struct item, link));
	for (int i = 0; i < 3; i++)
		list_append(&head, &items[i].link);
	assert_false(list_empty(&head));
	assert_ptr_equal(list_first(&head, struct item, link), &items[0]);
	LIST_FOR_EACH (struct item, item, &head, link)
		assert_int_equal(item->number, count++);
	assert_int_equal(count, 3);
}

static void a_member_may_leave_while_all_are_visited(void **state)
{
	struct item items[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
	struct list head;
	int sum = 0;

	(void)state;
	list_init(&head);
	for (int i = 0; i < 4; i++)
		list_append(&head, &items[i].link);
	LIST_FOR_EACH (struct item, item, &head, link)
		if (item->number % 2)
			list_unlink(&item->link);
	LIST_FOR_EACH (struct item, item, &head, link)
		sum = sum * 10 + item->number + 1;
	assert_int_equal(sum, 13);
	LIST_FOR_EACH (struct item, item, &head, link)
		list_unlink(&item->link);
	assert_true(list_empty(&head));
}

static void unlinking_twice_is_well(void **state)
{
	struct item items[2] = {{.number = 0}, {.number = 1}};
	struct list head;

	(void)state;
	list_init(&head);
	list_append(&head, &items[0].link);
	list_append(&head, &items[1].link);
	list_unlink(&items[0].link);
	list_unlink(&items[0].link);
	assert_true(list_empty(&items[0].link));
	assert_ptr_equal(list_first(&head, struct item, link), &items[1]);
	list_append(&head, &items[0].link);
	assert_ptr_equal(head.prev, &items[0].link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_visited_in_the_order_they_came),
		cmocka_unit_test(a_member_may_leave_while_all_are_visited),
		cmocka_unit_test(unlinking_twice_is_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
