/* SPDX-License-Identifier: MIT */
#include "base/wide.h"

#include <windows.h>

#include "base/memory.h"

wchar_t *wide_from(const char *string)
{
	int count = MultiByteToWideChar(CP_UTF8, 0, string, -1, NULL, 0);
	wchar_t *wide = memory_zero((size_t)count + 1, sizeof(*wide));

	MultiByteToWideChar(CP_UTF8, 0, string, -1, wide, count);
	return wide;
}

char *wide_to(const wchar_t *string)
{
	int count = WideCharToMultiByte(CP_UTF8, 0, string, -1, NULL, 0, NULL, NULL);
	char *utf8 = memory_zero((size_t)count + 1, 1);

	WideCharToMultiByte(CP_UTF8, 0, string, -1, utf8, count, NULL, NULL);
	return utf8;
}
