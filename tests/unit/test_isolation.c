/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "base/error.h"
#include "base/own.h"
#include "compose/plan/isolation.h"

/* Sources: MS is Microsoft's table "Windows container version compatibility" (2025-01), CD the test
 * vectors of containerd's matcher (platforms, platform_windows_compat), RULE what follows from its
 * rule where no table has a row. */
static const struct vector {
	const char *host, *image;
	bool process, hyperv;
	const char *source;
} vectors[] = {
	{"10.0.17763.1", "10.0.17763.9", true, true, "CD"},
	{"10.0.17763", "10.0.20348", false, false, "CD"},
	{"10.0.20348", "10.0.17763", false, true, "CD"},
	{"10.0.20348.2582", "10.0.20348.2582", true, true, "CD"},
	{"10.0.22621", "10.0.17763", false, true, "CD"},
	{"10.0.22621", "10.0.20348", true, true, "CD"},
	{"10.0.26100", "10.0.20348", true, true, "CD"},
	{"10.0.20348", "10.0.26100", false, false, "CD"},
	{"10.0.20348", "10.0.22621", false, false, "CD"},
	{"10.0.26100", "10.0.22621", true, true, "CD"},
	/* containerd and hcsshim differ: HCS has the last word, see refusal.c */
	{"10.0.26200", "10.0.20348", true, true, "CD"},
	{"10.0.26200", "10.0.26100", true, true, "CD"},
	{"10.0.26100", "10.0.26100", true, true, "MS: Server 2025"},
	{"10.0.26100", "10.0.17763", false, true, "MS: Server 2025"},
	{"10.0.26100", "10.0.14393.1", false, true, "MS: Server 2025"},
	{"10.0.25398", "10.0.20348", true, true, "MS: Server 23H2"},
	{"10.0.25398", "10.0.26100", false, false, "MS: Server 23H2"},
	{"10.0.20348", "10.0.14393.1", false, true, "MS: Server 2022"},
	{"10.0.17763", "10.0.17763", true, true, "MS: Server 2019"},
	{"10.0.17763", "10.0.14393.1", false, true, "MS: Server 2019"},
	{"10.0.14393.5", "10.0.14393.5", true, true, "MS: Server 2016"},
	{"10.0.14393.5", "10.0.14393.6", false, true, "MS: Server 2016, the same revision only"},
	{"10.0.14393", "10.0.14393.6", true, true, "RULE: the host's revision is not known"},
	{"10.0.14393.5", "10.0.17763", false, false, "MS: Server 2016"},
	{"10.0.22000", "10.0.20348", true, true, "MS: Windows 11"},
	{"10.0.22631", "10.0.26100", false, false, "MS: Windows 11 before 24H2"},
	{"10.0.22631", "10.0.14393.1", false, true, "MS: Windows 11"},
	{"10.0.19041", "10.0.17763", false, true, "MS: Windows 10"},
	{"10.0.19045", "10.0.19041", false, true, "MS: Windows 10, the exact build only"},
	{"10.0.19045", "10.0.20348", false, false, "MS: Windows 10"},
	{"10.0.18363", "10.0.18363", true, true, "MS: Windows 10, the exact build"},
	{"10.0.20348", NULL, true, true, "CD: an empty os.version matches"},
	{"10.0.20348", "", true, true, "CD: an empty os.version matches"},
	{NULL, "10.0.20348", true, true, "RULE: nothing is known of the host"},
	{"10.0.20348", "6.3.9600.1", false, false, "CD: another line of Windows"},
};

static int decide(const struct vector *v, const char *asked, struct isolation_answer *answer)
{
	CLEANUP(error_drop) struct error *err = NULL;
	const struct isolation_question question = {
		.asked = asked,
		.host_version = v->host,
		.host_is_server = true,
		.can_process = true,
		.can_hyperv = true,
		.image = "image",
		.image_version = v->image,
	};
	return isolation_decide(&question, answer, &err);
}

