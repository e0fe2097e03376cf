/* SPDX-License-Identifier: MIT */
#include "tests/winengine/actor.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>

#include <winsock2.h>

#include <windows.h>
#include <ws2tcpip.h>

const char *const actor_line_end = "\r\n";

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

size_t actor_input(char *bytes, size_t size)
{
	int len = _read(0, bytes, (unsigned)size);

	return len > 0 ? (size_t)len : 0;
}

bool actor_list(const char *folder, void (*each)(const char *name))
{
	WIN32_FIND_DATAA found;
	char pattern[MAX_PATH];

	snprintf(pattern, sizeof(pattern), "%s/*", folder);
	HANDLE handle = FindFirstFileA(pattern, &found);

	if (handle == INVALID_HANDLE_VALUE)
		return false;
	do
		if (found.cFileName[0] != '.')
			each(found.cFileName);
	while (FindNextFileA(handle, &found));
	FindClose(handle);
	return true;
}

bool actor_where(char *folder, size_t size)
{
	return GetCurrentDirectoryA((DWORD)size, folder) != 0;
}

intptr_t actor_listen(const char *address, unsigned port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((u_short)port)};
	WSADATA data;

	if (WSAStartup(MAKEWORD(2, 2), &data))
		return -1;
	SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = inet_addr(address);
	return bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 16)
		       ? -1
		       : (intptr_t)listener;
}

intptr_t actor_accept(intptr_t listener)
{
	return (intptr_t)accept((SOCKET)listener, NULL, NULL);
}

size_t actor_receive(intptr_t socket, char *bytes, size_t size)
{
	int len = recv((SOCKET)socket, bytes, (int)size, 0);

	return len > 0 ? (size_t)len : 0;
}

void actor_send(intptr_t socket, const char *bytes, size_t len)
{
	while (len) {
		int sent = send((SOCKET)socket, bytes, (int)len, 0);

		if (sent <= 0)
			return;
		bytes += sent;
		len -= (size_t)sent;
	}
}

/* What was sent is to arrive before the end does. */
void actor_close(intptr_t socket)
{
	shutdown((SOCKET)socket, SD_SEND);
	closesocket((SOCKET)socket);
}

static DWORD WINAPI run_thread(void *payload)
{
	(*(void (**)(void))payload)();
	return 0;
}

bool actor_thread(void (*run)(void))
{
	static void (*kept)(void);
	HANDLE thread;

	kept = run;
	thread = CreateThread(NULL, 0, run_thread, &kept, 0, NULL);
	if (thread)
		CloseHandle(thread);
	return thread != NULL;
}
