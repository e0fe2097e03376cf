/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdlib.h>

#include "base/child.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "tests/winengine/process.h"

/* Here the shell of this host stands for Windows' (windows.md 1.5: cmd /S /C). */
char *process_find_(const char *program, const char *programs, const char **shell)
{
	if (text_same_nocase(program, "cmd") || text_same_nocase(program, "cmd.exe")) {
		*shell = "-c";
		return memory_copy("/bin/sh");
	}
	if (text_same(program, "actor"))
		return path_join(programs, "actor");
	if (program[0] == '/')
		return file_kind(program) == FILE_REGULAR ? memory_copy(program) : NULL;
	return child_find(program);
}

/* A group of its own: what it leaves behind ends with it. */
unsigned process_flags_(void)
{
	return UV_PROCESS_DETACHED;
}

void process_prepare_(struct process_host_ *host)
{
	*host = (struct process_host_){0};
}

void process_shut_(struct process_host_ *host, uv_process_t *process)
{
	(void)host;
	kill(-process->pid, SIGTERM);
}

void process_kill_(uv_process_t *process)
{
	kill(-process->pid, SIGKILL);
}

void process_release_(struct process_host_ *host)
{
	(void)host;
}

/* What a process of Windows ends with where one of this host dies of a signal: STATUS_CONTROL_C_EXIT
 * and STATUS_ACCESS_VIOLATION are windows.md 1.5's. What a terminated one ends with is not on that
 * sheet: ERROR_PROCESS_ABORTED is taken. */
int64_t process_code_(int64_t status, int signal)
{
	static const struct {
		int signal;
		int64_t code;
	} codes[] = {{SIGTERM, 0xC000013A},
		     {SIGINT, 0xC000013A},
		     {SIGSEGV, 0xC0000005},
		     {SIGKILL, 1067}};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].signal == signal)
			return codes[i].code;
	return signal ? 128 + signal : status;
}
