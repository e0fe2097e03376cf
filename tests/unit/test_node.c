/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/document.h"
#include "compose/project/node.h"
#include "compose/project/scalar.h"

struct fixture {
	struct arena arena;
	struct documents documents;
	struct diagnostics diagnostics;
};

static void fixture_drop(struct fixture *f)
{
	arena_drop(&f->arena);
	array_drop(&f->documents.list);
	diagnostics_drop(&f->diagnostics);
}

static struct node *read_text(struct fixture *f, const char *text)
{
	if (!document_read(&f->arena, "t.yaml", text, strlen(text), &f->documents,
			   &f->diagnostics) ||
	    f->documents.list.len == 0)
		return NULL;
	return f->documents.list.items[0];
}

static void assert_json(const struct node *node, const char *expected)
{
	CLEANUP(json_drop) cJSON *json = node_to_json(node);
	CLEANUP(memory_free) char *text = json_print(json);

	assert_string_equal(text, expected);
}

static void scalars_are_read_by_the_core_schema(void **state)
{
	static const struct {
		const char *text;
		enum node_kind kind;
		const char *string;
	} cases[] = {
		{"a", NODE_STRING, "a"},
		{"yes", NODE_STRING, "yes"},
		{"off", NODE_STRING, "off"},
		{"1:30", NODE_STRING, "1:30"},
		{"22:22", NODE_STRING, "22:22"},
		{"2020-01-01", NODE_STRING, "2020-01-01"},
		{"1.2.3.4", NODE_STRING, "1.2.3.4"},
		{"1e400", NODE_STRING, "1e400"},
		{"-", NODE_STRING, "-"},
		{"+", NODE_STRING, "+"},
		{".", NODE_STRING, "."},
		{"0x", NODE_STRING, "0x"},
		{"0xZ", NODE_STRING, "0xZ"},
		{"tRue", NODE_STRING, "tRue"},
		{"~", NODE_NULL, ""},
		{"null", NODE_NULL, ""},
		{"NULL", NODE_NULL, ""},
		{"", NODE_NULL, ""},
		{"true", NODE_BOOL, "true"},
		{"True", NODE_BOOL, "true"},
		{"FALSE", NODE_BOOL, "false"},
		{"0", NODE_INT, "0"},
		{"12", NODE_INT, "12"},
		{"-0", NODE_INT, "0"},
		{"+5", NODE_INT, "5"},
		{"0o17", NODE_INT, "15"},
		{"010", NODE_INT, "8"},
		{"0b11", NODE_INT, "3"},
		{"0x1F", NODE_INT, "31"},
		{"-0x10", NODE_INT, "-16"},
		{"1_000", NODE_INT, "1000"},
		{"9223372036854775807", NODE_INT, "9223372036854775807"},
		{"-9223372036854775808", NODE_INT, "-9223372036854775808"},
		{"18446744073709551615", NODE_FLOAT, "18446744073709551615"},
		{"089", NODE_FLOAT, "89"},
		{"1.0", NODE_FLOAT, "1"},
		{"1.10", NODE_FLOAT, "1.1"},
		{".5", NODE_FLOAT, "0.5"},
		{"1e3", NODE_FLOAT, "1000"},
		{"1e21", NODE_FLOAT, "1e+21"},
		{"1e-7", NODE_FLOAT, "1e-07"},
		{"123456789.123", NODE_FLOAT, "1.23456789123e+08"},
		{"0.1", NODE_FLOAT, "0.1"},
	};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct node node = {.text = cases[i].text};

		scalar_resolve(&node);
		if (node.kind != cases[i].kind)
			fail_msg("%s is kind %d", cases[i].text, node.kind);
		assert_string_equal(scalar_string(&arena, &node), cases[i].string);
	}
	arena_drop(&arena);
}

