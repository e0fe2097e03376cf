/* SPDX-License-Identifier: MIT */
#include "tests/winengine/shape.h"

#include <math.h>

#include "base/memory.h"

#define TEXT(name)                                                                                 \
	{                                                                                          \
		name, SHAPE_TEXT, SHAPE_ONE, NULL                                                  \
	}
#define TEXTS(name)                                                                                \
	{                                                                                          \
		name, SHAPE_TEXT, SHAPE_LIST, NULL                                                 \
	}
#define TEXT_MAP(name)                                                                             \
	{                                                                                          \
		name, SHAPE_TEXT, SHAPE_MAP, NULL                                                  \
	}
#define WHOLE(name)                                                                                \
	{                                                                                          \
		name, SHAPE_WHOLE, SHAPE_ONE, NULL                                                 \
	}
#define WHOLES(name)                                                                               \
	{                                                                                          \
		name, SHAPE_WHOLE, SHAPE_LIST, NULL                                                \
	}
#define BOOL(name)                                                                                 \
	{                                                                                          \
		name, SHAPE_BOOL, SHAPE_ONE, NULL                                                  \
	}
#define OBJECT(name, of)                                                                           \
	{                                                                                          \
		name, SHAPE_OBJECT, SHAPE_ONE, of                                                  \
	}
#define OBJECTS(name, of)                                                                          \
	{                                                                                          \
		name, SHAPE_OBJECT, SHAPE_LIST, of                                                 \
	}
#define MAP_OF(name, of)                                                                           \
	{                                                                                          \
		name, SHAPE_OBJECT, SHAPE_MAP, of                                                  \
	}
#define MAP_LIST(name, of)                                                                         \
	{                                                                                          \
		name, SHAPE_OBJECT, SHAPE_MAP_LIST, of                                             \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL                                                                               \
	}

static const struct shape nothing[] = {END};

static const struct shape health[] = {
	TEXTS("Test"),
	WHOLE("Interval"),
	WHOLE("Timeout"),
	WHOLE("StartPeriod"),
	WHOLE("StartInterval"),
	WHOLE("Retries"),
	END,
};

static const struct shape endpoint_ipam[] = {TEXT("IPv4Address"), TEXT("IPv6Address"),
					     TEXTS("LinkLocalIPs"), END};

static const struct shape endpoint[] = {
	OBJECT("IPAMConfig", endpoint_ipam),
	TEXTS("Links"),
	TEXTS("Aliases"),
	TEXT("MacAddress"),
	TEXT_MAP("DriverOpts"),
	WHOLE("GwPriority"),
	END,
};

static const struct shape networking[] = {MAP_OF("EndpointsConfig", endpoint), END};

static const struct shape binding[] = {TEXT("HostIp"), TEXT("HostPort"), END};
static const struct shape policy[] = {TEXT("Name"), WHOLE("MaximumRetryCount"), END};
static const struct shape logging[] = {TEXT("Type"), TEXT_MAP("Config"), END};
static const struct shape weight[] = {TEXT("Path"), WHOLE("Weight"), END};
static const struct shape rate[] = {TEXT("Path"), WHOLE("Rate"), END};
static const struct shape ulimit[] = {TEXT("Name"), WHOLE("Soft"), WHOLE("Hard"), END};

static const struct shape device[] = {TEXT("PathOnHost"), TEXT("PathInContainer"),
				      TEXT("CgroupPermissions"), END};

static const struct shape device_request[] = {
	TEXT("Driver"),      WHOLE("Count"),
	TEXTS("DeviceIDs"),  {"Capabilities", SHAPE_TEXT, SHAPE_LISTS, NULL},
	TEXT_MAP("Options"), END,
};

static const struct shape bind_options[] = {
	TEXT("Propagation"),          BOOL("NonRecursive"),           BOOL("CreateMountpoint"),
	BOOL("ReadOnlyNonRecursive"), BOOL("ReadOnlyForceRecursive"), END,
};

static const struct shape driver_config[] = {TEXT("Name"), TEXT_MAP("Options"), END};

static const struct shape volume_options[] = {
	BOOL("NoCopy"),
	TEXT_MAP("Labels"),
	OBJECT("DriverConfig", driver_config),
	TEXT("Subpath"),
	END,
};

static const struct shape image_options[] = {TEXT("Subpath"), END};
static const struct shape tmpfs_options[] = {WHOLE("SizeBytes"), WHOLE("Mode"), END};

