/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <uv.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/pipe.h"
#include "compose/supervise/home.h"

/* As the system has it: getenv does not see what was set since the start. NULL: unset. */
static char *variable(const char *name)
{
	char value[4096];
	size_t size = sizeof(value);

	return uv_os_getenv(name, value, &size) == 0 ? memory_copy(value) : NULL;
}

void home_folders(struct home *home)
{
	CLEANUP(memory_free) char *moved = variable("WINCOMPOSE_HOME");
	CLEANUP(memory_free) char *local = variable("LOCALAPPDATA");

	if (moved && *moved) {
		home->data = memory_copy(moved);
	} else if (local && *local) {
		home->data = memory_format("%s/wincompose", local);
	} else {
		CLEANUP(memory_free) char *user = path_home();
		home->data = memory_format("%s/AppData/Local/wincompose", user);
	}
	home->runtime = memory_format("%s/run", home->data);
}

int home_socket(const struct home *home, const char *key, char **ret, struct error **err)
{
	CLEANUP(memory_free) char *sid = NULL;

	(void)home;
	if (pipe_user(&sid, err) < 0)
		return (*err)->code;
	*ret = memory_format("\\\\.\\pipe\\wincompose-%s-%s", sid, key);
	return 0;
}
