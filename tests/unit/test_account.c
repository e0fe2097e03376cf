/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "compose/cli/account.h"
#include "tests/stack.h"

static const char spec[] = "\xef\xbb\xbf{\n  \"CmsPlugins\": [\"ActiveDirectory\"]\n}\n";
static const char sent[] = "raw://{\"CmsPlugins\":[\"ActiveDirectory\"]}";

/* A project in a folder of its own, which has these files. */
struct scene {
	char *folder;
	struct project *project;
};

static void put(const struct scene *scene, const char *name, const char *content)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *path = path_join(scene->folder, name);

	assert_int_equal(file_write(path, content, strlen(content), false, &err), 0);
}

static void open_scene(struct scene *scene, const char *yaml)
{
	CLEANUP(diagnostics_drop) struct diagnostics findings = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	put(scene, "compose.yaml", yaml);
	CLEANUP(memory_free) char *path = path_join(scene->folder, "compose.yaml");
	const char *const files[] = {path, NULL};
	const char *const environment[] = {NULL};
	const struct project_options options = {
		.files = files, .name = "shop", .environment = environment, .start = scene->folder};

	if (project_load(&options, &findings, &scene->project, &err) < 0)
		fail_msg("%s", err->message);
}

static const char *file_of(const struct scene *scene)
{
	const struct service *web = project_service(scene->project, "web");

	assert_ptr_equal(web->credential_spec, node_get(web->node, "credential_spec"));
	return node_text(node_get(web->credential_spec, "file"));
}

static void a_file_that_is_here_is_sent_and_a_name_is_left_to_the_engine(void **state)
{
	static const struct {
		const char *yaml, *file;
	} rows[] = {
		{"services:\n  web: {image: a, credential_spec: {file: web.json}}\n", sent},
		{"services:\n  web: {image: a, credential_spec: {file: 'file://web.json'}}\n",
		 sent},
		{"services:\n  web: {image: a, credential_spec: {file: other.json}}\n",
		 "other.json"},
		{"services:\n  web: {image: a, credential_spec: {config: c}}\n"
		 "configs: {c: {file: ./web.json}}\n",
		 sent},
		{"services:\n  web: {image: a, credential_spec: {registry: r}}\n", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(folder_drop) char *folder = folder_new();
		CLEANUP(error_drop) struct error *err = NULL;
		struct scene scene = {.folder = folder};
		char before[65];

		put(&scene, "web.json", spec);
		open_scene(&scene, rows[i].yaml);
		memcpy(before, project_service(scene.project, "web")->hash, sizeof(before));
		assert_int_equal(account_read(scene.project, &err), 0);
		const char *file = file_of(&scene);
		assert_int_equal(!file, !rows[i].file);
		if (file)
			assert_string_equal(file, rows[i].file);
		/* What is in it is part of what the container is made of. */
		bool changed = strcmp(before, project_service(scene.project, "web")->hash) != 0;
		assert_int_equal(changed, rows[i].file == sent);
		/* A second reading changes nothing. */
		assert_int_equal(account_read(scene.project, &err), 0);
		project_drop(&scene.project);
	}
}

static void what_is_no_credential_spec_is_told_with_its_place(void **state)
{
	static const struct {
		const char *content, *file, *says;
	} rows[] = {
		{"{}", "web.json", "it has no CmsPlugins"},
		{"{", "web.json", "web.json"},
		{spec, "/nowhere/web.json", "is not there; a name alone is looked for"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(folder_drop) char *folder = folder_new();
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(memory_free)
		char *yaml = memory_format(
			"services:\n  web:\n    image: a\n    credential_spec: {file: %s}\n",
			rows[i].file);
		struct scene scene = {.folder = folder};

		put(&scene, "web.json", rows[i].content);
		open_scene(&scene, yaml);
		assert_true(account_read(scene.project, &err) < 0);
		assert_non_null(strstr(err->message, rows[i].says));
		assert_non_null(strstr(err->message, "compose.yaml:4:"));
		assert_non_null(strstr(err->message, "services.web.credential_spec"));
		project_drop(&scene.project);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_is_here_is_sent_and_a_name_is_left_to_the_engine),
		cmocka_unit_test(what_is_no_credential_spec_is_told_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