static const struct shape mount[] = {
	TEXT("Type"),
	TEXT("Source"),
	TEXT("Target"),
	BOOL("ReadOnly"),
	TEXT("Consistency"),
	OBJECT("BindOptions", bind_options),
	OBJECT("VolumeOptions", volume_options),
	OBJECT("ImageOptions", image_options),
	OBJECT("TmpfsOptions", tmpfs_options),
	END,
};

/* windows.md 1.3; with what Windows refuses, as that is the daemon's to say. */
static const struct shape host[] = {
	TEXTS("Binds"),
	TEXT("ContainerIDFile"),
	OBJECT("LogConfig", logging),
	TEXT("NetworkMode"),
	MAP_LIST("PortBindings", binding),
	OBJECT("RestartPolicy", policy),
	BOOL("AutoRemove"),
	TEXT("VolumeDriver"),
	TEXTS("VolumesFrom"),
	OBJECTS("Mounts", mount),
	WHOLES("ConsoleSize"),
	TEXT_MAP("Annotations"),
	TEXTS("CapAdd"),
	TEXTS("CapDrop"),
	TEXT("CgroupnsMode"),
	TEXTS("Dns"),
	TEXTS("DnsOptions"),
	TEXTS("DnsSearch"),
	TEXTS("ExtraHosts"),
	TEXTS("GroupAdd"),
	TEXT("IpcMode"),
	TEXTS("Links"),
	WHOLE("OomScoreAdj"),
	TEXT("PidMode"),
	BOOL("Privileged"),
	BOOL("PublishAllPorts"),
	BOOL("ReadonlyRootfs"),
	TEXTS("SecurityOpt"),
	TEXT_MAP("StorageOpt"),
	TEXT_MAP("Tmpfs"),
	TEXT("UTSMode"),
	TEXT("UsernsMode"),
	WHOLE("ShmSize"),
	TEXT_MAP("Sysctls"),
	TEXT("Runtime"),
	TEXT("Isolation"),
	BOOL("Init"),
	WHOLE("CpuShares"),
	WHOLE("Memory"),
	WHOLE("NanoCpus"),
	TEXT("CgroupParent"),
	WHOLE("BlkioWeight"),
	OBJECTS("BlkioWeightDevice", weight),
	OBJECTS("BlkioDeviceReadBps", rate),
	OBJECTS("BlkioDeviceWriteBps", rate),
	OBJECTS("BlkioDeviceReadIOps", rate),
	OBJECTS("BlkioDeviceWriteIOps", rate),
	WHOLE("CpuPeriod"),
	WHOLE("CpuQuota"),
	WHOLE("CpuRealtimePeriod"),
	WHOLE("CpuRealtimeRuntime"),
	TEXT("CpusetCpus"),
	TEXT("CpusetMems"),
	OBJECTS("Devices", device),
	TEXTS("DeviceCgroupRules"),
	OBJECTS("DeviceRequests", device_request),
	WHOLE("MemoryReservation"),
	WHOLE("MemorySwap"),
	WHOLE("MemorySwappiness"),
	BOOL("OomKillDisable"),
	WHOLE("PidsLimit"),
	OBJECTS("Ulimits", ulimit),
	WHOLE("CpuCount"),
	WHOLE("CpuPercent"),
	WHOLE("IOMaximumIOps"),
	WHOLE("IOMaximumBandwidth"),
	END,
};

const struct shape shape_container[] = {
	TEXT("Hostname"),
	TEXT("Domainname"),
	TEXT("User"),
	BOOL("AttachStdin"),
	BOOL("AttachStdout"),
	BOOL("AttachStderr"),
	MAP_OF("ExposedPorts", nothing),
	BOOL("Tty"),
	BOOL("OpenStdin"),
	BOOL("StdinOnce"),
	TEXTS("Env"),
	TEXTS("Cmd"),
	OBJECT("Healthcheck", health),
	BOOL("ArgsEscaped"),
	TEXT("Image"),
	MAP_OF("Volumes", nothing),
	TEXT("WorkingDir"),
	TEXTS("Entrypoint"),
	BOOL("NetworkDisabled"),
	TEXT("MacAddress"),
	TEXTS("OnBuild"),
	TEXT_MAP("Labels"),
	TEXT("StopSignal"),
	WHOLE("StopTimeout"),
	TEXTS("Shell"),
	OBJECT("HostConfig", host),
	OBJECT("NetworkingConfig", networking),
	END,
};

static const struct shape pool[] = {TEXT("Subnet"), TEXT("IPRange"), TEXT("Gateway"),
				    TEXT_MAP("AuxiliaryAddresses"), END};
static const struct shape ipam[] = {TEXT("Driver"), OBJECTS("Config", pool), TEXT_MAP("Options"),
				    END};

