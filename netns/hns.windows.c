/* SPDX-License-Identifier: MIT */
#include "netns/hns.h"

#include <windows.h>
#include <objbase.h>

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/wide.h"

/* No import library has it, and its library is on hosts with containers or Hyper-V only. */
typedef HRESULT WINAPI hns_call(PCWSTR method, PCWSTR path, PCWSTR request, PWSTR *response);

static int32_t call(void *service, const char *method, const char *path, const char *request,
		    char **response)
{
	CLEANUP(memory_free) wchar_t *wide_method = wide_from(method);
	CLEANUP(memory_free) wchar_t *wide_path = wide_from(path);
	CLEANUP(memory_free) wchar_t *wide_request = wide_from(request);
	PWSTR answer = NULL;
	HRESULT hr = ((hns_call *)service)(wide_method, wide_path, wide_request, &answer);

	*response = answer ? wide_to(answer) : NULL;
	CoTaskMemFree(answer);
	return hr;
}

int hns_load(struct hns_api *ret, struct error **err)
{
	/* Never from the program's own folder or PATH: it would run with an Administrator's rights.
	 * It stays loaded. */
	HMODULE library = LoadLibraryExW(L"vmcompute.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
	FARPROC function = library ? GetProcAddress(library, "HNSCall") : NULL;

	if (!function)
		return error_set(err, ERROR_UNAVAILABLE,
				 "this Windows has no Host Network Service (vmcompute.dll%s): "
				 "switch on the feature Containers",
				 library ? " without HNSCall" : "");
	*ret = (struct hns_api){.call = call, .service = (void *)function};
	return 0;
}
