/* SPDX-License-Identifier: MIT */
#include "base/child.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

/* The variable, yours, or the fallback. */
static char *variable(const char *name, const char *fallback)
{
	size_t size = 1024;

	for (;;) {
		CLEANUP(memory_free) char *value = memory_alloc(size);
		int status = uv_os_getenv(name, value, &size);

		if (status == 0)
			return steal(&value);
		if (status != UV_ENOBUFS)
			return memory_copy(fallback);
	}
}

/* The next part of a list with semicolons, without quotes around it; yours. NULL: no more. */
static char *next_part(const char **list)
{
	if (!*list)
		return NULL;
	size_t len = strcspn(*list, ";");
	const char *part = *list;

	*list = part[len] ? part + len + 1 : NULL;
	if (len >= 2 && part[0] == '"' && part[len - 1] == '"')
		return memory_copy_n(part + 1, len - 2);
	return memory_copy_n(part, len);
}

/* The file with the first ending of PATHEXT that is there; a name that has such an ending is taken
 * as it is. */
static char *with_ending(const char *path, const char *endings)
{
	bool has_one = false;

	for (const char *list = endings; list;) {
		CLEANUP(memory_free) char *ending = next_part(&list);
		size_t len = strlen(path);
		size_t end = strlen(ending);

		has_one =
			has_one || (end && len > end && text_same_nocase(path + len - end, ending));
	}
	if (has_one)
		return file_kind(path) == FILE_REGULAR ? memory_copy(path) : NULL;
	for (const char *list = endings; list;) {
		CLEANUP(memory_free) char *ending = next_part(&list);
		CLEANUP(memory_free) char *file = memory_format("%s%s", path, ending);

		if (*ending && file_kind(file) == FILE_REGULAR)
			return steal(&file);
	}
	return NULL;
}

char *child_find(const char *program)
{
	CLEANUP(memory_free) char *path = variable("PATH", "");
	CLEANUP(memory_free) char *endings = variable("PATHEXT", ".COM;.EXE;.BAT;.CMD");

	if (strpbrk(program, "/\\:"))
		return path_is_absolute(program) ? with_ending(program, endings) : NULL;
	for (const char *list = path; list && *program;) {
		CLEANUP(memory_free) char *folder = next_part(&list);
		CLEANUP(memory_free) char *file = path_join(folder, program);
		/* A relative part of PATH means the working folder, where anybody's files may lie.
		 */
		CLEANUP(memory_free)
		char *found = path_is_windows(folder) ? with_ending(file, endings) : NULL;

		if (found)
			return steal(&found);
	}
	return NULL;
}

void child_seal_(void)
{
	uv_disable_stdio_inheritance();
}
