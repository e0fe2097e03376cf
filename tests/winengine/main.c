/* SPDX-License-Identifier: MIT */
/* winengine -- an Engine API server that behaves as dockerd on Windows does, for tests
 *
 *	winengine --images FILE --root FOLDER --listen ADDRESS [--listen ADDRESS]
 *		  [--build 20348.2582] [--client] [--no-hyperv] [--isolation process|hyperv]
 *		  [--journal FILE] [--reachable]
 *
 * Writes "listening ADDRESS" for each address and "ready", and runs until POST /test/end, a signal, or
 * the end of its standard input where --until-eof is given. It ends with 3 where a client sent what
 * no client may, which the journal tells in lines that begin with "strict".
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/winengine/call.h"
#include "tests/winengine/duct.h"
#include "tests/winengine/image.h"
#include "tests/winengine/life.h"
#include "tests/winengine/nat.h"
#include "tests/winengine/world.h"

enum { LISTENERS = 4, BROKEN = 3 };

struct settings {
	const char *images, *build, *journal;
	const char *listen[LISTENERS];
	unsigned listeners;
};

static void usage(void)
{
	fputs("usage: winengine --images FILE --root FOLDER --listen ADDRESS [option...]\n",
	      stderr);
	exit(2);
}

static void read_options(char **arguments, struct settings *settings, struct world *world)
{
	for (; *arguments; arguments++) {
		const char *option = *arguments;
		const char **value = NULL;

		if (text_same(option, "--client"))
			world->host.client = true;
		else if (text_same(option, "--no-hyperv"))
			world->host.hyperv = false;
		else if (text_same(option, "--reachable"))
			world->reachable = true;
		else if (text_same(option, "--images"))
			value = &settings->images;
		else if (text_same(option, "--build"))
			value = &settings->build;
		else if (text_same(option, "--journal"))
			value = &settings->journal;
		else if (text_same(option, "--root"))
			value = &world->root;
		else if (text_same(option, "--isolation"))
			value = &world->host.isolation;
		else if (text_same(option, "--listen") && settings->listeners < LISTENERS)
			value = &settings->listen[settings->listeners++];
		else
			usage();
		if (value && !*++arguments)
			usage();
		if (value)
			*value = *arguments;
	}
}

static int prepare(struct world *world, const struct settings *settings, struct error **err)
{
	int code = host_parse(&world->host, settings->build, err);

	/* windows.md 2.4. */
	if (!world->host.isolation)
		world->host.isolation = world->host.client ? "hyperv" : "process";
	if (code == 0)
		code = file_make_folder(world->root, err);
	if (code == 0)
		code = image_load(world, settings->images, err);
	if (code == 0 && settings->journal && !(world->journal = fopen(settings->journal, "ab")))
		code = error_set(err, ERROR_SYSTEM, "%s cannot be written", settings->journal);
	nat_init(world);
	return code;
}

static void signalled(uv_signal_t *handle, int number)
{
	(void)number;
	uv_stop(handle->loop);
}

static void on_close_walk(uv_handle_t *handle, void *payload)
{
	(void)payload;
	if (!uv_is_closing(handle) && handle->type == UV_SIGNAL)
		uv_close(handle, NULL);
}

static void listen_all(struct world *world, const struct settings *settings,
		       struct duct_server **servers)
{
	CLEANUP(error_drop) struct error *err = NULL;

	for (unsigned i = 0; i < settings->listeners; i++) {
		if (duct_listen(world->loop, settings->listen[i], call_accept, world, &servers[i],
				&err) < 0) {
			fprintf(stderr, "winengine: %s\n", err->message);
			exit(1);
		}
		printf("listening %s\n", duct_server_address(servers[i]));
	}
	printf("ready\n");
	fflush(stdout);
}

/* What runs is ended and awaited; the rest goes with the process. */
static void end(struct world *world, struct duct_server **servers, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		duct_server_close(servers[i]);
	uv_walk(world->loop, on_close_walk, NULL);
	life_end_all(world);
	while (!list_empty(&world->processes))
		uv_run(world->loop, UV_RUN_ONCE);
}

int main(int argc, char **argv)
{
	struct settings settings = {.build = "20348.2582"};
	struct world world = {.host.hyperv = true};
	struct duct_server *servers[LISTENERS] = {NULL};
	uv_signal_t signals[2];
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *programs = NULL;
	char path[4096];
	size_t len = sizeof(path);

	(void)argc;
	memory_install();
#ifdef SIGPIPE
	signal(SIGPIPE, SIG_IGN);
#endif
	world_init(&world);
	world.loop = uv_default_loop();
	read_options(argv + 1, &settings, &world);
	if (!settings.images || !world.root || !settings.listeners)
		usage();
	if (uv_exepath(path, &len) == 0)
		programs = path_folder(path);
	world.programs = programs;
	if (prepare(&world, &settings, &err) < 0) {
		fprintf(stderr, "winengine: %s\n", err->message);
		return 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		uv_signal_init(world.loop, &signals[i]);
		uv_signal_start(&signals[i], signalled, i ? SIGINT : SIGTERM);
	}
	listen_all(&world, &settings, servers);
	uv_run(world.loop, UV_RUN_DEFAULT);
	end(&world, servers, settings.listeners);
	return world.broken ? BROKEN : 0;
}
