/* SPDX-License-Identifier: MIT */
/* oneoff -- one container from its making to its end: run
 *
 * It is attached to before it is started, so that nothing of what it says is lost. Its exit code is
 * what the engine's event of its end says, as the engine itself removes it then: so it is removed
 * though we are killed.
 */
#pragma once

#include <stdbool.h>

#include "compose/cli/cli.h"
#include "compose/project/project.h"

struct oneoff_options {
	const char *project;
	const struct container_spec *spec; /* with tty, open_stdin, auto_remove as they are to be */
	bool detach;                       /* started, and its id printed */
	bool anew; /* one whose start is refused goes, though it is not removed at its end */
	/* Run in it one after the other once it was started, beside what it says itself. One that
	 * fails is the error of what ended with 0; what ends before them needs them no more. NULL:
	 * none. */
	const struct hooks *post_start;
};

/* *exit_code: the container's; 0 where it was left or detached. */
int oneoff_run(struct cli *cli, const struct oneoff_options *options, int *exit_code,
	       struct error **err);