static void each_pair_of_builds_is_decided_by_the_published_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		const struct vector *v = &vectors[i];
		struct isolation_answer answer = {0};
		bool process = decide(v, "process", &answer) == 0;
		bool hyperv = decide(v, "hyperv", &answer) == 0;
		if (process != v->process || hyperv != v->hyperv)
			fail_msg("%s on %s: process %d, hyperv %d; %s", v->image, v->host, process,
				 hyperv, v->source);
	}
}

static void the_default_is_kept_where_it_runs_and_the_other_taken_aloud_where_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		const struct vector *v = &vectors[i];
		struct isolation_answer answer = {0};
		int code = decide(v, i % 2 ? "default" : NULL, &answer);
		if (v->process) {
			assert_int_equal(code, 0);
			assert_string_equal(answer.isolation, "process");
			assert_false(answer.differs);
		} else if (v->hyperv) {
			assert_int_equal(code, 0);
			assert_string_equal(answer.isolation, "hyperv");
			assert_true(answer.differs);
			assert_true(strlen(answer.reason) > 0);
		} else {
			assert_int_equal(code, ERROR_UNSUPPORTED);
			assert_null(answer.isolation);
		}
	}
}

static void a_client_host_takes_hyperv_by_default_and_exec_opts_go_before_the_sku(void **state)
{
	(void)state;
	CLEANUP(error_drop) struct error *err = NULL;
	struct isolation_question q = {.can_process = true, .can_hyperv = true};
	struct isolation_answer answer;
	assert_int_equal(isolation_decide(&q, &answer, &err), 0);
	assert_string_equal(answer.isolation, "hyperv");
	q.host_default = "process";
	assert_int_equal(isolation_decide(&q, &answer, &err), 0);
	assert_string_equal(answer.isolation, "process");
	assert_false(answer.differs);
	q.host_default = "default";
	q.host_is_server = true;
	assert_int_equal(isolation_decide(&q, &answer, &err), 0);
	assert_string_equal(answer.isolation, "process");
}

static void strict_refuses_what_the_default_cannot_run(void **state)
{
	(void)state;
	CLEANUP(error_drop) struct error *err = NULL;
	struct isolation_answer answer = {0};
	const struct isolation_question q = {.strict = true,
					     .host_is_server = true,
					     .can_process = true,
					     .can_hyperv = true,
					     .host_version = "10.0.20348.1",
					     .image = "servercore:ltsc2019",
					     .image_version = "10.0.17763.5"};
	assert_int_equal(isolation_decide(&q, &answer, &err), ERROR_UNSUPPORTED);
	assert_null(answer.isolation);
}

static void a_refusal_names_both_builds_and_the_tag_that_would_work(void **state)
{
	(void)state;
	CLEANUP(error_drop) struct error *err = NULL;
	struct isolation_answer answer;
	const struct isolation_question q = {.asked = "process",
					     .can_process = true,
					     .can_hyperv = true,
					     .host_version = "10.0.20348.1",
					     .image = "servercore:ltsc2019",
					     .image_version = "10.0.17763.5"};
	assert_int_equal(isolation_decide(&q, &answer, &err), ERROR_UNSUPPORTED);
	assert_string_equal(err->message,
			    "servercore:ltsc2019 is of Windows build 10.0.17763.5 and cannot run "
			    "with isolation process on a host of build 10.0.20348.1: use its tag "
			    "for ltsc2022 or write isolation: hyperv");
}

static void hyperv_on_an_engine_without_it_is_an_error_and_never_dropped(void **state)
{
	(void)state;
	CLEANUP(error_drop) struct error *err = NULL;
	struct isolation_answer answer;
	const struct isolation_question q = {.asked = "hyperv", .can_process = true};
	assert_int_equal(isolation_decide(&q, &answer, &err), ERROR_UNSUPPORTED);
	assert_string_equal(err->message, "isolation hyperv is not to be had from this engine; "
					  "write isolation: process");
}

