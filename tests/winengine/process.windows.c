/* SPDX-License-Identifier: MIT */
#include "tests/winengine/process.h"

#include <stdlib.h>

#include "base/child.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/wide.h"

#include <windows.h>

char *process_find_(const char *program, const char *programs, const char **shell)
{
	(void)shell;
	if (text_same_nocase(program, "actor"))
		return path_join(programs, "actor.exe");
	if (path_is_absolute(program))
		return file_kind(program) == FILE_REGULAR ? memory_copy(program) : NULL;
	return child_find(program);
}

unsigned process_flags_(void)
{
	return UV_PROCESS_WINDOWS_HIDE;
}

/* CTRL_SHUTDOWN_EVENT comes from the system only. An event stands for it, whose name the process is
 * told. */
void process_prepare_(struct process_host_ *host)
{
	CLEANUP(memory_free)
	char *name = memory_format("winengine-%lu-%p", (unsigned long)GetCurrentProcessId(),
				   (void *)host);
	CLEANUP(memory_free) wchar_t *wide = wide_from(name);

	host->event = CreateEventW(NULL, TRUE, FALSE, wide);
	host->variable = memory_format("ACTOR_SHUTDOWN=%s", name);
}

void process_shut_(struct process_host_ *host, uv_process_t *process)
{
	(void)process;
	SetEvent(host->event);
}

/* ERROR_PROCESS_ABORTED: what Windows' own sheet does not say, see process.linux.c. */
void process_kill_(uv_process_t *process)
{
	HANDLE handle = OpenProcess(PROCESS_TERMINATE, FALSE, (DWORD)process->pid);

	if (!handle)
		return;
	TerminateProcess(handle, 1067);
	CloseHandle(handle);
}

void process_release_(struct process_host_ *host)
{
	CloseHandle(host->event);
	free(host->variable);
}

int64_t process_code_(int64_t status, int signal)
{
	(void)signal;
	return (uint32_t)status;
}
