/* SPDX-License-Identifier: MIT */
#include "engine/linux/launch.h"
#include "engine/linux/launch.inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/linux/entry.h"
#include "engine/linux/guard.h"
#include "engine/linux/idmap.h"
#include "engine/linux/privilege.h"

struct launch {
	struct cgroup_host host;
	struct cgroup *cgroup;
	char *cgroup_path;
	struct guard *guard;
	struct launch_fault *fault;
	int socket;
	int pidfd;
	int terminal;
	pid_t pid;
	bool reaped;
};

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

struct clone_how {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
		set_tid_size, cgroup;
};

/* --- what can be said before anything is done */

static int check_namespaces(const struct oci *oci, struct error **err)
{
	static const char *const types[] = {"pid",   "network", "ipc",   "uts",
					    "mount", "user",    "cgroup"};
	const struct oci_namespace *mount = oci_namespace(oci, "mount");
	bool users = oci_namespace(oci, "user") != NULL;

	ARRAY_FOR_EACH (const struct oci_namespace, it, &oci->linux_.namespaces) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_LEN(types); i++)
			known = known || text_same(types[i], it->type);
		if (!known)
			return error_set(err, ERROR_UNSUPPORTED,
					 "there is no namespace of type \"%s\" here",
					 it->type ? it->type : "");
		if (oci_namespace(oci, it->type) != it)
			return error_set(err, ERROR_INVALID, "the namespace %s is there twice",
					 it->type);
		if (it->path && *it->path &&
		    (text_same(it->type, "user") || text_same(it->type, "mount")))
			return error_set(err, ERROR_UNSUPPORTED,
					 "another one's %s namespace cannot be joined", it->type);
	}
	if (!mount)
		return error_set(err, ERROR_UNSUPPORTED,
				 "a container without a mount namespace would change the host's");
	if (users != (oci->linux_.uid_mappings.len && oci->linux_.gid_mappings.len))
		return error_set(err, ERROR_INVALID,
				 "a user namespace and mappings of ids need each other");
	return 0;
}

static int check_process(const struct oci_process *process, struct error **err)
{
	if (!process->args || !process->args[0])
		return error_set(err, ERROR_INVALID, "process.args: there is no command");
	if (!process->cwd || *process->cwd != '/')
		return error_set(err, ERROR_INVALID, "process.cwd: \"%s\" is no absolute path",
				 process->cwd ? process->cwd : "");
	return 0;
}

static int check(const struct launch_request *request, struct error **err)
{
	const struct oci *oci = request->oci;

	if (check_process(&oci->process, err) || check_namespaces(oci, err))
		return (*err)->code;
	if (!request->files.layers && (!oci->root.path || !*oci->root.path))
		return error_set(err, ERROR_INVALID, "root.path: there is none");
	ARRAY_FOR_EACH (const struct oci_mount, it, &oci->mounts)
		if (!it->destination || !*it->destination || (!it->type && !it->options))
			return error_set(err, ERROR_INVALID,
					 "mounts[%zu] has no destination or type",
					 (size_t)(it - oci->mounts.items));
	return 0;
}

/* --- the process */

static int add_socket(struct launch *launch, int *other, struct error **err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return error_errno(err, errno, "no socket pair");
	launch->socket = pair[0];
	*other = pair[1];
	return 0;
}

static struct launch_fault *map_fault(struct error **err)
{
	void *page = mmap(NULL, sizeof(struct launch_fault), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED) {
		error_errno(err, errno, "no page of shared memory");
		return NULL;
	}
	return page;
}

/* Namespaces of others that a child is to be in: its parent joins them for the moment of its birth. */
struct visit {
	int home[4];
	size_t count;
};

static const struct {
	const char *type, *file;
	int flag;
} visited[] = {
	{"network", "/proc/self/ns/net", CLONE_NEWNET},
	{"ipc", "/proc/self/ns/ipc", CLONE_NEWIPC},
	{"uts", "/proc/self/ns/uts", CLONE_NEWUTS},
	{"pid", "/proc/self/ns/pid", CLONE_NEWPID},
};

