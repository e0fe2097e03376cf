/* SPDX-License-Identifier: MIT */
#include "compose/supervise/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uv.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"

#define ARGUMENTS_MAX 32

/* What the new process needs, made before the fork: after it only async-signal-safe calls are
 * allowed. */
struct birth {
	char program[PATH_MAX];
	char *arguments[ARGUMENTS_MAX];
	const char *folder;
	const char *log;
	int report; /* the end of a pipe that closes at exec; an errno comes through it before */
};

static void fail(const struct birth *birth)
{
	int number = errno;
	ssize_t ignored = write(birth->report, &number, sizeof(number));

	(void)ignored;
	_exit(127);
}

/* 0 is null, 1 and 2 are the log, 3 is the report until exec; nothing else is open. */
static void set_descriptors(struct birth *birth)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int log = open(birth->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (null < 0 || log < 0)
		fail(birth);
	if (dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
		fail(birth);
	if (birth->report != 3 && dup2(birth->report, 3) < 0)
		fail(birth);
	birth->report = 3;
	fcntl(3, F_SETFD, FD_CLOEXEC);
	close_range(4, ~0U, 0);
}

static void become(struct birth *birth)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	set_descriptors(birth);
	if (chdir(birth->folder) < 0)
		fail(birth);
	execv(birth->program, birth->arguments);
	fail(birth);
}

/* The first child leads a session and leaves the second to init: it can never get a terminal. */
static void fork_twice(struct birth *birth)
{
	if (setsid() < 0)
		fail(birth);
	pid_t child = fork();
	if (child < 0)
		fail(birth);
	if (child == 0)
		become(birth);
	_exit(0);
}

static int wait_for_exec(pid_t child, int pipe_end, struct error **err)
{
	int number = 0;
	int status;
	ssize_t count;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	while ((count = read(pipe_end, &number, sizeof(number))) < 0 && errno == EINTR)
		;
	close(pipe_end);
	if (count == (ssize_t)sizeof(number))
		return error_errno(err, number, "the supervisor could not be started");
	return 0;
}

int detach_start(const struct home_project *home, const char *const *arguments,
		 const char **warning, struct error **err)
{
	struct birth birth = {.folder = home->folder, .log = home->log};
	size_t len = sizeof(birth.program);
	size_t count = 0;
	int ends[2];

	*warning = NULL;
	if (uv_exepath(birth.program, &len) < 0)
		return error_set(err, ERROR_SYSTEM, "the program's own path is not known");
	birth.arguments[count++] = birth.program;
	for (size_t i = 0; arguments[i] && count < ARGUMENTS_MAX - 1; i++)
		birth.arguments[count++] = (char *)(uintptr_t)arguments[i];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, errno, "the supervisor could not be started");
	birth.report = ends[1];
	pid_t child = fork();
	if (child == 0)
		fork_twice(&birth);
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return error_errno(err, errno, "the supervisor could not be started");
	}
	return wait_for_exec(child, ends[0], err);
}
