/* SPDX-License-Identifier: MIT */
/* flag -- the command line's flags, as tables that parsing, help and completions read
 *
 * GNU manners: -a, -abc, -n5, -n 5, --name value, --name=value, "--" ends the flags. A flag's value
 * goes to the member of the values structure at its offset.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct error;

enum flag_kind {
	FLAG_SET,     /* bool */
	FLAG_STRING,  /* const char * */
	FLAG_STRINGS, /* struct flag_strings; may be given again */
	FLAG_NUMBER,  /* int */
	FLAG_SWITCH,  /* bool; --name, --name=true, --name=false */
};

struct flag_strings {
	const char **items; /* NULL-ended; NULL: not given */
	size_t len;         /* counts the NULL */
	size_t cap;
};

struct flag {
	char letter;      /* or 0 */
	const char *name; /* without dashes */
	enum flag_kind kind;
	size_t offset;        /* into the values structure */
	const char *argument; /* what help calls its value: "FILE" */
	const char *help;     /* one line, without a full stop; NULL: hidden */
};

/* Parses argv[0 .. argc - 1], all of them arguments. Stops at the first argument that is no flag
 * where in_order (verbs whose arguments are another command line), else flags and arguments may be
 * mixed. rest gets the arguments, NULL-ended; it is an array in argv's place, reordered. flags is
 * ended by a row whose name is NULL. ERROR_INVALID: unknown flag (with the nearest), value missing
 * or wrong. */
int flag_parse(const struct flag *flags, void *values, int argc, char **argv, bool in_order,
	       char ***rest, struct error **err);
/* The row of a word "-x" or "--name", without a value attached; NULL: none. */
const struct flag *flag_find(const struct flag *flags, const char *word);
bool flag_takes_value(const struct flag *flag);
/* Whether a word, "-x..." or "--name...", begins with one of the flags. */
bool flag_known(const struct flag *flags, const char *word);
void flag_help(const struct flag *flags, struct text *out);
/* Frees the arrays of FLAG_STRINGS. */
void flag_drop(const struct flag *flags, void *values);
