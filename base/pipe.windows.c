/* SPDX-License-Identifier: MIT */
/* Names, owners, and dialling. */
#include "base/pipe.h"

#include <io.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

/* windows.h first: these need its types. */
#include <aclapi.h>
#include <sddl.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/pipe.inside.h"
#include "base/text.h"
#include "base/wide.h"

#define PREFIX   "\\\\.\\pipe\\"
#define NAME_MAX 256

/* --- names */

int pipe_name_(const char *name, wchar_t **ret, struct error **err)
{
	CLEANUP(memory_free) char *plain = memory_copy(name);

	for (char *p = plain; *p; p++)
		if (*p == '/')
			*p = '\\';
	if (_strnicmp(plain, PREFIX, strlen(PREFIX)) != 0 || !plain[strlen(PREFIX)] ||
	    strlen(plain) > NAME_MAX)
		return error_set(err, ERROR_INVALID,
				 "\"%s\" is not the name of a pipe of this host, like " PREFIX
				 "docker_engine",
				 name);
	*ret = wide_from(plain);
	return 0;
}

int pipe_check(const char *name, struct error **err)
{
	CLEANUP(memory_free) wchar_t *wide = NULL;

	return pipe_name_(name, &wide, err);
}

int pipe_error_(struct error **err, DWORD code, const char *what, const char *name)
{
	return error_uv(err, uv_translate_sys_error((int)code), "%s %s", what, name);
}

/* --- owners */

union token_user {
	TOKEN_USER user;
	char room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
};

static bool read_user(union token_user *ret)
{
	HANDLE token;
	DWORD len;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return false;
	BOOL known = GetTokenInformation(token, TokenUser, ret, sizeof(*ret), &len);
	CloseHandle(token);
	return known;
}

static char *written_sid(PSID sid)
{
	wchar_t *wide = NULL;

	if (!ConvertSidToStringSidW(sid, &wide))
		return memory_copy("nobody that is known");
	char *text = wide_to(wide);
	LocalFree(wide);
	return text;
}

int pipe_user(char **ret, struct error **err)
{
	union token_user user;

	if (!read_user(&user))
		return pipe_error_(err, GetLastError(), "the user of", "this process");
	*ret = written_sid(user.user.User.Sid);
	return 0;
}

static bool is_trusted(PSID owner, enum pipe_trust trust)
{
	union token_user user;

	if (read_user(&user) && EqualSid(owner, user.user.User.Sid))
		return true;
	return trust == PIPE_TRUST_SYSTEM && (IsWellKnownSid(owner, WinLocalSystemSid) ||
					      IsWellKnownSid(owner, WinBuiltinAdministratorsSid));
}

/* The outcome, for a handle that is connected. */
static int check_owner(HANDLE handle, const char *name, enum pipe_trust trust, char **ret,
		       struct error **err)
{
	PSECURITY_DESCRIPTOR descriptor = NULL;
	PSID owner = NULL;
	int outcome = PIPE_CONNECTED;

	if (trust == PIPE_TRUST_ANYONE)
		return PIPE_CONNECTED;
	DWORD code = GetSecurityInfo(handle, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner,
				     NULL, NULL, NULL, &descriptor);
	if (code != ERROR_SUCCESS)
		return pipe_error_(err, code, "the owner of", name);
	if (!owner || !is_trusted(owner, trust)) {
		*ret = owner ? written_sid(owner) : memory_copy("nobody");
		outcome = PIPE_FOREIGN;
	}
	LocalFree(descriptor);
	return outcome;
}

/* --- dialling */

int pipe_dial(const char *name, enum pipe_trust trust, HANDLE *ret, char **owner,
	      struct error **err)
{
	CLEANUP(memory_free) wchar_t *wide = NULL;

	if (pipe_name_(name, &wide, err) < 0)
		return (*err)->code;
	/* Anonymously, and with no say in our rights: who listens may be anyone. */
	HANDLE handle = CreateFileW(
		wide, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
		FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);

	if (handle == INVALID_HANDLE_VALUE) {
		switch (GetLastError()) {
		case ERROR_PIPE_BUSY:
			return PIPE_BUSY;
		case ERROR_FILE_NOT_FOUND:
		case ERROR_PATH_NOT_FOUND:
			return PIPE_ABSENT;
		case ERROR_ACCESS_DENIED:
			return PIPE_DENIED;
		default:
			return pipe_error_(err, GetLastError(), "cannot connect to", name);
		}
	}
	int outcome = check_owner(handle, name, trust, owner, err);

	if (outcome == PIPE_CONNECTED)
		*ret = handle;
	else
		CloseHandle(handle);
	return outcome;
}

int pipe_give(uv_pipe_t *pipe, HANDLE handle)
{
	int descriptor = _open_osfhandle((intptr_t)handle, 0);

	if (descriptor < 0) {
		CloseHandle(handle);
		return UV_EMFILE;
	}
	int status = uv_pipe_open(pipe, descriptor);

	if (status < 0)
		_close(descriptor);
	return status;
}
