/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "tests/test.h"

static cJSON *parse(const char *string)
{
	CLEANUP(error_drop) struct error *err = NULL;
	cJSON *json = NULL;

	assert_int_equal(json_parse(string, strlen(string), "test", &json, &err), 0);
	return json;
}

static void a_document_is_read_by_keys_and_types(void **state)
{
	CLEANUP(json_drop)
	cJSON *json = parse("{\"Name\":\"web\",\"Pid\":12,\"Up\":true,\"Nil\":null,\"F\":1.5,"
			    "\"State\":{\"Health\":{\"Status\":\"healthy\"}}} \r\n\t");

	(void)state;
	assert_string_equal(json_string(json, "Name"), "web");
	assert_null(json_string(json, "name"));
	assert_null(json_string(json, "Pid"));
	assert_int_equal(json_int(json, "Pid", -1), 12);
	assert_int_equal(json_int(json, "Name", -1), -1);
	assert_int_equal(json_int(json, "None", -1), -1);
	assert_true(json_double(json, "F", 0) == 1.5);
	assert_true(json_double(json, "Up", 2.5) == 2.5);
	assert_true(json_bool(json, "Up"));
	assert_false(json_bool(json, "Pid"));
	assert_false(json_bool(json, "None"));
	assert_null(json_get(json, "Nil"));
	assert_null(json_get(json_get(json, "Name"), "x"));
	assert_null(json_get(NULL, "x"));
	assert_string_equal(json_path(json, "State.Health.Status")->valuestring, "healthy");
	assert_null(json_path(json, "State.Health.Status.x"));
	assert_null(json_path(json, "State.None.Status"));
	assert_null(json_path(json, "State."));
}

static void numbers_that_do_not_fit_end_at_the_last_that_does(void **state)
{
	CLEANUP(json_drop)
	cJSON *json = parse("{\"a\":1e300,\"b\":-1e300,\"c\":9007199254740992,\"d\":-3.9}");

	(void)state;
	assert_true(json_int(json, "a", 0) == INT64_MAX);
	assert_true(json_int(json, "b", 0) == INT64_MIN);
	assert_true(json_int(json, "c", 0) == 9007199254740992);
	assert_int_equal(json_int(json, "d", 0), -3);
}

static void what_is_not_one_document_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *string;
		const char *message;
	} rows[] = {
		{"", "reply: not JSON at byte 0"},
		{"{\"a\":x}", "reply: not JSON at byte 5"},
		{"[1,2", "reply: not JSON at byte 3"},
		{"{} {}", "reply: something follows the JSON at byte 3"},
		{"1 x", "reply: something follows the JSON at byte 2"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		cJSON *json = NULL;

		assert_int_equal(
			json_parse(rows[i].string, strlen(rows[i].string), "reply", &json, &err),
			ERROR_INVALID);
		assert_null(json);
		assert_string_equal(err->message, rows[i].message);
	}
}

static void only_len_bytes_are_read(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(json_drop) cJSON *json = NULL;

	(void)state;
	assert_int_equal(json_parse("[1]garbage", 3, "x", &json, &err), 0);
	assert_int_equal(cJSON_GetArraySize(json), 1);
}

static void a_deep_document_is_refused(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	char deep[100000];
	cJSON *json = NULL;

	(void)state;
	memset(deep, '[', sizeof(deep));
	assert_int_equal(json_parse(deep, sizeof(deep), "deep", &json, &err), ERROR_INVALID);
}

static void what_is_printed_compactly_is_what_was_read(void **state)
{
	static const char *const forms[] = {
		"null",
		"true",
		"[]",
		"{}",
		"[1,-2,0.5,1e+300,9007199254740992,1000000000000000,0.1]",
		"{\"a\":{\"b\":[false,null,\"x\"]},\"\":\"\"}",
		"\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/\xc3\xa9 <&>\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		CLEANUP(json_drop) cJSON *json = parse(forms[i]);
		CLEANUP(memory_free) char *printed = json_print(json);

		assert_string_equal(printed, forms[i]);
	}
}

static void the_pretty_form_has_two_spaces(void **state)
{
	CLEANUP(json_drop) cJSON *json = parse("{\"a\":[1,{\"b\":2}],\"c\":[],\"d\":{}}");
	CLEANUP(memory_free) char *printed = json_print_pretty(json);

	(void)state;
	assert_string_equal(printed, "{\n"
				     "  \"a\": [\n"
				     "    1,\n"
				     "    {\n"
				     "      \"b\": 2\n"
				     "    }\n"
				     "  ],\n"
				     "  \"c\": [],\n"
				     "  \"d\": {}\n"
				     "}");
}

static void vectors_become_arrays_and_arrays_vectors(void **state)
{
	const char *const vector[] = {"a", "", "c", NULL};
	CLEANUP(json_drop) cJSON *array = json_strings(vector);
	CLEANUP(json_drop) cJSON *mixed = parse("[\"x\",1,\"y\"]");
	CLEANUP(memory_free_vector) char **back = json_vector(array);
	CLEANUP(memory_free_vector) char **strings = json_vector(mixed);

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(back[i], vector[i]);
	assert_null(back[3]);
	assert_string_equal(strings[1], "y");
	assert_null(strings[2]);
	assert_null(json_strings(NULL));
	assert_null(json_vector(NULL));
}

static void setting_adds_or_replaces(void **state)
{
	CLEANUP(json_drop) cJSON *json = parse("{}");

	(void)state;
	json_set_string(json, "s", "one");
	json_set_string(json, "s", "two");
	json_set_string(json, "s", NULL);
	json_set_string(json, "none", NULL);
	json_set_int(json, "i", INT64_C(30000000000));
	json_set_bool(json, "b", true);
	json_set_bool(json, "b", false);
	CLEANUP(memory_free) char *printed = json_print(json);

	assert_string_equal(printed, "{\"s\":\"two\",\"i\":30000000000,\"b\":false}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_read_by_keys_and_types),
		cmocka_unit_test(numbers_that_do_not_fit_end_at_the_last_that_does),
		cmocka_unit_test(what_is_not_one_document_is_refused_with_its_place),
		cmocka_unit_test(only_len_bytes_are_read),
		cmocka_unit_test(a_deep_document_is_refused),
		cmocka_unit_test(what_is_printed_compactly_is_what_was_read),
		cmocka_unit_test(the_pretty_form_has_two_spaces),
		cmocka_unit_test(vectors_become_arrays_and_arrays_vectors),
		cmocka_unit_test(setting_adds_or_replaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
