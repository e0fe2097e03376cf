/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
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

/* The XDG base directory specification has relative ones ignored. */
static const char *absolute(const char *name)
{
	const char *value = given(name);

	return value && path_is_absolute(value) ? value : NULL;
}

void home_folders(struct home *home)
{
	const char *moved = given("WINCOMPOSE_HOME");
	const char *data = absolute("XDG_DATA_HOME");
	const char *runtime = absolute("XDG_RUNTIME_DIR");

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

int home_socket(const struct home *home, const char *key, char **ret, struct error **err)
{
	CLEANUP(memory_free) char *path = memory_format("%s/%s.sock", home->runtime, key);
	size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	/* libuv before 1.46 cuts the rest off and says nothing. */
	if (strlen(path) > most)
		return error_set(err, ERROR_INVALID,
				 "%s has %zu bytes, and a socket's path has at most %zu: set "
				 "WINCOMPOSE_HOME to a shorter folder",
				 path, strlen(path), most);
	*ret = steal(&path);
	return 0;
}
