/* SPDX-License-Identifier: MIT */
#include "engine/linux/oci.shape.h"

#include <stddef.h>

#define FIELDS(name_) static const struct oci_field name_[]
#define SHAPE(name_, type_, fields_)                                                               \
	static const struct oci_shape name_ = {sizeof(struct type_), fields_}

/* Where a row's member stands; S is the structure of the table. */
#define AT(member_) offsetof(S, member_)

#define S struct oci_rlimit
FIELDS(rlimit_fields) = {
	{"type", OCI_STRING, AT(type)},
	{"soft", OCI_UNSIGNED, AT(soft)},
	{"hard", OCI_UNSIGNED, AT(hard)},
	{NULL},
};
SHAPE(rlimit_shape, oci_rlimit, rlimit_fields);
#undef S

#define S struct oci_user
FIELDS(user_fields) = {
	{"uid", OCI_ID, AT(uid)},
	{"gid", OCI_ID, AT(gid)},
	{"umask", OCI_OPTIONAL, AT(umask)},
	{"additionalGids", OCI_IDS, AT(additional_gids)},
	{NULL},
};
SHAPE(user_shape, oci_user, user_fields);
#undef S

#define S struct oci_capabilities
FIELDS(capabilities_fields) = {
	{"bounding", OCI_CAPS, AT(bounding)},   {"effective", OCI_CAPS, AT(effective)},
	{"permitted", OCI_CAPS, AT(permitted)}, {"inheritable", OCI_CAPS, AT(inheritable)},
	{"ambient", OCI_CAPS, AT(ambient)},     {NULL},
};
SHAPE(capabilities_shape, oci_capabilities, capabilities_fields);
#undef S

#define S struct oci_process
FIELDS(console_fields) = {
	{"height", OCI_INT, AT(console_size.height) - AT(console_size)},
	{"width", OCI_INT, AT(console_size.width) - AT(console_size)},
	{NULL},
};
static const struct oci_shape console_shape = {2 * sizeof(int64_t), console_fields};

FIELDS(process_fields) = {
	{"terminal", OCI_BOOL, AT(terminal)},
	{"consoleSize", OCI_OBJECT, AT(console_size), &console_shape},
	{"user", OCI_OBJECT, AT(user), &user_shape},
	{"args", OCI_STRINGS, AT(args)},
	{"env", OCI_STRINGS, AT(env)},
	{"cwd", OCI_STRING, AT(cwd)},
	{"capabilities", OCI_OBJECT, AT(capabilities), &capabilities_shape},
	{"rlimits", OCI_LIST, AT(rlimits), &rlimit_shape},
	{"noNewPrivileges", OCI_BOOL, AT(no_new_privileges)},
	{"oomScoreAdj", OCI_OPTIONAL, AT(oom_score_adj)},
	{"apparmorProfile", OCI_REFUSED},
	{"selinuxLabel", OCI_REFUSED},
	{"scheduler", OCI_REFUSED},
	{"ioPriority", OCI_REFUSED},
	{NULL},
};
const struct oci_shape oci_process_shape = {sizeof(S), process_fields};
#undef S

#define S struct oci_id_map
FIELDS(id_map_fields) = {
	{"containerID", OCI_ID, AT(container_id)},
	{"hostID", OCI_ID, AT(host_id)},
	{"size", OCI_INT, AT(size)},
	{NULL},
};
SHAPE(id_map_shape, oci_id_map, id_map_fields);
#undef S

#define S struct oci_mount
FIELDS(mount_fields) = {
	{"destination", OCI_STRING, AT(destination)},
	{"type", OCI_STRING, AT(type)},
	{"source", OCI_STRING, AT(source)},
	{"options", OCI_STRINGS, AT(options)},
	{"uidMappings", OCI_LIST, AT(uid_mappings), &id_map_shape},
	{"gidMappings", OCI_LIST, AT(gid_mappings), &id_map_shape},
	{NULL},
};
SHAPE(mount_shape, oci_mount, mount_fields);
#undef S

#define S struct oci_device_rule
FIELDS(rule_fields) = {
	{"allow", OCI_BOOL, AT(allow)},     {"type", OCI_STRING, AT(type)},
	{"major", OCI_OPTIONAL, AT(major)}, {"minor", OCI_OPTIONAL, AT(minor)},
	{"access", OCI_STRING, AT(access)}, {NULL},
};
SHAPE(rule_shape, oci_device_rule, rule_fields);
#undef S

