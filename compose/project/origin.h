/* SPDX-License-Identifier: MIT */
/* origin -- what is behind a place in a file: the variables that made its value, and the aliases that
 * bring it elsewhere
 *
 * Written down while files are read (struct diagnostics has the pointer), and put to the findings as
 * notes at the end. What is pointed to lives in the project's arena.
 */
#pragma once

#include "base/array.h"
#include "compose/project/node.h"

struct diagnostics;

/* A variable that a file sets, and where. */
struct setting {
	const char *name;
	const char *value;
	struct position at;
};

/* A text with variables in it, and what came of it. */
struct expansion {
	struct position at;
	const char *before;
	const char *after;
	const struct setting *settings[3]; /* those that a file sets; NULL behind the last */
};

/* *name at, which stands for what begins at first and ends before last. */
struct alias {
	struct position at;
	struct position first, last;
	const char *name;
};

struct origins {
	ARRAY(struct expansion) expansions;
	ARRAY(struct alias) aliases;
};

void origins_drop(struct origins *origins);
/* Adds what they know to the findings at their places. */
void origins_tell(const struct origins *origins, struct diagnostics *diagnostics);
