/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "tests/test.h"

static void an_empty_text_is_an_empty_string(void **state)
{
	struct text text = {0};

	(void)state;
	assert_string_equal(text_string(&text), "");
	text_clear(&text);
	CLEANUP(memory_free) char *stolen = text_steal(&text);

	assert_string_equal(stolen, "");
	text_drop(&text);
}

static void what_is_added_stands_behind_and_is_ended(void **state)
{
	CLEANUP(text_drop) struct text text = {0};

	(void)state;
	text_add(&text, "ab");
	text_add_n(&text, "c\0d", 3);
	text_add_char(&text, 'e');
	text_add_repeat(&text, '-', 40);
	text_add_n(&text, NULL, 0);
	assert_int_equal(text.len, 46);
	assert_memory_equal(text.data, "abc\0de-----", 11);
	assert_int_equal(text.data[46], 0);
	text_clear(&text);
	assert_string_equal(text_string(&text), "");
}

static void printing_grows_to_any_length(void **state)
{
	CLEANUP(text_drop) struct text text = {0};

	(void)state;
	text_printf(&text, "%s", "");
	for (int i = 0; i < 200; i++)
		text_printf(&text, "%*d;", i, 7);
	assert_int_equal(text.len, 200 + 1 + 199 * 200 / 2);
	assert_int_equal(strlen(text.data), text.len);
	assert_true(text_ends(text.data, "7;"));
	text_clear(&text);
	text_printf(&text, "%zu %lld", (size_t)1 << 33, -5LL);
	assert_string_equal(text.data, "8589934592 -5");
}

static void room_that_was_reserved_is_filled_by_the_caller(void **state)
{
	CLEANUP(text_drop) struct text text = {0};

	(void)state;
	text_add(&text, "x");
	memcpy(text_reserve(&text, 1000), "yz", 3);
	text.len += 2;
	assert_string_equal(text_string(&text), "xyz");
	assert_true(text.cap > 1001);
}

static void a_piece_is_removed_from_anywhere(void **state)
{
	CLEANUP(text_drop) struct text text = {0};

	(void)state;
	text_remove(&text, 0, 0);
	text_add(&text, "abcdef");
	text_remove(&text, 2, 2);
	assert_string_equal(text.data, "abef");
	text_remove(&text, 0, 1);
	text_remove(&text, 2, 1);
	assert_string_equal(text.data, "be");
	text_remove(&text, 0, 2);
	assert_string_equal(text.data, "");
}

static void a_stolen_string_leaves_an_empty_text(void **state)
{
	struct text text = {0};

	(void)state;
	text_add(&text, "mine");
	CLEANUP(memory_free) char *stolen = text_steal(&text);

	assert_string_equal(stolen, "mine");
	assert_null(text.data);
	assert_int_equal(text.len + text.cap, 0);
}

static void beginnings_ends_and_sameness_are_seen(void **state)
{
	(void)state;
	assert_true(text_starts("network:web", "network:"));
	assert_true(text_starts("x", ""));
	assert_false(text_starts("net", "network"));
	assert_true(text_ends("a.yaml", ".yaml"));
	assert_false(text_ends("yaml", ".yaml"));
	assert_true(text_same(NULL, NULL));
	assert_false(text_same(NULL, ""));
	assert_true(text_same("a", "a"));
	assert_false(text_same("a", "A"));
	assert_true(text_same_nocase("Path", "PATH"));
	assert_false(text_same_nocase("Path", "PATHS"));
	assert_false(text_same_nocase("Pat", NULL));
	assert_true(text_same_nocase(NULL, NULL));
	/* Only letters have a case: these two differ in the bit that makes it. */
	assert_false(text_same_nocase("@", "`"));
}

static const char *const keys[] = {"image", "build", "volumes", "networks", "depends_on"};

static void the_nearest_word_is_found(void **state)
{
	(void)state;
	assert_string_equal(text_nearest("imgae", keys, ARRAY_LEN(keys)), "image");
	assert_string_equal(text_nearest("bild", keys, ARRAY_LEN(keys)), "build");
	assert_string_equal(text_nearest("volume", keys, ARRAY_LEN(keys)), "volumes");
	assert_string_equal(text_nearest("dependson", keys, ARRAY_LEN(keys)), "depends_on");
	assert_string_equal(text_nearest("netwroks", keys, ARRAY_LEN(keys)), "networks");
}

static void what_is_not_near_is_not_suggested(void **state)
{
	char longer[200];

	(void)state;
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	const char *const one[] = {longer};

	assert_null(text_nearest("ports", keys, ARRAY_LEN(keys)));
	assert_null(text_nearest("xy", keys, ARRAY_LEN(keys)));
	assert_null(text_nearest("", keys, ARRAY_LEN(keys)));
	assert_null(text_nearest("image", keys, 0));
	assert_null(text_nearest(longer, one, 1));
	assert_null(text_nearest("aaaa", one, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_text_is_an_empty_string),
		cmocka_unit_test(what_is_added_stands_behind_and_is_ended),
		cmocka_unit_test(printing_grows_to_any_length),
		cmocka_unit_test(room_that_was_reserved_is_filled_by_the_caller),
		cmocka_unit_test(a_piece_is_removed_from_anywhere),
		cmocka_unit_test(a_stolen_string_leaves_an_empty_text),
		cmocka_unit_test(beginnings_ends_and_sameness_are_seen),
		cmocka_unit_test(the_nearest_word_is_found),
		cmocka_unit_test(what_is_not_near_is_not_suggested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
