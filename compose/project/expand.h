/* SPDX-License-Identifier: MIT */
/* expand -- variables are put into all values of a document
 *
 * Keys are left alone. What has no variable in it is shared with the old tree.
 */
#pragma once

#include "base/map.h"
#include "compose/project/diagnostic.h"
#include "compose/project/variables.h"

struct expand {
	struct arena *arena;
	const struct variables *variables;
	struct diagnostics *diagnostics;
	size_t total; /* bytes that were made; more than 64 MiB is an error */
	struct map
		unset; /* names of which it was told that they are not set; for the owner to drop */
};

struct node *expand_tree(struct expand *expand, struct node *node);
