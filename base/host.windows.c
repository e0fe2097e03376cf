/* SPDX-License-Identifier: MIT */
#include "base/host.h"

#include <windows.h>
#include <cpuid.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "base/wide.h"

#define FIRST_ELEVEN    22000
#define HYPERVISOR      (1U << 31) /* of ecx, leaf 1: set by who runs a virtual machine */
#define CURRENT_VERSION L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
#define VALUE_MAX       256

/* The manifest decides what GetVersionEx says; this says what is. */
typedef LONG WINAPI get_version(OSVERSIONINFOEXW *version);

static char *value_of(const wchar_t *name)
{
	wchar_t value[VALUE_MAX] = {0};
	DWORD size = sizeof(value) - sizeof(*value);

	if (RegGetValueW(HKEY_LOCAL_MACHINE, CURRENT_VERSION, name, RRF_RT_REG_SZ, NULL, value,
			 &size) != ERROR_SUCCESS)
		return NULL;
	return wide_to(value);
}

static DWORD number_of(const wchar_t *name)
{
	DWORD value = 0, size = sizeof(value);

	RegGetValueW(HKEY_LOCAL_MACHINE, CURRENT_VERSION, name, RRF_RT_REG_DWORD, NULL, &value,
		     &size);
	return value;
}

static enum host_service service_of(SC_HANDLE manager, const wchar_t *name)
{
	SERVICE_STATUS status = {0};
	SC_HANDLE service = manager ? OpenServiceW(manager, name, SERVICE_QUERY_STATUS) : NULL;

	if (!service)
		return HOST_ABSENT;
	QueryServiceStatus(service, &status);
	CloseServiceHandle(service);
	return status.dwCurrentState == SERVICE_RUNNING ? HOST_RUNNING : HOST_STOPPED;
}

static bool is_elevated(void)
{
	TOKEN_ELEVATION elevation = {0};
	DWORD size = 0;
	HANDLE token;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return false;
	GetTokenInformation(token, TokenElevation, &elevation, sizeof(elevation), &size);
	CloseHandle(token);
	return elevation.TokenIsElevated;
}

static bool has_hypervisor(void)
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned eax, ebx, ecx = 0, edx;

	return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & HYPERVISOR);
#else
	return false;
#endif
}

/* Windows 11 still calls itself Windows 10 there. */
static char *name_of(const struct host *host)
{
	CLEANUP(memory_free) char *product = value_of(L"ProductName");
	CLEANUP(memory_free) char *display = value_of(L"DisplayVersion");
	static const char ten[] = "Windows 10";
	const char *rest = product;

	if (!product)
		return NULL;
	bool is_eleven =
		!host->is_server && host->build >= FIRST_ELEVEN && text_starts(product, ten);
	if (is_eleven)
		rest += strlen(ten);
	return memory_format("%s%s%s%s", is_eleven ? "Windows 11" : "", rest, display ? " " : "",
			     display ? display : "");
}

static void find_version(struct host *host)
{
	OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof(version)};
	HMODULE library = GetModuleHandleW(L"ntdll.dll");
	get_version *get =
		library ? (get_version *)(void *)GetProcAddress(library, "RtlGetVersion") : NULL;

	if (!get || get(&version) != 0)
		return;
	host->build = version.dwBuildNumber;
	host->is_server = version.wProductType != VER_NT_WORKSTATION;
	host->version =
		memory_format("%lu.%lu.%lu.%lu", version.dwMajorVersion, version.dwMinorVersion,
			      version.dwBuildNumber, number_of(L"UBR"));
}

void host_find(struct host *ret)
{
	SYSTEM_INFO system;
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);

	*ret = (struct host){.is_windows = true, .is_elevated = is_elevated()};
	find_version(ret);
	ret->edition = value_of(L"EditionID");
	ret->name = name_of(ret);
	GetNativeSystemInfo(&system);
	ret->architecture = memory_copy(
		system.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_AMD64   ? "amd64"
		: system.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_ARM64 ? "arm64"
										: "x86");
	ret->has_hypervisor = has_hypervisor();
	ret->hns = service_of(manager, L"hns");
	ret->vmcompute = service_of(manager, L"vmcompute");
	ret->vmms = service_of(manager, L"vmms");
	if (manager)
		CloseServiceHandle(manager);
}
