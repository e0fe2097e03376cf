/* SPDX-License-Identifier: MIT */
#include "compose/project/variables.h"

#include <string.h>

#include "base/own.h"
#include "compose/cli/cli.h"
#include "tests/stack.h"

static const struct {
	const char *written;
	int value; /* -1: neither */
} words[] = {
	{"1", 1},     {"t", 1},     {"T", 1},       {"true", 1}, {"TRUE", 1},   {"True", 1},
	{"tRUE", 1},  {" true", 1}, {"true \n", 1}, {"0", 0},    {"f", 0},      {"false", 0},
	{"False", 0}, {"y", -1},    {"yes", -1},    {"on", -1},  {"no", -1},    {"off", -1},
	{"2", -1},    {"10", -1},   {"", -1},       {" ", -1},   {"t rue", -1}, {"truest", -1},
};

static void what_is_true_and_false_is_docker_composes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		bool value = words[i].value != 1;
		bool known = variables_boolean(words[i].written, &value);

		if (known != (words[i].value >= 0) || value != (known ? words[i].value : true))
			fail_msg("\"%s\" is %s, %d", words[i].written, known ? "known" : "unknown",
				 value);
	}
}

static void the_command_line_reads_it_so_and_takes_neither_for_false(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct cli cli = {0};

		uv_os_setenv("COMPOSE_REMOVE_ORPHANS", words[i].written);
		cli_open(&cli);
		assert_int_equal(cli_is_set("COMPOSE_REMOVE_ORPHANS"), words[i].value == 1);
		cli_close(&cli);
	}
	uv_os_unsetenv("COMPOSE_REMOVE_ORPHANS");
}

static void a_word_that_is_neither_is_an_error_where_a_file_depends_on_it(void **state)
{
	static const char *const wrong[] = {"COMPOSE_DISABLE_ENV_FILE=yes", NULL};
	static const char *const right[] = {"COMPOSE_DISABLE_ENV_FILE=T", NULL};
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "compose.yaml");
	CLEANUP(memory_free) char *env = path_join(folder, ".env");
	CLEANUP(diagnostics_drop) struct diagnostics findings = {0};
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(error_drop) struct error *err = NULL;
	struct project_options options = {.environment = wrong, .start = folder, .name = "shop"};
	static const char yaml[] = "services: {web: {image: '${NAME-unset}'}}\n";

	(void)state;
	assert_int_equal(file_write(path, yaml, strlen(yaml), false, &err), 0);
	assert_int_equal(file_write(env, "NAME=set\n", 9, false, &err), 0);
	assert_int_equal(project_load(&options, &findings, &project, &err), ERROR_INVALID);
	assert_non_null(strstr(err->message, "\"yes\" is neither true (1) nor false (0)"));
	error_drop(&err);
	diagnostics_drop(&findings);
	findings = (struct diagnostics){0};
	options.environment = right;
	assert_int_equal(project_load(&options, &findings, &project, &err), 0);
	assert_string_equal(project->services.items[0].image, "unset");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_true_and_false_is_docker_composes),
		cmocka_unit_test(the_command_line_reads_it_so_and_takes_neither_for_false),
		cmocka_unit_test(a_word_that_is_neither_is_an_error_where_a_file_depends_on_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
