/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <io.h>
#include <windows.h>

#include "compose/cli/terminal.h"

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004
#endif

void terminal_prepare(void)
{
	static const DWORD handles[] = {STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

	/* What a container says is passed on as it is: the C library would make \r\n of \n. */
	for (int descriptor = 0; descriptor < 3; descriptor++)
		_setmode(descriptor, _O_BINARY);
	SetConsoleOutputCP(CP_UTF8);
	for (size_t i = 0; i < sizeof(handles) / sizeof(*handles); i++) {
		HANDLE handle = GetStdHandle(handles[i]);
		DWORD mode;

		if (GetConsoleMode(handle, &mode))
			SetConsoleMode(handle, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
	}
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