static void go_home(struct visit *visit)
{
	for (size_t i = 0; i < ARRAY_LEN(visited); i++) {
		/* Without a way back this would go on in a container: nothing good can follow. */
		if (visit->home[i] >= 0 && setns(visit->home[i], visited[i].flag))
			_exit(1);
		entry_close(&visit->home[i]);
	}
}

static int go_visiting(const struct oci *oci, struct visit *visit, struct error **err)
{
	for (size_t i = 0; i < ARRAY_LEN(visited); i++)
		visit->home[i] = -1;
	for (size_t i = 0; i < ARRAY_LEN(visited); i++) {
		const struct oci_namespace *it = oci_namespace(oci, visited[i].type);

		if (!it || !it->path || !*it->path)
			continue;
		CLEANUP(entry_close) int there = open(it->path, O_RDONLY | O_CLOEXEC);

		visit->home[i] = open(visited[i].file, O_RDONLY | O_CLOEXEC);
		if (there < 0 || visit->home[i] < 0 || setns(there, visited[i].flag)) {
			error_errno(err, errno, "cannot join the %s namespace %s", it->type,
				    it->path);
			/* This one was not joined. */
			entry_close(&visit->home[i]);
			go_home(visit);
			return (*err)->code;
		}
	}
	return 0;
}

