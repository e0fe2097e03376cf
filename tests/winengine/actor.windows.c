/* SPDX-License-Identifier: MIT */
#include "tests/winengine/actor.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>

#include <windows.h>

enum { DIED_OF_CONTROL = 0xC000013A, DIED_OF_ACCESS = 0xC0000005 };

static HANDLE event;
static volatile LONG ignores;

static DWORD WINAPI watch(void *payload)
{
	(void)payload;
	WaitForSingleObject(event, INFINITE);
	if (!ignores)
		ExitProcess((UINT)DIED_OF_CONTROL);
	return 0;
}

void actor_begin(void)
{
	wchar_t name[128];

	_setmode(_fileno(stdin), _O_BINARY);
	_setmode(_fileno(stdout), _O_BINARY);
	_setmode(_fileno(stderr), _O_BINARY);
	if (GetEnvironmentVariableW(L"ACTOR_SHUTDOWN", name, ARRAYSIZE(name)))
		event = OpenEventW(SYNCHRONIZE, FALSE, name);
	if (event)
		CloseHandle(CreateThread(NULL, 0, watch, NULL, 0, NULL));
}

void actor_set_ignore(void)
{
	InterlockedExchange(&ignores, 1);
}

void actor_wait(void)
{
	actor_set_ignore();
	if (event)
		WaitForSingleObject(event, INFINITE);
	else
		Sleep(INFINITE);
}

void actor_sleep(unsigned ms)
{
	Sleep(ms);
}

void actor_crash(void)
{
	TerminateProcess(GetCurrentProcess(), (UINT)DIED_OF_ACCESS);
}
