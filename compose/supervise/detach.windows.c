/* SPDX-License-Identifier: MIT */
#include "compose/supervise/detach.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "base/wide.h"

#include <windows.h>

#define HANDLES 2

/* One argument by the rules of CommandLineToArgvW: backslashes count only before a quote. */
static void add_argument(struct text *line, const char *argument)
{
	size_t slashes = 0;

	text_add(line, line->len ? " \"" : "\"");
	for (; *argument; argument++) {
		if (*argument == '"')
			text_add_repeat(line, '\\', slashes + 1);
		slashes = *argument == '\\' ? slashes + 1 : 0;
		text_add_char(line, *argument);
	}
	text_add_repeat(line, '\\', slashes);
	text_add_char(line, '"');
}

static HANDLE open_inherited(const char *path, DWORD access, DWORD disposition)
{
	SECURITY_ATTRIBUTES inherit = {sizeof(inherit), NULL, TRUE};
	CLEANUP(memory_free) wchar_t *wide = wide_from(path);

	return CreateFileW(wide, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
			   &inherit, disposition, FILE_ATTRIBUTE_NORMAL, NULL);
}

/* Starts with exactly these handles; a job that forbids breaking away gets the process without it.
 */
static BOOL create(wchar_t *line, const wchar_t *folder, STARTUPINFOEXW *startup,
		   const char **warning)
{
	DWORD flags = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | EXTENDED_STARTUPINFO_PRESENT;
	PROCESS_INFORMATION process;
	BOOL made = CreateProcessW(NULL, line, NULL, NULL, TRUE, flags | CREATE_BREAKAWAY_FROM_JOB,
				   NULL, folder, &startup->StartupInfo, &process);

	if (!made && GetLastError() == 5 /* access denied */) {
		*warning = "the supervisor ends with the job that this process belongs to, which "
			   "allows no process to leave it";
		made = CreateProcessW(NULL, line, NULL, NULL, TRUE, flags, NULL, folder,
				      &startup->StartupInfo, &process);
	}
	if (made) {
		CloseHandle(process.hThread);
		CloseHandle(process.hProcess);
	}
	return made;
}

static int create_with_handles(wchar_t *line, const wchar_t *folder, HANDLE handles[HANDLES],
			       const char **warning, struct error **err)
{
	STARTUPINFOEXW startup = {.StartupInfo.cb = sizeof(startup)};
	SIZE_T size = 0;

	InitializeProcThreadAttributeList(NULL, 1, 0, &size);
	CLEANUP(memory_free) void *list = memory_zero(1, size);
	startup.lpAttributeList = list;
	startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
	startup.StartupInfo.hStdInput = handles[0];
	startup.StartupInfo.hStdOutput = handles[1];
	startup.StartupInfo.hStdError = handles[1];
	BOOL made = InitializeProcThreadAttributeList(list, 1, 0, &size) &&
		    UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles,
					      HANDLES * sizeof(HANDLE), NULL, NULL) &&
		    create(line, folder, &startup, warning);
	DWORD number = GetLastError();
	DeleteProcThreadAttributeList(list);
	if (!made)
		return error_set(err, ERROR_SYSTEM,
				 "the supervisor could not be started: Windows error %lu", number);
	return 0;
}

int detach_start(const struct home_project *home, const char *const *arguments,
		 const char **warning, struct error **err)
{
	CLEANUP(text_drop) struct text line = {0};
	wchar_t program[32768];

	*warning = NULL;
	GetModuleFileNameW(NULL, program, ARRAY_LEN(program));
	CLEANUP(memory_free) char *path = wide_to(program);
	add_argument(&line, path);
	for (size_t i = 0; arguments[i]; i++)
		add_argument(&line, arguments[i]);
	CLEANUP(memory_free) wchar_t *wide_line = wide_from(text_string(&line));
	CLEANUP(memory_free) wchar_t *folder = wide_from(home->folder);
	HANDLE handles[HANDLES] = {
		open_inherited("NUL", GENERIC_READ, OPEN_EXISTING),
		open_inherited(home->log, FILE_APPEND_DATA, OPEN_ALWAYS),
	};
	int status = create_with_handles(wide_line, folder, handles, warning, err);
	for (size_t i = 0; i < HANDLES; i++) {
		if (handles[i] != INVALID_HANDLE_VALUE)
			CloseHandle(handles[i]);
	}
	return status;
}
