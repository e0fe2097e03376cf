/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/digest.h"
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

/* Pipes have one folder for all: the name says whose home it belongs to, as a socket's path does. */
int home_socket(const struct home *home, const char *key, char **ret, struct error **err)
{
	CLEANUP(memory_free) char *sid = NULL;
	CLEANUP(memory_free) char *place = memory_format("%s\n%s", home->data, key);
	char hex[DIGEST_HEX];

	if (pipe_user(&sid, err) < 0)
		return (*err)->code;
	for (char *at = place; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at += 'a' - 'A';
	digest_hex(place, strlen(place), hex);
	*ret = memory_format("\\\\.\\pipe\\wincompose-%s-%.16s", sid, hex);
	return 0;
}
