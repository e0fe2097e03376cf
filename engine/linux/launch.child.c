/* SPDX-License-Identifier: MIT */
#include "engine/linux/launch.inside.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/linux/entry.h"
#include "engine/linux/privilege.h"

struct state {
	const struct launch_child *child;
	int root;     /* the container's, once we are in it */
	int terminal; /* -1: none */
	char **env;
};

/* --- the steps of one who makes a container */

static int await_go(struct state *state, struct error **err)
{
	int none;

	if (launch_hear_(state->child->socket, &none) != LAUNCH_GO)
		return error_set(err, ERROR_CANCELLED, "the launcher has ended");
	return 0;
}

static int become_root(struct state *state, struct error **err)
{
	if (!oci_namespace(state->child->oci, "user"))
		return 0;
	if (setresgid(0, 0, 0) || setresuid(0, 0, 0))
		return error_errno(err, errno, "cannot become root of the user namespace");
	/* That made the process readable again for who is root there. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return error_errno(err, errno, "cannot keep the process from being looked into");
	return 0;
}

static int join_groups(struct state *state, struct error **err)
{
	size_t count;
	const int *joins = cgroup_joins(state->child->cgroup, &count);

	return cgroup_join(joins, count, err);
}

/* What could not come with the process: the groups before it stood in them, and queues that shall belong to the root
 * of the user namespace. */
static int divide_late(struct state *state, struct error **err)
{
	uint64_t flags = launch_flags_(state->child->oci, true) & LAUNCH_LATE;

	if (flags && unshare((int)flags))
		return error_errno(err, errno,
				   "cannot make the namespaces of control groups and queues");
	return 0;
}

/* A session, so that no terminal of the launcher's is within reach, and a keyring of its own: the user's holds keys
 * of the host. */
static int leave_session(struct state *state, struct error **err)
{
	CLEANUP(memory_free)
	char *name = memory_format("_ses.%s", state->child->id ? state->child->id : "");

	if (setsid() < 0)
		return error_errno(err, errno, "cannot begin a session");
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name) < 0 && errno != ENOSYS &&
	    errno != EDQUOT)
		return error_errno(err, errno, "cannot begin a keyring");
	return 0;
}

static int set_names(struct state *state, struct error **err)
{
	const struct oci *oci = state->child->oci;

	if (((oci->hostname && *oci->hostname) || (oci->domainname && *oci->domainname)) &&
	    !oci_namespace(oci, "uts"))
		return error_set(err, ERROR_INVALID,
				 "a host name needs a uts namespace: it would be the host's");
	if (oci->hostname && *oci->hostname && sethostname(oci->hostname, strlen(oci->hostname)))
		return error_errno(err, errno, "cannot set the host name %s", oci->hostname);
	if (oci->domainname && *oci->domainname &&
	    setdomainname(oci->domainname, strlen(oci->domainname)))
		return error_errno(err, errno, "cannot set the domain name %s", oci->domainname);
	return 0;
}

/* What belongs to a namespace, and with it to the container: anything else would be the host's. */
static const struct {
	const char *name; /* ends with "/": all below */
	const char *type;
} sysctls[] = {
	{"net/", "network"},
	{"fs/mqueue/", "ipc"},
	{"kernel/msgmax", "ipc"},
	{"kernel/msgmnb", "ipc"},
	{"kernel/msgmni", "ipc"},
	{"kernel/sem", "ipc"},
	{"kernel/shmall", "ipc"},
	{"kernel/shmmax", "ipc"},
	{"kernel/shmmni", "ipc"},
	{"kernel/domainname", "uts"},
	{"kernel/shm_rmid_forced", "ipc"},
};

/* "net.ipv4.ip_forward" as "net/ipv4/ip_forward"; NULL: it is no name. */
static char *sysctl_path(const char *name)
{
	CLEANUP(memory_free) char *path = memory_copy(name);
	bool slashes = strchr(name, '/') != NULL;

	for (char *c = path; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("./_-", *c))
			return NULL;
		/* In a name with slashes a dot is a dot ("net/ipv4/conf/eth0.100/..."). */
		if (*c == '.' && !slashes)
			*c = '/';
	}
	return strstr(path, "..") || strstr(path, "//") || *path == '/' ? NULL : steal(&path);
}

static int set_sysctl(const struct oci *oci, int folder, const struct oci_pair *pair,
		      struct error **err)
{
	CLEANUP(memory_free) char *path = sysctl_path(pair->name);

	for (size_t i = 0; path && i < ARRAY_LEN(sysctls); i++) {
		const char *name = sysctls[i].name;
		const struct oci_namespace *it = oci_namespace(oci, sysctls[i].type);

		if (text_ends(name, "/") ? !text_starts(path, name) : strcmp(path, name) != 0)
			continue;
		if (!it || (it->path && *it->path))
			return error_set(
				err, ERROR_INVALID,
				"the sysctl %s needs a %s namespace of the container's own",
				pair->name, sysctls[i].type);
		return entry_write(folder, path, pair->value, "/proc/sys", err);
	}
	return error_set(err, ERROR_INVALID,
			 "the sysctl %s is not a container's: it would be the host's", pair->name);
}

/* Through the host's /proc, which says what this process' namespaces have: the image has no part in it. */
static int set_sysctls(struct state *state, struct error **err)
{
	const struct oci *oci = state->child->oci;
	CLEANUP(entry_close) int folder = -1;

	if (!oci->linux_.sysctl.len)
		return 0;
	folder = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return error_errno(err, errno, "cannot open /proc/sys");
	ARRAY_FOR_EACH (const struct oci_pair, pair, &oci->linux_.sysctl)
		if (set_sysctl(oci, folder, pair, err))
			return (*err)->code;
	return 0;
}

