/* SPDX-License-Identifier: MIT */
#include "base/child.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/close_range.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"

static bool can_run(const char *path)
{
	return file_kind(path) == FILE_REGULAR && access(path, X_OK) == 0;
}

char *child_find(const char *program)
{
	const char *path = getenv("PATH");

	if (strchr(program, '/'))
		return path_is_absolute(program) && can_run(program) ? memory_copy(program) : NULL;
	while (path && *program) {
		const char *end = strchrnul(path, ':');
		CLEANUP(memory_free) char *folder = memory_copy_n(path, (size_t)(end - path));
		CLEANUP(memory_free) char *file = path_join(folder, program);

		/* An empty or relative part of PATH means the working folder, where anybody's files
		 * may lie. */
		if (*folder == '/' && can_run(file))
			return steal(&file);
		path = *end ? end + 1 : NULL;
	}
	return NULL;
}

/* Ours are close-on-exec from the start; what we were given by whoever started us is marked here.
 * Linux before 5.11 does not know the flag: libuv then marks the first ones. */
void child_seal_(void)
{
	if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		uv_disable_stdio_inheritance();
}
