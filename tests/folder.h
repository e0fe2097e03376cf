/* SPDX-License-Identifier: MIT */
/* folder -- a folder of a test's own, gone when the test ends (cmocka through tests/test.h stands
 * before it)
 *
 *	CLEANUP(folder_drop) char *folder = folder_new();
 *	CLEANUP(memory_free) char *path = path_join(folder, "compose.yaml");
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "tests/test.h"

static inline char *folder_new(void)
{
	char base[1024];
	size_t size = sizeof(base);
	uv_fs_t request;

	assert_int_equal(uv_os_tmpdir(base, &size), 0);
	CLEANUP(memory_free) char *pattern = path_join(base, "wincompose-test-XXXXXX");

	assert_int_equal(uv_fs_mkdtemp(NULL, &request, pattern, NULL), 0);
	char *folder = memory_copy(request.path);

	uv_fs_req_cleanup(&request);
	return folder;
}

static inline void folder_remove_entry(const char *name, void *payload)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *path = path_join(payload, name);
	uv_fs_t request;
	bool is_folder = uv_fs_lstat(NULL, &request, path, NULL) == 0 &&
			 (request.statbuf.st_mode & S_IFMT) == S_IFDIR;

	uv_fs_req_cleanup(&request);
	if (!is_folder) {
		file_remove(path, &err);
		return;
	}
	file_list(path, folder_remove_entry, path, &err);
	uv_fs_rmdir(NULL, &request, path, NULL);
	uv_fs_req_cleanup(&request);
}

/* For CLEANUP. Does not follow links. */
static inline void folder_drop(char **folder)
{
	CLEANUP(memory_free) char *parent = path_folder(*folder);

	folder_remove_entry(path_name(*folder), parent);
	memory_free(folder);
}
