/* SPDX-License-Identifier: MIT */
#include "compose/cli/cli.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/terminal.h"
#include "compose/project/variables.h"

/* K=V in UTF-8, as it was when the program began: a value of the command line. */
static const char **environment;

static void read_environment(void)
{
	uv_env_item_t *items = NULL;
	int count = 0;

	if (uv_os_environ(&items, &count) < 0)
		count = 0;
	environment = memory_zero((size_t)count + 1, sizeof(*environment));
	for (int i = 0; i < count; i++)
		environment[i] = memory_format("%s=%s", items[i].name, items[i].value);
	uv_os_free_environ(items, count);
}

void cli_open(struct cli *cli)
{
	terminal_prepare();
	read_environment();
	cli->environment = environment;
}

const char *cli_variable(const char *name)
{
	size_t len = strlen(name);
	bool any_case = path_host_is_windows();

	for (size_t i = 0; environment && environment[i]; i++) {
		const char *equals = strchr(environment[i], '=');

		if ((size_t)(equals - environment[i]) != len || !equals[1])
			continue;
		if (any_case ? strncasecmp(environment[i], name, len) == 0
			     : strncmp(environment[i], name, len) == 0)
			return equals + 1;
	}
	return NULL;
}

bool cli_is_set(const char *variable)
{
	const char *value = cli_variable(variable);
	bool is_set = false;

	return value && variables_boolean(value, &is_set) && is_set;
}

unsigned cli_parallel(const struct cli *cli)
{
	const char *limit = cli_variable("COMPOSE_PARALLEL_LIMIT");
	int parallel = cli->globals.parallel;

	if (!parallel && limit)
		parallel = (int)strtol(limit, NULL, 10);
	return parallel < 0 ? UINT_MAX : (unsigned)parallel;
}

static int one_of(const char *flag, const char *value, const char *const *known, int *index,
		  struct error **err)
{
	for (int i = 0; known[i]; i++) {
		if (strcmp(known[i], value) == 0) {
			*index = i;
			return 0;
		}
	}
	CLEANUP(text_drop) struct text list = {0};
	for (int i = 0; known[i]; i++)
		text_printf(&list, "%s%s", i ? ", " : "", known[i]);
	return error_set(err, ERROR_INVALID, "%s: \"%s\" is none of %s", flag, value,
			 text_string(&list));
}

static bool coloured(int ansi, int fd)
{
	enum { AUTO, ALWAYS, NEVER };

	if (ansi != AUTO)
		return ansi == ALWAYS;
	return !cli_variable("NO_COLOR") && uv_guess_handle(fd) == UV_TTY;
}

int cli_modes(struct cli *cli, struct error **err)
{
	static const char *const kinds[] = {"auto", "tty", "plain", "json", "quiet", NULL};
	static const enum cli_mode modes[] = {CLI_PLAIN, CLI_TTY, CLI_PLAIN, CLI_JSON, CLI_QUIET};
	static const char *const whens[] = {"auto", "always", "never", NULL};
	struct cli_globals *globals = &cli->globals;
	int kind = 0;
	int when = 0;

	if (!globals->progress)
		globals->progress = cli_variable("COMPOSE_PROGRESS");
	if (!globals->ansi)
		globals->ansi = cli_variable("COMPOSE_ANSI");
	if (globals->no_ansi) {
		cli_warn(cli, "--no-ansi is of the past: --ansi never is what it does");
		globals->ansi = globals->ansi ? globals->ansi : "never";
	}
	if (globals->progress && one_of("--progress", globals->progress, kinds, &kind, err) < 0)
		return (*err)->code;
	if (globals->ansi && one_of("--ansi", globals->ansi, whens, &when, err) < 0)
		return (*err)->code;
	cli->mode = modes[kind];
	if (kind == 0 && when != 2 && uv_guess_handle(2) == UV_TTY && terminal_moves())
		cli->mode = CLI_TTY;
	if (cli->mode == CLI_TTY && when == 2)
		return error_set(err, ERROR_INVALID,
				 "--progress tty needs --ansi auto or always, not never");
	cli->colour_out = coloured(when, 1);
	cli->colour_err = coloured(when, 2);
	return 0;
}

static void on_interrupt(uv_signal_t *signal, int number)
{
	struct cli *cli = signal->data;

	cli->interrupts++;
	cli->signal = number;
	if (cli->interrupted)
		cli->interrupted(cli, cli->interrupted_payload);
	else if (cli->interrupts > 1)
		exit(130);
}

/* What a timer of libcurl's brings about is known before this turn of the loop waits for events, and
 * the wait would last until whatever comes next. */
static void before_waiting(uv_prepare_t *awake)
{
	const struct cli *cli = awake->data;

	if (cli->awaited && *cli->awaited)
		uv_stop(cli->loop);
}

int cli_loop(struct cli *cli, struct error **err)
{
	if (cli->loop)
		return 0;
	cli->loop = memory_zero(1, sizeof(*cli->loop));
	int status = uv_loop_init(cli->loop);
	if (status < 0) {
		free(cli->loop);
		cli->loop = NULL;
		return error_uv(err, status, "the event loop could not be made");
	}
	for (size_t i = 0; i < ARRAY_LEN(cli->signals); i++) {
		uv_signal_init(cli->loop, &cli->signals[i]);
		cli->signals[i].data = cli;
		if (terminal_interrupts[i])
			uv_signal_start(&cli->signals[i], on_interrupt, terminal_interrupts[i]);
		uv_unref((uv_handle_t *)&cli->signals[i]);
	}
	uv_prepare_init(cli->loop, &cli->awake);
	cli->awake.data = cli;
	uv_prepare_start(&cli->awake, before_waiting);
	uv_unref((uv_handle_t *)&cli->awake);
	return 0;
}

void cli_run(struct cli *cli, const bool *done)
{
	const bool *outer = cli->awaited;

	cli->awaited = done;
	while (!*done) {
		int alive = uv_run(cli->loop, UV_RUN_ONCE);
		assert(alive || *done);
		(void)alive;
	}
	cli->awaited = outer;
}

static void set_true(void *flag)
{
	*(bool *)flag = true;
}

static void close_loop(struct cli *cli)
{
	for (size_t i = 0; i < ARRAY_LEN(cli->signals); i++)
		uv_close((uv_handle_t *)&cli->signals[i], NULL);
	uv_close((uv_handle_t *)&cli->awake, NULL);
	uv_run(cli->loop, UV_RUN_DEFAULT);
	int status = uv_loop_close(cli->loop);
	assert(status == 0);
	(void)status;
	free(cli->loop);
}

void cli_close(struct cli *cli)
{
	bool closed = false;

	if (cli->engine) {
		engine_close(cli->engine, set_true, &closed);
		cli_run(cli, &closed);
	}
	home_drop(&cli->home);
	free(cli->tls_folder);
	if (cli->loop)
		close_loop(cli);
	for (size_t i = 0; environment && environment[i]; i++)
		free((char *)environment[i]);
	free(environment);
	environment = NULL;
}