static void every_node_knows_its_line_and_column(void **state)
{
	CLEANUP(fixture_drop) struct fixture f = {0};

	(void)state;
	struct node *root = read_text(&f, "a:\n  b: [x, é, zz]\n  'q': \"w\"\n");
	struct node *b = node_get(node_get(root, "a"), "b");
	struct node_entry *q = node_entry(node_get(root, "a"), "q");

	assert_int_equal(b->at.line, 2);
	assert_int_equal(b->at.column, 6);
	assert_int_equal(b->sequence.items[2]->at.column, 13);
	assert_int_equal(q->at.line, 3);
	assert_int_equal(q->at.column, 3);
	assert_int_equal(q->value->at.column, 8);
	assert_string_equal(q->at.file, "t.yaml");
}

static void merge_keys_add_what_is_not_written(void **state)
{
	CLEANUP(fixture_drop) struct fixture f = {0};

	(void)state;
	struct node *root = read_text(&f, "x: &x {a: 1, b: 2}\n"
					  "y: &y {b: 3, c: 4}\n"
					  "p: {<<: *x, b: 9}\n"
					  "q: {b: 9, <<: [*x, *y]}\n"
					  "s: *x\n");
	assert_non_null(root);
	assert_int_equal(f.diagnostics.errors, 0);
	assert_json(node_get(root, "p"), "{\"a\":1,\"b\":9}");
	assert_json(node_get(root, "q"), "{\"a\":1,\"b\":9,\"c\":4}");
	assert_ptr_equal(node_get(root, "s"), node_get(root, "x"));
}

static void tags_of_compose_are_kept(void **state)
{
	CLEANUP(fixture_drop) struct fixture f = {0};

	(void)state;
	struct node *root =
		read_text(&f, "a: !reset null\nb: !override [1]\nc: !!str 12\nd: !override 5\n");
	assert_int_equal(node_get(root, "a")->tag, NODE_RESET);
	assert_int_equal(node_get(root, "b")->tag, NODE_OVERRIDE);
	assert_int_equal(node_get(root, "c")->kind, NODE_STRING);
	assert_int_equal(node_get(root, "d")->kind, NODE_INT);
}

static void a_wrong_text_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *message;
		unsigned line, column;
	} cases[] = {
		{"a: 1\nb: 2\na: 3\n", "the key \"a\" is written twice, first in line 1", 3, 1},
		{"a: {b: 1, b: 2}\n", "the key \"b\" is written twice, first in line 1", 1, 11},
		{"a:\n  1: x\n", "the key 1 is not a string", 2, 3},
		{"a: *nope\n", "there is no anchor &nope above", 1, 4},
		{"a: &a [1, *a]\n", "*a stands inside of what &a names", 1, 11},
		{"a: {<<: 5}\n", "<< takes a mapping or a list of mappings", 1, 9},
		{"x: &x {a: 1}\na: {<<: *x, <<: *x}\n",
		 "the key \"<<\" is written twice, first in line 2", 2, 13},
		{"? [a]\n: b\n", "a key must be a string, not a collection", 1, 3},
		{"a: b: c\n", "this is not YAML: a second \": \" in one line", 1, 5},
		{"a:\n\t- b\n", "this is not YAML: a tab in the indentation", 2, 1},
		{"s:\n  web\n    a: b\n", "this is not YAML: a colon is missing", 2, 3},
		{"s:\n  a:b\n  c: d\n", "this is not YAML: a blank is missing behind the colon", 2,
		 3},
		{"a: \"x\nb: \"y\"\n", "this is not YAML: a quote is not closed", 1, 4},
		{"a: [1\n", "this is not YAML: the [ is not closed", 1, 4},
		{"{\n  \"a\": 1\n  \"b\": 2\n}\n",
		 "this is not YAML: a comma is missing at the end of this line", 2, 3},
		{"- a\nb: c\n", "this is not YAML: a dash is missing", 2, 1},
		{"\xc3\xbc: @\n", "this is not YAML: found character that cannot start any token",
		 1, 4},
		{"a: 1\n<<<<<<< HEAD\nb: 2\n", "this is not YAML: git could not merge the file", 2,
		 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(fixture_drop) struct fixture f = {0};

		read_text(&f, cases[i].text);
		assert_int_equal(f.diagnostics.errors, 1);
		const struct diagnostic *d = f.diagnostics.list.items;
		assert_string_equal(d->message, cases[i].message);
		assert_int_equal(d->line, cases[i].line);
		assert_int_equal(d->column, cases[i].column);
	}
}

