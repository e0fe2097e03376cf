/* SPDX-License-Identifier: MIT */
#include "engine/image/url.h"

#include "tests/test.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"

static void addresses_are_taken_apart(void **state)
{
	static const struct {
		const char *string, *base, *path;
	} good[] = {
		{"https://Ghcr.IO/v2/?a=b#c", "https://ghcr.io", "/v2/?a=b"},
		{"http://127.0.0.1:5000", "http://127.0.0.1:5000", "/"},
		{"https://[::1]:5000/x", "https://[::1]:5000", "/x"},
		{"https://a.test?q=1", "https://a.test", "/?q=1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CLEANUP(url_drop) struct url url = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_equal(url_parse(good[i].string, &url, &err), 0);
		CLEANUP(memory_free) char *base = url_base(&url);
		assert_string_equal(base, good[i].base);
		assert_string_equal(url.path, good[i].path);
	}
}

static void what_is_no_address_or_would_reach_a_header_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"ftp://a.test/",
		"a.test",
		"https://",
		"https:///x",
		"https://user@a.test/",
		"https://a.test\\@b.test/",
		"https://a.test/x\r\nHost: b.test",
		"https://a.test/x y",
		"file:///etc/passwd",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct url url = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_equal(url_parse(bad[i], &url, &err), ERROR_INVALID);
		assert_null(url.authority);
	}
}

static void a_location_is_read_where_it_stood(void **state)
{
	static const struct {
		const char *location, *base, *path;
	} cases[] = {
		{"/y?z", "https://a.test:1", "/y?z"},
		{"https://b.test/y", "https://b.test", "/y"},
		{"//b.test/y", "https://b.test", "/y"},
		{"y", "https://a.test:1", "/v2/y"},
		{"?y", "https://a.test:1", "/v2/?y"},
	};
	CLEANUP(url_drop) struct url base = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(url_parse("https://a.test:1/v2/x?a/b", &base, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(url_drop) struct url url = {0};

		assert_int_equal(url_resolve(&base, cases[i].location, &url, &err), 0);
		CLEANUP(memory_free) char *origin = url_base(&url);
		assert_string_equal(origin, cases[i].base);
		assert_string_equal(url.path, cases[i].path);
	}
	struct url url = {0};

	assert_int_equal(url_resolve(&base, "javascript:x", &url, &err), ERROR_INVALID);
}

static void loopback_is_this_host_and_nothing_that_looks_like_it(void **state)
{
	static const char *const is[] = {"localhost",     "LOCALHOST:5000", "127.0.0.1:5000",
					 "127.1.2.3",     "[::1]:5000",     "[::1]",
					 "a.localhost:80"};
	static const char *const is_not[] = {
		"localhost.test", "127.0.0.1.test", "a.test:127",   "128.0.0.1",
		"0.0.0.0",        "[::2]",          "notlocalhost", "127"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(is); i++)
		assert_true(url_is_loopback(is[i]));
	for (size_t i = 0; i < ARRAY_LEN(is_not); i++)
		assert_false(url_is_loopback(is_not[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_taken_apart),
		cmocka_unit_test(what_is_no_address_or_would_reach_a_header_is_refused),
		cmocka_unit_test(a_location_is_read_where_it_stood),
		cmocka_unit_test(loopback_is_this_host_and_nothing_that_looks_like_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
