/* SPDX-License-Identifier: MIT */
/* wincompose-net -- the process of one network
 *
 *	wincompose-net start FOLDER		returns when it answers; one that runs already is well
 *	wincompose-net run FOLDER		the same in the foreground
 *	wincompose-net ask FOLDER WORD...	asks it (hatch.h)
 *	wincompose-net prune ROOT OWNER ID...	removes what is left of the owner's, but for the ids
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/linux/hatch.h"
#include "netns/linux/router.h"
#include "netns/linux/space.h"
#include "netns/linux/sweep.h"

enum { EXIT_USAGE = 2, WAIT_MS = 10000, ERROR_BYTES = 4096 };

struct process {
	uv_loop_t loop;
	struct router *router;
	struct hatch *hatch;
	uv_signal_t signals[2];
};

static int fail(const struct error *err)
{
	fprintf(stderr, "wincompose-net: %s\n", err->message);
	return EXIT_FAILURE;
}

static void leave(struct process *process)
{
	hatch_close(process->hatch);
	router_close(process->router);
	for (size_t i = 0; i < ARRAY_LEN(process->signals); i++)
		uv_close((uv_handle_t *)&process->signals[i], NULL);
}

static void on_end(void *payload)
{
	leave(payload);
}

/* The network stays at work. */
static void on_signal(uv_signal_t *handle, int number)
{
	(void)number;
	leave(handle->data);
}

/* A connection through a port needs two descriptors. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_process(struct process *process, const char *folder, struct error **err)
{
	static const int numbers[] = {SIGTERM, SIGINT};
	CLEANUP(memory_free) char *control = path_join(folder, "control");
	const struct router_options options = {
		.loop = &process->loop, .folder = folder, .resolvers = "/etc/resolv.conf"};
	int status;

	signal(SIGPIPE, SIG_IGN);
	raise_limit();
	uv_loop_init(&process->loop);
	status = router_open(&options, &process->router, err);
	if (status == 0)
		status = hatch_open(&process->loop, control, process->router, on_end, process,
				    &process->hatch, err);
	for (size_t i = 0; status == 0 && i < ARRAY_LEN(numbers); i++) {
		uv_signal_init(&process->loop, &process->signals[i]);
		process->signals[i].data = process;
		uv_signal_start(&process->signals[i], on_signal, numbers[i]);
	}
	return status;
}

static int run(const char *folder)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct process process = {0};

	if (open_process(&process, folder, &err) < 0)
		return fail(err);
	uv_run(&process.loop, UV_RUN_DEFAULT);
	uv_loop_close(&process.loop);
	return EXIT_SUCCESS;
}

/* Nothing of who started it: no descriptor, no terminal. */
static void detach(int *ready)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	signal(SIGHUP, SIG_IGN);
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	if (dup2(*ready, 3) == 3)
		*ready = 3;
	close_range(4, ~0u, 0);
	fcntl(*ready, F_SETFD, FD_CLOEXEC);
	if (chdir("/") < 0)
		_exit(EXIT_FAILURE);
}

/* The process itself. It tells the code of its error, 0: none, and the sentence. */
static void be_process(const char *folder, int ready)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *log = path_join(folder, "log");
	struct process process = {0};
	int status;

	detach(&ready);
	log_level_set(LOG_LEVEL_INFO);
	status = log_file_set(log, &err);
	if (status == 0)
		status = open_process(&process, folder, &err);
	dprintf(ready, "%d %s", status, status < 0 ? err->message : "");
	close(ready);
	if (status < 0)
		_exit(EXIT_FAILURE);
	uv_run(&process.loop, UV_RUN_DEFAULT);
	_exit(EXIT_SUCCESS);
}

/* One that runs already, or is just starting. */
static int await(const char *folder, struct error **err)
{
	CLEANUP(memory_free) char *control = path_join(folder, "control");
	uint64_t end = clock_monotonic() + WAIT_MS * CLOCK_MS;
	const struct timespec pause = {.tv_nsec = 2000000};

	for (;;) {
		CLEANUP(text_drop) struct text answer = {0};
		int status = hatch_ask(control, "ping", &answer, err);

		if (status != ERROR_UNAVAILABLE || clock_monotonic() > end)
			return status;
		error_drop(err);
		nanosleep(&pause, NULL);
	}
}

/* What the new process told. */
static int hear(int ready, struct error **err)
{
	char told[ERROR_BYTES] = "";
	size_t len = 0;
	ssize_t got;
	int code = ERROR_SYSTEM, at = 0;

	while (len < sizeof(told) - 1 &&
	       (got = read(ready, told + len, sizeof(told) - 1 - len)) > 0)
		len += (size_t)got;
	if (sscanf(told, "%d %n", &code, &at) != 1)
		return error_set(err, ERROR_SYSTEM, "the network process ended at its start");
	return code < 0 ? error_set(err, code, "%s", told + at) : 0;
}

static int start(const char *folder)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *here = path_current();
	CLEANUP(memory_free) char *full = path_join(here, folder);
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		perror("wincompose-net");
		return EXIT_FAILURE;
	}
	pid_t child = fork();

	if (child == 0)
		be_process(full, ends[1]);
	close(ends[1]);
	int status = child < 0 ? error_set(&err, ERROR_SYSTEM, "no process can be made")
			       : hear(ends[0], &err);

	if (status == ERROR_CONFLICT && strstr(err->message, "is locked by")) {
		error_drop(&err);
		status = await(full, &err);
	}
	return status < 0 ? fail(err) : EXIT_SUCCESS;
}

static int ask(const char *folder, char **words)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *control = path_join(folder, "control");
	CLEANUP(text_drop) struct text line = {0};
	CLEANUP(text_drop) struct text answer = {0};

	for (; *words; words++)
		text_printf(&line, "%s%s", line.len ? " " : "", *words);
	if (hatch_ask(control, text_string(&line), &answer, &err) < 0)
		return fail(err);
	fputs(text_string(&answer), stdout);
	return EXIT_SUCCESS;
}

static int prune(const char *root, const char *owner, char **keep, int count)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(text_drop) struct text told = {0};
	int status = sweep(root, owner, (const char *const *)keep, (size_t)count, &told, &err);

	fputs(text_string(&told), stdout);
	return status < 0 ? fail(err) : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";

	if (argc == 3 && strcmp(verb, "start") == 0)
		return start(argv[2]);
	if (argc == 3 && strcmp(verb, "run") == 0)
		return run(argv[2]);
	if (argc > 3 && strcmp(verb, "ask") == 0)
		return ask(argv[2], argv + 3);
	if (argc > 3 && strcmp(verb, "prune") == 0)
		return prune(argv[2], argv[3], argv + 4, argc - 4);
	fputs("usage: wincompose-net start|run FOLDER | ask FOLDER WORD... | "
	      "prune ROOT OWNER ID...\n",
	      stderr);
	return EXIT_USAGE;
}
