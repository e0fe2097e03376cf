/* SPDX-License-Identifier: MIT */
/* init -- the second program, wincompose-init: what the embedded engine starts, not the user
 *
 *	wincompose-init run [option ...] BUNDLE ID	runs a bundle (config.json) in the foreground, exits as it does
 *	wincompose-init exec [option ...] BUNDLE ID PID ARG ...	runs a command in a container whose first process is PID
 *	wincompose-init delete BUNDLE ID	removes what a container of that id has left
 *
 * Its size counts, as one runs for each container: no libuv, no libcurl.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/linux/entry.h"
#include "engine/linux/launch.h"
#include "engine/linux/seal.h"

#define TROUBLE 125 /* the exit code of what is not the container's, as Docker has it */

struct options {
	const char *filters, *layers, *data, *pid_file, *user, *cwd;
	bool idmap, terminal;
};

static const struct option_row {
	const char *name;
	size_t offset;
	bool flag;
} rows[] = {
	{"--filters", offsetof(struct options, filters),
	 false}, /* folder of compiled seccomp filters */
	{"--layers", offsetof(struct options, layers),
	 false}, /* LOWEST:...:HIGHEST, instead of root.path */
	{"--data", offsetof(struct options, data),
	 false}, /* folder with "diff" and "work" for them */
	{"--pid-file", offsetof(struct options, pid_file), false},
	{"--user", offsetof(struct options, user), false}, /* exec: UID */
	{"--cwd", offsetof(struct options, cwd), false},   /* exec: the working folder */
	{"--idmap", offsetof(struct options, idmap), true},
	{"--terminal", offsetof(struct options, terminal), true}, /* exec */
};

static int read_options(char ***argv, struct options *ret, struct error **err)
{
	for (; **argv && text_starts(**argv, "--"); ++*argv) {
		const struct option_row *row = NULL;

		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			if (strcmp(rows[i].name, **argv) == 0)
				row = &rows[i];
		if (!row || (!row->flag && !(*argv)[1]))
			return error_set(err, ERROR_INVALID, "%s is no option, or wants a value",
					 **argv);
		if (row->flag)
			*(bool *)((char *)ret + row->offset) = true;
		else
			*(const char **)(void *)((char *)ret + row->offset) = *++*argv;
	}
	return 0;
}

static int read_bundle(const char *bundle, struct oci *ret, struct error **err)
{
	CLEANUP(entry_close) int folder = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(json_drop) cJSON *json = NULL;

	if (folder < 0)
		return error_errno(err, errno, "cannot open the bundle %s", bundle);
	if (entry_read(folder, "config.json", bundle, &text, err) ||
	    json_parse(text.data, text.len, "config.json", &json, err))
		return (*err)->code;
	return oci_parse(json, "config.json", ret, err);
}

static int write_pid(const char *path, pid_t pid, struct error **err)
{
	FILE *file = path ? fopen(path, "we") : NULL;

	if (!path)
		return 0;
	if (!file || fprintf(file, "%ld\n", (long)pid) < 0 || fclose(file))
		return error_errno(err, errno, "cannot write %s", path);
	return 0;
}

/* --- until it ends: signals go on to it, and a terminal's bytes both ways */

struct relay {
	int pidfd, terminal, signals;
};

static bool copy(int from, int to)
{
	char bytes[16384];
	ssize_t n = read(from, bytes, sizeof(bytes)), done = 0;

	while (done < n) {
		ssize_t one = write(to, bytes + done, (size_t)(n - done));

		if (one < 0 && errno != EINTR)
			return false;
		done += one > 0 ? one : 0;
	}
	return n > 0 || (n < 0 && errno == EINTR);
}

static void attend(struct relay *relay)
{
	struct pollfd ready[4] = {
		{relay->pidfd, POLLIN, 0},
		{relay->signals, POLLIN, 0},
		{relay->terminal, POLLIN, 0},
		{relay->terminal < 0 ? -1 : 0, POLLIN, 0},
	};

	while (poll(ready, ARRAY_LEN(ready), -1) >= 0 || errno == EINTR) {
		struct signalfd_siginfo about;

		if (ready[1].revents &&
		    read(relay->signals, &about, sizeof(about)) == sizeof(about) &&
		    about.ssi_signo != SIGCHLD)
			syscall(SYS_pidfd_send_signal, relay->pidfd, (int)about.ssi_signo, NULL, 0);
		if (ready[2].revents && !copy(relay->terminal, 1))
			ready[2].fd = -1;
		if (ready[3].revents && !copy(0, relay->terminal))
			ready[3].fd = -1;
		/* What the terminal still holds comes first. */
		if (ready[0].revents && !(ready[2].fd >= 0 && ready[2].revents & POLLIN))
			return;
	}
}

