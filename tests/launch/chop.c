/* SPDX-License-Identifier: MIT */
/* chop -- kills a program at its nth system call: chop N PROGRAM ARG ...
 *
 * Prints how many calls it began; exits with 0 where it was killed, 3 where it ended before. Only the program itself is
 * followed, not what it forks.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long want = argc > 2 ? atol(argv[1]) : 0, count = 0;
	int status = 0, pass = 0;
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execv(argv[2], argv + 2);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
	for (int entering = 1;; entering = !entering) {
		ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)pass);
		if (waitpid(pid, &status, 0) < 0 || WIFEXITED(status) || WIFSIGNALED(status))
			break;
		pass = 0;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
			/* A signal of its own is passed on; the stop of an execve is none. */
			pass = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
			entering = !entering;
			continue;
		}
		if (entering && ++count == want) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			break;
		}
	}
	printf("%ld\n", count);
	return WIFSIGNALED(status) ? 0 : 3;
}
