/* SPDX-License-Identifier: MIT */
/* variables -- the environment that interpolation sees
 *
 * The process's own variables come first, then .env files. On Windows a name is found without
 * regard to case where it is not found as it is. Values live in the arena.
 */
#pragma once

#include <stdbool.h>

#include "base/map.h"
#include "compose/project/diagnostic.h"
#include "compose/project/node.h"
#include "compose/project/origin.h"

struct variables {
	struct arena *arena;
	struct map map;
	struct map folded;   /* Windows: by the name in capitals */
	struct map settings; /* struct setting in the arena, of what a file set */
	bool windows;
	bool partial; /* a file was wrong: what is not set may be set in it */
};

void variables_drop(struct variables *variables);
const char *variables_get(const struct variables *variables, const char *name); /* NULL: unset */
void variables_set(struct variables *variables, const char *name, const char *value);
/* Those of another one too, with where they were set; what is set already stays. */
void variables_copy(struct variables *variables, const struct variables *from);
/* Where a file set it; NULL: no file did. */
const struct setting *variables_setting(const struct variables *variables, const char *name);
/* 1, t or true, 0, f or false, in any case and with spaces around: how docker compose reads its own
 * variables. Gives false where value is neither, and leaves *ret. */
bool variables_boolean(const char *value, bool *ret);
/* K=V each, NULL-ended; NULL is none. */
void variables_add(struct variables *variables, const char *const *environment);

/* Reads .env files, a later one over an earlier one; what is set already stays. False: a finding
 * says why, and the variables are partial. texts gets each file's text, for diagnostics_source (struct text, to be dropped by its
 * owner). */
bool variables_read(struct variables *variables, const char *const *files,
		    struct diagnostics *diagnostics, struct map *texts);