static int open_signals(void)
{
	static const int passed[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(passed); i++)
		sigaddset(&set, passed[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int exit_code(const struct error *err)
{
	return err->exit_code ? err->exit_code : TROUBLE;
}

static char **split(const char *list)
{
	ARRAY(char *) words = {0};

	while (list && *list) {
		array_push(&words, memory_copy_n(list, strcspn(list, ":")));
		list += strcspn(list, ":");
		list += *list == ':';
	}
	array_push(&words, NULL);
	return words.items;
}

static int run(char **argv, const struct options *options, struct error **err)
{
	CLEANUP(oci_drop) struct oci oci = {0};
	CLEANUP(memory_free_vector) char **layers = options->layers ? split(options->layers) : NULL;
	struct launch_request request = {
		.filters = options->filters, .streams = {0, 1, 2}, .oci = &oci};
	struct launch *launch = NULL;
	struct launch_end end = {0};

	if (!argv[0] || !argv[1])
		return error_set(err, ERROR_INVALID, "run wants BUNDLE and ID");
	request.id = argv[1];
	request.files = (struct rootfs_source){argv[0], (const char *const *)layers, options->data,
					       options->idmap};
	if (read_bundle(argv[0], &oci, err) || launch_create(&request, &launch, err))
		return exit_code(*err);
	struct relay relay = {launch_pidfd(launch), launch_terminal(launch), open_signals()};

	if (!write_pid(options->pid_file, launch_pid(launch), err) && !launch_start(launch, err)) {
		attend(&relay);
		launch_wait(launch, &end, err);
	}
	if (*err)
		end.code = exit_code(*err);
	if (end.oom)
		fprintf(stderr,
			"wincompose-init: %s: the kernel killed a process of it for want of "
			"memory\n",
			argv[1]);
	CLEANUP(error_drop) struct error *late = NULL;

	if (launch_delete(&launch, &late) && !*err)
		error_move(err, &late);
	return end.code;
}

static char *group_of(const struct oci *oci, const char *id)
{
	return oci->linux_.cgroups_path && *oci->linux_.cgroups_path
		       ? memory_copy(oci->linux_.cgroups_path)
		       : memory_format("/wincompose/%s", id);
}

static int enter(char **argv, const struct options *options, struct error **err)
{
	CLEANUP(oci_drop) struct oci oci = {0};
	struct launch_process process = {-1, -1, -1};
	int code = 0;

	if (!argv[0] || !argv[1] || !argv[2] || !argv[3])
		return error_set(err, ERROR_INVALID, "exec wants BUNDLE, ID, PID and a command");
	if (read_bundle(argv[0], &oci, err))
		return TROUBLE;
	CLEANUP(memory_free) char *group = group_of(&oci, argv[1]);
	struct launch_exec request = {.cgroup = group,
				      .oci = &oci,
				      .process = &oci.process,
				      .filters = options->filters,
				      .streams = {0, 1, 2}};

	memory_free_vector(&oci.process.args);
	oci.process.args = memory_copy_vector((const char *const *)argv + 3);
	oci.process.terminal = options->terminal;
	if (options->user)
		oci.process.user.uid = strtoll(options->user, NULL, 10);
	if (options->cwd) {
		free(oci.process.cwd);
		oci.process.cwd = memory_copy(options->cwd);
	}
	request.pidfd = (int)syscall(SYS_pidfd_open, (pid_t)strtol(argv[2], NULL, 10), 0);
	if (request.pidfd < 0) {
		error_errno(err, errno, "there is no process %s", argv[2]);
		return TROUBLE;
	}
	if (launch_exec(&request, &process, err))
		return exit_code(*err);
	struct relay relay = {process.pidfd, process.terminal, open_signals()};

	attend(&relay);
	launch_reap(process.pidfd, &code, err);
	return code;
}

static int delete (char **argv, const struct options *options, struct error **err)
{
	CLEANUP(oci_drop) struct oci oci = {0};
	CLEANUP(cgroup_host_drop) struct cgroup_host host = {0};
	struct cgroup *group = NULL;

	(void)options;
	if (!argv[0] || !argv[1])
		return error_set(err, ERROR_INVALID, "delete wants BUNDLE and ID");
	if (read_bundle(argv[0], &oci, err) || cgroup_host_read(&host, err))
		return TROUBLE;
	CLEANUP(memory_free) char *path = group_of(&oci, argv[1]);

	if (cgroup_open(&host, path, &group, err) || cgroup_remove(&group, err))
		return TROUBLE;
	return 0;
}

static const struct {
	const char *name;
	int (*run)(char **argv, const struct options *options, struct error **err);
} verbs[] = {{"run", run}, {"exec", enter}, {"delete", delete}};

int main(int argc, char **argv)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct options options = {0};
	int code = TROUBLE;
	char **rest = argv + (argc > 1 ? 2 : 1);

	for (size_t i = 0; i < ARRAY_LEN(verbs) && argc > 1; i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		if (!seal_self(argv, &err) && !read_options(&rest, &options, &err))
			code = verbs[i].run(rest, &options, &err);
		if (err)
			fprintf(stderr, "wincompose-init: %s\n", err->message);
		return err && code < 0 ? TROUBLE : code;
	}
	fprintf(stderr, "wincompose-init: it is started by wincompose, not by users\n");
	return 2;
}
