/* SPDX-License-Identifier: MIT */
#include "engine/linux/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/linux/cgroup.h"

struct guard {
	int end; /* closes with the launcher */
	pid_t pid;
};

static void watch(int end, const char *path) __attribute__((noreturn));

static void watch(int end, const char *path)
{
	struct error *err = NULL;
	struct cgroup_host host = {0};
	struct cgroup *group = NULL;
	char byte;
	ssize_t n;

	/* Not with the terminal's signals, nor holding a stream of the launcher's open. */
	setsid();
	prctl(PR_SET_NAME, "wincompose-guar");
	dup2(end, 0);
	syscall(SYS_close_range, 1, ~0U, 0);
	if (chdir("/"))
		_exit(1);
	do
		n = read(0, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(0);
	if (!cgroup_host_read(&host, &err) && !cgroup_open(&host, path, &group, &err))
		cgroup_remove(&group, &err);
	_exit(0);
}

int guard_begin(const char *cgroup_path, struct guard **ret, struct error **err)
{
	struct guard *guard;
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return error_errno(err, errno, "no pipe");
	pid = fork();
	if (pid == 0) {
		close(pipes[1]);
		watch(pipes[0], cgroup_path);
	}
	close(pipes[0]);
	if (pid < 0) {
		close(pipes[1]);
		return error_errno(err, errno, "cannot start the launcher's guard");
	}
	guard = memory_zero(1, sizeof(*guard));
	guard->end = pipes[1];
	guard->pid = pid;
	*ret = guard;
	return 0;
}

void guard_leave(struct guard **guard)
{
	if (!*guard)
		return;
	if (write((*guard)->end, "", 1) != 1)
		kill((*guard)->pid, SIGKILL); /* It is gone already, or will be. */
	close((*guard)->end);
	while (waitpid((*guard)->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(*guard);
	*guard = NULL;
}