#define S struct oci_device
FIELDS(device_fields) = {
	{"path", OCI_STRING, AT(path)},
	{"type", OCI_STRING, AT(type)},
	{"major", OCI_ALWAYS, AT(major)},
	{"minor", OCI_ALWAYS, AT(minor)},
	{"fileMode", OCI_OPTIONAL, AT(file_mode)},
	{"uid", OCI_ID, AT(uid)},
	{"gid", OCI_ID, AT(gid)},
	{NULL},
};
SHAPE(device_shape, oci_device, device_fields);
#undef S

#define S struct oci_weight_device
FIELDS(weight_fields) = {
	{"major", OCI_ALWAYS, AT(major)},
	{"minor", OCI_ALWAYS, AT(minor)},
	{"weight", OCI_ALWAYS, AT(weight)},
	{NULL},
};
SHAPE(weight_shape, oci_weight_device, weight_fields);
#undef S

#define S struct oci_throttle
FIELDS(throttle_fields) = {
	{"major", OCI_ALWAYS, AT(major)},
	{"minor", OCI_ALWAYS, AT(minor)},
	{"rate", OCI_UNSIGNED, AT(rate)},
	{NULL},
};
SHAPE(throttle_shape, oci_throttle, throttle_fields);
#undef S

#define S                  struct oci_resources
#define IN(part_, member_) (AT(part_.member_) - AT(part_))
FIELDS(memory_fields) = {
	{"limit", OCI_INT, IN(memory, limit)},
	{"reservation", OCI_INT, IN(memory, reservation)},
	{"swap", OCI_INT, IN(memory, swap)},
	{"swappiness", OCI_OPTIONAL, IN(memory, swappiness)},
	{"disableOOMKiller", OCI_BOOL, IN(memory, disable_oom_killer)},
	{"kernel", OCI_REFUSED},
	{"kernelTCP", OCI_REFUSED},
	{NULL},
};
static const struct oci_shape memory_shape = {sizeof(((S *)0)->memory), memory_fields};

FIELDS(cpu_fields) = {
	{"shares", OCI_INT, IN(cpu, shares)},
	{"quota", OCI_INT, IN(cpu, quota)},
	{"period", OCI_INT, IN(cpu, period)},
	{"realtimeRuntime", OCI_INT, IN(cpu, realtime_runtime)},
	{"realtimePeriod", OCI_INT, IN(cpu, realtime_period)},
	{"cpus", OCI_STRING, IN(cpu, cpus)},
	{"mems", OCI_STRING, IN(cpu, mems)},
	{NULL},
};
static const struct oci_shape cpu_shape = {sizeof(((S *)0)->cpu), cpu_fields};

FIELDS(pids_fields) = {{"limit", OCI_INT, IN(pids, limit)}, {NULL}};
static const struct oci_shape pids_shape = {sizeof(((S *)0)->pids), pids_fields};

FIELDS(block_fields) = {
	{"weight", OCI_INT, IN(block, weight)},
	{"weightDevice", OCI_LIST, IN(block, weight_devices), &weight_shape},
	{"throttleReadBpsDevice", OCI_LIST, IN(block, read_bps), &throttle_shape},
	{"throttleWriteBpsDevice", OCI_LIST, IN(block, write_bps), &throttle_shape},
	{"throttleReadIOPSDevice", OCI_LIST, IN(block, read_iops), &throttle_shape},
	{"throttleWriteIOPSDevice", OCI_LIST, IN(block, write_iops), &throttle_shape},
	{NULL},
};
static const struct oci_shape block_shape = {sizeof(((S *)0)->block), block_fields};

FIELDS(resources_fields) = {
	{"devices", OCI_LIST, AT(devices), &rule_shape},
	{"memory", OCI_OBJECT, AT(memory), &memory_shape},
	{"cpu", OCI_OBJECT, AT(cpu), &cpu_shape},
	{"pids", OCI_OBJECT, AT(pids), &pids_shape},
	{"blockIO", OCI_OBJECT, AT(block), &block_shape},
	{"unified", OCI_PAIRS, AT(unified)},
	{"hugepageLimits", OCI_REFUSED},
	{"network", OCI_REFUSED},
	{"rdma", OCI_REFUSED},
	{NULL},
};
SHAPE(resources_shape, oci_resources, resources_fields);
#undef IN
#undef S

