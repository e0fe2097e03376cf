/* SPDX-License-Identifier: MIT */
/* extend -- a service is made of another one (extends), of the same file or of another
 *
 * The base is merged below the service by the rules for several files. Relative paths of a base in another file begin in that file's folder.
 * Only the services that are asked for are looked at in other files. At most 100 files, 32 levels and two million nodes.
 */
#pragma once

#include "base/map.h"
#include "compose/project/document.h"
#include "compose/project/expand.h"
#include "compose/project/shape.h"

struct extend {
	struct expand *expand; /* NULL: variables are left alone */
	struct shaper *shaper;
	struct map *texts;  /* gets what was read, for diagnostics_source */
	const char *folder; /* absolute, of the project */
	const char *shown;  /* the same as the user would write it: "" in the current folder */
	struct map sources; /* files that were read, by their shown names */
	size_t nodes;       /* copied so far */
};

void extend_drop(struct extend *extend);

/* Puts the bases into the services of a shaped document, in place. */
void extend_document(struct extend *extend, struct node *document);
