/* SPDX-License-Identifier: MIT */
/* The engine that a command is for, opened and asked who it is; and the project's files at home. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/ask.h"
#include "compose/cli/choose.h"
#include "compose/project/unit.h"

#define DEFAULT_MS    1000 /* an engine that nobody named is asked for so long */
#define SILENCE       (2 * CLOCK_SECOND)
#define SILENCE_AGAIN (10 * CLOCK_SECOND) /* said again after this */

static void ponged(const struct error *err, void *payload)
{
	(void)err;
	(void)payload;
}

/* A request of many may take its time. An engine that told of others just now is asked whether it
 * answers at all, and where it does not, that question is the next to be slow. */
static void slow(const char *what, void *payload)
{
	struct cli *cli = payload;
	uint64_t now = clock_monotonic();

	if (now - cli->told < SILENCE) {
		if (cli->engine && !cli->pinged)
			engine_ping(cli->engine, ponged, cli);
		cli->pinged = true;
		return;
	}
	cli->pinged = false;
	if (cli->warned && now - cli->warned < SILENCE_AGAIN)
		return;
	cli->warned = now;
	cli_warn(cli, "the engine at %s has not answered for 2 s: %s",
		 cli->engine ? engine_address(cli->engine) : "", what);
}

int cli_timeout(const char *given, uint64_t *timeout, struct error **err)
{
	int64_t nanoseconds = 0;

	if (given && (!unit_duration(given, &nanoseconds) || nanoseconds <= 0))
		return error_set(err, ERROR_INVALID,
				 "--engine-timeout: \"%s\" is not a time like 30s or 2m", given);
	*timeout = (uint64_t)nanoseconds;
	return 0;
}

static void host_known(const struct engine_host *host, const struct error *err, void *payload)
{
	(void)host;
	ask_end(payload, err);
}

static void closed(void *payload)
{
	*(bool *)payload = true;
}

static void close_engine(struct cli *cli)
{
	bool done = false;

	engine_close(steal(&cli->engine), closed, &done);
	cli_run(cli, &done);
}

int cli_try(struct cli *cli, const struct choice *choice, bool is_default, struct error **err)
{
	struct ask ask = {0};
	CLEANUP(memory_free)
	char *memo = cli->home.data ? memory_format("%s/engines", cli->home.data) : NULL;
	struct engine_options options = {
		.driver = choice->driver,
		.address = choice->address,
		.tls_folder = choice->tls_folder,
		.tls_skip_verify = choice->tls_skip_verify,
		.trust_pipe = cli->globals.trust_pipe,
		.memo = memo,
		.slow = slow,
		.slow_payload = cli,
	};

	if (cli_timeout(cli->globals.engine_timeout, &options.timeout, err) < 0 ||
	    engine_open(cli->loop, &options, &cli->engine, err) < 0)
		return (*err)->code;
	ask.request = engine_host(cli->engine, host_known, &ask);
	if (ask_run(&ask, cli, is_default ? DEFAULT_MS : 0, err) == 0) {
		CLEANUP(memory_free) char *current = path_current();
		cli->tls_folder =
			choice->tls_folder ? path_join(current, choice->tls_folder) : NULL;
		cli->tls_skip_verify = choice->tls_skip_verify;
		return 0;
	}
	close_engine(cli);
	return (*err)->code;
}

static bool is_unreachable(const struct error *err)
{
	return err->code == ERROR_UNAVAILABLE || err->code == ERROR_TIMEOUT;
}

static bool is_named(const struct error *err, const char *address)
{
	return !is_unreachable(err) && text_starts(err->message, address);
}

/* Why one did not answer, with what to do about it. */
static void add_reason(struct text *reasons, const struct error *err)
{
	text_printf(reasons, "%s%s%s%s", reasons->len ? "\n" : "", err->message,
		    err->detail ? "\n" : "", err->detail ? err->detail : "");
}

/* Of one that was tried its own error is told; of several each one's, below. */
static int none_answered(const struct choices *choices, const struct text *reasons,
			 struct error **err)
{
	CLEANUP(text_drop) struct text tried = {0};

	ARRAY_FOR_EACH (const struct choice, choice, &choices->list) {
		text_printf(&tried, "%s%s (%s)", tried.len ? ", " : "", choice->address,
			    choice->source);
	}
	if (choices->list.len == 1) {
		error_wrap(err, "no engine answers at %s", text_string(&tried));
	} else {
		error_drop(err);
		error_set(err, ERROR_UNAVAILABLE, "no engine answers at %s", text_string(&tried));
		error_detail(err, "%s", text_string(reasons));
	}
	error_detail(err, "Start it, or choose another with --host ADDRESS, --context NAME or "
			  "DOCKER_HOST.");
	return (*err)->code;
}

int cli_engine(struct cli *cli, const char *project_name, struct error **err)
{
	CLEANUP(choices_drop) struct choices choices = {0};
	CLEANUP(text_drop) struct text reasons = {0};

	if (cli->engine)
		return 0;
	cli_home(cli);
	if (choose(cli, project_name, &choices, err) < 0 || cli_loop(cli, err) < 0)
		return (*err)->code;
	cli->engine_is_default = choices.is_default;
	ARRAY_FOR_EACH (const struct choice, choice, &choices.list) {
		error_drop(err);
		if (cli_try(cli, choice, choices.is_default, err) == 0) {
			if (choices.diverted)
				cli_note(cli, "Engine of %s: %s (%s)", project_name,
					 choice->address, choice->source);
			return 0;
		}
		if ((*err)->code == ERROR_CANCELLED || is_named(*err, choice->address))
			return (*err)->code;
		if (!is_unreachable(*err))
			return error_wrap(err, "%s", choice->address);
		add_reason(&reasons, *err);
	}
	return none_answered(&choices, &reasons, err);
}

/* --- home */

void cli_home(struct cli *cli)
{
	if (cli->home.data)
		return;
	home_find(&cli->home);
	/* The supervisor inherits it, and works in another folder. */
	if (cli_variable("WINCOMPOSE_HOME"))
		uv_os_setenv("WINCOMPOSE_HOME", cli->home.data);
}

int cli_home_project(struct cli *cli, const char *project, struct home_project *ret,
		     struct error **err)
{
	cli_home(cli);
	return home_project(&cli->home, engine_host_known(cli->engine)->id, project, ret, err);
}
