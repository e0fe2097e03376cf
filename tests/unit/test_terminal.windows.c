/* SPDX-License-Identifier: MIT */
/* Pseudo consoles are Windows 10 1809's. */
#define NTDDI_VERSION 0x0A000006

#include "compose/cli/terminal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include <windows.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/wide.h"
#include "tests/test.h"

enum { GERMAN = 850, WAIT_MS = 20000 };

/* This program again, as the child that a test wants; in the console of the test. */
static HANDLE start(const char *what, const char *event)
{
	wchar_t path[MAX_PATH];
	STARTUPINFOW info = {.cb = sizeof(info), .dwFlags = STARTF_USESTDHANDLES};
	PROCESS_INFORMATION child;
	SECURITY_ATTRIBUTES inherited = {.nLength = sizeof(inherited), .bInheritHandle = TRUE};

	GetModuleFileNameW(NULL, path, MAX_PATH);
	CLEANUP(memory_free) char *line = memory_format("test %s %s", what, event);
	CLEANUP(memory_free) wchar_t *wide = wide_from(line);

	info.hStdInput =
		CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE,
			    FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, OPEN_EXISTING, 0, NULL);
	info.hStdOutput =
		CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE,
			    FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, OPEN_EXISTING, 0, NULL);
	info.hStdError = info.hStdOutput;
	if (!CreateProcessW(path, wide, NULL, NULL, TRUE, CREATE_NEW_PROCESS_GROUP, NULL, NULL,
			    &info, &child))
		fail_msg("no child: %lu", GetLastError());
	CloseHandle(info.hStdInput);
	CloseHandle(info.hStdOutput);
	CloseHandle(child.hThread);
	return child.hProcess;
}

static DWORD end_of(HANDLE child)
{
	DWORD code = 0;

	assert_int_equal(WaitForSingleObject(child, WAIT_MS), WAIT_OBJECT_0);
	GetExitCodeProcess(child, &code);
	CloseHandle(child);
	return code;
}

static DWORD mode_of(const wchar_t *name)
{
	HANDLE handle =
		CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
			    NULL, OPEN_EXISTING, 0, NULL);
	DWORD mode = 0;

	assert_true(GetConsoleMode(handle, &mode));
	CloseHandle(handle);
	return mode;
}

static bool has_console(void)
{
	return GetConsoleOutputCP() != 0;
}

/* --- tests */

static void the_console_takes_utf8_and_is_as_it_was_afterwards(void **state)
{
	(void)state;
	assert_true(has_console());
	SetConsoleOutputCP(GERMAN);
	assert_int_equal(GetConsoleOutputCP(), GERMAN);
	DWORD output = mode_of(L"CONOUT$"), input = mode_of(L"CONIN$");

	assert_int_equal(end_of(start("prepare", "-")), 0);
	assert_int_equal(GetConsoleOutputCP(), GERMAN);
	assert_int_equal(mode_of(L"CONOUT$"), output);
	assert_int_equal(mode_of(L"CONIN$"), input);
}

static void ctrl_break_is_an_interrupt_and_not_the_end(void **state)
{
	CLEANUP(memory_free)
	char *name = memory_format("wincompose-test-%lu", GetCurrentProcessId());
	CLEANUP(memory_free) char *called = memory_format("%s-called", name);
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, name);
	HANDLE heard = CreateEventA(NULL, TRUE, FALSE, called);
	const char *unseen = NULL;

	(void)state;
	assert_true(has_console());
	HANDLE child = start("break", name);

	assert_int_equal(WaitForSingleObject(event, WAIT_MS), WAIT_OBJECT_0);
	if (GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, GetProcessId(child))) {
		DWORD code = end_of(child);

		if (WaitForSingleObject(heard, 0) == WAIT_OBJECT_0)
			assert_int_equal(code, SIGBREAK);
		else
			unseen = "Wine tells no handler of it";
	} else {
		TerminateProcess(child, 1);
		end_of(child);
		unseen = "Wine sends none";
	}
	CloseHandle(event);
	CloseHandle(heard);
	if (unseen) {
		print_message("not seen: Ctrl-Break, as %s\n", unseen);
		skip();
	}
}

/* --- the children */

