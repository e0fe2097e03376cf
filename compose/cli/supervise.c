/* SPDX-License-Identifier: MIT */
/* supervise -- the process that keeps a detached project; started by up -d, not by people */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/cli.h"
#include "compose/cli/verb.h"
#include "compose/supervise/supervisor.h"

#define LOCK_TIME     (20 * CLOCK_SECOND) /* the verb that started us lets go of the lock first */
#define LOCK_RETRY_MS 10

struct values {
	const char *engine, *host, *engine_id, *project, *tls_folder, *engine_timeout;
	bool tls_skip_verify, trust_pipe;
};

#define FLAG(name, member)                                                                         \
	{                                                                                          \
		0, name, FLAG_STRING, offsetof(struct values, member), "VALUE", NULL               \
	}

static const struct flag flags[] = {
	FLAG("engine", engine),
	FLAG("host", host),
	FLAG("engine-id", engine_id),
	FLAG("project-name", project),
	FLAG("tls-folder", tls_folder),
	FLAG("engine-timeout", engine_timeout),
	{0, "tls-skip-verify", FLAG_SET, offsetof(struct values, tls_skip_verify), NULL, NULL},
	{0, "trust-pipe", FLAG_SET, offsetof(struct values, trust_pipe), NULL, NULL},
	{0},
};

struct life {
	bool done;
	bool closed;
	struct error *error;
};

static void ended(const struct error *err, void *payload)
{
	struct life *life = payload;

	life->error = error_copy(err);
	life->done = true;
}

static void closed(void *payload)
{
	struct life *life = payload;

	life->closed = true;
}

static void host_known(const struct engine_host *host, const struct error *err, void *payload)
{
	struct life *life = payload;

	(void)host;
	life->error = error_copy(err);
	life->done = true;
}

static void interrupted(struct cli *cli, void *payload)
{
	struct life *life = payload;

	(void)cli;
	life->done = true;
}

static int take_lock(const char *path, struct file_lock **lock, struct error **err)
{
	uint64_t until = clock_monotonic() + LOCK_TIME;

	for (;;) {
		int status = file_lock_take(path, lock, err);
		if (status != ERROR_CONFLICT || clock_monotonic() > until)
			return status;
		error_drop(err);
		uv_sleep(LOCK_RETRY_MS);
	}
}

/* The engine may be restarting just now: its id is asked for until it answers. */
static int ask_host(struct cli *cli, struct error **err)
{
	for (;;) {
		struct life life = {0};

		engine_host(cli->engine, host_known, &life);
		cli_run(cli, &life.done);
		if (!life.error)
			return 0;
		if (life.error->code != ERROR_UNAVAILABLE && life.error->code != ERROR_TIMEOUT)
			return error_move(err, &life.error);
		error_drop(&life.error);
		uv_sleep(1000);
	}
}

static int keep(struct cli *cli, const struct values *values, const struct home_project *home,
		struct error **err)
{
	struct life life = {0};
	struct supervisor *supervisor = NULL;
	struct supervisor_options options = {
		.engine = cli->engine,
		.home = home,
		.tls_folder = values->tls_folder,
		.tls_skip_verify = values->tls_skip_verify,
		.project = values->project,
		.ended = ended,
		.payload = &life,
	};

	if (ask_host(cli, err) < 0 || supervisor_open(cli->loop, &options, &supervisor, err) < 0)
		return (*err)->code;
	cli->interrupted = interrupted;
	cli->interrupted_payload = &life;
	log_info("supervising %s on %s", values->project, values->host);
	cli_run(cli, &life.done);
	supervisor_close(supervisor, closed, &life);
	cli_run(cli, &life.closed);
	log_info("the supervisor of %s ends", values->project);
	return life.error ? error_move(err, &life.error) : 0;
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(home_project_drop) struct home_project home = {0};
	CLEANUP(file_lock_drop) struct file_lock *lock = NULL;
	struct engine_options options = {
		.driver = values->engine,
		.address = values->host,
		.tls_folder = values->tls_folder,
		.tls_skip_verify = values->tls_skip_verify,
		.trust_pipe = values->trust_pipe,
	};

	(void)arguments;
	(void)exit_code;
	if (!values->engine || !values->host || !values->engine_id || !values->project)
		return error_set(err, ERROR_INVALID,
				 "supervise is started by up -d and by start, not by hand");
	cli_home(cli);
	if (cli_timeout(values->engine_timeout, &options.timeout, err) < 0 ||
	    home_project(&cli->home, values->engine_id, values->project, &home, err) < 0 ||
	    home_make(&cli->home, &home, err) < 0 || log_file_set(home.log, err) < 0)
		return (*err)->code;
	log_level_set(cli->globals.debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	if (take_lock(home.lock, &lock, err) < 0 || cli_loop(cli, err) < 0 ||
	    engine_open(cli->loop, &options, &cli->engine, err) < 0)
		return (*err)->code;
	return keep(cli, values, &home, err);
}

const struct verb verb_supervise = {
	.name = "supervise",
	.arguments = "",
	.summary = "Keep a project in the background",
	.flags = flags,
	.values_size = sizeof(struct values),
	.hidden = true,
	.run = run,
};
