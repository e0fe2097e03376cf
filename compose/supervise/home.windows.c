/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <uv.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/supervise/home.h"

#include <windows.h>

/* windows.h first: sddl.h needs its types. */
#include <sddl.h>

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

/* The user's security identifier as text, or "user" where the token does not say. */
static char *user_sid(void)
{
	union {
		TOKEN_USER user;
		char room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	} answer;
	HANDLE token;
	DWORD len;
	char *written = NULL;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return memory_copy("user");
	BOOL known = GetTokenInformation(token, TokenUser, &answer, sizeof(answer), &len);
	CloseHandle(token);
	if (!known || !ConvertSidToStringSidA(answer.user.User.Sid, &written))
		return memory_copy("user");
	char *sid = memory_copy(written);
	LocalFree(written);
	return sid;
}

int home_socket(const struct home *home, const char *key, char **ret, struct error **err)
{
	CLEANUP(memory_free) char *sid = user_sid();

	(void)home;
	(void)err;
	*ret = memory_format("\\\\.\\pipe\\wincompose-%s-%s", sid, key);
	return 0;
}
