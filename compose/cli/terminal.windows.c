/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <io.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include <windows.h>

#include "base/own.h"
#include "compose/cli/terminal.h"

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004
#endif
#ifndef DISABLE_NEWLINE_AUTO_RETURN
#define DISABLE_NEWLINE_AUTO_RETURN 0x0008
#endif

/* Ctrl-Break is what is left where Ctrl-C is the container's. */
const int terminal_interrupts[TERMINAL_INTERRUPTS] = {SIGINT, SIGTERM, SIGBREAK};

/* A process has one console, which it shares with the shell that it came from; so what the console was
 * before is kept once, and given back however the process ends. */
static struct {
	struct {
		HANDLE handle;
		bool known;
		DWORD mode;
	} streams[3];
	UINT page;
} before;

static void restore(void)
{
	for (size_t i = 0; i < ARRAY_LEN(before.streams); i++)
		if (before.streams[i].known)
			SetConsoleMode(before.streams[i].handle, before.streams[i].mode);
	if (before.page)
		SetConsoleOutputCP(before.page);
}

void terminal_prepare(void)
{
	static const DWORD handles[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

	/* What a container says is passed on as it is: the C library would make \r\n of \n. */
	for (int descriptor = 0; descriptor < 3; descriptor++)
		_setmode(descriptor, _O_BINARY);
	for (size_t i = 0; i < ARRAY_LEN(handles); i++) {
		HANDLE handle = GetStdHandle(handles[i]);

		before.streams[i].handle = handle;
		before.streams[i].known = GetConsoleMode(handle, &before.streams[i].mode);
	}
	before.page = GetConsoleOutputCP();
	atexit(restore);
	/* What is typed is read as UTF-16 by libuv, whatever the console's page for input; consoles
	 * before Windows 11 give who reads bytes nothing for letters beyond ASCII in UTF-8. */
	SetConsoleOutputCP(CP_UTF8);
	for (size_t i = 1; i < ARRAY_LEN(handles); i++)
		if (before.streams[i].known)
			SetConsoleMode(before.streams[i].handle,
				       before.streams[i].mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

void terminal_raw(int descriptor)
{
	HANDLE handle = (HANDLE)_get_osfhandle(descriptor);
	DWORD mode;

	if (GetConsoleMode(handle, &mode))
		SetConsoleMode(handle, mode | DISABLE_NEWLINE_AUTO_RETURN);
}

void terminal_cooked(int descriptor)
{
	HANDLE handle = (HANDLE)_get_osfhandle(descriptor);
	DWORD mode;

	if (GetConsoleMode(handle, &mode))
		SetConsoleMode(handle, mode & ~(DWORD)DISABLE_NEWLINE_AUTO_RETURN);
}

void terminal_size(int descriptor, unsigned *width, unsigned *height)
{
	CONSOLE_SCREEN_BUFFER_INFO info;

	*width = 80;
	*height = 24;
	if (!GetConsoleScreenBufferInfo((HANDLE)_get_osfhandle(descriptor), &info))
		return;
	*width = (unsigned)(info.srWindow.Right - info.srWindow.Left + 1);
	*height = (unsigned)(info.srWindow.Bottom - info.srWindow.Top + 1);
}

bool terminal_utf8(void)
{
	return GetConsoleOutputCP() == CP_UTF8;
}

bool terminal_moves(void)
{
	DWORD mode;

	return GetConsoleMode(GetStdHandle(STD_ERROR_HANDLE), &mode) &&
	       (mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}
