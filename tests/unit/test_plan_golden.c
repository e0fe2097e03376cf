/* SPDX-License-Identifier: MIT */
/* Each folder of tests/plan is a test: compose.yaml and observed.json give plan.txt. With GOLDEN
 * set in the environment (make golden) plan.txt is written instead. */
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/plan.h"
#include "tests/plan/scene.h"

#define FOLDER "tests/plan"

static void read_text(const char *name, const char *file, struct text *out)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *path = memory_format(FOLDER "/%s/%s", name, file);
	if (file_read(path, 1 << 20, out, &err) < 0)
		fail_msg("%s", err->message);
}

static struct project *load(const char *name)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	CLEANUP(memory_free) char *path = memory_format(FOLDER "/%s/compose.yaml", name);
	const char *files[] = {path, NULL};
	const char *environment[] = {NULL};
	const struct project_options options = {.files = files, .environment = environment};
	struct project *project = NULL;
	if (project_load(&options, &diagnostics, &project, &err) < 0)
		fail_msg("%s", err->message);
	return project;
}

static void make(const struct project *project, const struct scene *scene, struct text *out)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(plan_drop) struct plan *plan = NULL;
	if (plan_make(project, &scene->observed, scene->has_host ? &scene->host : NULL,
		      &scene->options, &plan, &err) < 0) {
		text_printf(out, "error, %s: %s\n", error_code_name(err->code), err->message);
		return;
	}
	for (size_t i = 0; i < plan->steps.len; i++)
		for (size_t j = 0; j < plan->steps.items[i].after.len; j++)
			assert_true(plan->steps.items[i].after.items[j] < i);
	plan_print(plan, out);
	for (size_t i = 0; i < plan->warnings.len; i++)
		text_printf(out, "warning: %s\n", plan->warnings.items[i]);
}

static void compare(const char *name, const struct text *got)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(text_drop) struct text wanted = {0};
	if (getenv("GOLDEN")) {
		CLEANUP(memory_free) char *path = memory_format(FOLDER "/%s/plan.txt", name);
		if (file_write(path, text_string(got), got->len, false, &err) < 0)
			fail_msg("%s", err->message);
		return;
	}
	read_text(name, "plan.txt", &wanted);
	if (strcmp(text_string(got), text_string(&wanted)) != 0)
		fail_msg("%s gives another plan:\n%s", name, text_string(got));
}

static void gives_its_plan(void **state)
{
	const char *name = *state;
	CLEANUP(project_drop) struct project *project = load(name);
	CLEANUP(project_drop) struct project *bare = NULL;
	CLEANUP(scene_drop) struct scene scene = {0};
	CLEANUP(text_drop) struct text json = {0};
	CLEANUP(text_drop) struct text got = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	read_text(name, "observed.json", &json);
	scene_read(&scene, text_string(&json), project);
	if (scene.skeleton && plan_skeleton(project->name, &scene.observed, &bare, &err) < 0)
		fail_msg("%s", err->message);
	make(bare ? bare : project, &scene, &got);
	compare(name, &got);
}

struct cases {
	ARRAY(struct CMUnitTest) tests;
};

static void add_case(const char *name, void *payload)
{
	struct cases *cases = payload;
	CLEANUP(memory_free) char *path = memory_format(FOLDER "/%s/compose.yaml", name);
	if (file_kind(path) != FILE_REGULAR)
		return;
	array_push(&cases->tests, ((struct CMUnitTest){.name = memory_copy(name),
						       .test_func = gives_its_plan,
						       .initial_state = memory_copy(name)}));
}

int main(void)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct cases cases = {0};
	if (file_list(FOLDER, add_case, &cases, &err) < 0) {
		fprintf(stderr, "%s\n", err->message);
		return 1;
	}
	int failed =
		_cmocka_run_group_tests("plan", cases.tests.items, cases.tests.len, NULL, NULL);
	for (size_t i = 0; i < cases.tests.len; i++) {
		free((char *)cases.tests.items[i].name);
		free(cases.tests.items[i].initial_state);
	}
	array_drop(&cases.tests);
	return failed;
}
