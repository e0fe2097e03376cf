/* SPDX-License-Identifier: MIT */
/* oci -- a container as an object of the OCI runtime specification (1.0.2; Linux)
 *
 * What our launcher runs, and what another runtime is given as config.json. Parsing follows the
 * specification: what is not known is passed over. What would have to be obeyed and is not here (hooks,
 * SELinux and AppArmor labels, Intel RDT) is ERROR_UNSUPPORTED, never dropped. The zero value is an empty
 * object; a number that is 0 or absent stands for "not said" but where the specification tells them
 * apart (struct oci_int). All strings and arrays belong to the object.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/own.h"

struct cJSON;
struct error;

struct oci_int {
	bool set;
	int64_t value;
};

struct oci_pair {
	char *name;
	char *value;
};
typedef ARRAY(struct oci_pair) oci_pairs;

struct oci_capabilities { /* bit n is capability n of linux/capability.h */
	uint64_t bounding, effective, permitted, inheritable, ambient;
};

struct oci_rlimit {
	char *type;          /* RLIMIT_NOFILE ... */
	uint64_t soft, hard; /* UINT64_MAX: none */
};

struct oci_user {
	int64_t uid, gid;
	struct oci_int umask;
	ARRAY(int64_t) additional_gids;
};

struct oci_process {
	bool terminal;
	struct {
		int64_t height, width;
	} console_size;
	struct oci_user user;
	char **args, **env;
	char *cwd;
	struct oci_capabilities capabilities;
	ARRAY(struct oci_rlimit) rlimits;
	bool no_new_privileges;
	struct oci_int oom_score_adj;
};

struct oci_id_map {
	int64_t container_id, host_id, size;
};
typedef ARRAY(struct oci_id_map) oci_id_maps;

struct oci_mount {
	char *destination, *type, *source;
	char **options;
	oci_id_maps uid_mappings, gid_mappings;
};

struct oci_device_rule { /* of the devices cgroup */
	bool allow;
	char *type;                  /* "a", "b", "c"; absent is "a" */
	struct oci_int major, minor; /* absent is any */
	char *access;                /* of "rwm"; absent is all */
};

struct oci_device {
	char *path, *type; /* "c", "u", "b", "p" */
	int64_t major, minor, uid, gid;
	struct oci_int file_mode;
};

struct oci_weight_device {
	int64_t major, minor, weight;
};

struct oci_throttle {
	int64_t major, minor;
	uint64_t rate;
};
typedef ARRAY(struct oci_throttle) oci_throttles;

struct oci_resources {
	ARRAY(struct oci_device_rule) devices;
	struct {
		int64_t limit, reservation, swap; /* bytes; -1: none */
		struct oci_int swappiness;
		bool disable_oom_killer;
	} memory;
	struct {
		int64_t shares, quota, period, realtime_runtime, realtime_period; /* microseconds */
		char *cpus, *mems;
	} cpu;
	struct {
		int64_t limit; /* -1: none */
	} pids;
	struct {
		int64_t weight;
		ARRAY(struct oci_weight_device) weight_devices;
		oci_throttles read_bps, write_bps, read_iops, write_iops;
	} block;
	oci_pairs unified; /* files of a pure cgroup2 */
};

struct oci_namespace {
	char *type; /* pid network ipc uts mount user cgroup */
	char *path; /* an existing one to join; NULL: a new one */
};

struct oci_seccomp_arg {
	int64_t index;
	uint64_t value, value_two;
	char *op; /* SCMP_CMP_... */
};

struct oci_seccomp_rule {
	char **names;
	char *action; /* SCMP_ACT_... */
	struct oci_int errno_ret;
	ARRAY(struct oci_seccomp_arg) args;
};

struct oci_seccomp {
	char *default_action; /* NULL: no filter at all */
	struct oci_int default_errno_ret;
	char **architectures, **flags;
	ARRAY(struct oci_seccomp_rule) syscalls;
};

struct oci_linux {
	oci_id_maps uid_mappings, gid_mappings;
	oci_pairs sysctl;
	struct oci_resources resources;
	char *cgroups_path;
	ARRAY(struct oci_namespace) namespaces;
	ARRAY(struct oci_device) devices;
	struct oci_seccomp seccomp;
	char *rootfs_propagation;
	char **masked_paths, **readonly_paths;
};

struct oci {
	char *oci_version;
	struct oci_process process;
	struct {
		char *path;
		bool readonly;
	} root;
	char *hostname, *domainname;
	ARRAY(struct oci_mount) mounts;
	oci_pairs annotations;
	struct oci_linux linux_; /* "linux" is a macro of gnu11 */
};

void oci_drop(struct oci *oci);
void oci_seccomp_drop(struct oci_seccomp *seccomp);

/* From a config.json; what names it in messages ("config.json"). ERROR_INVALID says the path within it:
 * config.json: process.rlimits[0].type is no string. */
int oci_parse(const struct cJSON *json, const char *what, struct oci *ret, struct error **err);

/* Only its process, as exec is given one. */
int oci_parse_process(const struct cJSON *json, const char *what, struct oci_process *ret,
		      struct error **err);
void oci_process_drop(struct oci_process *process);

/* What oci_parse reads as the same object. Yours. */
struct cJSON *oci_write(const struct oci *oci);

/* The canonical text of a filter, which says whether two are the same. Yours. */
char *oci_seccomp_text(const struct oci_seccomp *seccomp);

const struct oci_namespace *oci_namespace(const struct oci *oci, const char *type); /* or NULL */

/* --- capabilities by name (oci.capability.c) */
int oci_capability_named(const char *name);  /* "CAP_CHOWN": 0; -1: none of Linux' */
const char *oci_capability_name(int number); /* or NULL */

/* --- what Docker gives a container where nothing else was said (oci.default.c) */

/* The user ids of a container on the host: [first, first + size). size 0: no user namespace. */
struct oci_range {
	int64_t first, size;
};

struct oci_want {
	bool privileged;
	bool host_pid, host_network, host_ipc, host_users;
	struct oci_range range; /* used unless privileged or a host_... forbids it */
};

/* Whether what is wanted gets a user namespace: not where it is privileged or shares the host's users, processes or
 * network, as a new user namespace has no rights over those. */
bool oci_has_user_namespace(const struct oci_want *want);

/* Adds the mounts, namespaces, capabilities, device rules, masked and read-only paths, default seccomp profile, PATH
 * and cwd to *oci, which was zero. */
void oci_default(const struct oci_want *want, struct oci *oci);

#define OCI_DEFAULT_CAPABILITIES UINT64_C(0xa80425fb) /* the 14 of Docker */
