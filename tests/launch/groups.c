/* SPDX-License-Identifier: MIT */
/* groups -- control groups without a container: groups PATH [two]
 *
 * Makes the group, puts a busy process into it, freezes and thaws it, reads its figures, kills it and removes the group;
 * with "two" as on a host that has version 2 alone. Prints the first thing that is not as it should be, and ends with 1.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/linux/cgroup.h"
#include "engine/linux/entry.h"

#define CHECK(what_)                                                                               \
	do {                                                                                       \
		if (!(what_)) {                                                                    \
			printf("not so: %s%s%s\n", #what_, err ? ": " : "",                        \
			       err ? err->message : "");                                           \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

static uint64_t used(const struct cgroup *group)
{
	struct cgroup_stat stat;

	cgroup_stat(group, &stat);
	return stat.cpu_ns;
}

/* Whether the group has used processor time within two seconds. */
static bool runs(const struct cgroup *group)
{
	uint64_t before = used(group);

	for (int i = 0; i < 200; i++) {
		pause_ms(10);
		if (used(group) > before)
			return true;
	}
	return false;
}

static int live(const struct cgroup_host *host, const char *path,
		const struct oci_resources *limits)
{
	struct error *err = NULL;
	struct cgroup *group = NULL, *again = NULL;
	struct cgroup_stat stat;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		/* Not for ever, where a check fails. */
		alarm(30);
		for (;;)
			;
	}
	CHECK(!cgroup_make(host, path, limits, &group, &err));
	CHECK(cgroup_make(host, path, limits, &again, &err) == ERROR_CONFLICT);
	error_drop(&err);
	CHECK(!cgroup_populated(group));
	CHECK(!cgroup_move(group, pid, &err));
	CHECK(cgroup_populated(group));
	CHECK(runs(group));
	CHECK(!cgroup_freeze(group, true, &err));
	uint64_t frozen = used(group);

	pause_ms(50);
	CHECK(used(group) == frozen);
	CHECK(!cgroup_freeze(group, false, &err));
	CHECK(runs(group));
	cgroup_stat(group, &stat);
	CHECK(stat.cpu_ns > 0 && stat.oom_kills == 0);
	CHECK(host->layout == CGROUP_V2 ||
	      (stat.pids == 1 && stat.pids_limit == 7 && stat.memory_limit == 64 << 20));
	CHECK(!cgroup_freeze(group, true, &err));
	CHECK(!cgroup_open(host, path, &again, &err));
	cgroup_drop(&again);
	/* What is frozen dies too. */
	CHECK(!cgroup_remove(&group, &err) || err->code == ERROR_TIMEOUT);
	CHECK(!err);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
	      WTERMSIG(status) == SIGKILL);
	CHECK(cgroup_open(host, path, &group, &err) == ERROR_NOT_FOUND);
	error_drop(&err);
	return 0;
}

int main(int argc, char **argv)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(cgroup_host_drop) struct cgroup_host host = {0};
	CLEANUP(text_drop) struct text text = {0}, two = {0};
	struct oci_resources limits = {0};
	char *rest = NULL;

	if (argc < 2 || entry_read(AT_FDCWD, "/proc/self/mountinfo", "", &text, &err))
		return 2;
	for (char *line = strtok_r(text.data, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (argc < 3 || strstr(line, " - cgroup2 "))
			text_printf(&two, "%s\n", line);
	cgroup_host_parse(text_string(&two), &host);
	if (argc < 3) {
		limits.pids.limit = 7;
		limits.memory.limit = 64 << 20;
	}
	return live(&host, argv[1], &limits);
}
