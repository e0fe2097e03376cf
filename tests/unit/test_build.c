/* SPDX-License-Identifier: MIT */
#include "engine/docker/build.h"

#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "tests/test.h"

#define STRINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The command in one line. */
static void assert_command(const struct build_options *options, const char *folder,
			   const char *wanted)
{
	char **words = buildx_command(options, folder);
	CLEANUP(text_drop) struct text line = {0};

	for (char **word = words; *word; word++)
		text_printf(&line, "%s%s", line.len ? " " : "", *word);
	memory_free_vector(&words);
	assert_string_equal(text_string(&line), wanted);
}

static void a_folder_is_built_by_its_dockerfile(void **state)
{
	(void)state;
	assert_command(&(struct build_options){.context = "/ctx", .tags = STRINGS("x:1", "x:2")},
		       "/ctx",
		       "docker buildx build --progress=plain --load --file /ctx/Dockerfile "
		       "--tag x:1 --tag x:2 -- /ctx");
}

static void everything_that_buildkit_can_do_is_said(void **state)
{
	struct spec_ulimit ulimits[] = {{"nofile", 1, 2}, {"nproc", 3, 3}};
	struct build_secret secrets[] = {{.id = "a", .file = "/run/a"},
					 {.id = "b", .variable = "B", .value = "hidden"}};
	struct label contexts[] = {{"lib", "/lib"}, {"base", "docker-image://alpine"}};
	const struct build_options options = {
		.context = "https://example.com/x.git",
		.dockerfile = "Dockerfile",
		.platform = "linux/arm64",
		.platforms = STRINGS("linux/amd64", "linux/arm64"),
		.ulimits = ulimits,
		.ulimit_count = 2,
		.builder = "far",
		.ssh = STRINGS("default", "k=/key"),
		.secrets = secrets,
		.secret_count = 2,
		.contexts = {contexts, 2, 2},
		.cache_to = STRINGS("type=inline"),
		.no_cache_filter = STRINGS("dep"),
		.allow = STRINGS("security.insecure", "network.host"),
		.provenance = "mode=max",
		.sbom = "true",
	};

	(void)state;
	assert_command(
		&options, NULL,
		"docker buildx build --builder far --progress=plain --load --file Dockerfile "
		"--platform linux/amd64,linux/arm64 --ulimit nofile=1:2 --ulimit nproc=3:3 "
		"--ssh default --ssh k=/key --secret id=a,type=file,src=/run/a "
		"--secret id=b,type=env,env=B --build-context lib=/lib "
		"--build-context base=docker-image://alpine --cache-to type=inline "
		"--no-cache-filter dep --allow security.insecure --allow network.host "
		"--provenance mode=max --sbom true -- https://example.com/x.git");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_is_built_by_its_dockerfile),
		cmocka_unit_test(everything_that_buildkit_can_do_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
