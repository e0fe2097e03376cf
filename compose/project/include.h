/* SPDX-License-Identifier: MIT */
/* include -- a project's documents become one tree, with what they include of other projects
 *
 * A scope is a project of its own: the one that is loaded, or one that a document includes. Its
 * documents are expanded with its own variables, shaped, given what they include and what their
 * services extend, and merged in their order. An included scope's relative paths are made absolute
 * and its services' bare variables get their values before it becomes part of the document that
 * includes it, which may not define the same thing in another way. At most 1000 files, 32 levels.
 */
#pragma once

#include "base/array.h"
#include "base/map.h"
#include "compose/project/document.h"
#include "compose/project/expand.h"
#include "compose/project/shape.h"
#include "compose/project/variables.h"

struct scope {
	const struct scope *up; /* whose document includes this one; NULL: the project itself */
	struct position at;     /* where that is said */
	const struct variables *variables;
	const char *folder; /* absolute: where relative paths begin */
	const char *shown;  /* the same as the user would write it: "" in the current folder */
	ARRAY(const char *) paths; /* of its files, absolute: the first may not include itself */
	struct documents documents;
};

/* What all scopes of a project share. */
struct include {
	struct arena *arena;
	struct diagnostics *diagnostics;
	struct expand *expand; /* NULL: variables are left alone */
	struct shaper *shaper;
	struct map *texts;      /* gets what was read, for diagnostics_source */
	bool no_env_resolution; /* bare variables stay bare */
	bool unread;            /* set where something that is included could not be read */
	size_t files;           /* included so far */
	size_t nodes;           /* extended so far */
};

/* Arrays only; the rest is the arena's. */
void scope_drop(struct scope *scope);

/* NULL: nothing is left of it, for which findings say why. */
struct node *include_merge(struct include *include, const struct scope *scope);
