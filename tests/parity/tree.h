/* SPDX-License-Identifier: MIT */
/* tree -- YAML that is made up: what is in it, and in how many ways it may be written */
#pragma once

#include "base/arena.h"
#include "base/array.h"
#include "base/text.h"
#include "tests/parity/chance.h"

enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAP };

struct tree {
	enum tree_kind kind;
	const char *key;    /* below a map */
	const char *scalar; /* as it is written */
	ARRAY(struct tree *) below;
	unsigned anchor; /* once it was written with one; 0: none */
};

struct tree *tree_new(struct arena *arena, enum tree_kind kind);
struct tree *tree_scalar(struct arena *arena, const char *scalar);
/* A map's key is replaced where it is there already. */
void tree_set(struct tree *map, const char *key, struct tree *value);
void tree_push(struct tree *list, struct tree *item);
void tree_drop(struct tree *tree); /* its arrays, all the way down */

/* In block and flow style by chance, with anchors, aliases and merge keys where a later value may be
 * an earlier one's. */
void tree_write(struct tree *root, struct chance *chance, struct text *out);
