/* SPDX-License-Identifier: MIT */
#include "engine/linux/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/linux/entry.h"
#include "engine/linux/within.h"

static int cap_get(uint64_t *permitted, struct error **err)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return error_errno(err, errno, "cannot read the capabilities");
	*permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

static int cap_set(uint64_t effective, uint64_t permitted, uint64_t inheritable, struct error **err)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
		{(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32),
		 (uint32_t)(inheritable >> 32)},
	};

	if (syscall(SYS_capset, &head, data))
		return error_errno(err, errno, "cannot set the capabilities");
	return 0;
}

static int lower_bounding(uint64_t keep, struct error **err)
{
	for (int i = 0; i < 64; i++) {
		if (keep >> i & 1 || prctl(PR_CAPBSET_READ, i, 0, 0, 0) <= 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			return error_errno(err, errno, "cannot drop %s for ever",
					   oci_capability_name(i));
	}
	return 0;
}

static int take_user(const struct oci_user *user, struct error **err)
{
	CLEANUP(memory_free)
	gid_t *groups = memory_alloc((user->additional_gids.len + 1) * sizeof(*groups));

	for (size_t i = 0; i < user->additional_gids.len; i++)
		groups[i] = (gid_t)user->additional_gids.items[i];
	if (setgroups(user->additional_gids.len, groups))
		return error_errno(err, errno, "cannot take the additional groups");
	if (setresgid((gid_t)user->gid, (gid_t)user->gid, (gid_t)user->gid))
		return error_errno(err, errno, "cannot take group %lld", (long long)user->gid);
	if (setresuid((uid_t)user->uid, (uid_t)user->uid, (uid_t)user->uid))
		return error_errno(err, errno, "cannot take user %lld", (long long)user->uid);
	return 0;
}

/* So that a user's program can open /dev/stdout again, which its launcher's user made. Pipes alone, and the container's own
 * terminal: a file or a terminal that the launcher was given is somebody else's. */
static void give_streams(const struct oci_process *process)
{
	struct stat about;

	for (int i = 0; i < 3; i++) {
		if (fstat(i, &about) || (!S_ISFIFO(about.st_mode) && !process->terminal) ||
		    about.st_uid == (uid_t)process->user.uid)
			continue;
		if (fchown(i, (uid_t)process->user.uid, about.st_gid))
			continue; /* Not ours to give: the program has the descriptor all the same. */
	}
}

int privilege_lower(const struct oci_process *process, struct error **err)
{
	uint64_t all = 0;

	if (lower_bounding(process->capabilities.bounding, err))
		return (*err)->code;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		return error_errno(err, errno, "cannot keep the capabilities");
	give_streams(process);
	if (take_user(&process->user, err) || cap_get(&all, err) || cap_set(all, all, 0, err))
		return (*err)->code;
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0))
		return error_errno(err, errno, "cannot stop keeping the capabilities");
	umask(process->user.umask.set ? (mode_t)process->user.umask.value & 0777 : 022);
	/* A change of user may have made the process readable to others of that user. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return error_errno(err, errno, "cannot keep the process from being looked into");
	return 0;
}

int privilege_seal(const struct oci_process *process, const struct filter *filter,
		   struct error **err)
{
	const struct oci_capabilities *sets = &process->capabilities;
	uint64_t can = 0, ambient;

	/* What the kernel does not know, or the launcher has not itself, nobody gets. */
	if (cap_get(&can, err))
		return (*err)->code;
	ambient = sets->ambient & sets->permitted & sets->inheritable & can;
	if (process->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return error_errno(err, errno, "cannot forbid new privileges");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
		return error_errno(err, errno, "cannot clear the ambient capabilities");
	if (filter_load(filter, err))
		return (*err)->code;
	if (cap_set(sets->effective & sets->permitted & can, sets->permitted & can,
		    sets->inheritable & can, err))
		return (*err)->code;
	for (int i = 0; i < 64; i++)
		if (ambient >> i & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0))
			return error_errno(err, errno, "cannot raise the ambient %s",
					   oci_capability_name(i));
	return 0;
}

int privilege_enter(int root, const char *cwd, struct error **err)
{
	CLEANUP(entry_close) int folder = within_open(root, cwd, WITHIN_FOLDER, false);
	char real[4096];

	if (folder == -ELOOP)
		return error_set(err, ERROR_INVALID,
				 "the working folder %s is, or lies behind, a link that is not "
				 "followed in a container",
				 cwd);
	if (folder < 0)
		return error_errno(err, -folder, "cannot open the working folder %s", cwd);
	if (fchdir(folder))
		return error_errno(err, errno, "cannot enter the working folder %s", cwd);
	/* What the kernel cannot name from the root is not below it. */
	if (syscall(SYS_getcwd, real, sizeof(real)) < 0 || *real != '/')
		return error_set(err, ERROR_INVALID,
				 "the working folder %s is not in the container", cwd);
	return 0;
}

static int exec_one(const char *path, char *const *args, char *const *env)
{
	execve(path, args, env);
	return errno;
}

