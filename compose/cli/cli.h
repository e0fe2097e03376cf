/* SPDX-License-Identifier: MIT */
/* cli -- what every verb of the command line has at hand: global flags, the loop, the engine, the
 * project, and the one way to the user
 *
 * Results go to stdout, everything else to stderr. Verbs are written as functions that run the loop
 * until their operation is done (cli_run), so that a verb reads from top to bottom.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <uv.h>

#include "base/own.h"
#include "compose/cli/flag.h"
#include "compose/cli/terminal.h"
#include "compose/plan/plan.h"
#include "compose/project/project.h"
#include "compose/supervise/home.h"
#include "compose/supervise/operation.h"
#include "compose/supervise/progress.h"
#include "engine/engine.h"

struct file_lock;

struct cli_globals {
	struct flag_strings files, profiles, env_files;
	const char *project_name, *folder;
	int parallel;         /* 0: not given */
	const char *progress; /* auto, tty, plain, json, quiet */
	const char *ansi;     /* auto, always, never */
	bool no_ansi;         /* --ansi never, as it was called once */
	bool all_resources, compatibility, dry_run, debug, help, version;
	const char *engine, *host, *context; /* whose engine */
	bool trust_pipe;
	bool tls, tls_verify;
	const char *tls_ca, *tls_cert, *tls_key;
	const char *engine_timeout; /* "30s" */
};

extern const struct flag cli_global_flags[]; /* into struct cli_globals */

enum cli_mode { CLI_PLAIN, CLI_TTY, CLI_JSON, CLI_QUIET };

struct cli {
	struct cli_globals globals;
	uv_loop_t *loop; /* after cli_loop: commands that need no engine make none */
	uv_signal_t signals[TERMINAL_INTERRUPTS];
	uv_prepare_t awake;    /* ends cli_run before the loop sleeps */
	const bool *awaited;   /* what cli_run waits for */
	struct engine *engine; /* after cli_engine */
	char *tls_folder;      /* of the engine, or NULL; after cli_engine */
	bool tls_skip_verify;  /* likewise */
	bool engine_is_default;
	uint64_t told;                  /* monotonic ns when progress was told last */
	uint64_t warned;                /* ... and when the engine's silence was */
	bool pinged;                    /* asked since, whether it answers at all */
	struct home home;               /* after cli_home */
	enum cli_mode mode;             /* how progress is shown */
	bool colour_out, colour_err;    /* ANSI colours on stdout, stderr */
	const char *const *environment; /* K=V in UTF-8, NULL-ended; the program's for ever */
	unsigned interrupts;            /* Ctrl-C so far */
	int signal;                     /* the last of them: SIGINT, SIGTERM */
	void (*interrupted)(
		struct cli *cli,
		void *payload); /* told each; NULL: the second ends the process with 130 */
	void *interrupted_payload;
	struct display *display;   /* progress under way, or NULL */
	struct progress_sink sink; /* of cli_sink */
};

void cli_open(struct cli *cli);
void cli_close(struct cli *cli);
/* Reads --progress, --ansi, NO_COLOR and what the standard handles are. */
int cli_modes(struct cli *cli, struct error **err);

/* --- the project */

/* Loads the project (with --scale and the like applied by the caller); prints its warnings.
 * services: named on the command line. */
int cli_project(struct cli *cli, char *const *services, struct project **ret, struct error **err);
/* The same with other options than those of the global flags, which cli_project_options gives. */
struct project_options cli_project_options(const struct cli *cli, char *const *services);
int cli_project_as(struct cli *cli, const struct project_options *options, struct project **ret,
		   struct error **err);
/* Prints warnings about it, in the form that the mode asks for. */
void cli_findings(struct cli *cli, const struct diagnostics *findings);
/* For verbs that work without a file: what -p names is not looked for in a file unless -f says so;
 * else the file is loaded, and where that fails COMPOSE_PROJECT_NAME will do. *ret is NULL where
 * there is only a name. */
int cli_project_or_name(struct cli *cli, char *const *services, struct project **ret, char **name,
			struct error **err);
/* The named services are known to the project. */
int cli_check_services(const struct project *project, char *const *services, struct error **err);

/* --- the engine: opened and its host asked (choose.h decides which). Says so where a record of
 * ours leads elsewhere than docker's own settings do. project_name: NULL for none. */
int cli_engine(struct cli *cli, const char *project_name, struct error **err);
/* --engine-timeout in ns; 0: not given (NULL). */
int cli_timeout(const char *given, uint64_t *timeout, struct error **err);
void cli_home(struct cli *cli);
/* The names of the project's files at home; the engine is open. Who writes makes their folders
 * (home_make). */
int cli_home_project(struct cli *cli, const char *project, struct home_project *ret,
		     struct error **err);

/* --- the loop */

int cli_loop(struct cli *cli, struct error **err);
/* Runs the loop until *done is true. */
void cli_run(struct cli *cli, const bool *done);
/* Observes a project now. observed is the caller's to drop. */
int cli_observe(struct cli *cli, const struct engine_filter *filter, struct observed *observed,
		struct error **err);
/* One operation with its progress shown; the lock, the supervisor and the plan's dry run are
 * operate.h's matter. lock: see operate_options; NULL: executed here or by who has the lock. */
int cli_operate(struct cli *cli, const struct operation *operation, const struct home_project *home,
		struct file_lock **lock, struct error **err);
/* What an interruption asked for, to stop or to kill: the second Ctrl-C in all (cli.interrupts, not
 * counted anew) gives it up at once with ERROR_CANCELLED, the third ends the process. */
int cli_operate_interrupted(struct cli *cli, const struct operation *operation,
			    const struct home_project *home, struct error **err);
/* --parallel, COMPOSE_PARALLEL_LIMIT: requests at once; 0: the executor's default. */
unsigned cli_parallel(const struct cli *cli);
/* An environment variable's value, or NULL where it is unset or empty. */
const char *cli_variable(const char *name);
/* Whether it is true as docker compose reads its variables (variables.h). */
bool cli_is_set(const char *variable);

/* The service's container with --index N; 0: the first one that runs, else the first. One-off ones
 * do not count. NULL and ERROR_NOT_FOUND: none. */
const struct container *cli_container(const struct observed *observed, const char *service,
				      unsigned index, struct error **err);

/* --- the user */

void cli_warn(struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);
void cli_note(struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);
/* Where the supervisor of a foreground up tells what it does: a line each, between the logs. */
const struct progress_sink *cli_sink(struct cli *cli);
/* An error in the form that the mode wants, with its detail. */
void cli_error(struct cli *cli, const struct error *err);
/* The error of a write to stdout, from an errno. Where nobody reads any more (head, a pager that
 * was left) it is ERROR_CANCELLED that cli_error does not tell; the exit code is a shell's for
 * SIGPIPE.
 */
int cli_write_error(struct error **err, int number);
/* Writes a result to stdout; a full disk or a closed pipe is an error. */
int cli_print(struct cli *cli, const char *bytes, size_t len, struct error **err);
/* The exit code of an error (one table). */
int cli_exit_code(const struct error *err);
/* Asks on a terminal; without one the answer is no. */
bool cli_confirm(struct cli *cli, const char *question);