static int enter_root(struct state *state, struct error **err)
{
	const struct launch_child *child = state->child;

	return rootfs_enter(child->rootfs, child->oci,
			    child->process->terminal ? &state->terminal : NULL, err);
}

/* --- the steps of one who joins */

static int join_namespaces(struct state *state, struct error **err)
{
	/* Of the processes, the launcher joined it: that concerns children alone. */
	uint64_t flags = launch_flags_(state->child->oci, false) & ~(uint64_t)CLONE_NEWPID;

	if (setns(state->child->pidfd, (int)flags))
		return error_errno(err, errno, "cannot join the container");
	return 0;
}

static int take_terminal(struct state *state, struct error **err)
{
	CLEANUP(entry_close) int slave = -1;

	if (!state->child->process->terminal)
		return 0;
	state->terminal = rootfs_terminal(state->root, &slave, err);
	if (state->terminal < 0)
		return (*err)->code;
	for (int i = 0; i < 3; i++)
		if (dup2(slave, i) < 0)
			return error_errno(err, errno,
					   "cannot take the terminal as standard streams");
	if (ioctl(0, TIOCSCTTY, 0))
		return error_errno(err, errno, "cannot make the terminal the controlling one");
	return 0;
}

/* --- the steps of both */

static int take_streams(struct state *state, struct error **err)
{
	const struct launch_child *child = state->child;
	CLEANUP(entry_close) int null = -1;
	int copies[3];

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* What the launcher was given by mistake ends with execve as all of its own does. */
	if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC))
		return error_errno(err, errno, "cannot keep descriptors from the container");
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = 0; i < 3; i++) {
		bool none = child->process->terminal || child->streams[i] < 0;

		/* Copies first: a stream may be another one's number. */
		copies[i] = fcntl(none ? null : child->streams[i], F_DUPFD_CLOEXEC, 3);
		if (copies[i] < 0)
			return error_errno(err, errno, "cannot take the standard streams");
	}
	for (int i = 0; i < 3; i++) {
		if (dup2(copies[i], i) < 0)
			return error_errno(err, errno, "cannot take the standard streams");
		close(copies[i]);
	}
	return 0;
}

static int open_root(struct state *state, struct error **err)
{
	state->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return state->root < 0 ? error_errno(err, errno, "cannot open the container's root") : 0;
}

/* HOME is where /etc/passwd says, unless the object does. */
static int make_env(struct state *state, struct error **err)
{
	char *const *env = state->child->process->env;
	size_t count = 0;
	bool has_home = false;

	(void)err;
	for (; env && env[count]; count++)
		has_home = has_home || text_starts(env[count], "HOME=");
	state->env = memory_zero(count + 2, sizeof(*state->env));
	for (size_t i = 0; i < count; i++)
		state->env[i] = env[i];
	if (!has_home) {
		CLEANUP(memory_free)
		char *home = privilege_home(state->root, state->child->process->user.uid);

		state->env[count] = memory_format("HOME=%s", home);
	}
	return 0;
}

static int lower(struct state *state, struct error **err)
{
	return privilege_lower(state->child->process, err);
}

static int enter_folder(struct state *state, struct error **err)
{
	return privilege_enter(state->root, state->child->process->cwd, err);
}

static int tell_ready(struct state *state, struct error **err)
{
	int none;

	if (state->terminal >= 0 && state->child->process->console_size.width > 0) {
		struct winsize size = {
			.ws_row = (unsigned short)state->child->process->console_size.height,
			.ws_col = (unsigned short)state->child->process->console_size.width};

		ioctl(state->terminal, TIOCSWINSZ, &size);
	}
	if (!launch_say_(state->child->socket, LAUNCH_READY, state->terminal) ||
	    launch_hear_(state->child->socket, &none) != LAUNCH_START)
		return error_set(err, ERROR_CANCELLED, "the launcher has ended");
	return 0;
}

static int reset_signals(struct state *state, struct error **err)
{
	sigset_t none;

	(void)state;
	(void)err;
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	return 0;
}

static int limit(struct state *state, struct error **err)
{
	return privilege_limit(state->child->process, err);
}

static int seal(struct state *state, struct error **err)
{
	return privilege_seal(state->child->process, state->child->filter, err);
}

static int run(struct state *state, struct error **err)
{
	privilege_exec(state->child->process->args, state->env, err);
	(*err)->exit_code = (*err)->code == ERROR_NOT_FOUND ? 127 : 126;
	return (*err)->code;
}

typedef int (*step)(struct state *state, struct error **err);

static const step make_steps[] = {
	take_streams, await_go,    become_root,   join_groups, divide_late, leave_session,
	set_names,    set_sysctls, enter_root,    open_root,   make_env,    lower,
	enter_folder, tell_ready,  reset_signals, limit,       seal,        run,
};

static const step join_steps[] = {
	take_streams, join_groups,   join_namespaces, become_root, leave_session,
	open_root,    take_terminal, make_env,        lower,       enter_folder,
	tell_ready,   reset_signals, limit,           seal,        run,
};

void launch_child_(const struct launch_child *child)
{
	struct state state = {.child = child, .root = -1, .terminal = -1};
	const step *steps = child->rootfs ? make_steps : join_steps;
	size_t count = child->rootfs ? ARRAY_LEN(make_steps) : ARRAY_LEN(join_steps);
	struct error *err = NULL;

	for (size_t i = 0; i < count && !err; i++)
		steps[i](&state, &err);
	snprintf(child->fault->text, sizeof(child->fault->text), "%s", err->message);
	child->fault->exit_code = err->exit_code;
	child->fault->code = err->code;
	_exit(err->exit_code ? err->exit_code : 125);
}