#define S struct oci_namespace
FIELDS(namespace_fields) = {
	{"type", OCI_STRING, AT(type)},
	{"path", OCI_STRING, AT(path)},
	{NULL},
};
SHAPE(namespace_shape, oci_namespace, namespace_fields);
#undef S

#define S struct oci_seccomp_arg
FIELDS(arg_fields) = {
	{"index", OCI_ALWAYS, AT(index)},
	{"value", OCI_UNSIGNED, AT(value)},
	{"valueTwo", OCI_UNSIGNED, AT(value_two)},
	{"op", OCI_STRING, AT(op)},
	{NULL},
};
SHAPE(arg_shape, oci_seccomp_arg, arg_fields);
#undef S

#define S struct oci_seccomp_rule
FIELDS(syscall_fields) = {
	{"names", OCI_STRINGS, AT(names)},
	{"action", OCI_STRING, AT(action)},
	{"errnoRet", OCI_OPTIONAL, AT(errno_ret)},
	{"args", OCI_LIST, AT(args), &arg_shape},
	{NULL},
};
SHAPE(syscall_shape, oci_seccomp_rule, syscall_fields);
#undef S

#define S struct oci_seccomp
FIELDS(seccomp_fields) = {
	{"defaultAction", OCI_STRING, AT(default_action)},
	{"defaultErrnoRet", OCI_OPTIONAL, AT(default_errno_ret)},
	{"architectures", OCI_STRINGS, AT(architectures)},
	{"flags", OCI_STRINGS, AT(flags)},
	{"syscalls", OCI_LIST, AT(syscalls), &syscall_shape},
	{"listenerPath", OCI_REFUSED},
	{NULL},
};
const struct oci_shape oci_seccomp_shape = {sizeof(S), seccomp_fields};
#undef S

#define S struct oci_linux
FIELDS(linux_fields) = {
	{"uidMappings", OCI_LIST, AT(uid_mappings), &id_map_shape},
	{"gidMappings", OCI_LIST, AT(gid_mappings), &id_map_shape},
	{"sysctl", OCI_PAIRS, AT(sysctl)},
	{"resources", OCI_OBJECT, AT(resources), &resources_shape},
	{"cgroupsPath", OCI_STRING, AT(cgroups_path)},
	{"namespaces", OCI_LIST, AT(namespaces), &namespace_shape},
	{"devices", OCI_LIST, AT(devices), &device_shape},
	{"seccomp", OCI_OBJECT, AT(seccomp), &oci_seccomp_shape},
	{"rootfsPropagation", OCI_STRING, AT(rootfs_propagation)},
	{"maskedPaths", OCI_STRINGS, AT(masked_paths)},
	{"readonlyPaths", OCI_STRINGS, AT(readonly_paths)},
	{"mountLabel", OCI_REFUSED},
	{"intelRdt", OCI_REFUSED},
	{"personality", OCI_REFUSED},
	{"timeOffsets", OCI_REFUSED},
	{NULL},
};
SHAPE(linux_shape, oci_linux, linux_fields);
#undef S

#define S struct oci
FIELDS(root_fields) = {
	{"path", OCI_STRING, AT(root.path) - AT(root)},
	{"readonly", OCI_BOOL, AT(root.readonly) - AT(root)},
	{NULL},
};
static const struct oci_shape root_shape = {sizeof(((S *)0)->root), root_fields};

FIELDS(oci_fields) = {
	{"ociVersion", OCI_STRING, AT(oci_version)},
	{"process", OCI_OBJECT, AT(process), &oci_process_shape},
	{"root", OCI_OBJECT, AT(root), &root_shape},
	{"hostname", OCI_STRING, AT(hostname)},
	{"domainname", OCI_STRING, AT(domainname)},
	{"mounts", OCI_LIST, AT(mounts), &mount_shape},
	{"annotations", OCI_PAIRS, AT(annotations)},
	{"linux", OCI_OBJECT, AT(linux_), &linux_shape},
	{"hooks", OCI_REFUSED},
	{NULL},
};
const struct oci_shape oci_shape = {sizeof(S), oci_fields};