const struct shape shape_network[] = {
	TEXT("Name"),         BOOL("CheckDuplicate"),
	TEXT("Driver"),       TEXT("Scope"),
	BOOL("Internal"),     BOOL("Attachable"),
	BOOL("Ingress"),      BOOL("ConfigOnly"),
	OBJECT("IPAM", ipam), BOOL("EnableIPv4"),
	BOOL("EnableIPv6"),   TEXT_MAP("Options"),
	TEXT_MAP("Labels"),   END,
};

const struct shape shape_volume[] = {TEXT("Name"), TEXT("Driver"), TEXT_MAP("DriverOpts"),
				     TEXT_MAP("Labels"), END};

const struct shape shape_exec[] = {
	BOOL("AttachStdin"), BOOL("AttachStdout"), BOOL("AttachStderr"), WHOLES("ConsoleSize"),
	TEXT("DetachKeys"),  BOOL("Tty"),          TEXTS("Env"),         TEXTS("Cmd"),
	BOOL("Privileged"),  TEXT("User"),         TEXT("WorkingDir"),   END,
};

const struct shape shape_exec_start[] = {BOOL("Detach"), BOOL("Tty"), WHOLES("ConsoleSize"), END};
const struct shape shape_connect[] = {TEXT("Container"), OBJECT("EndpointConfig", endpoint), END};
const struct shape shape_disconnect[] = {TEXT("Container"), BOOL("Force"), END};
const struct shape shape_update[] = {OBJECT("RestartPolicy", policy), WHOLE("Memory"),
				     WHOLE("NanoCpus"), WHOLE("CpuShares"), END};

/* --- checking */

static void check_field(const struct shape *shape, enum shape_many many, const char *path,
			const cJSON *json, struct text *wrong);

static void check_fields(const struct shape *shape, const char *path, const cJSON *json,
			 struct text *wrong)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, json) {
		CLEANUP(memory_free)
		char *name = memory_format("%s%s%s", path, *path ? "." : "", item->string);
		const struct shape *field = shape;

		while (field->name && !text_same(field->name, item->string))
			field++;
		if (field->name)
			check_field(field, field->many, name, item, wrong);
		else
			text_printf(wrong, "%s is no field of it; ", name);
	}
}

static void check_each(const struct shape *shape, enum shape_many many, const char *path,
		       const cJSON *json, struct text *wrong)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, json) {
		CLEANUP(memory_free)
		char *name = memory_format("%s[%s]", path, item->string ? item->string : "");

		check_field(shape, many, name, item, wrong);
	}
}

static bool is_kind(const struct shape *shape, const cJSON *json)
{
	switch (shape->kind) {
	case SHAPE_TEXT:
		return cJSON_IsString(json);
	case SHAPE_WHOLE:
		return cJSON_IsNumber(json) && floor(json->valuedouble) == json->valuedouble;
	case SHAPE_BOOL:
		return cJSON_IsBool(json);
	case SHAPE_OBJECT:
		break;
	}
	return cJSON_IsObject(json);
}

static void check_field(const struct shape *shape, enum shape_many many, const char *path,
			const cJSON *json, struct text *wrong)
{
	static const char *const words[] = {"a text", "a whole number", "a boolean", "an object"};
	/* What stands within each kind of many. */
	static const enum shape_many within[] = {[SHAPE_LIST] = SHAPE_ONE,
						 [SHAPE_LISTS] = SHAPE_LIST,
						 [SHAPE_MAP] = SHAPE_ONE,
						 [SHAPE_MAP_LIST] = SHAPE_LIST};
	bool map = many == SHAPE_MAP || many == SHAPE_MAP_LIST;

	if (cJSON_IsNull(json))
		return;
	if (many == SHAPE_ONE && !is_kind(shape, json))
		text_printf(wrong, "%s is not %s; ", path, words[shape->kind]);
	else if (many == SHAPE_ONE && shape->kind == SHAPE_OBJECT)
		check_fields(shape->of, path, json, wrong);
	else if (many != SHAPE_ONE && (map ? !cJSON_IsObject(json) : !cJSON_IsArray(json)))
		text_printf(wrong, "%s is not %s; ", path, map ? "an object" : "a list");
	else if (many != SHAPE_ONE)
		check_each(shape, within[many], path, json, wrong);
}

void shape_check(const struct shape *shape, const cJSON *json, struct text *wrong)
{
	if (json && !cJSON_IsObject(json))
		text_add(wrong, "the body is no object; ");
	else
		check_fields(shape ? shape : nothing, "", json, wrong);
}
