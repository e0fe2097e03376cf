/* SPDX-License-Identifier: MIT */
#include "compose/project/schema.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "tests/test.h"

enum type {
	TYPE_NULL = 1,
	TYPE_BOOLEAN = 2,
	TYPE_INTEGER = 4,
	TYPE_NUMBER = 8,
	TYPE_STRING = 16,
	TYPE_ARRAY = 32,
	TYPE_OBJECT = 64,
};

enum { ANY = 127, SCALAR = TYPE_INTEGER | TYPE_NUMBER | TYPE_STRING };

/* What each shape takes. */
static const unsigned taken[] = {
	[SHAPE_ANY] = ANY,
	[SHAPE_STRING] = TYPE_STRING,
	[SHAPE_TEXT] = SCALAR,
	[SHAPE_INT] = SCALAR,
	[SHAPE_NUMBER] = SCALAR,
	[SHAPE_BOOL] = TYPE_BOOLEAN | TYPE_STRING,
	[SHAPE_BYTES] = SCALAR,
	[SHAPE_DURATION] = TYPE_STRING,
	[SHAPE_MODE] = SCALAR,
	[SHAPE_STRINGS] = TYPE_ARRAY,
	[SHAPE_TEXTS] = TYPE_ARRAY,
	[SHAPE_ONE_OR_MORE] = TYPE_STRING | TYPE_ARRAY,
	[SHAPE_PAIRS] = TYPE_ARRAY | TYPE_OBJECT,
	[SHAPE_LABELS] = TYPE_ARRAY | TYPE_OBJECT,
	[SHAPE_OPTIONS] = TYPE_OBJECT,
	[SHAPE_ADDRESSES] = TYPE_OBJECT,
	[SHAPE_HOSTS] = TYPE_ARRAY | TYPE_OBJECT,
	[SHAPE_COMMAND] = TYPE_NULL | TYPE_STRING | TYPE_ARRAY,
	[SHAPE_TEST] = TYPE_STRING | TYPE_ARRAY,
	[SHAPE_ULIMITS] = TYPE_OBJECT,
	[SHAPE_EXTERNAL] = TYPE_BOOLEAN | TYPE_STRING | TYPE_OBJECT,
	[SHAPE_SWITCH] = TYPE_BOOLEAN | TYPE_STRING,
	[SHAPE_COUNT] = SCALAR,
	[SHAPE_LISTS] = TYPE_OBJECT,
	[SHAPE_SSH] = TYPE_ARRAY | TYPE_OBJECT,
	[SHAPE_OBJECT] = TYPE_OBJECT,
	[SHAPE_MAP] = TYPE_OBJECT,
	[SHAPE_ITEMS] = TYPE_ARRAY,
};

static unsigned taken_by(const struct row *row)
{
	unsigned types = taken[row->shape];

	if (row->flags & ROW_NULL)
		types |= TYPE_NULL;
	if (row->flags & ROW_NAMES)
		types |= TYPE_ARRAY;
	if ((row->flags & ROW_SINGLE) || (row->shape == SHAPE_OBJECT && row->of->brief))
		types |= TYPE_STRING;
	return types;
}

/* Attributes below shapes that are functions and no tables. */
static const struct {
	enum shape shape;
	const char *below;
} inside[] = {
	{SHAPE_ULIMITS, "*.soft"},
	{SHAPE_ULIMITS, "*.hard"},
	{SHAPE_EXTERNAL, "name"},
};

/* Required where it stands, not in the tables: a whole ulimit is looked at by its form, and
 * extends is gone before what is missing is asked for. */
static bool is_required_elsewhere(const char *path)
{
	return text_ends(path, ".ulimits.*.soft") || text_ends(path, ".ulimits.*.hard") ||
	       strcmp(path, "services.*.extends.service") == 0;
}

/* The row of a path, and in *elsewhere whether a form knows it. NULL: neither. */
static const struct row *find(const char *path, bool *elsewhere)
{
	const struct schema *schema = &schema_project;
	const struct row *row = NULL;

	for (;;) {
		size_t len = strcspn(path, ".[");
		CLEANUP(memory_free) char *name = memory_copy_n(path, len);
		const char *rest = path + len;

		row = schema_row(schema, name);
		if (!row || !*rest)
			return row;
		rest += text_starts(rest, "[]") ? 2 : 0;
		rest += *rest == '.';
		for (size_t i = 0; i < ARRAY_LEN(inside); i++)
			if (inside[i].shape == row->shape && strcmp(inside[i].below, rest) == 0) {
				*elsewhere = true;
				return NULL;
			}
		if (row->shape == SHAPE_MAP && text_starts(rest, "*."))
			rest += 2;
		if (!row->of)
			return NULL;
		schema = row->of;
		path = rest;
	}
}

