/* SPDX-License-Identifier: MIT */
/* resolve -- relative paths become absolute, and the files that a service reads its variables and
 * labels from are read
 */
#pragma once

#include "base/map.h"
#include "compose/project/diagnostic.h"
#include "compose/project/variables.h"

/* build.context, env_file, label_file, bind sources, files of secrets and configs, and local
 * volumes that bind a folder. ~ is the home. */
void resolve_paths(struct arena *arena, const char *folder, struct node *root);

/* The paths of one service. */
void resolve_service(struct arena *arena, const char *folder, struct node *service);

struct resolve {
	struct arena *arena;
	const struct variables *variables;
	struct diagnostics *diagnostics;
	struct map
		*texts;   /* files that were read (struct text), by their names as they are shown */
	const char *here; /* files in this folder are shown without it; NULL: none are */
};

/* env_file goes below environment, label_file below labels, and both are removed. */
void resolve_files(const struct resolve *resolve, struct node *root);

/* Is a build context not a folder but something for the builder to fetch? */
bool resolve_is_remote(const char *context);
