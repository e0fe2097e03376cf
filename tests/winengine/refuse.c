/* SPDX-License-Identifier: MIT */
#include "tests/winengine/refuse.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "tests/winengine/container.h"
#include "tests/winengine/host.h"

/* --- options that Windows does not have */

/* Of a text, a number, a boolean, a list: whether it asks for something. */
static bool asks(const cJSON *value)
{
	if (cJSON_IsString(value))
		return value->valuestring[0] != '\0';
	if (cJSON_IsNumber(value))
		return value->valuedouble != 0;
	return cJSON_IsTrue(value) || (value && value->child);
}

static const struct option {
	const char *key;
	const char *word;     /* as the sentence has it; NULL: the key */
	const char *sentence; /* another one than the usual */
} options[] = {
	{"BlkioWeight"},
	{"BlkioWeightDevice"},
	{"BlkioDeviceReadBps"},
	{"BlkioDeviceReadIOps"},
	{"BlkioDeviceWriteBps"},
	{"BlkioDeviceWriteIOps"},
	{"CgroupParent"},
	{"CpuPeriod", "CPUPeriod"},
	{"CpusetCpus"},
	{"CpusetMems"},
	{"CpuRealtimePeriod", "CPU real-time period"},
	{"CpuRealtimeRuntime", "CPU real-time runtime"},
	{"MemoryReservation"},
	{"MemorySwap"},
	{"MemorySwappiness"},
	{"OomKillDisable"},
	{"PidsLimit"},
	{"Ulimits"},
	{"Links"},
	{"Privileged", NULL,
	 "invalid option: privileged mode is not supported for Windows containers"},
	{"ReadonlyRootfs", NULL,
	 "invalid option: read-only mode is not supported for Windows containers"},
	{"Tmpfs", NULL, "windows does not support tmpfs"},
};

static int check_options(const cJSON *host, struct error **err)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const struct option *option = &options[i];

		if (!asks(json_get(host, option->key)))
			continue;
		if (option->sentence)
			return error_set(err, ERROR_INVALID, "%s", option->sentence);
		return error_set(err, ERROR_INVALID, "invalid option: Windows does not support %s",
				 option->word ? option->word : option->key);
	}
	return 0;
}

/* --- isolation and processors */

static int check_isolation(const cJSON *host, struct error **err)
{
	static const char *const words[] = {"", "default", "process", "hyperv"};
	const char *isolation = json_string(host, "Isolation");

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!isolation || text_same_nocase(isolation, words[i]))
			return 0;
	return error_set(
		err, ERROR_INVALID,
		"invalid isolation (%s): Windows supports 'default', 'process', or 'hyperv'",
		isolation);
}

static void drop_option(cJSON *host, cJSON *warnings, const char *first, const char *second)
{
	CLEANUP(memory_free)
	char *words = memory_format("Conflicting options: %s takes priority over %s on Windows "
				    "Server Containers. %s discarded",
				    first, second, second);

	cJSON_AddItemToArray(warnings, cJSON_CreateString(words));
	cJSON_DeleteItemFromObjectCaseSensitive(host, second);
}

/* With process isolation the first of the three counts. */
static void check_precedence(cJSON *host, cJSON *warnings)
{
	static const char *const keys[] = {"CpuCount", "CpuShares", "CpuPercent"};
	const char *first = NULL;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (json_int(host, keys[i], 0) <= 0)
			continue;
		if (first)
			drop_option(host, warnings, first, keys[i]);
		else
			first = keys[i];
	}
}

static int check_processors(struct container *container, cJSON *warnings, struct error **err)
{
	cJSON *host = container->host;
	int64_t nano = json_int(host, "NanoCpus", 0);

	if (!container_is_hyperv(container))
		check_precedence(host, warnings);
	int64_t shares = json_int(host, "CpuShares", 0), percent = json_int(host, "CpuPercent", 0);

	if (shares < 0 || shares > 10000)
		return error_set(err, ERROR_INVALID, "range of CPUShares is from 1 to 10000");
	if (percent < 0 || percent > 100)
		return error_set(err, ERROR_INVALID, "range of CPUPercent is from 1 to 100");
	if (nano && percent)
		return error_set(
			err, ERROR_INVALID,
			"conflicting options: Nano CPUs and CPU Percent cannot both be set");
	if (nano && shares)
		return error_set(
			err, ERROR_INVALID,
			"conflicting options: Nano CPUs and CPU Shares cannot both be set");
	if (nano < 0 || nano > (int64_t)HOST_CPUS * 1000000000)
		return error_set(
			err, ERROR_INVALID,
			"range of CPUs is from 0.01 to %d.00, as only %d CPUs are available",
			HOST_CPUS, HOST_CPUS);
	return 0;
}

