/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/supervise/home.h"

/* An environment variable's value, or NULL where it is unset or empty. */
static const char *given(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

void home_folders(struct home *home)
{
	const char *moved = given("WINCOMPOSE_HOME");
	const char *data = given("XDG_DATA_HOME");
	const char *runtime = given("XDG_RUNTIME_DIR");

	if (moved) {
		home->data = memory_copy(moved);
		home->runtime = memory_format("%s/run", moved);
		return;
	}
	if (geteuid() == 0) {
		home->data = memory_copy("/var/lib/wincompose");
		home->runtime = memory_copy("/run/wincompose");
		return;
	}
	CLEANUP(memory_free) char *user = path_home();
	home->data = data ? memory_format("%s/wincompose", data)
			  : memory_format("%s/.local/share/wincompose", user);
	home->runtime = runtime ? memory_format("%s/wincompose", runtime)
				: memory_format("%s/run", home->data);
}

char *home_socket(const struct home *home, const char *key)
{
	return memory_format("%s/%s.sock", home->runtime, key);
}
