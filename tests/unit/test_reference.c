/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "tests/test.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/reference.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *string;
	const char *domain, *path, *tag, *digest;
	const char *familiar, *canonical;
} good[] = {
	{"nginx", "docker.io", "library/nginx", NULL, NULL, "nginx",
	 "docker.io/library/nginx:latest"},
	{"nginx:1.25", "docker.io", "library/nginx", "1.25", NULL, "nginx:1.25",
	 "docker.io/library/nginx:1.25"},
	{"a/b", "docker.io", "a/b", NULL, NULL, "a/b", "docker.io/a/b:latest"},
	{"a/b/c:x", "docker.io", "a/b/c", "x", NULL, "a/b/c:x", "docker.io/a/b/c:x"},
	{"docker.io/nginx", "docker.io", "library/nginx", NULL, NULL, "nginx",
	 "docker.io/library/nginx:latest"},
	{"index.docker.io/nginx:1", "docker.io", "library/nginx", "1", NULL, "nginx:1",
	 "docker.io/library/nginx:1"},
	{"library/nginx", "docker.io", "library/nginx", NULL, NULL, "nginx",
	 "docker.io/library/nginx:latest"},
	{"docker.io/library/a/b", "docker.io", "library/a/b", NULL, NULL, "library/a/b",
	 "docker.io/library/a/b:latest"},
	{"localhost/x", "localhost", "x", NULL, NULL, "localhost/x", "localhost/x:latest"},
	{"localhost:5000/x/y:v1", "localhost:5000", "x/y", "v1", NULL, "localhost:5000/x/y:v1",
	 "localhost:5000/x/y:v1"},
	{"Server/x", "Server", "x", NULL, NULL, "Server/x", "Server/x:latest"},
	{"[fd00::1]:5000/x", "[fd00::1]:5000", "x", NULL, NULL, "[fd00::1]:5000/x",
	 "[fd00::1]:5000/x:latest"},
	{"mcr.microsoft.com/windows/nanoserver:ltsc2022", "mcr.microsoft.com", "windows/nanoserver",
	 "ltsc2022", NULL, "mcr.microsoft.com/windows/nanoserver:ltsc2022",
	 "mcr.microsoft.com/windows/nanoserver:ltsc2022"},
	{"x@sha256:" HEX64, "docker.io", "library/x", NULL, "sha256:" HEX64, "x@sha256:" HEX64,
	 "docker.io/library/x@sha256:" HEX64},
	{"x:t@sha256:" HEX64, "docker.io", "library/x", "t", "sha256:" HEX64, "x:t@sha256:" HEX64,
	 "docker.io/library/x:t@sha256:" HEX64},
	{"a__b/c--d.e_f", "docker.io", "a__b/c--d.e_f", NULL, NULL, "a__b/c--d.e_f",
	 "docker.io/a__b/c--d.e_f:latest"},
	{"x:A_b.C-1", "docker.io", "library/x", "A_b.C-1", NULL, "x:A_b.C-1",
	 "docker.io/library/x:A_b.C-1"},
	{"a-b.example.com/x", "a-b.example.com", "x", NULL, NULL, "a-b.example.com/x",
	 "a-b.example.com/x:latest"},
};

static const struct {
	const char *string;
	const char *part; /* of the message */
} bad[] = {
	{"", "empty"},
	{HEX64, "id"},
	{"Nginx", "lower case"},
	{"a/B", "lower case"},
	{"a//b", "repository"},
	{"/a", "repository"},
	{"a/", "repository"},
	{"a___b", "repository"},
	{"a..b", "repository"},
	{"-a", "repository"},
	{"a-", "repository"},
	{"a b", "repository"},
	{"x:", "tag"},
	{"x:-a", "tag"},
	{"x:a/b", "registry"},
	{":a", "repository"},
	{"x@", "digest"},
	{"x@sha256:12", "digest"},
	{"x@md5:" HEX64, "digest"},
	{"x@sha256:" HEX64 "@sha256:" HEX64, "digest"},
	{"-a.b/x", "registry"},
	{"a.-b/x", "registry"},
	{"a..b/x", "registry"},
	{"a.b:x/y", "registry"},
	{"a.b:/y", "registry"},
	{"[::1/y", "registry"},
	{"https://a.b/c", "registry"},
	{"docker.io/", "repository"},
};

static void assert_same(const char *a, const char *b)
{
	if (!text_same(a, b))
		fail_msg("\"%s\" is not \"%s\"", a ? a : "(none)", b ? b : "(none)");
}

static void names_are_taken_apart_and_completed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(reference_drop) struct reference r = {0};

		if (reference_parse(good[i].string, &r, &err))
			fail_msg("%s: %s", good[i].string, err->message);
		assert_same(r.domain, good[i].domain);
		assert_same(r.path, good[i].path);
		assert_same(r.tag, good[i].tag);
		assert_same(r.digest, good[i].digest);
		CLEANUP(memory_free) char *familiar = reference_familiar(&r);
		CLEANUP(memory_free) char *canonical = reference_canonical(&r);
		assert_same(familiar, good[i].familiar);
		assert_same(canonical, good[i].canonical);
	}
}

static void wrong_names_are_refused_with_the_part_that_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(reference_drop) struct reference r = {0};

		if (reference_parse(bad[i].string, &r, &err) != ERROR_INVALID)
			fail_msg("\"%s\" was taken", bad[i].string);
		if (!strstr(err->message, bad[i].part))
			fail_msg("\"%s\": no \"%s\" in: %s", bad[i].string, bad[i].part,
				 err->message);
		assert_null(r.domain);
	}
}

static void a_very_long_repository_is_refused(void **state)
{
	(void)state;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(reference_drop) struct reference r = {0};
	CLEANUP(text_drop) struct text name = {0};

	text_add_repeat(&name, 'a', 256);
	assert_int_equal(reference_parse(text_string(&name), &r, &err), ERROR_INVALID);
	error_drop(&err);
	text_add_repeat(&name, 'a', 5000);
	assert_int_equal(reference_parse(text_string(&name), &r, &err), ERROR_INVALID);
	error_drop(&err);
	text_remove(&name, 200, name.len - 200);
	assert_int_equal(reference_parse(text_string(&name), &r, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_taken_apart_and_completed),
		cmocka_unit_test(wrong_names_are_refused_with_the_part_that_is_wrong),
		cmocka_unit_test(a_very_long_repository_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
