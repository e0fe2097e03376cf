/* SPDX-License-Identifier: MIT */
/* proxy -- stands between a client and a Docker Engine, and makes what goes wrong in the world go
 * wrong
 *
 *	proxy --listen PATH|127.0.0.1:PORT --engine PATH [--rules FILE] [--journal FILE]
 *		[--trace FILE]
 *
 * It prints "ready" and where it listens (port 0: one that is free) when clients may come, and ends
 * on SIGTERM or SIGINT. What goes wrong is said by FILE, which it reads whenever that changes:
 * before a request is looked at and, for the lines with "now", at once. Change it by renaming a new
 * one into its place. The grammar stands in rule.h. A line that is no rule ends the proxy with 2.
 *
 * The journal gets one line when a request's head was read, and one when it is over:
 *
 *	12 begin POST /v1.41/containers/create?name=web
 *	12 end POST /v1.41/containers/create?name=web 201 34 pass
 *
 * that is: number, word, method, path, status (0: none was seen), milliseconds, what was done.
 *
 * The trace is for measuring: the time (ms of the monotonic clock, with three digits), word, method
 * and path of each request's head, and of each piece of a chunked reply's body with how it begins:
 *
 *	81234.567 begin POST /v1.41/containers/0123/restart
 *	81231.001 data GET /v1.41/events {"status":"health_status: unhealthy","id":"0123...
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/proxy/link.h"

enum { BACKLOG = 128 };

struct program {
	struct proxy proxy;
	uv_loop_t loop;
	union {
		uv_stream_t stream;
		uv_pipe_t pipe;
		uv_tcp_t tcp;
	} server;
	uv_fs_event_t folder;
	uv_signal_t signals[2];
	const char *listen;
	const char *rules;
	const char *journal;
	const char *trace;
};

static void refresh(struct program *program)
{
	CLEANUP(error_drop) struct error *err = NULL;
	int changed = rules_refresh(program->proxy.rules, &err);

	if (changed < 0) {
		fprintf(stderr, "proxy: %s\n", err->message);
		exit(2);
	}
	if (changed)
		links_meet_now(&program->proxy);
}

static void on_change(uv_fs_event_t *event, const char *name, int events, int status)
{
	(void)name;
	(void)events;
	if (status == 0)
		refresh(event->data);
}

static void on_client(uv_stream_t *server, int status)
{
	struct program *program = server->data;

	if (status == 0)
		link_open(&program->proxy, server);
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct program *program = signal->data;

	(void)number;
	links_close(&program->proxy);
	uv_close((uv_handle_t *)&program->server.stream, NULL);
	uv_close((uv_handle_t *)&program->folder, NULL);
	uv_close((uv_handle_t *)&program->signals[0], NULL);
	uv_close((uv_handle_t *)&program->signals[1], NULL);
}

static int serve_tcp(struct program *program)
{
	const char *colon = strrchr(program->listen, ':');
	struct sockaddr_storage bound;
	int len = sizeof(bound);
	CLEANUP(memory_free)
	char *host = memory_copy_n(program->listen, (size_t)(colon - program->listen));

	uv_tcp_init(&program->loop, &program->server.tcp);
	int status = uv_ip4_addr(host, atoi(colon + 1), (struct sockaddr_in *)&bound);
	if (!status)
		status = uv_tcp_bind(&program->server.tcp, (struct sockaddr *)&bound, 0);
	if (!status)
		status = uv_listen(&program->server.stream, BACKLOG, on_client);
	if (status)
		return status;
	uv_tcp_getsockname(&program->server.tcp, (struct sockaddr *)&bound, &len);
	printf("ready tcp://%s:%d\n", host, ntohs(((struct sockaddr_in *)&bound)->sin_port));
	return 0;
}

static int serve(struct program *program)
{
	program->server.stream.data = program;
	if (*program->listen != '/')
		return serve_tcp(program);
	unlink(program->listen);
	uv_pipe_init(&program->loop, &program->server.pipe, 0);
	int status = uv_pipe_bind(&program->server.pipe, program->listen);
	if (!status)
		status = uv_listen(&program->server.stream, BACKLOG, on_client);
	if (!status)
		printf("ready unix://%s\n", program->listen);
	return status;
}

static bool read_options(struct program *program, int argc, char **argv)
{
	const struct {
		const char *name;
		const char **value;
	} options[] = {
		{"--listen", &program->listen}, {"--engine", &program->proxy.engine},
		{"--rules", &program->rules},   {"--journal", &program->journal},
		{"--trace", &program->trace},
	};

	for (int i = 1; i < argc; i += 2) {
		size_t o = 0;
		while (o < ARRAY_LEN(options) && strcmp(options[o].name, argv[i]) != 0)
			o++;
		if (o == ARRAY_LEN(options) || !argv[i + 1])
			return false;
		*options[o].value = argv[i + 1];
	}
	return program->listen && program->proxy.engine &&
	       (*program->listen == '/' || strchr(program->listen, ':'));
}

static void watch(struct program *program)
{
	uv_fs_event_init(&program->loop, &program->folder);
	program->folder.data = program;
	if (program->rules) {
		CLEANUP(memory_free) char *folder = path_folder(program->rules);
		uv_fs_event_start(&program->folder, on_change, folder, 0);
	}
	for (int i = 0; i < 2; i++) {
		uv_signal_init(&program->loop, &program->signals[i]);
		program->signals[i].data = program;
		uv_signal_start(&program->signals[i], on_signal, i ? SIGINT : SIGTERM);
	}
}

static int open_to_append(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

int main(int argc, char **argv)
{
	static struct program program = {.proxy = {.journal = -1, .trace = -1}};

	if (!read_options(&program, argc, argv)) {
		fprintf(stderr,
			"usage: proxy --listen PATH|127.0.0.1:PORT --engine PATH [--rules FILE] "
			"[--journal FILE] [--trace FILE]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&program.loop);
	program.proxy.loop = &program.loop;
	list_init(&program.proxy.links);
	program.proxy.rules = rules_new(program.rules);
	if (program.journal)
		program.proxy.journal = open_to_append(program.journal);
	if (program.trace)
		program.proxy.trace = open_to_append(program.trace);
	refresh(&program);
	watch(&program);
	int status = serve(&program);
	if (status) {
		fprintf(stderr, "proxy: cannot listen on %s: %s\n", program.listen,
			uv_strerror(status));
		return 1;
	}
	fflush(stdout);
	uv_run(&program.loop, UV_RUN_DEFAULT);
	status = uv_loop_close(&program.loop);
	rules_drop(&program.proxy.rules);
	if (*program.listen == '/')
		unlink(program.listen);
	return status ? 1 : 0;
}