static pid_t give_birth(uint64_t flags, const struct cgroup *cgroup, int *pidfd)
{
	struct clone_how how = {
		.flags = flags | CLONE_PIDFD,
		.pidfd = (uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};

	if (cgroup_folder(cgroup) >= 0) {
		how.flags |= CLONE_INTO_CGROUP;
		how.cgroup = (uint64_t)cgroup_folder(cgroup);
	}
	return (pid_t)syscall(SYS_clone3, &how, sizeof(how));
}

/* What a fault page says, or else that the process died. */
static int tell_fault(const struct launch_fault *fault, struct error **err)
{
	if (!fault->code)
		return error_set(err, ERROR_SYSTEM,
				 "the container's first process has died before it ran");
	error_set(err, (enum error_code)fault->code, "%s", fault->text);
	(*err)->exit_code = fault->exit_code;
	return (*err)->code;
}

/* What only the host's root may do for it. */
static int equip(struct launch *launch, const struct oci *oci, const struct oci_process *process,
		 bool maps, struct error **err)
{
	CLEANUP(memory_free) char *path = memory_format("/proc/%ld", (long)launch->pid);
	CLEANUP(entry_close) int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char number[24];

	if (maps && oci_namespace(oci, "user") && idmap_write(launch->pid, oci, err))
		return (*err)->code;
	if (privilege_raise(launch->pid, process, err))
		return (*err)->code;
	if (!process->oom_score_adj.set)
		return 0;
	snprintf(number, sizeof(number), "%lld", (long long)process->oom_score_adj.value);
	return entry_write(folder, "oom_score_adj", number, path, err);
}

static int bear(struct launch *launch, const struct launch_request *request,
		const struct rootfs *rootfs, struct error **err)
{
	struct filter filter;
	struct launch_child child = {
		.id = request->id,
		.oci = request->oci,
		.process = &request->oci->process,
		.rootfs = rootfs,
		.filter = &filter,
		.cgroup = launch->cgroup,
		.fault = launch->fault,
		.streams = {request->streams[0], request->streams[1], request->streams[2]},
	};
	CLEANUP(entry_close) int other = -1;
	struct visit visit;

	if (filter_compile(&request->oci->linux_.seccomp, request->filters, &filter, err) ||
	    add_socket(launch, &other, err) || go_visiting(request->oci, &visit, err))
		return (*err)->code;
	child.socket = other;
	launch->pid = give_birth(launch_flags_(request->oci, true) & ~LAUNCH_LATE, launch->cgroup,
				 &launch->pidfd);
	if (launch->pid == 0) {
		close(launch->socket);
		launch_child_(&child);
	}
	int number = errno;

	go_home(&visit);
	if (launch->pid < 0)
		return error_errno(err, number, "cannot make the container's first process");
	return 0;
}

static int bring_up(struct launch *launch, const struct launch_request *request, struct error **err)
{
	const struct oci *oci = request->oci;
	CLEANUP(rootfs_drop) struct rootfs rootfs = {.root = -1};

	if (rootfs_prepare(&request->files, oci, &launch->host, launch->cgroup_path, &rootfs,
			   err) ||
	    bear(launch, request, &rootfs, err) || equip(launch, oci, &oci->process, true, err))
		return (*err)->code;
	if (!launch_say_(launch->socket, LAUNCH_GO, -1) ||
	    launch_hear_(launch->socket, &launch->terminal) != LAUNCH_READY)
		return tell_fault(launch->fault, err);
	return 0;
}

int launch_create(const struct launch_request *request, struct launch **ret, struct error **err)
{
	const struct oci *oci = request->oci;
	struct launch *launch;
	struct cgroup *there = NULL;
	CLEANUP(error_drop) struct error *absent = NULL, *ignored = NULL;

	if (check(request, err))
		return (*err)->code;
	launch = memory_zero(1, sizeof(*launch));
	launch->socket = launch->pidfd = launch->terminal = -1;
	launch->cgroup_path = oci->linux_.cgroups_path && *oci->linux_.cgroups_path
				      ? memory_copy(oci->linux_.cgroups_path)
				      : memory_format("/wincompose/%s", request->id);
	launch->fault = map_fault(err);
	/* The guard may remove the group only if it was not there before. */
	if (launch->fault && !cgroup_host_read(&launch->host, err)) {
		if (!cgroup_open(&launch->host, launch->cgroup_path, &there, &absent))
			error_set(err, ERROR_CONFLICT, "the control group %s is there already",
				  launch->cgroup_path);
		else if (!guard_begin(launch->cgroup_path, &launch->guard, err) &&
			 !cgroup_make(&launch->host, launch->cgroup_path, &oci->linux_.resources,
				      &launch->cgroup, err) &&
			 !bring_up(launch, request, err)) {
			*ret = launch;
			return 0;
		}
		cgroup_drop(&there);
	}
	launch_delete(&launch, &ignored);
	return (*err)->code;
}

int launch_start(struct launch *launch, struct error **err)
{
	int none;

	launch_say_(launch->socket, LAUNCH_START, -1);
	launch_hear_(launch->socket, &none);
	entry_close(&launch->socket);
	return launch->fault->code ? tell_fault(launch->fault, err) : 0;
}

pid_t launch_pid(const struct launch *launch)
{
	return launch->pid;
}

int launch_pidfd(const struct launch *launch)
{
	return launch->pidfd;
}

int launch_terminal(const struct launch *launch)
{
	return launch->terminal;
}

struct cgroup *launch_cgroup(const struct launch *launch)
{
	return launch->cgroup;
}

int launch_signal(const struct launch *launch, int number, struct error **err)
{
	if (syscall(SYS_pidfd_send_signal, launch->pidfd, number, NULL, 0) == 0)
		return 0;
	if (errno == ESRCH)
		return 1;
	return error_errno(err, errno, "cannot send signal %d", number);
}

int launch_reap(int pidfd, int *code, struct error **err)
{
	siginfo_t about = {0};

	while (waitid(P_PIDFD, (id_t)pidfd, &about, WEXITED))
		if (errno != EINTR)
			return error_errno(err, errno, "cannot wait for a process");
	*code = about.si_code == CLD_EXITED ? about.si_status : 128 + about.si_status;
	return 0;
}

int launch_wait(struct launch *launch, struct launch_end *ret, struct error **err)
{
	struct cgroup_stat stat;

	if (launch_reap(launch->pidfd, &ret->code, err))
		return (*err)->code;
	launch->reaped = true;
	cgroup_stat(launch->cgroup, &stat);
	ret->oom = stat.oom_kills > 0;
	return 0;
}

void launch_release(struct launch *launch)
{
	guard_leave(&launch->guard);
}

int launch_delete(struct launch **launch, struct error **err)
{
	struct launch *it = *launch;
	CLEANUP(error_drop) struct error *ignored = NULL;
	int code;

	if (!it)
		return 0;
	if (it->pidfd >= 0 && !it->reaped) {
		syscall(SYS_pidfd_send_signal, it->pidfd, SIGKILL, NULL, 0);
		launch_reap(it->pidfd, &code, &ignored);
	}
	if (it->cgroup)
		cgroup_remove(&it->cgroup, err);
	guard_leave(&it->guard);
	entry_close(&it->socket);
	entry_close(&it->pidfd);
	entry_close(&it->terminal);
	if (it->fault)
		munmap(it->fault, sizeof(*it->fault));
	cgroup_host_drop(&it->host);
	free(it->cgroup_path);
	free(it);
	*launch = NULL;
	return *err ? (*err)->code : 0;
}

/* --- a further process */

static int stay(struct launch *launch, const struct launch_exec *exec, struct error **err)
{
	struct filter filter;
	struct launch_child child = {
		.oci = exec->oci,
		.process = exec->process,
		.filter = &filter,
		.cgroup = launch->cgroup,
		.fault = launch->fault,
		.pidfd = exec->pidfd,
		.streams = {exec->streams[0], exec->streams[1], exec->streams[2]},
	};
	CLEANUP(entry_close) int other = -1, home = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	bool joins = oci_namespace(exec->oci, "pid") != NULL;

	if (filter_compile(&exec->oci->linux_.seccomp, exec->filters, &filter, err) ||
	    add_socket(launch, &other, err))
		return (*err)->code;
	child.socket = other;
	if (joins && (home < 0 || setns(exec->pidfd, CLONE_NEWPID)))
		return error_errno(err, errno == ESRCH ? ENOENT : errno, "the container has ended");
	launch->pid = give_birth(0, launch->cgroup, &launch->pidfd);
	if (launch->pid == 0) {
		close(launch->socket);
		launch_child_(&child);
	}
	int number = errno;

	if (joins && setns(home, CLONE_NEWPID))
		_exit(1);
	if (launch->pid < 0)
		return error_errno(err, number == ENOMEM || number == ENODEV ? ENOENT : number,
				   "cannot make a process in the container");
	return equip(launch, exec->oci, exec->process, false, err);
}

int launch_exec(const struct launch_exec *exec, struct launch_process *ret, struct error **err)
{
	struct launch launch = {.socket = -1, .pidfd = -1, .terminal = -1};
	int code;

	launch.fault = map_fault(err);
	if (launch.fault && !check_process(exec->process, err) &&
	    !cgroup_host_read(&launch.host, err) &&
	    !cgroup_open(&launch.host, exec->cgroup, &launch.cgroup, err) &&
	    !stay(&launch, exec, err)) {
		if (launch_hear_(launch.socket, &launch.terminal) != LAUNCH_READY)
			tell_fault(launch.fault, err);
		else
			launch_start(&launch, err);
	}
	if (*err && launch.pidfd >= 0) {
		CLEANUP(error_drop) struct error *ignored = NULL;

		syscall(SYS_pidfd_send_signal, launch.pidfd, SIGKILL, NULL, 0);
		launch_reap(launch.pidfd, &code, &ignored);
		entry_close(&launch.pidfd);
		entry_close(&launch.terminal);
	}
	entry_close(&launch.socket);
	cgroup_drop(&launch.cgroup);
	cgroup_host_drop(&launch.host);
	if (launch.fault)
		munmap(launch.fault, sizeof(*launch.fault));
	if (*err)
		return (*err)->code;
	*ret = (struct launch_process){launch.pid, launch.pidfd, launch.terminal};
	return 0;
}
