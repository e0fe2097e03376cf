/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/winengine/actor.h"

enum { PATH_SIZE = 4096 };

/* Whether the path is the target, or in it: as Windows compares names. */
static bool is_in(const char *path, const char *target, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (tolower((unsigned char)path[i]) != tolower((unsigned char)target[i]))
			return false;
	return path[len] == '\0' || path[len] == '/';
}

/* The mount that the path is in, else the drive. */
static void place(const char *world, const char *path, char real[static PATH_SIZE])
{
	size_t root = strcspn(world, ";"), best = 0, source_len = root;
	const char *source = world, *entry = world + root;

	while (*entry == ';') {
		size_t len = strcspn(++entry, ";");
		size_t target = strcspn(entry, "=");

		if (target < len && target > best && is_in(path, entry, target)) {
			best = target;
			source = entry + target + 1;
			source_len = len - target - 1;
		}
		entry += len;
	}
	snprintf(real, PATH_SIZE, "%.*s%.2000s", (int)(source_len % 2000), source, path + best);
}

const char *actor_path(const char *path)
{
	static char real[PATH_SIZE], plain[PATH_SIZE];
	const char *world = getenv("ACTOR_WORLD");

	if (isalpha((unsigned char)path[0]) && path[1] == ':')
		path += 2;
	if (!world || (path[0] != '/' && path[0] != '\\'))
		return path;
	snprintf(plain, sizeof(plain), "%s", path);
	for (char *c = plain; *c; c++)
		if (*c == '\\')
			*c = '/';
	place(world, plain, real);
	return real;
}
