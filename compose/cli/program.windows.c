/* SPDX-License-Identifier: MIT */
#include "compose/cli/program.h"

#include "base/file.h"
#include "base/memory.h"

const char *const program_suffix = ".exe";

char **program_shared_folders(void)
{
	static const char *const roots[] = {"ProgramData", "ProgramFiles"};
	char **folders = memory_zero(ARRAY_LEN(roots) + 1, sizeof(*folders));
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		const char *root = cli_variable(roots[i]);

		if (root)
			folders[len++] = path_join(root, "Docker\\cli-plugins");
	}
	return folders;
}
