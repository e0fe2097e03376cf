/* SPDX-License-Identifier: MIT */
/* candidates -- what may stand where a command line is being typed
 *
 * Pure, from the tables of verbs and flags. The shells' scripts (completion.c) ask for it.
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"

struct candidates {
	struct text lines; /* "WORD\tWHAT IT IS\n" each */
	bool files;        /* a path may stand there */
	bool services;     /* and a service of the project: the caller knows them */
	size_t globals;    /* so many of the words are flags before the verb */
};

/* before: the words behind the program's name and before the one that is typed, NULL-ended; word:
 * what of it is there. Only what begins with word is given. */
void candidates_find(const char *const *before, const char *word, struct candidates *ret);
void candidates_drop(struct candidates *candidates);