static int prepare(void)
{
	DWORD mode = 0;

	terminal_prepare();
	HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);

	if (GetConsoleOutputCP() != CP_UTF8 || !terminal_utf8())
		return 1;
	if (!GetConsoleMode(output, &mode) || !(mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING))
		return 2;
	terminal_raw(1);
	/* As a session leaves it that was broken off. */
	SetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), 0);
	return 0;
}

static void interrupted(uv_signal_t *signal, int number)
{
	(void)signal;
	exit(number);
}

static HANDLE called;

/* Comes before libuv's. */
static BOOL WINAPI call(DWORD type)
{
	(void)type;
	SetEvent(called);
	return FALSE;
}

static int wait_for_break(const char *name)
{
	CLEANUP(memory_free) char *heard = memory_format("%s-called", name);
	uv_loop_t loop;
	uv_signal_t signals[TERMINAL_INTERRUPTS];

	uv_loop_init(&loop);
	for (size_t i = 0; i < TERMINAL_INTERRUPTS; i++) {
		uv_signal_init(&loop, &signals[i]);
		uv_signal_start(&signals[i], interrupted, terminal_interrupts[i]);
	}
	HANDLE event = OpenEventA(EVENT_MODIFY_STATE, FALSE, name);

	called = OpenEventA(EVENT_MODIFY_STATE, FALSE, heard);
	SetConsoleCtrlHandler(call, TRUE);
	SetEvent(event);
	uv_run(&loop, UV_RUN_DEFAULT);
	return 1;
}

/* --- a console, where there is none */

static DWORD WINAPI drain(void *from)
{
	char bytes[4096];
	DWORD len;

	while (ReadFile(from, bytes, sizeof(bytes), &len, NULL) && len)
		;
	return 0;
}

/* This program again, in a console of its own that nobody looks at; what it says goes where ours
 * does. */
static int run_in_console(void)
{
	HANDLE keys_in, keys_out, screen_in, screen_out;
	HPCON console;
	STARTUPINFOEXW info = {.StartupInfo = {.cb = sizeof(info)}};
	PROCESS_INFORMATION child;
	SIZE_T size = 0;
	wchar_t path[MAX_PATH], line[] = L"test";
	DWORD code = 1;

	CreatePipe(&keys_in, &keys_out, NULL, 0);
	CreatePipe(&screen_in, &screen_out, NULL, 0);
	if (FAILED(CreatePseudoConsole((COORD){200, 100}, keys_in, screen_out, 0, &console))) {
		printf("not seen: a console, as there is none here\n");
		return 0;
	}
	InitializeProcThreadAttributeList(NULL, 1, 0, &size);
	info.lpAttributeList = memory_alloc(size);
	InitializeProcThreadAttributeList(info.lpAttributeList, 1, 0, &size);
	UpdateProcThreadAttribute(info.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE,
				  console, sizeof(console), NULL, NULL);
	GetModuleFileNameW(NULL, path, MAX_PATH);
	info.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
	info.StartupInfo.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
	info.StartupInfo.hStdError = GetStdHandle(STD_ERROR_HANDLE);
	SetHandleInformation(info.StartupInfo.hStdOutput, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
	SetHandleInformation(info.StartupInfo.hStdError, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
	if (!CreateProcessW(path, line, NULL, NULL, TRUE, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
			    &info.StartupInfo, &child))
		return 1;
	HANDLE thread = CreateThread(NULL, 0, drain, screen_in, 0, NULL);

	WaitForSingleObject(child.hProcess, 3 * WAIT_MS);
	GetExitCodeProcess(child.hProcess, &code);
	ClosePseudoConsole(console);
	CloseHandle(screen_out);
	WaitForSingleObject(thread, WAIT_MS);
	free(info.lpAttributeList);
	return (int)code;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_console_takes_utf8_and_is_as_it_was_afterwards),
		cmocka_unit_test(ctrl_break_is_an_interrupt_and_not_the_end),
	};

	if (argc == 3 && strcmp(argv[1], "prepare") == 0)
		return prepare();
	if (argc == 3 && strcmp(argv[1], "break") == 0)
		return wait_for_break(argv[2]);
	return !has_console() ? run_in_console() : cmocka_run_group_tests(tests, NULL, NULL);
}
