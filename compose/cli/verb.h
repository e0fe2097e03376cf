/* SPDX-License-Identifier: MIT */
/* verb -- one command: its row is all that the program knows of it */
#pragma once

#include <stddef.h>

#include "compose/cli/flag.h"

struct cli;
struct error;

struct verb {
	const char *name;
	const char *arguments;    /* for usage: "[SERVICE...]" */
	const char *summary;      /* one line, for the list of commands */
	const char *help;         /* a paragraph and examples; or NULL */
	const struct flag *flags; /* or NULL */
	size_t values_size;       /* of the structure that the flags fill, zeroed before */
	const void *defaults;     /* copied into it first; NULL: zero */
	bool in_order;            /* exec, run: what follows the first argument is not ours */
	bool hidden;
	/* arguments: NULL-ended. Returns 0 and sets *exit_code, or the error's code. */
	int (*run)(struct cli *cli, const void *values, char **arguments, int *exit_code,
		   struct error **err);
};

extern const struct verb *const verbs[];        /* NULL-ended, alphabetical */
const struct verb *verb_find(const char *name); /* NULL: none */
