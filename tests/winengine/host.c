/* SPDX-License-Identifier: MIT */
#include "tests/winengine/host.h"

#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

/* windows.md 2.1. Those of a server and those of a client by one number. */
static const struct build {
	unsigned build;
	const char *server, *client, *branch;
} builds[] = {
	{14393, "Windows Server 2016", "Windows 10 Version 1607", "rs1_release"},
	{17763, "Windows Server 2019", "Windows 10 Version 1809", "rs5_release"},
	{19045, NULL, "Windows 10 Version 22H2", "vb_release"},
	{20348, "Windows Server Version 21H2", NULL, "fe_release"},
	{22621, NULL, "Windows 11 Version 22H2", "ni_release"},
	{22631, NULL, "Windows 11 Version 23H2", "ni_release"},
	{25398, "Windows Server Version 23H2", NULL, "zn_release"},
	{26100, "Windows Server 2025", "Windows 11 Version 24H2", "ge_release"},
	{26200, NULL, "Windows 11 Version 25H2", "ge_release"},
};

static const struct build *find(unsigned build)
{
	for (size_t i = 0; i < ARRAY_LEN(builds); i++)
		if (builds[i].build == build)
			return &builds[i];
	return NULL;
}

int host_parse(struct host *host, const char *version, struct error **err)
{
	if (sscanf(version, "%u.%u", &host->build, &host->revision) != 2 || !find(host->build))
		return error_set(err, ERROR_INVALID, "\"%s\" is no build of Windows known here",
				 version);
	return 0;
}

/* --- what it says of itself: windows.md 1.6 */

static char *kernel(const struct host *host)
{
	return memory_format("10.0 %u (%u.%u.amd64fre.%s.210507-1500)", host->build, host->build,
			     host->revision, find(host->build)->branch);
}

/* windows.md 1.5, logs. */
const char *const *host_log_drivers(void)
{
	static const char *const logs[] = {"awslogs",   "etwlogs", "fluentd", "gcplogs", "gelf",
					   "json-file", "local",   "splunk",  "syslog",  NULL};

	return logs;
}

static void add_plugins(cJSON *info)
{
	static const char *const drivers[] = {"ics",  "internal", "l2bridge", "l2tunnel",    "nat",
					      "null", "overlay",  "private",  "transparent", NULL};
	static const char *const volumes[] = {"local", NULL};
	cJSON *plugins = cJSON_AddObjectToObject(info, "Plugins");

	cJSON_AddItemToObject(plugins, "Volume", json_strings(volumes));
	cJSON_AddItemToObject(plugins, "Network", json_strings(drivers));
	cJSON_AddNullToObject(plugins, "Authorization");
	cJSON_AddItemToObject(plugins, "Log", json_strings(host_log_drivers()));
}

cJSON *host_info(const struct host *host)
{
	const struct build *build = find(host->build);
	CLEANUP(memory_free) char *words = kernel(host);
	CLEANUP(memory_free)
	char *system = memory_format("Microsoft %s (OS Build %u.%u)",
				     host->client || !build->server ? build->client : build->server,
				     host->build, host->revision);
	CLEANUP(memory_free) char *version = memory_format("10.0.%u", host->build);
	cJSON *info = cJSON_CreateObject();

	cJSON_AddStringToObject(info, "Driver", "windowsfilter");
	cJSON_AddItemToObject(info, "DriverStatus", cJSON_CreateRaw("[[\"Windows\",\"\"]]"));
	add_plugins(info);
	cJSON_AddNumberToObject(info, "NCPU", HOST_CPUS);
	cJSON_AddNumberToObject(info, "MemTotal", 17179328512.0);
	cJSON_AddStringToObject(info, "OperatingSystem", system);
	cJSON_AddStringToObject(info, "OSVersion", version);
	cJSON_AddStringToObject(info, "OSType", "windows");
	cJSON_AddStringToObject(info, "Architecture", "x86_64");
	cJSON_AddStringToObject(info, "KernelVersion", words);
	cJSON_AddStringToObject(info, "DockerRootDir", "C:\\ProgramData\\docker");
	char name[UV_MAXHOSTNAMESIZE] = "WINENGINE";
	size_t len = sizeof(name);

	/* Of this very machine, whose files and ports a client may look at. */
	uv_os_gethostname(name, &len);
	cJSON_AddStringToObject(info, "Name", name);
	cJSON_AddStringToObject(info, "ServerVersion", HOST_ENGINE);
	cJSON_AddStringToObject(info, "DefaultRuntime", "com.docker.hcsshim.v1");
	cJSON_AddStringToObject(info, "Isolation", host->isolation);
	cJSON_AddStringToObject(info, "LoggingDriver", "json-file");
	cJSON_AddItemToObject(info, "SecurityOptions", cJSON_CreateArray());
	cJSON_AddNullToObject(info, "Warnings");
	return info;
}

