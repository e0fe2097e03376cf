/* SPDX-License-Identifier: MIT */
#include "compose/cli/escape.h"

#include <string.h>

#include "tests/test.h"

static struct escape escape;
static char out[64];

static size_t filter(const char *bytes, bool *left)
{
	memset(out, 0, sizeof(out));
	return escape_filter(&escape, bytes, strlen(bytes), out, left);
}

static void other_keys_pass(void **state)
{
	bool left;

	(void)state;
	escape = (struct escape){0};
	assert_int_equal(filter("ls\r\003\021", &left), 5);
	assert_string_equal(out, "ls\r\003\021");
	assert_false(left);
}

static void the_first_key_is_sent_when_the_second_does_not_follow(void **state)
{
	bool left;

	(void)state;
	escape = (struct escape){0};
	assert_int_equal(filter("a\020", &left), 1);
	assert_false(left);
	assert_int_equal(filter("b", &left), 2);
	assert_string_equal(out, "\020b");
	assert_int_equal(filter("\020\020", &left), 1);
	assert_int_equal(filter("x", &left), 2);
	assert_string_equal(out, "\020x");
}

static void both_keys_leave_though_they_come_apart(void **state)
{
	bool left;

	(void)state;
	escape = (struct escape){0};
	assert_int_equal(filter("a\020", &left), 1);
	assert_int_equal(filter("\021never sent", &left), 0);
	assert_true(left);
	escape = (struct escape){0};
	assert_int_equal(filter("ab\020\021cd", &left), 2);
	assert_true(left);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_keys_pass),
		cmocka_unit_test(the_first_key_is_sent_when_the_second_does_not_follow),
		cmocka_unit_test(both_keys_leave_though_they_come_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
