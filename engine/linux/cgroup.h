/* SPDX-License-Identifier: MIT */
/* cgroup -- the control groups of a container: version 1, version 2, and both (hybrid)
 *
 * Where version 2 is mounted it says who belongs to the container, kills, freezes and tells of the end, whether
 * or not it has controllers; limits stand in it where it has the controller, else in version 1's hierarchy.
 * A group has one path ("/wincompose/<id>"), the same in every hierarchy. What cgroup_make made, cgroup_remove
 * removes; parents that it had to make stay while others use them. No other group is ever written to, but that
 * controllers are switched on in those above (version 2).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/linux/oci.h"

struct error;

enum cgroup_layout { CGROUP_NONE, CGROUP_V1, CGROUP_V2, CGROUP_HYBRID };

struct cgroup_hierarchy {
	char *controllers; /* version 1: "cpu,cpuacct", "name=systemd"; version 2: "" */
	char *mount;       /* "/sys/fs/cgroup/memory" */
	char *root; /* what of the hierarchy is mounted there: "/", or in a container what it may see */
	bool two;
};

struct cgroup_host {
	enum cgroup_layout layout;
	ARRAY(struct cgroup_hierarchy) hierarchies;
};

/* The text of /proc/self/mountinfo. The first mount of a hierarchy counts. */
void cgroup_host_parse(const char *mountinfo, struct cgroup_host *ret);
int cgroup_host_read(struct cgroup_host *ret, struct error **err);
void cgroup_host_drop(struct cgroup_host *host);

/* The hierarchy of a controller ("memory", "name=systemd"; "" is version 2), or NULL. */
const struct cgroup_hierarchy *cgroup_hierarchy(const struct cgroup_host *host,
						const char *controller);

struct cgroup;

/* Makes the group in every hierarchy and sets its limits. It is there already: ERROR_CONFLICT (somebody else's, or
 * what a power cut left: cgroup_open and cgroup_remove). A limit whose controller the host lacks is
 * ERROR_UNSUPPORTED naming it. On failure nothing is left. */
int cgroup_make(const struct cgroup_host *host, const char *path,
		const struct oci_resources *limits, struct cgroup **ret, struct error **err);

/* One that exists, or what of it does. ERROR_NOT_FOUND: in no hierarchy. */
int cgroup_open(const struct cgroup_host *host, const char *path, struct cgroup **ret,
		struct error **err);
void cgroup_drop(struct cgroup **group); /* closes; the group stays */

/* Sets what is said in limits, and leaves the rest. */
int cgroup_limit(struct cgroup *group, const struct oci_resources *limits, struct error **err);

/* The group's folder in version 2, for clone3; -1: there is no version 2. */
int cgroup_folder(const struct cgroup *group);

/* Files of version 1 that a single-threaded process writes "0" to in order to join by itself: unlike being moved by
 * another, that waits for no grace period of the kernel's (6 to 15 ms). count of them, borrowed. */
const int *cgroup_joins(const struct cgroup *group, size_t *count);
/* Joins the calling process, which has one thread, to the groups of version 1. */
int cgroup_join(const int *joins, size_t count, struct error **err);
/* Moves another process into all of it. */
int cgroup_move(struct cgroup *group, pid_t pid, struct error **err);

int cgroup_kill(struct cgroup *group, struct error **err); /* SIGKILL to all; does not wait */
int cgroup_freeze(struct cgroup *group, bool freeze, struct error **err); /* waits until it is so */

struct cgroup_stat {
	uint64_t cpu_ns, cpu_user_ns, cpu_system_ns, cpu_throttled_ns;
	uint64_t memory, memory_limit,
		memory_file; /* bytes; limit UINT64_MAX: none; file: inactive page cache */
	uint64_t pids, pids_limit;
	uint64_t read_bytes, write_bytes;
	uint64_t oom_kills;
};
/* What cannot be read (no such controller) is 0. */
void cgroup_stat(const struct cgroup *group, struct cgroup_stat *ret);

/* Whether a process is in it. */
bool cgroup_populated(const struct cgroup *group);

/* Kills what is left, waits until the kernel has let go (at most 10 s: ERROR_TIMEOUT), removes the group in every
 * hierarchy, closes. Parents that are empty and were made by cgroup_make go too. *group is NULL after it. */
int cgroup_remove(struct cgroup **group, struct error **err);

/* --- devices on version 2 (cgroup.device.c): rules become a BPF program */
struct bpf_insn;
/* The program of a list of rules, read from the last to the first, the rest refused; yours to free. */
struct bpf_insn *cgroup_device_program(const struct oci_device_rule *rules, size_t count,
				       size_t *len, struct error **err);
int cgroup_device_attach(int folder, const struct oci_device_rule *rules, size_t count,
			 struct error **err);
/* The rules that every container has after its own: mknod of anything, and what rootfs.h puts in /dev. */
const struct oci_device_rule *cgroup_device_always(size_t *count);
