/* SPDX-License-Identifier: MIT */
/* program -- a program of the user's run to its end, for providers and models
 *
 * Its working folder is ours. Ctrl-C ends it, and the result is ERROR_CANCELLED.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "compose/cli/cli.h"

struct program_options {
	const char *const *arguments;   /* arguments[0] is its path; NULL-ended */
	const char *const *environment; /* K=V added over ours */
	/* Told each line of its standard output; false: it is ended, and the caller knows why.
	 * NULL: the output is kept. */
	bool (*line)(const char *line, void *payload);
	void *payload;
};

struct program_result {
	int exit_code;
	struct text output; /* where no line function was given */
	struct text errors; /* the last lines of its standard error */
};

/* A code other than 0 is no error here. A line of more than 1 MiB is ERROR_INVALID. */
int program_run(struct cli *cli, const struct program_options *options,
		struct program_result *result, struct error **err);
void program_drop(struct program_result *result);
/* What a program is told of its surroundings: what interpolation saw, and the engine. */
const char *const *program_environment(const struct cli *cli, const struct project *project,
				       struct arena *arena);
/* The path of docker's CLI plugin docker-<name>, where docker looks for it; NULL: not there. Yours.
 */
char *program_plugin(const char *name);
/* For program_plugin: where docker keeps plugins for all users, NULL-ended, and how a program's
 * name ends. */
char **program_shared_folders(void);
extern const char *const program_suffix;
