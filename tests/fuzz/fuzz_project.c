/* SPDX-License-Identifier: MIT */
/* Any bytes as a compose.yaml: a project or findings; and what was loaded is saved and restored as it was. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/project.h"

/* One folder for the process; the file in it is written anew for each input. */
static const char *folder(void)
{
	static char path[1100];
	char base[1000];
	size_t size = sizeof(base);
	uv_fs_t request;

	if (*path)
		return path;
	if (uv_os_tmpdir(base, &size) < 0)
		abort();
	CLEANUP(memory_free) char *pattern = path_join(base, "wincompose-fuzz-XXXXXX");
	if (uv_fs_mkdtemp(NULL, &request, pattern, NULL) < 0)
		abort();
	strcpy(path, request.path);
	uv_fs_req_cleanup(&request);
	return path;
}

static void check_saved(const struct project *project)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(project_drop) struct project *again = NULL;
	CLEANUP(memory_free) char *first = project_save(project);

	if (project_restore(first, strlen(first), &again, &err) < 0)
		abort();
	CLEANUP(memory_free) char *second = project_save(again);
	if (strcmp(first, second) != 0 || !node_same(project->root, again->root))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const environment[] = {"A=1", "EMPTY=", "TEXT=a b", NULL};
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *path = path_join(folder(), "compose.yaml");
	const struct project_options options = {
		.start = folder(), .name = "p", .environment = environment};

	if (file_write(path, (const char *)data, size, false, &err) < 0)
		abort();
	int status = project_load(&options, &diagnostics, &project, &err);
	if ((status == 0) != (project != NULL) || (status == 0) == (diagnostics.errors > 0))
		abort();
	if (project)
		check_saved(project);
	return 0;
}