static void an_engine_without_the_default_takes_the_other(void **state)
{
	(void)state;
	CLEANUP(error_drop) struct error *err = NULL;
	struct isolation_answer answer;
	const struct isolation_question q = {.can_process = true}; /* a client by its SKU */
	assert_int_equal(isolation_decide(&q, &answer, &err), 0);
	assert_string_equal(answer.isolation, "process");
	assert_true(answer.differs);
	assert_string_equal(answer.reason, "the engine has no isolation hyperv");
}

static void a_newer_revision_of_the_same_build_is_said_in_the_reason(void **state)
{
	(void)state;
	struct isolation_answer answer;
	const struct vector v = {"10.0.26100.1", "10.0.26100.3194", true, true, "field"};
	assert_int_equal(decide(&v, NULL, &answer), 0);
	assert_non_null(strstr(answer.reason, "10.0.26100.3194 is newer"));
	assert_false(answer.differs);
}

static void hosts_that_are_known_to_refuse_an_image_are_said_in_the_reason(void **state)
{
	(void)state;
	struct isolation_answer answer;
	const struct vector v = {"10.0.26200.1", "10.0.26100.1742", true, true, "field"};
	assert_int_equal(decide(&v, NULL, &answer), 0);
	assert_non_null(strstr(answer.reason, "0xC0370112): the tag for ltsc2022 works"));
}

static void what_was_decided_before_is_kept_as_long_as_it_can_run(void **state)
{
	(void)state;
	CLEANUP(error_drop) struct error *err = NULL;
	struct isolation_answer answer;
	struct isolation_question q = {.host_is_server = true,
				       .can_process = true,
				       .can_hyperv = true,
				       .host_version = "10.0.20348.1",
				       .image_version = "10.0.20348.5",
				       .kept = "hyperv",
				       .kept_reason = "it was refused"};
	assert_int_equal(isolation_decide(&q, &answer, &err), 0);
	assert_string_equal(answer.isolation, "hyperv");
	assert_string_equal(answer.reason, "it was refused");
	assert_true(answer.differs);
	q.kept_reason = NULL;
	assert_int_equal(isolation_decide(&q, &answer, &err), 0);
	assert_string_equal(answer.reason, "kept until the image changes");
	/* What is asked for, what is strict and what the engine lost go before. */
	q.asked = "process";
	assert_int_equal(isolation_decide(&q, &answer, &err), 0);
	assert_string_equal(answer.isolation, "process");
	q.asked = NULL;
	q.strict = true;
	assert_int_equal(isolation_decide(&q, &answer, &err), 0);
	assert_string_equal(answer.isolation, "process");
	q.strict = false;
	q.can_hyperv = false;
	assert_int_equal(isolation_decide(&q, &answer, &err), 0);
	assert_string_equal(answer.isolation, "process");
}

static void an_unknown_word_is_invalid(void **state)
{
	(void)state;
	CLEANUP(error_drop) struct error *err = NULL;
	struct isolation_answer answer;
	const struct isolation_question q = {.asked = "hyper-v", .can_process = true};
	assert_int_equal(isolation_decide(&q, &answer, &err), ERROR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_pair_of_builds_is_decided_by_the_published_table),
		cmocka_unit_test(
			the_default_is_kept_where_it_runs_and_the_other_taken_aloud_where_not),
		cmocka_unit_test(
			a_client_host_takes_hyperv_by_default_and_exec_opts_go_before_the_sku),
		cmocka_unit_test(strict_refuses_what_the_default_cannot_run),
		cmocka_unit_test(a_refusal_names_both_builds_and_the_tag_that_would_work),
		cmocka_unit_test(hyperv_on_an_engine_without_it_is_an_error_and_never_dropped),
		cmocka_unit_test(an_engine_without_the_default_takes_the_other),
		cmocka_unit_test(a_newer_revision_of_the_same_build_is_said_in_the_reason),
		cmocka_unit_test(hosts_that_are_known_to_refuse_an_image_are_said_in_the_reason),
		cmocka_unit_test(what_was_decided_before_is_kept_as_long_as_it_can_run),
		cmocka_unit_test(an_unknown_word_is_invalid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
