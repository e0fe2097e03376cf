/* SPDX-License-Identifier: MIT */
#include "compose/cli/table.h"

#include <string.h>

#include "base/error.h"
#include "base/own.h"
#include "tests/test.h"

static const struct table table = {
	.columns = (const struct table_column[]){{"NAME", "Name"},
						 {"STATUS", "Status"},
						 {"COUNT", "Count", true},
						 {"PORTS", "Ports"},
						 {0}},
	.min_width = 10,
	.json_lines = true,
};

static cJSON *rows(void)
{
	cJSON *json = NULL;
	struct error *err = NULL;
	static const char text[] =
		"[{\"Name\":\"a\",\"Status\":\"Up\",\"Count\":3,\"Ports\":null},"
		"{\"Name\":\"\xc3\xa4-long-name\",\"Status\":\"Exited\",\"Count\":0,"
		"\"Ports\":[1,2]}]";

	assert_int_equal(json_parse(text, sizeof(text) - 1, "rows", &json, &err), 0);
	return json;
}

static void assert_printed(const struct table *of, const char *format, const char *wanted)
{
	CLEANUP(json_drop) cJSON *json = rows();
	CLEANUP(text_drop) struct text out = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	assert_int_equal(table_print(of, json, format, &out, &err), 0);
	assert_string_equal(text_string(&out), wanted);
}

static void columns_are_as_wide_as_their_widest_cell_and_three(void **state)
{
	(void)state;
	assert_printed(&table, NULL,
		       "NAME          STATUS    PORTS\n"
		       "a             Up        \n"
		       "\xc3\xa4-long-name   Exited    [1,2]\n");
}

static void json_is_lines_or_one_array(void **state)
{
	struct table array = table;

	(void)state;
	array.json_lines = false;
	assert_printed(&table, "json",
		       "{\"Name\":\"a\",\"Status\":\"Up\",\"Count\":3,\"Ports\":null}\n"
		       "{\"Name\":\"\xc3\xa4-long-name\",\"Status\":\"Exited\",\"Count\":0,"
		       "\"Ports\":[1,2]}\n");
	assert_printed(&array, "json",
		       "[{\"Name\":\"a\",\"Status\":\"Up\",\"Count\":3,\"Ports\":null},"
		       "{\"Name\":\"\xc3\xa4-long-name\",\"Status\":\"Exited\",\"Count\":0,"
		       "\"Ports\":[1,2]}]\n");
}

static void a_template_prints_fields_and_functions(void **state)
{
	(void)state;
	assert_printed(&table, "{{.Name}}: {{ .Count }}", "a: 3\n\xc3\xa4-long-name: 0\n");
	assert_printed(&table, "{{upper .Status}}\\t{{lower .Status}}{{json .Ports}}",
		       "UP\tupnull\nEXITED\texited[1,2]\n");
	assert_printed(&table, "{{json .}}",
		       "{\"Name\":\"a\",\"Status\":\"Up\",\"Count\":3,\"Ports\":null}\n"
		       "{\"Name\":\"\xc3\xa4-long-name\",\"Status\":\"Exited\",\"Count\":0,"
		       "\"Ports\":[1,2]}\n");
}

static void a_template_of_a_table_has_titles(void **state)
{
	(void)state;
	assert_printed(&table, "table {{.Count}}\\t{{.Name}}",
		       "COUNT     NAME\n3         a\n0         \xc3\xa4-long-name\n");
}

static void what_is_not_understood_is_said(void **state)
{
	static const struct {
		const char *format, *message;
	} cases[] = {
		{"{{.Nam}}", "--format: there is no field .Nam (did you mean .Name?)"},
		{"{{.Name", "--format: {{ is not closed by }}"},
		{"{{range .}}", "--format: {{range .}} is not understood; {{.Field}}, {{json .}}, "
				"{{json .Field}}, {{upper .Field}} and {{lower .Field}} are"},
		{"{{.}}", "--format: {{.}} is not understood; {{.Field}}, {{json .}}, "
			  "{{json .Field}}, {{upper .Field}} and {{lower .Field}} are"},
	};
	CLEANUP(json_drop) cJSON *json = rows();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(text_drop) struct text out = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_equal(table_print(&table, json, cases[i].format, &out, &err),
				 ERROR_INVALID);
		assert_string_equal(err->message, cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell_and_three),
		cmocka_unit_test(json_is_lines_or_one_array),
		cmocka_unit_test(a_template_prints_fields_and_functions),
		cmocka_unit_test(a_template_of_a_table_has_titles),
		cmocka_unit_test(what_is_not_understood_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