int privilege_exec(char *const *args, char *const *env, struct error **err)
{
	const char *path = NULL, *name = args[0];
	int number = ENOENT;

	for (char *const *it = env; *it; it++)
		if (strncmp(*it, "PATH=", 5) == 0)
			path = *it + 5;
	if (!*name)
		return error_set(err, ERROR_NOT_FOUND, "the command is empty");
	if (strchr(name, '/')) {
		number = exec_one(name, args, env);
		return error_errno(err, number, "cannot run %s", name);
	}
	for (const char *it = path ? path : ""; *it; it += strcspn(it, ":"), it += *it == ':') {
		char whole[4096];
		int one;

		if (*it == ':' || *it != '/')
			continue;
		if (snprintf(whole, sizeof(whole), "%.*s/%s", (int)strcspn(it, ":"), it, name) >=
		    (int)sizeof(whole))
			continue;
		one = exec_one(whole, args, env);
		/* What is there and cannot be run is told of, where nothing better follows. */
		if (one != ENOENT && one != ENOTDIR)
			number = one;
	}
	if (number == ENOENT)
		return error_set(err, ERROR_NOT_FOUND,
				 "cannot run %s: it is in no folder of PATH (%s)", name,
				 path ? path : "there is none");
	return error_errno(err, number, "cannot run %s", name);
}

/* --- */

static const struct {
	const char *name;
	int number;
} limits[] = {
	{"RLIMIT_AS", RLIMIT_AS},
	{"RLIMIT_CORE", RLIMIT_CORE},
	{"RLIMIT_CPU", RLIMIT_CPU},
	{"RLIMIT_DATA", RLIMIT_DATA},
	{"RLIMIT_FSIZE", RLIMIT_FSIZE},
	{"RLIMIT_LOCKS", RLIMIT_LOCKS},
	{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
	{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
	{"RLIMIT_NICE", RLIMIT_NICE},
	{"RLIMIT_NOFILE", RLIMIT_NOFILE},
	{"RLIMIT_NPROC", RLIMIT_NPROC},
	{"RLIMIT_RSS", RLIMIT_RSS},
	{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
	{"RLIMIT_RTTIME", RLIMIT_RTTIME},
	{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
	{"RLIMIT_STACK", RLIMIT_STACK},
};

static int find_limit(const struct oci_rlimit *limit, enum __rlimit_resource *ret,
		      struct error **err)
{
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		if (text_same(limits[i].name, limit->type)) {
			*ret = (enum __rlimit_resource)limits[i].number;
			return 0;
		}
	return error_set(err, ERROR_INVALID, "\"%s\" is no resource limit",
			 limit->type ? limit->type : "");
}

static int limit_failed(const struct oci_rlimit *limit, struct error **err)
{
	return error_errno(err, errno, "cannot set %s to %llu:%llu", limit->type,
			   (unsigned long long)limit->soft, (unsigned long long)limit->hard);
}

int privilege_raise(int pid, const struct oci_process *process, struct error **err)
{
	ARRAY_FOR_EACH (const struct oci_rlimit, it, &process->rlimits) {
		enum __rlimit_resource number = 0;
		struct rlimit now;

		if (find_limit(it, &number, err))
			return (*err)->code;
		if (prlimit(pid, number, NULL, &now))
			return limit_failed(it, err);
		if (it->hard <= now.rlim_max)
			continue;
		now.rlim_max = it->hard;
		if (prlimit(pid, number, &now, NULL))
			return limit_failed(it, err);
	}
	return 0;
}

int privilege_limit(const struct oci_process *process, struct error **err)
{
	ARRAY_FOR_EACH (const struct oci_rlimit, it, &process->rlimits) {
		struct rlimit limit = {it->soft, it->hard};
		enum __rlimit_resource number = 0;

		if (find_limit(it, &number, err))
			return (*err)->code;
		if (setrlimit(number, &limit))
			return limit_failed(it, err);
	}
	return 0;
}

/* name:password:uid:gid:comment:home:shell */
static char *home_of(char *line, int64_t uid)
{
	char *fields[6] = {NULL}, *end;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		fields[i] = line ? strsep(&line, ":") : NULL;
		if (!fields[i])
			return NULL;
	}
	if (!*fields[2] || strtoll(fields[2], &end, 10) != uid || *end || *fields[5] != '/')
		return NULL;
	return memory_copy(fields[5]);
}

char *privilege_home(int root, int64_t uid)
{
	CLEANUP(entry_close) int file = within_open(root, "/etc/passwd", WITHIN_ANY, false);
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	struct stat about;
	char name[40], *home = NULL, *rest = NULL;

	/* By its descriptor: a pipe or a device of the image would be waited for. */
	if (file < 0 || fstat(file, &about) || !S_ISREG(about.st_mode))
		return memory_copy("/");
	snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
	CLEANUP(entry_close) int readable = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = 1;

	while (readable >= 0 && n > 0 && text.len < 1 << 20) {
		n = read(readable, text_reserve(&text, 4096), 4096);
		text.len += n > 0 ? (size_t)n : 0;
	}
	text_add(&text, "");
	for (char *line = strtok_r(text.data, "\n", &rest); line && !home;
	     line = strtok_r(NULL, "\n", &rest))
		home = home_of(line, uid);
	return home ? home : memory_copy("/");
}
