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

static const char kit[] =
	"services:\n"
	"  web:\n"
	"    build:\n"
	"      context: .\n"
	"      platforms: [linux/amd64, linux/arm64]\n"
	"      ssh: [default]\n"
	"      privileged: true\n"
	"      entitlements: [network.host]\n"
	"      ulimits: {nofile: {soft: 1, hard: 2}}\n"
	"      provenance: false\n"
	"      additional_contexts: {lib: 'service:lib', up: 'https://x/y.git'}\n"
	"      secrets: [a, {source: b, target: id}]\n"
	"  lib:\n"
	"    build: {context: /lib, platforms: [linux/arm64], provenance: false}\n"
	"secrets:\n"
	"  a: {file: /run/a}\n"
	"  b: {environment: HOME}\n";

static void what_buildkit_alone_can_do_is_asked_for_with_its_place(void **state)
{
	CLEANUP(project_drop) struct project *project = stack_load(kit);
	CLEANUP(arena_drop) struct arena arena = {0};
	const struct recipe_options all = {.platforms = true};
	const struct service *web = project_service(project, "web");
	const struct build_options *build = recipe_make(&arena, project, web, &all);
	const struct build_options *lib =
		recipe_make(&arena, project, project_service(project, "lib"), NULL);

	(void)state;
	assert_true(
		text_ends(build->needs_buildkit, ":11:7: services.web.build.additional_contexts"));
	assert_null(lib->needs_buildkit);
	assert_string_equal(build->platforms[1], "linux/arm64");
	assert_null(recipe_make(&arena, project, web, NULL)->platforms);
	assert_string_equal(lib->platform, "linux/arm64");
	assert_string_equal(build->ssh[0], "default");
	assert_string_equal(build->allow[0], "security.insecure");
	assert_string_equal(build->allow[1], "network.host");
	assert_int_equal(build->ulimits[0].hard, 2);
	assert_string_equal(labels_get(&build->contexts, "lib"), "docker-image://shop-lib");
	assert_string_equal(labels_get(&build->contexts, "up"), "https://x/y.git");
	assert_string_equal(build->secrets[0].id, "a");
	assert_string_equal(build->secrets[0].file, "/run/a");
	assert_string_equal(build->secrets[1].id, "id");
	assert_string_equal(build->secrets[1].variable, "HOME");
	assert_string_equal(recipe_bases(&arena, build)[0], "docker.io/library/shop-lib:latest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stages_and_scratch_are_no_images),
		cmocka_unit_test(arguments_before_the_first_stage_are_put_in),
		cmocka_unit_test(broken_files_do_no_harm),
		cmocka_unit_test(the_command_line_says_more_than_the_file),
		cmocka_unit_test(what_buildkit_alone_can_do_is_asked_for_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