cJSON *host_version(const struct host *host)
{
	CLEANUP(memory_free) char *words = kernel(host);
	cJSON *version = cJSON_CreateObject();
	cJSON *component = cJSON_CreateObject();
	cJSON *components = cJSON_AddArrayToObject(version, "Components");

	cJSON_AddStringToObject(component, "Name", "Engine");
	cJSON_AddStringToObject(component, "Version", HOST_ENGINE);
	cJSON *details = cJSON_AddObjectToObject(component, "Details");
	cJSON *both[] = {details, version};

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		cJSON_AddStringToObject(both[i], "ApiVersion", HOST_API);
		cJSON_AddStringToObject(both[i], "Arch", "amd64");
		cJSON_AddStringToObject(both[i], "KernelVersion", words);
		cJSON_AddStringToObject(both[i], "MinAPIVersion", HOST_API_MIN);
		cJSON_AddStringToObject(both[i], "Os", "windows");
	}
	cJSON_AddItemToArray(components, component);
	cJSON_AddStringToObject(version, "Version", HOST_ENGINE);
	return version;
}

/* --- which image runs: windows.md 2.2, 2.3, 2.6 */

enum {
	IMAGE_MISMATCH = 0xC0370101,
	HYPERV_NOT_INSTALLED = 0x80370102,
	UNEXPECTED_EXIT = 0xC0370106,
	INVALID_LAYER = 0xC0370112,
	SERVER_2016 = 14393,
	FIRST_STABLE = 20348,
	SECOND_STABLE = 26100,
	WINDOWS_11_25H2 = 26200,
};

static bool process_runs(const struct host *host, unsigned build, unsigned revision)
{
	if (host->build == SERVER_2016)
		return build == host->build && revision == host->revision;
	if (host->build < FIRST_STABLE)
		return build == host->build;
	/* containerd's rule: the long-term release before the newest that is not newer than the
	 * host; with two of them known that is the first. */
	return build >= FIRST_STABLE && build <= host->build;
}

unsigned long host_runs(const struct host *host, const char *os_version, bool hyperv,
			const char **call)
{
	unsigned major, minor, build, revision;

	*call = "CreateContainer";
	if (hyperv && !host->hyperv)
		return HYPERV_NOT_INSTALLED;
	if (sscanf(os_version, "%u.%u.%u.%u", &major, &minor, &build, &revision) != 4)
		return 0;
	if (major != 10 || minor != 0)
		return IMAGE_MISMATCH;
	if (hyperv ? build > host->build : !process_runs(host, build, revision))
		return IMAGE_MISMATCH;
	*call = "PrepareLayer";
	if (host->build == WINDOWS_11_25H2 && build == SECOND_STABLE)
		return INVALID_LAYER;
	*call = "hcsshim::System::Start";
	if (!hyperv && build == host->build && revision > host->revision)
		return UNEXPECTED_EXIT;
	return 0;
}

/* windows.md 2.5, 2.6, 3.2, 4.2, 4.3. */
const char *host_words(unsigned long code)
{
	static const struct {
		unsigned long code;
		const char *words;
	} words[] = {
		{IMAGE_MISMATCH,
		 "The operating system of the container does not match the operating "
		 "system of the host."},
		{HYPERV_NOT_INSTALLED,
		 "The virtual machine could not be started because a required "
		 "feature is not installed."},
		{UNEXPECTED_EXIT, "The virtual machine or container exited unexpectedly."},
		{INVALID_LAYER, "The container layer is invalid."},
		{0xC0351000, "No hypervisor is present on this system."},
		{0x803B002F, "The address provided is invalid or reserved."},
		{0x803B0013, "The specified port already exists."},
		{0x20, "The process cannot access the file because it is being used by another "
		       "process."},
		{0x57, "The parameter is incorrect."},
		{0x2, "The system cannot find the file specified."},
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (words[i].code == code)
			return words[i].words;
	return "Unspecified error";
}