static unsigned types_of(const char *words, size_t len)
{
	static const struct {
		const char *word;
		enum type type;
	} types[] = {
		{"null", TYPE_NULL},     {"boolean", TYPE_BOOLEAN}, {"integer", TYPE_INTEGER},
		{"number", TYPE_NUMBER}, {"string", TYPE_STRING},   {"array", TYPE_ARRAY},
		{"object", TYPE_OBJECT},
	};
	unsigned all = 0;

	for (const char *at = words; at < words + len; at += strcspn(at, ", ") + 1)
		for (size_t i = 0; i < ARRAY_LEN(types); i++)
			if (text_starts(at, types[i].word))
				all |= types[i].type;
	return all;
}

/* The same words, in whatever order. */
static bool has_words(const struct row *row, const char *words)
{
	size_t known = 0, wanted = 1;

	for (const char *c = words; *c; c++)
		wanted += *c == ',';
	for (size_t i = 0; row->words && row->words[i]; i++) {
		const char *at = words;

		while (*at && !(text_starts(at, row->words[i]) &&
				strcspn(at, ",") == strlen(row->words[i]))) {
			at += strcspn(at, ",");
			at += *at == ',';
		}
		known += *at != '\0';
	}
	return known == wanted;
}

/* One line of the list: what is wrong with our knowledge of it. */
static void judge(const char *line, struct text *wrong)
{
	size_t len = strcspn(line, " ");
	CLEANUP(memory_free) char *path = memory_copy_n(line, len);
	const char *types = line + len + (line[len] == ' ');
	const char *words = strchr(types, '=');
	bool required = strstr(types, " required") != NULL;
	bool elsewhere = false;

	/* Included files are read before the tables are asked. */
	if (text_starts(path, "include["))
		return;
	const struct row *row = find(path, &elsewhere);
	if (required && !(row && (row->flags & ROW_REQUIRED)) && !is_required_elsewhere(path))
		text_printf(wrong, "%s may be missing here\n", path);
	if (elsewhere)
		return;
	if (!row) {
		text_printf(wrong, "%s is not known\n", path);
		return;
	}
	if (types_of(types, strcspn(types, " ")) & ~taken_by(row))
		text_printf(wrong, "%s does not take all of %s\n", path, types);
	/* gpus has its one word as a short form. */
	if (words && !row->of && !has_words(row, words + 1))
		text_printf(wrong, "%s has other words than%s\n", path, words);
}

static void every_attribute_of_the_specification_is_known_with_its_types(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(text_drop) struct text list = {0};
	CLEANUP(text_drop) struct text wrong = {0};
	size_t count = 0;

	(void)state;
	if (file_read("tests/schema/attributes.txt", 1 << 20, &list, &err) < 0)
		fail_msg("%s", err->message);
	for (const char *line = text_string(&list); *line;) {
		size_t len = strcspn(line, "\n");
		CLEANUP(memory_free) char *one = memory_copy_n(line, len);

		if (len > 0 && *one != '#') {
			judge(one, &wrong);
			count++;
		}
		line += len + (line[len] == '\n');
	}
	assert_string_equal(text_string(&wrong), "");
	assert_true(count > 300);
}

static void assert_rows(const struct schema *schema, unsigned depth)
{
	assert_true(depth < 10);
	for (size_t i = 0; i < schema->len; i++) {
		const struct row *row = &schema->rows[i];

		assert_true(row->shape < ARRAY_LEN(taken));
		assert_ptr_equal(schema_row(schema, row->name), row);
		if (row->shape == SHAPE_OBJECT || row->shape == SHAPE_MAP ||
		    row->shape == SHAPE_ITEMS)
			assert_non_null(row->of);
		if (row->of)
			assert_rows(row->of, depth + 1);
	}
}

static void every_row_is_found_by_its_name_and_has_what_its_shape_needs(void **state)
{
	(void)state;
	assert_rows(&schema_project, 0);
}

static void a_misspelt_attribute_has_a_nearest_one(void **state)
{
	(void)state;
	assert_string_equal(schema_nearest(&schema_service, "imge"), "image");
	assert_string_equal(schema_nearest(&schema_blkio, "wieght"), "weight");
	assert_null(schema_row(&schema_service, ""));
	assert_null(schema_row(&schema_service, "imge"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_attribute_of_the_specification_is_known_with_its_types),
		cmocka_unit_test(every_row_is_found_by_its_name_and_has_what_its_shape_needs),
		cmocka_unit_test(a_misspelt_attribute_has_a_nearest_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
