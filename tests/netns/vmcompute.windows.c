/* SPDX-License-Identifier: MIT */
/* The simulator as a vmcompute.dll, which tests/netns/wine puts into the System32 of a Wine of its
 * own, so that the program that is shipped finds it where the real one is. Its state is the file
 * that WINCOMPOSE_TEST_HNS names, read before and written after each call. */
#include <windows.h>
#include <objbase.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/wide.h"
#include "tests/netns/simulator.h"

#define STATE_MAX ((size_t)1024 * 1024)

__declspec(dllexport) HRESULT WINAPI
	HNSCall(PCWSTR method, PCWSTR path, PCWSTR request, PWSTR *response);

static PWSTR for_caller(const char *string)
{
	CLEANUP(memory_free) wchar_t *wide = wide_from(string);
	size_t size = (wcslen(wide) + 1) * sizeof(*wide);
	PWSTR given = CoTaskMemAlloc(size);

	memcpy(given, wide, size);
	return given;
}

HRESULT WINAPI HNSCall(PCWSTR method, PCWSTR path, PCWSTR request, PWSTR *response)
{
	const char *file = getenv("WINCOMPOSE_TEST_HNS");
	CLEANUP(text_drop) struct text state = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *narrow_method = wide_to(method);
	CLEANUP(memory_free) char *narrow_path = wide_to(path);
	CLEANUP(memory_free) char *narrow_request = wide_to(request);
	CLEANUP(memory_free) char *answer = NULL;

	*response = NULL;
	if (!file || file_read(file, STATE_MAX, &state, &err) < 0)
		return HRESULT_FROM_WIN32(ERROR_SERVICE_NOT_ACTIVE);
	CLEANUP(simulator_drop) struct simulator *simulator = simulator_new(text_string(&state));
	HRESULT hr = simulator_call(simulator, narrow_method, narrow_path, narrow_request, &answer);
	CLEANUP(memory_free) char *after = simulator_state(simulator);
	if (file_write(file, after, strlen(after), false, &err) < 0)
		fprintf(stderr, "vmcompute: %s\n", err->message);
	if (answer)
		*response = for_caller(answer);
	return hr;
}
