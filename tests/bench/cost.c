/* SPDX-License-Identifier: MIT */
/* cost RUNS COMMAND... -- runs it so often with its output thrown away, and prints the median of its processor time in milliseconds
 * and its largest resident memory in KiB. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { RUNS_MAX = 1000 };

static double milliseconds(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int run(char **command, struct rusage *usage)
{
	posix_spawn_file_actions_t actions;
	int status = 0;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, command[0], &actions, NULL, command, environ) != 0)
		return -1;
	posix_spawn_file_actions_destroy(&actions);
	if (wait4(pid, &status, 0, usage) < 0)
		return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
	static double times[RUNS_MAX];
	long runs = argc > 2 ? strtol(argv[1], NULL, 10) : 0, most = 0;

	if (runs < 1 || runs > RUNS_MAX)
		return 2;
	for (long i = 0; i < runs; i++) {
		struct rusage usage;

		if (run(argv + 2, &usage) < 0) {
			fprintf(stderr, "cost: %s failed\n", argv[2]);
			return 1;
		}
		times[i] = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
		most = usage.ru_maxrss > most ? usage.ru_maxrss : most;
	}
	qsort(times, (size_t)runs, sizeof(*times), compare);
	printf("%.3f %ld\n", times[runs / 2], most);
	return 0;
}