static void many_keys_are_checked_for_doubles_as_few_are(void **state)
{
	CLEANUP(fixture_drop) struct fixture f = {0};
	CLEANUP(text_drop) struct text text = {0};

	(void)state;
	for (int i = 0; i < 20000; i++)
		text_printf(&text, "k%d: %d\n", i, i);
	text_add(&text, "k17: 0\n");
	struct node *root = read_text(&f, text.data);
	assert_int_equal(root->mapping.len, 20000);
	assert_int_equal(f.diagnostics.errors, 1);
	assert_int_equal(f.diagnostics.list.items[0].line, 20001);
}

static void an_alias_bomb_ends_soon(void **state)
{
	CLEANUP(fixture_drop) struct fixture f = {0};
	CLEANUP(text_drop) struct text text = {0};

	(void)state;
	text_add(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 64; i++) {
		text_printf(&text, "a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			text_printf(&text, "%s*a%d", j ? ", " : "", i - 1);
		text_add(&text, "]\n");
	}
	assert_null(read_text(&f, text.data));
	assert_int_equal(f.diagnostics.errors, 1);
	assert_true(text_starts(f.diagnostics.list.items[0].message,
				"the aliases (*) bring more than 100000 nodes"));
	assert_true(f.arena.used < 1024 * 1024);
}

static void a_chain_of_aliases_is_as_deep_as_what_it_brings(void **state)
{
	CLEANUP(fixture_drop) struct fixture f = {0};
	CLEANUP(text_drop) struct text text = {0};

	(void)state;
	text_add(&text, "a0: &a0 [x]\n");
	for (int i = 1; i < 250; i++)
		text_printf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	assert_null(read_text(&f, text.data));
	assert_string_equal(f.diagnostics.list.items[0].message,
			    "the file is nested deeper than 200 levels");
}

static void deep_nesting_ends_at_200_levels(void **state)
{
	CLEANUP(fixture_drop) struct fixture f = {0};
	CLEANUP(text_drop) struct text text = {0};

	(void)state;
	text_add_repeat(&text, '[', 1000000);
	assert_null(read_text(&f, text.data));
	assert_string_equal(f.diagnostics.list.items[0].message,
			    "the file is nested deeper than 200 levels");
	assert_true(f.arena.used < 1024 * 1024);
}

static void several_documents_are_read_and_empty_ones_left_out(void **state)
{
	CLEANUP(fixture_drop) struct fixture f = {0};

	(void)state;
	read_text(&f, "a: &x 1\n---\n---\nb: 2\n...\n# end\n");
	assert_int_equal(f.documents.list.len, 2);
	assert_json(f.documents.list.items[1], "{\"b\":2}");
}

static void yaml_that_is_written_is_read_as_the_same_tree(void **state)
{
	static const char *const cases[] = {
		"{a: null, b: true, c: 1, d: 1.5, e: x, f: [], g: {}, h: [1, [2, 3], {x: y}]}",
		"[\"\", ' a', 'a ', \"a\\tb\", 'null', 'true', '12', '1.5', '0x10', 'yes', 'n', "
		"'~']",
		"['a: b', 'a #b', '#a', '- a', '-a', '?', ': a', 'a:', '[x', '{y', '*z', '&z', "
		"'!t']",
		"['|', '>', '%x', '@x', '`x', \"it's\", '\"q\"', '---', '...x', '=', '<<', '1:30']",
		"[\"a\\nb\", \"a\\nb\\n\", \"a\\n\\n\", \"\\na\", \" a\\nb\", \"a \\nb\", "
		"\"a\\n\\n  b\"]",
		"[\"\\u0001\", \"\\e[0m\", \"\\x7f\", \"\\u0085\", \"\\u2028\", \"\\uFEFF\", "
		"\"a\\rb\", é, 漢]",
		"{\"a\\nb\": 1, 'true': 2, '': 3, ' ': 4, 'x: y': 5, '1': 6}",
		"{a: [[[], {}], [[x]]], b: [{c: [{d: e, f: [g]}]}]}",
		"{a: \"l1\\n  l2\\nl3\", b: {c: \"x\\ny\\n\\n\"}, d: [\"p\\nq\"]}",
		"[-1, 0, 1e21, 1e-7, 0.1, 18446744073709551615, .inf, -.inf, 2020-01-01]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(fixture_drop) struct fixture f = {0};
		CLEANUP(fixture_drop) struct fixture g = {0};
		CLEANUP(text_drop) struct text text = {0};

		struct node *first = read_text(&f, cases[i]);
		assert_non_null(first);
		node_to_yaml(first, &text);
		struct node *second = read_text(&g, text.data);
		if (!second || !node_same(first, second))
			fail_msg("case %zu became\n%s", i, text.data);
	}
}

static void a_long_key_is_read_back(void **state)
{
	CLEANUP(fixture_drop) struct fixture f = {0};
	CLEANUP(text_drop) struct text text = {0};
	char key[3000];

	(void)state;
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	struct node *root = node_new(&f.arena, NODE_MAPPING, (struct position){0});
	node_set(&f.arena, root, key, node_int(&f.arena, 1, (struct position){0}),
		 (struct position){0});
	node_to_yaml(root, &text);
	assert_true(node_same(root, read_text(&f, text.data)));
}

static void a_tree_is_changed_by_key(void **state)
{
	CLEANUP(fixture_drop) struct fixture f = {0};
	const struct position none = {0};

	(void)state;
	struct node *root = read_text(&f, "{a: 1, b: {c: [x]}, d: 2}");
	struct node *copy = node_copy(&f.arena, root);
	node_set(&f.arena, root, "a", node_bool(&f.arena, true, none), none);
	node_set(&f.arena, root, "z", node_real(&f.arena, 0.5, none), none);
	node_remove(root, "d");
	node_remove(root, "none");
	node_append(&f.arena, node_get(node_get(root, "b"), "c"), node_string(&f.arena, "y", none));
	assert_json(root, "{\"a\":true,\"b\":{\"c\":[\"x\",\"y\"]},\"z\":0.5}");
	assert_json(copy, "{\"a\":1,\"b\":{\"c\":[\"x\"]},\"d\":2}");
	assert_false(node_same(root, copy));
	assert_null(node_get(node_get(root, "a"), "x"));
	assert_null(node_text(node_get(root, "b")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_are_read_by_the_core_schema),
		cmocka_unit_test(every_node_knows_its_line_and_column),
		cmocka_unit_test(merge_keys_add_what_is_not_written),
		cmocka_unit_test(tags_of_compose_are_kept),
		cmocka_unit_test(a_wrong_text_is_told_with_its_place),
		cmocka_unit_test(many_keys_are_checked_for_doubles_as_few_are),
		cmocka_unit_test(an_alias_bomb_ends_soon),
		cmocka_unit_test(a_chain_of_aliases_is_as_deep_as_what_it_brings),
		cmocka_unit_test(deep_nesting_ends_at_200_levels),
		cmocka_unit_test(several_documents_are_read_and_empty_ones_left_out),
		cmocka_unit_test(yaml_that_is_written_is_read_as_the_same_tree),
		cmocka_unit_test(a_long_key_is_read_back),
		cmocka_unit_test(a_tree_is_changed_by_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
