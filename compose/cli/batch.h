/* SPDX-License-Identifier: MIT */
/* batch -- what changed files ask for, of one service
 *
 * Pure but for looking at the files that changed. A rebuild makes everything else needless; what a
 * restart or a command follows are the files of the same batch.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "compose/project/project.h"

struct batch_file {
	const char *source; /* on this host */
	const char *target; /* in the container, absolute, with slashes */
};

struct batch {
	struct arena arena;
	ARRAY(struct batch_file) put;        /* files and links, each target once */
	struct strings removed;              /* targets that are gone */
	ARRAY(const struct hook *) commands; /* of sync+exec, each once */
	bool rebuild, restart;
	const char *first; /* a path that changed, for the user */
	size_t changes;
};

/* paths: relative to the rule's path, "" for a single file. Folders themselves ask for nothing. */
void batch_add(struct batch *batch, const struct watch_rule *rule, const char *const *paths,
	       size_t count);
bool batch_is_empty(const struct batch *batch);
void batch_drop(struct batch *batch);

/* Archives of at most about max bytes (a larger file has one of its own), to be unpacked at the root.
 * next begins with 0 and is where the next one begins, put.len where there is no more. ERROR_INVALID:
 * a file is too large; one that vanished meanwhile is left out. */
int batch_archive(const struct batch *batch, size_t *next, size_t max, struct text *tar,
		  struct error **err);
