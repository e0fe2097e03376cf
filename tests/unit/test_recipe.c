/* SPDX-License-Identifier: MIT */
#include "compose/cli/recipe.h"

#include <string.h>

#include "tests/test.h"

#include "tests/stack.h"

static void assert_bases(const char *dockerfile, const struct labels *args,
			 const char *const *wanted)
{
	CLEANUP(arena_drop) struct arena arena = {0};
	static const struct labels none;
	const char *const *bases = recipe_bases_of(&arena, dockerfile, args ? args : &none);

	for (; *wanted; wanted++, bases++) {
		assert_non_null(*bases);
		assert_string_equal(*bases, *wanted);
	}
	assert_null(*bases);
}

static void stages_and_scratch_are_no_images(void **state)
{
	(void)state;
	assert_bases("# comment\n"
		     "FROM golang:1.22 AS build\n"
		     "RUN make\n"
		     "from --platform=linux/amd64 Shop/Base as mid\n"
		     "FROM scratch\r\n"
		     "COPY --from=build --chown=1 /x /x\n"
		     "COPY --from=0 /x /x\n"
		     "COPY --from=busybox /bin/sh /\n"
		     "FROM mid\n",
		     NULL,
		     (const char *const[]){"docker.io/library/golang:1.22", "Shop/Base",
					   "docker.io/library/busybox:latest", NULL});
}

static void arguments_before_the_first_stage_are_put_in(void **state)
{
	struct labels args = {0};

	(void)state;
	labels_set(&args, "TAG", "3");
	assert_bases(
		"ARG BASE=shop\nARG TAG='1'\nARG UNSET\n"
		"FROM ${BASE}/api:$TAG\n"
		"ARG LATE=x\n"
		"FROM ${LATE:-debian}:${UNSET:-12}\n"
		"FROM $UNSET\n",
		&args,
		(const char *const[]){"docker.io/shop/api:3", "docker.io/library/debian:12", NULL});
	array_drop(&args);
}

static void broken_files_do_no_harm(void **state)
{
	(void)state;
	assert_bases("FROM\nFROM --platform=x\nFROM ${\nFROM $\nCOPY --from=\nARG =\nARG\n\n", NULL,
		     (const char *const[]){NULL});
}

static const char built[] = "services:\n"
			    "  web:\n"
			    "    image: shop/web\n"
			    "    build:\n"
			    "      context: .\n"
			    "      args: {A: file, B: file}\n"
			    "      labels: {mine: 1}\n"
			    "      tags: [shop/web, 'shop/web:2']\n";

static void the_command_line_says_more_than_the_file(void **state)
{
	CLEANUP(project_drop) struct project *project = stack_load(built);
	CLEANUP(arena_drop) struct arena arena = {0};
	const struct recipe_options options = {
		.args = (const char *const[]){"B=flag", "C=a=b", "UNSET", NULL},
		.no_cache = true,
	};
	const struct service *web = project_service(project, "web");
	const struct build_options *build = recipe_make(&arena, project, web, &options);

	(void)state;
	assert_string_equal(labels_get(&build->args, "A"), "file");
	assert_string_equal(labels_get(&build->args, "B"), "flag");
	assert_string_equal(labels_get(&build->args, "C"), "a=b");
	assert_null(labels_get(&build->args, "UNSET"));
	assert_true(build->no_cache);
	assert_false(build->pull);
	assert_string_equal(build->tags[0], "shop/web");
	assert_string_equal(build->tags[1], "shop/web:2");
	assert_null(build->tags[2]);
	assert_string_equal(labels_get(&build->labels, "mine"), "1");
	assert_string_equal(labels_get(&build->labels, "com.docker.compose.project"), "shop");
	assert_string_equal(labels_get(&build->labels, "com.docker.compose.service"), "web");
	assert_non_null(labels_get(&build->labels, "com.docker.compose.version"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stages_and_scratch_are_no_images),
		cmocka_unit_test(arguments_before_the_first_stage_are_put_in),
		cmocka_unit_test(broken_files_do_no_harm),
		cmocka_unit_test(the_command_line_says_more_than_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
