/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "tests/test.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "engine/ignore.h"

/* One file of patterns and one path; what docker build does with it. */
static const struct {
	const char *file;
	const char *path;
	bool ignored;
} cases[] = {
	{"", "a", false},
	{"a", "a", true},
	{"a", "b/a", false},
	{"a", "a/b", true},
	{"a", "ab", false},
	{"a/", "a", true},
	{"a/", "a/b/c", true},
	{"/a", "a", true},
	{"./a", "a", true},
	{"  a\t", "a", true},
	{"a//b", "a/b", true},
	{"a/./b/../c", "a/c", true},
	{"../a", "a", false},
	{"/../a", "a", true},
	{".", "a", false},
	{"# a\na", "a", true},
	{"#a", "#a", false},
	{" #a", "#a", true},
	{"\\#a", "#a", true},
	{"\xef\xbb\xbf"
	 "a",
	 "a", true},
	{"a\r\nb\r\n", "b", true},
	{"a\n\n\nb", "b", true},

	{"*", "a", true},
	{"*", "a/b", true},
	{"*", ".hidden", true},
	{"*.go", "a.go", true},
	{"*.go", "a/b.go", false},
	{"*.go", "a.gox", false},
	{"a*", "abc/d", true},
	{"*/b", "a/b", true},
	{"*/b", "b", false},
	{"*/b", "a/c/b", false},
	{"*/*/b", "a/c/b", true},
	{"?", "a", true},
	{"?", "ab", false},
	{"?", "\xc3\xa9", true},
	{"a?c", "a/c", false},
	{"?.md", "x.md", true},
	{"[abc]", "b", true},
	{"[abc]", "d", false},
	{"[a-c]x", "bx", true},
	{"[^a]x", "bx", true},
	{"[^a]x", "ax", false},
	{"[\\]a]", "]", true},
	{"a.b", "axb", false},
	{"a+(b)|{c}$", "a+(b)|{c}$", true},
	{"\\*", "*", true},
	{"\\*", "a", false},
	{"a\\?", "a?", true},

	{"**", "a", true},
	{"**", "a/b/c", true},
	{"**/", "a", true},
	{"**/a", "a", true},
	{"**/a", "x/a", true},
	{"**/a", "x/y/a", true},
	{"**/a", "xa", false},
	{"**/a", "x/a/b", true},
	{"**/*.go", "a.go", true},
	{"**/*.go", "x/y/a.go", true},
	{"**/*.go", "x/y/a.c", false},
	{"**a", "xa", true},
	{"a/**", "a", false},
	{"a/**", "a/b", true},
	{"a/**", "a/b/c", true},
	{"a/**", "ab", false},
	{"a/**/b", "a/b", true},
	{"a/**/b", "a/x/b", true},
	{"a/**/b", "a/x/y/b", true},
	{"a/**/b", "ab", false},
	{"a/**/b", "a/xb", false},
	{"**/a/**", "x/a/y", true},
	{"**/a/**", "a/y", true},
	{"**/a/**/b", "x/a/y/z/b", true},
	{"**/node_modules", "web/node_modules/x/y.js", true},
	{"a**/b", "axx/b", true},
	{"a**/b", "a/x/b", true},
	{"**/.git", ".git/HEAD", true},
	{"a*b*c/**", "axbxc/d", true},

	{"*\n!a", "a", false},
	{"*\n!a", "b", true},
	{"!a\n*", "a", true},
	{"*\n!a/b", "a/b", false},
	{"*\n!a/b", "a/c", true},
	{"a\n!a/b\na/b/c", "a/b/c", true},
	{"a\n!a/b\na/b/c", "a/b/d", false},
	{"*.md\n!README.md", "README.md", false},
	{"*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true},
	{"*.md\nREADME-secret.md\n!README*.md", "README-secret.md", false},
	{"docs\n!docs/**/*.md", "docs/a/b.md", false},
	{"docs\n!docs/**/*.md", "docs/a/b.txt", true},
	{"**\n!**/*.c", "x/y.c", false},
	{"! a\n", "a", false},
	{"*\n! a\n", "a", false},
	{"*\n!/a", "a", false},
	{"*\n!a/", "a/x", false},
	{"a\n!a", "a/b", false},
};

static struct ignore *parse(const char *file, bool is_windows)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct ignore *ignore = NULL;

	if (ignore_parse(file, strlen(file), ".dockerignore", is_windows, &ignore, &err))
		fail_msg("%s", err->message);
	return ignore;
}

