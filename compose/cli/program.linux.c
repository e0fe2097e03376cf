/* SPDX-License-Identifier: MIT */
#include "compose/cli/program.h"

#include "base/memory.h"

const char *const program_suffix = "";

char **program_shared_folders(void)
{
	static const char *const folders[] = {
		"/usr/local/lib/docker/cli-plugins",
		"/usr/local/libexec/docker/cli-plugins",
		"/usr/lib/docker/cli-plugins",
		"/usr/libexec/docker/cli-plugins",
	};
	char **copy = memory_zero(ARRAY_LEN(folders) + 1, sizeof(*copy));

	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		copy[i] = memory_copy(folders[i]);
	return copy;
}
