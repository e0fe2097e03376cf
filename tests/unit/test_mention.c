/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "compose/project/mention.h"

/* "NAME? fallback|alternate" of each, with a blank behind. */
static void expect(const char *const *texts, const char *expected)
{
	CLEANUP(mentions_drop) struct mentions mentions = {0};
	CLEANUP(text_drop) struct text out = {0};
	struct arena arena = {0};
	struct node *root = node_new(&arena, NODE_SEQUENCE, (struct position){0});

	for (; *texts; texts++)
		node_append(&arena, root, node_string(&arena, *texts, root->at));
	mentions_add(&mentions, &arena, root);
	mentions_sort(&mentions);
	ARRAY_FOR_EACH (const struct mention, it, &mentions.list)
		text_printf(&out, "%s%s %s|%s;", it->name, it->required ? "!" : "", it->fallback,
			    it->alternate);
	assert_string_equal(text_string(&out), expected);
	arena_drop(&arena);
}

#define EXPECT(expected, ...) expect((const char *const[]){__VA_ARGS__, NULL}, expected)

static void every_form_of_a_variable_is_found(void **state)
{
	(void)state;
	EXPECT("", "plain", "", "$", "$$A", "$$${", "5$", "$1", "${}", "${-x}");
	EXPECT("A |;", "$A");
	EXPECT("A |;B |;", "x${B}y$A.z");
	EXPECT("A b|;", "${A:-b}");
	EXPECT("A b|;", "${A-b}");
	EXPECT("A |b;", "${A:+b}");
	EXPECT("A! |;", "${A:?must be set}");
	EXPECT("A! |;", "${A?}");
	EXPECT("A |;", "$$$A");
}

static void nested_ones_are_found_too(void **state)
{
	(void)state;
	EXPECT("A ${B:-${C}}|;B ${C}|;C |;", "${A:-${B:-${C}}}");
	EXPECT("A! |;M |;", "${A:?$M}");
	EXPECT("A |$B;B |;", "${A+$B}");
	EXPECT("A |;B |;", "${A", "$B");
}

static void one_of_several_places_may_say_more(void **state)
{
	(void)state;
	EXPECT("A! x|y;", "$A", "${A:-x}", "${A:+y}", "${A:?}", "${A:-z}");
}

static void nesting_has_an_end(void **state)
{
	CLEANUP(text_drop) struct text deep = {0};

	(void)state;
	for (int i = 0; i < 10000; i++)
		text_add(&deep, "${A:-");
	EXPECT("A |;", "$A", "x");
	struct arena arena = {0};
	CLEANUP(mentions_drop) struct mentions mentions = {0};
	mentions_add(&mentions, &arena,
		     node_string(&arena, text_string(&deep), (struct position){0}));
	assert_int_equal(mentions.list.len, 1);
	arena_drop(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_a_variable_is_found),
		cmocka_unit_test(nested_ones_are_found_too),
		cmocka_unit_test(one_of_several_places_may_say_more),
		cmocka_unit_test(nesting_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
