/* SPDX-License-Identifier: MIT */
#include "compose/cli/policy.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/own.h"
#include "tests/test.h"

#define HOUR (3600 * (int64_t)CLOCK_SECOND)

static struct policy parse(const char *word)
{
	struct policy policy = {0};
	struct error *err = NULL;

	if (policy_parse(word, &policy, &err) < 0)
		fail_msg("%s", err->message);
	return policy;
}

static void every_word_of_docker_compose_is_known(void **state)
{
	(void)state;
	assert_int_equal(parse(NULL).kind, POLICY_MISSING);
	assert_int_equal(parse("missing").kind, POLICY_MISSING);
	assert_int_equal(parse("if_not_present").kind, POLICY_MISSING);
	assert_int_equal(parse("always").kind, POLICY_ALWAYS);
	assert_int_equal(parse("never").kind, POLICY_NEVER);
	assert_int_equal(parse("build").kind, POLICY_BUILD);
	assert_int_equal(parse("daily").every, 24 * HOUR);
	assert_int_equal(parse("weekly").every, 168 * HOUR);
	assert_int_equal(parse("every_1d12h").every, 36 * HOUR);
	assert_int_equal(parse("every_2w").every, 336 * HOUR);
	assert_int_equal(parse("every_90m").every, 3 * HOUR / 2);
	assert_int_equal(parse("every_1s").every, (int64_t)CLOCK_SECOND);
}

static void a_time_that_is_too_long_does_not_overflow(void **state)
{
	struct policy policy;

	(void)state;
	policy = parse("every_99999999999999999999w");
	assert_true(policy.every > 0);
	policy = parse("every_30000d30000d30000d");
	assert_true(policy.every > 0);
}

static void another_word_is_refused_with_the_known_ones(void **state)
{
	static const char *const words[] = {"",        "sometimes", "every_",   "every_5",
					    "every_h", "every_1x",  "every_0h", "Always"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		struct policy policy = {.kind = POLICY_NEVER};

		assert_int_equal(policy_parse(words[i], &policy, &err), ERROR_INVALID);
		assert_non_null(strstr(err->message, "weekly"));
		assert_int_equal(policy.kind, POLICY_NEVER);
	}
}

static void what_is_missing_is_pulled_unless_that_is_forbidden(void **state)
{
	const struct image image = {.tagged = 100 * HOUR};
	static const struct {
		const char *word;
		bool absent, present;
	} cases[] = {
		{"missing", true, false}, {"always", true, true}, {"never", false, false},
		{"build", false, false},  {"daily", true, true},  {"weekly", true, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct policy policy = parse(cases[i].word);

		assert_int_equal(policy_pulls(&policy, NULL, 124 * HOUR), cases[i].absent);
		assert_int_equal(policy_pulls(&policy, &image, 124 * HOUR), cases[i].present);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_of_docker_compose_is_known),
		cmocka_unit_test(a_time_that_is_too_long_does_not_overflow),
		cmocka_unit_test(another_word_is_refused_with_the_known_ones),
		cmocka_unit_test(what_is_missing_is_pulled_unless_that_is_forbidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
