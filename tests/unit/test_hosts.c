/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "base/array.h"
#include "compose/plan/hosts.h"

#define F "C:\\Windows\\System32\\drivers\\etc\\hosts"

static size_t steps_of(struct plan *plan, const char *const *lines, size_t count)
{
	struct service service = {.name = "web"};
	size_t start = draft_add(plan, STEP_START, "shop-web-1", "id", "created");

	for (size_t i = 0; i < count; i++)
		array_push(&service.extra_hosts, lines[i]);
	size_t last = hosts_after_start(plan, &service, start);
	array_drop(&service.extra_hosts);
	return last;
}

static void names_are_written_once_by_an_administrator_without_any_quotes(void **state)
{
	static const char *const lines[] = {"db:10.0.0.1", "six:[fd00::1]"};
	struct plan *plan = draft_new();
	size_t last = steps_of(plan, lines, 2);
	const struct step *step = draft_step(plan, last);

	(void)state;
	assert_int_equal(step->kind, STEP_HOOK);
	assert_string_equal(step->target, "id");
	assert_string_equal(step->hook->user, "ContainerAdministrator");
	assert_string_equal(step->hook->command[0], "cmd");
	assert_string_equal(step->hook->command[1], "/S");
	assert_string_equal(step->hook->command[2], "/C");
	assert_string_equal(step->hook->command[3], "findstr /X 10.0.0.1.db " F
						    " >nul 2>nul || (echo.&echo 10.0.0.1 db)>>" F
						    " & findstr /X fd00::1.six " F
						    " >nul 2>nul || (echo.&echo fd00::1 six)>>" F);
	assert_null(step->hook->command[4]);
	assert_null(strchr(step->hook->command[3], '"'));
	plan_drop(&plan);
}

static void a_line_of_cmd_is_never_too_long(void **state)
{
	const char *lines[200];
	struct plan *plan = draft_new();

	(void)state;
	for (size_t i = 0; i < 200; i++)
		lines[i] = "a-name-that-is-rather-long.example:10.10.10.10";
	steps_of(plan, lines, 200);
	assert_true(plan->steps.len > 3);
	for (size_t i = 1; i < plan->steps.len; i++) {
		const struct step *step = draft_step(plan, i);
		assert_true(strlen(step->hook->command[3]) < 8000);
		assert_int_equal(step->after.items[0], i - 1);
	}
	plan_drop(&plan);
}

static void nothing_to_write_is_no_step(void **state)
{
	static const char *const odd[] = {"a&b:10.0.0.1"};
	struct plan *plan = draft_new();

	(void)state;
	assert_int_equal(steps_of(plan, NULL, 0), 0);
	assert_int_equal(steps_of(plan, odd, 1), 1);
	assert_int_equal(plan->steps.len, 2);
	plan_drop(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_written_once_by_an_administrator_without_any_quotes),
		cmocka_unit_test(a_line_of_cmd_is_never_too_long),
		cmocka_unit_test(nothing_to_write_is_no_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