/* --- the rest of a create */

static int check_network(const struct container *container, struct error **err)
{
	const char *mode = json_string(container->host, "NetworkMode");

	if (text_same(mode, "host"))
		return error_set(err, ERROR_INVALID,
				 "invalid option: Windows does not support host network mode");
	if (mode && text_starts(mode, "container:") && container_is_hyperv(container))
		return error_set(err, ERROR_INVALID,
				 "using the network stack of another container is not supported "
				 "while using Hyper-V Containers");
	return 0;
}

static int check_logging(const cJSON *host, struct error **err)
{
	const char *type = json_string(json_get(host, "LogConfig"), "Type");
	const char *const *drivers = host_log_drivers();

	if (!type || !*type || text_same(type, "none"))
		return 0;
	for (; *drivers; drivers++)
		if (text_same(type, *drivers))
			return 0;
	return error_set(err, ERROR_INVALID, "logger: no log driver named '%s' is registered",
			 type);
}

static int check_storage(const cJSON *host, struct error **err)
{
	const cJSON *option;

	cJSON_ArrayForEach (option, json_get(host, "StorageOpt"))
		if (!text_same_nocase(option->string, "size"))
			return error_set(err, ERROR_INVALID, "Unknown storage option: %s",
					 option->string);
	return 0;
}

int refuse_create(struct container *container, cJSON *warnings, struct error **err)
{
	int code = check_isolation(container->host, err);

	if (code == 0)
		code = check_options(container->host, err);
	if (code == 0)
		code = check_processors(container, warnings, err);
	if (code == 0)
		code = check_network(container, err);
	if (code == 0)
		code = check_logging(container->host, err);
	return code == 0 ? check_storage(container->host, err) : code;
}

/* --- at the start */

static int check_credentials(const cJSON *list, struct error **err)
{
	static const char *const kinds[] = {"file://", "registry://", "raw://", "config://"};
	const cJSON *option;
	unsigned count = 0;

	cJSON_ArrayForEach (option, list) {
		const char *value = strchr(option->valuestring, '=');
		bool known = false;

		if (!value || !text_starts(option->valuestring, "credentialspec="))
			return error_set(err, ERROR_INVALID, "invalid security option: %s",
					 option->valuestring);
		for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
			known = known || (text_starts(value + 1, kinds[i]) &&
					  strlen(value + 1) > strlen(kinds[i]));
		if (!known || ++count > 1)
			return error_set(
				err, ERROR_INVALID,
				"invalid credential spec security option - value must be "
				"prefixed by 'file://', 'registry://', or 'raw://' followed "
				"by a non-empty value");
	}
	return 0;
}

static int check_devices(const struct container *container, struct error **err)
{
	const cJSON *device;

	cJSON_ArrayForEach (device, json_get(container->host, "Devices")) {
		const char *path = json_string(device, "PathOnHost");

		if (container_is_hyperv(container))
			return error_set(
				err, ERROR_INVALID,
				"device assignment is not supported for HyperV containers");
		if (!path || (!text_starts(path, "class/") && !strstr(path, "://")))
			return error_set(
				err, ERROR_INVALID,
				"invalid device assignment path: '%s', must be 'class/ID' or "
				"'IDType://ID'",
				path ? path : "");
	}
	return 0;
}

/* NAT takes any address of the host, and one port of it for each of the container's. */
static int check_ports(const struct container *container, struct error **err)
{
	const cJSON *bindings, *binding;

	cJSON_ArrayForEach (bindings, json_get(container->host, "PortBindings")) {
		const char *slash = strchr(bindings->string, '/');

		if (slash && !text_same(slash, "/tcp") && !text_same(slash, "/udp"))
			return error_set(err, ERROR_INVALID,
					 "invalid transport protocol in NAT settings: %s",
					 slash + 1);
		cJSON_ArrayForEach (binding, bindings) {
			const char *ip = json_string(binding, "HostIp");
			const char *port = json_string(binding, "HostPort");

			if (ip && *ip && !text_same(ip, "0.0.0.0") && !text_same(ip, "::"))
				return error_set(
					err, ERROR_SYSTEM,
					"Windows does not support host IP addresses in NAT "
					"settings");
			if (port && strchr(port, '-'))
				return error_set(err, ERROR_SYSTEM,
						 "Windows does not support more than one host port "
						 "in NAT settings");
		}
	}
	return 0;
}

int refuse_start(const struct container *container, struct error **err)
{
	int code = check_credentials(json_get(container->host, "SecurityOpt"), err);

	if (code == 0)
		code = check_devices(container, err);
	return code == 0 ? check_ports(container, err) : code;
}