static void paths_are_left_out_as_docker_build_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(ignore_drop) struct ignore *ignore = parse(cases[i].file, false);

		if (ignore_matches(ignore, cases[i].path) != cases[i].ignored)
			fail_msg("%s: %s is%s left out", cases[i].file, cases[i].path,
				 cases[i].ignored ? " not" : "");
	}
}

static void on_windows_a_backslash_separates(void **state)
{
	(void)state;
	CLEANUP(ignore_drop) struct ignore *ignore = parse("a\\b\n**\\x\nc\\*.tmp", true);

	assert_true(ignore_matches(ignore, "a/b"));
	assert_true(ignore_matches(ignore, "q/r/x"));
	assert_true(ignore_matches(ignore, "c/d.tmp"));
	assert_false(ignore_matches(ignore, "c/*tmp"));
}

static void a_wrong_pattern_is_told_with_its_line(void **state)
{
	static const char *const wrong[] = {"[",    "[]",  "[]a]", "[a", "[a-",
					    "[-a]", "a\\", "!",    "! "};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(ignore_drop) struct ignore *ignore = NULL;
		CLEANUP(memory_free) char *file = memory_format("a\n# b\n%s\n", wrong[i]);

		if (ignore_parse(file, strlen(file), ".dockerignore", false, &ignore, &err) !=
		    ERROR_INVALID)
			fail_msg("\"%s\" was taken", wrong[i]);
		assert_true(text_starts(err->message, ".dockerignore:3: "));
		assert_null(ignore);
	}
}

static void an_added_pattern_is_the_last(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	CLEANUP(ignore_drop) struct ignore *ignore = parse("*", false);
	assert_true(ignore_matches(ignore, "sub/Dockerfile"));
	assert_int_equal(ignore_add(ignore, "!sub/Docker?ile[!-~]*some/long/**/thing", &err), 0);
	assert_int_equal(ignore_add(ignore, "!sub/Dockerfile", &err), 0);
	assert_false(ignore_matches(ignore, "sub/Dockerfile"));
	assert_true(ignore_matches(ignore, "sub/other"));
}

static void a_walk_goes_into_a_left_out_folder_only_for_its_exceptions(void **state)
{
	(void)state;
	CLEANUP(ignore_drop) struct ignore *ignore = parse("a\nab\n!a/b/c\n!**/keep\n!d", false);

	assert_true(ignore_descends(ignore, "a"));
	assert_true(ignore_descends(ignore, "a/b"));
	assert_true(ignore_descends(ignore, "a/b/c"));
	assert_false(ignore_descends(ignore, "ab"));
	assert_false(ignore_descends(ignore, "a/x"));
}

static void many_stars_cost_no_more_than_their_length(void **state)
{
	(void)state;
	CLEANUP(text_drop) struct text pattern = {0}, path = {0};

	for (int i = 0; i < 40; i++)
		text_add(&pattern, "x**/a*");
	text_add(&pattern, "b");
	for (int i = 0; i < 200; i++)
		text_add(&path, "xa/");
	text_add(&path, "c");
	CLEANUP(ignore_drop) struct ignore *ignore = parse(text_string(&pattern), false);
	assert_false(ignore_matches(ignore, text_string(&path)));
}

static void a_nul_byte_and_too_many_patterns_are_refused(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(ignore_drop) struct ignore *ignore = NULL;
	CLEANUP(text_drop) struct text file = {0};

	(void)state;
	assert_int_equal(ignore_parse("a\0b", 3, "x", false, &ignore, &err), ERROR_INVALID);
	error_drop(&err);
	for (int i = 0; i < 10001; i++)
		text_add(&file, "a\n");
	assert_int_equal(ignore_parse(file.data, file.len, "x", false, &ignore, &err),
			 ERROR_INVALID);
	assert_true(text_starts(err->message, "x:10001: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_left_out_as_docker_build_does),
		cmocka_unit_test(on_windows_a_backslash_separates),
		cmocka_unit_test(a_wrong_pattern_is_told_with_its_line),
		cmocka_unit_test(an_added_pattern_is_the_last),
		cmocka_unit_test(a_walk_goes_into_a_left_out_folder_only_for_its_exceptions),
		cmocka_unit_test(many_stars_cost_no_more_than_their_length),
		cmocka_unit_test(a_nul_byte_and_too_many_patterns_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
