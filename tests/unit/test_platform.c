/* SPDX-License-Identifier: MIT */
#include "engine/image/platform.h"

#include "tests/test.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"

static const struct platform here = {"linux", "amd64", NULL, NULL};

static void platforms_are_parsed_as_containerd_does(void **state)
{
	static const struct {
		const char *string, *name;
	} good[] = {
		{"linux/amd64", "linux/amd64"},    {"linux/x86_64", "linux/amd64"},
		{"linux/aarch64", "linux/arm64"},  {"linux/arm64/v8", "linux/arm64"},
		{"linux/arm64/8", "linux/arm64"},  {"linux/arm", "linux/arm/v7"},
		{"linux/armhf", "linux/arm/v7"},   {"linux/arm/6", "linux/arm/v6"},
		{"arm64", "linux/arm64"},          {"linux", "linux/amd64"},
		{"windows", "windows/amd64"},      {"windows/amd64", "windows/amd64"},
		{"linux/i386", "linux/386"},       {"linux/amd64/v3", "linux/amd64/v3"},
		{"linux/amd64/v1", "linux/amd64"}, {"macos/arm64", "darwin/arm64"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CLEANUP(platform_drop) struct platform platform = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_equal(platform_parse(good[i].string, &here, &platform, &err), 0);
		CLEANUP(memory_free) char *name = platform_name(&platform);
		assert_string_equal(name, good[i].name);
	}
}

static void what_is_no_platform_is_refused(void **state)
{
	static const char *const bad[] = {
		"",      "/", "linux/", "linux//v7", "nosuch/amd64", "a/b/c/d", "linux/amd64/v1/x",
		"li nux"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct platform platform = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_equal(platform_parse(bad[i], &here, &platform, &err), ERROR_INVALID);
		assert_null(platform.os);
	}
}

static int rank(const struct platform *wanted, const char *os, const char *architecture,
		const char *variant, const char *version)
{
	const struct platform said = {os, architecture, variant, version};
	CLEANUP(platform_drop) struct platform offered = {0};

	platform_normal(&said, &offered);
	return platform_rank(wanted, &offered);
}

static void the_same_processor_is_better_than_one_that_is_run_as_well(void **state)
{
	const struct platform amd64 = {"linux", "amd64", NULL, NULL};
	const struct platform arm64 = {"linux", "arm64", NULL, NULL};
	const struct platform arm = {"linux", "arm", "v7", NULL};

	(void)state;
	assert_true(rank(&amd64, "linux", "amd64", NULL, NULL) >
		    rank(&amd64, "linux", "386", NULL, NULL));
	assert_true(rank(&amd64, "linux", "386", NULL, NULL) > 0);
	assert_int_equal(rank(&amd64, "linux", "amd64", "v3", NULL), 0);
	assert_int_equal(rank(&amd64, "linux", "arm64", NULL, NULL), 0);
	assert_int_equal(rank(&amd64, "windows", "amd64", NULL, NULL), 0);
	assert_int_equal(rank(&amd64, "unknown", "unknown", NULL, NULL), 0);
	assert_true(rank(&arm64, "linux", "arm64", "v8", NULL) >
		    rank(&arm64, "linux", "arm", "v7", NULL));
	assert_true(rank(&arm64, "linux", "arm", "v7", NULL) >
		    rank(&arm64, "linux", "arm", "v6", NULL));
	assert_int_equal(rank(&arm64, "linux", "arm64", "v9", NULL), 0);
	assert_true(rank(&arm, "linux", "arm", "v7", NULL) >
		    rank(&arm, "linux", "arm", "v6", NULL));
	assert_int_equal(rank(&arm, "linux", "arm", "v8", NULL), 0);
	assert_int_equal(rank(&arm, "linux", "arm64", NULL, NULL), 0);
}

static void of_windows_images_the_hosts_build_is_best_and_a_newer_one_does_not_run(void **state)
{
	const struct platform wanted = {"windows", "amd64", NULL, "10.0.20348.2582"};

	(void)state;
	int same = rank(&wanted, "windows", "amd64", NULL, "10.0.20348.1");
	int later = rank(&wanted, "windows", "amd64", NULL, "10.0.20348.9999");
	int older = rank(&wanted, "windows", "amd64", NULL, "10.0.17763.1");
	int oldest = rank(&wanted, "windows", "amd64", NULL, "10.0.14393.1");

	assert_true(later > same && same > older && older > oldest && oldest > 0);
	assert_int_equal(rank(&wanted, "windows", "amd64", NULL, "10.0.26100.1"), 0);
	assert_true(rank(&wanted, "windows", "amd64", NULL, NULL) > 0);
	assert_true(rank(&wanted, "windows", "amd64", NULL, "rubbish") > 0);
}

static void this_host_has_a_platform(void **state)
{
	CLEANUP(platform_drop) struct platform host = {0};

	(void)state;
	platform_host(&host);
	assert_non_null(host.os);
	assert_non_null(host.architecture);
	assert_true(platform_rank(&host, &host) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(platforms_are_parsed_as_containerd_does),
		cmocka_unit_test(what_is_no_platform_is_refused),
		cmocka_unit_test(the_same_processor_is_better_than_one_that_is_run_as_well),
		cmocka_unit_test(
			of_windows_images_the_hosts_build_is_best_and_a_newer_one_does_not_run),
		cmocka_unit_test(this_host_has_a_platform),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
