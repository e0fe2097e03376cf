/* SPDX-License-Identifier: MIT */
#include "engine/linux/oci.h"

#include <string.h>

#include "base/memory.h"
#include "engine/linux/profile.h"

static const char *const masked[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/sys/devices/virtual/powercap",
	"/sys/firmware",
	NULL,
};

static const char *const readonly[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

/* Options are words here; a privileged container has no "ro". */
static const struct {
	const char *destination, *type, *source;
	const char *options[8];
} mounts[] = {
	{"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
	{"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
	{"/dev/pts",
	 "devpts",
	 "devpts",
	 {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
	{"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}},
	{"/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"}},
	{"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
	{"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
};

/* Character devices besides what every container gets (rootfs.h): none. What the devices cgroup lets through is
 * the same list, and a ptmx and the pts that are the container's own. */
static const struct {
	bool allow;
	const char *type;
	int major, minor; /* -1: any */
	const char *access;
} rules[] = {
	{false, "a", -1, -1, "rwm"}, {true, "c", 1, 5, "rwm"}, {true, "c", 1, 3, "rwm"},
	{true, "c", 1, 9, "rwm"},    {true, "c", 1, 8, "rwm"}, {true, "c", 5, 0, "rwm"},
	{true, "c", 5, 1, "rwm"},
};

bool oci_has_user_namespace(const struct oci_want *want)
{
	return want->range.size > 0 && !want->privileged && !want->host_users && !want->host_pid &&
	       !want->host_network;
}

static void add_namespace(struct oci *oci, const char *type)
{
	struct oci_namespace *it = array_add(&oci->linux_.namespaces);

	it->type = memory_copy(type);
}

static void add_namespaces(const struct oci_want *want, struct oci *oci)
{
	struct oci_id_map map = {0, want->range.first, want->range.size};

	add_namespace(oci, "mount");
	add_namespace(oci, "uts");
	add_namespace(oci, "cgroup");
	if (!want->host_pid)
		add_namespace(oci, "pid");
	if (!want->host_network)
		add_namespace(oci, "network");
	if (!want->host_ipc)
		add_namespace(oci, "ipc");
	if (!oci_has_user_namespace(want))
		return;
	add_namespace(oci, "user");
	array_push(&oci->linux_.uid_mappings, map);
	array_push(&oci->linux_.gid_mappings, map);
}

static void add_mounts(const struct oci_want *want, struct oci *oci)
{
	for (size_t i = 0; i < ARRAY_LEN(mounts); i++) {
		struct oci_mount *mount = array_add(&oci->mounts);
		const char *options[ARRAY_LEN(mounts[i].options) + 1] = {NULL};
		size_t count = 0;

		for (size_t j = 0; j < ARRAY_LEN(mounts[i].options) && mounts[i].options[j]; j++)
			if (!want->privileged || strcmp(mounts[i].options[j], "ro") != 0)
				options[count++] = mounts[i].options[j];
		mount->destination = memory_copy(mounts[i].destination);
		mount->type = memory_copy(mounts[i].type);
		mount->source = memory_copy(mounts[i].source);
		mount->options = memory_copy_vector(options);
	}
}

static void add_rules(const struct oci_want *want, struct oci *oci)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct oci_device_rule *rule = array_add(&oci->linux_.resources.devices);

		rule->allow = rules[i].allow || want->privileged;
		rule->type = memory_copy(rules[i].type);
		rule->major = (struct oci_int){rules[i].major >= 0, rules[i].major};
		rule->minor = (struct oci_int){rules[i].minor >= 0, rules[i].minor};
		rule->access = memory_copy(rules[i].access);
		if (want->privileged)
			return;
	}
}

void oci_default(const struct oci_want *want, struct oci *oci)
{
	static const char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	uint64_t all = 0;

	for (int i = 0; oci_capability_name(i); i++)
		all |= UINT64_C(1) << i;
	uint64_t set = want->privileged ? all : OCI_DEFAULT_CAPABILITIES;

	oci->oci_version = memory_copy("1.0.2");
	oci->process.env = memory_copy_vector(env);
	oci->process.cwd = memory_copy("/");
	oci->process.capabilities = (struct oci_capabilities){set, set, set, 0, 0};
	oci->process.oom_score_adj = (struct oci_int){true, 0};
	add_namespaces(want, oci);
	add_mounts(want, oci);
	add_rules(want, oci);
	if (want->privileged)
		return;
	oci->linux_.masked_paths = memory_copy_vector(masked);
	oci->linux_.readonly_paths = memory_copy_vector(readonly);
	profile_default(set, &oci->linux_.seccomp);
}
