/* SPDX-License-Identifier: MIT */
/* launch -- from a runtime-spec object to processes
 *
 * For a program with one thread that is sealed (seal.h) and has the rights of root; it becomes the parent of all that
 * it launches. Calls block for milliseconds. A container is made in two steps: after launch_create its first process
 * stands in all its namespaces and waits, so that its network can be given to it; launch_start makes it the user's
 * program. A failure in the process comes back as an error that names the step, the path and the system's reason.
 * Where the launcher dies at any point before launch_release, container, control groups and mounts go with it.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "engine/linux/cgroup.h"
#include "engine/linux/oci.h"
#include "engine/linux/rootfs.h"

struct error;

struct launch_request {
	const char *id; /* names the control group where the object does not: /wincompose/<id> */
	const struct oci *oci;      /* borrowed until launch_drop */
	struct rootfs_source files; /* the same */
	const char *filters;        /* folder for compiled filters (filter.h), or NULL */
	int streams[3]; /* standard streams; unused where the object asks for a terminal */
};

struct launch;

/* ERROR_CONFLICT: a container of that control group is there. On failure nothing is left. */
int launch_create(const struct launch_request *request, struct launch **ret, struct error **err);

/* After it, the user's program runs. ERROR_NOT_FOUND: there is no such program (exit code 127); other failures to run
 * it are 126 (error's exit_code says so). The container is gone then but for launch_delete. */
int launch_start(struct launch *launch, struct error **err);

pid_t launch_pid(const struct launch *launch);    /* as the host counts */
int launch_pidfd(const struct launch *launch);    /* readable when it has ended; borrowed */
int launch_terminal(const struct launch *launch); /* the master, or -1; borrowed */
struct cgroup *launch_cgroup(const struct launch *launch);

/* 0: sent. 1: it has ended. */
int launch_signal(const struct launch *launch, int signal, struct error **err);

struct launch_end {
	int code; /* its exit code, or 128 and the signal's number */
	bool oom; /* the kernel killed a process of the container for want of memory */
};
/* Waits for the end of the first process. */
int launch_wait(struct launch *launch, struct launch_end *ret, struct error **err);

/* From here on the container outlives the launcher. */
void launch_release(struct launch *launch);

/* Kills what is left, removes the control groups. */
int launch_delete(struct launch **launch, struct error **err);

/* --- a further process in a container */

struct launch_exec {
	const char *cgroup;    /* the container's path */
	int pidfd;             /* its first process */
	const struct oci *oci; /* its object: namespaces, filter */
	const struct oci_process *process;
	const char *filters;
	int streams[3];
};

struct launch_process {
	pid_t pid;
	int pidfd, terminal; /* -1: none; yours to close */
};

/* Runs: after it, the program is running. Errors as launch_start. ERROR_NOT_FOUND too: the container has ended. */
int launch_exec(const struct launch_exec *exec, struct launch_process *ret, struct error **err);

/* Waits for a process by its pidfd, and reaps it. */
int launch_reap(int pidfd, int *code, struct error **err);
