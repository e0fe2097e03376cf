/* SPDX-License-Identifier: MIT */
/* document -- YAML text becomes trees in which everything knows where it was written
 *
 * Read by events, so that a hostile text ends at its first excess: 10 MiB of text, 200 levels,
 * 10,000 aliases that bring at most 100,000 nodes and
 * 64 MiB. Anchors are shared, not copied; merge keys (<<)
 * are resolved here. A key written twice, a key that is no string, an alias of nothing or of what
 * it stands in are findings; reading goes on after them where it can.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "compose/project/diagnostic.h"
#include "compose/project/node.h"

enum { DOCUMENT_MAX = 10 * 1024 * 1024 };

struct documents {
	ARRAY(struct node *) list; /* one root for each document that is not empty */
	bool marks;                /* there is a !reset or an !override in one of them */
};

/* Adds the documents of a text to ret. file is kept in the positions. False: a finding says why it
 * is not YAML or too much. */
bool document_read(struct arena *arena, const char *file, const char *bytes, size_t len,
		   struct documents *ret, struct diagnostics *diagnostics);
