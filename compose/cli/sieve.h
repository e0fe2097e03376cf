/* SPDX-License-Identifier: MIT */
/* sieve -- which files below a watched path count
 *
 * Left out: what the rule's ignore names (patterns like .dockerignore's, relative to the watched path),
 * what the .dockerignore of the build context names, .git, and what editors leave for a moment.
 * With include only what one of its patterns names counts.
 */
#pragma once

#include <stdbool.h>

#include "compose/project/project.h"

struct sieve;

/* ERROR_INVALID: a pattern that is none, with its place. */
int sieve_new(const struct service *service, const struct watch_rule *rule, struct sieve **ret,
	      struct error **err);
void sieve_drop(struct sieve **sieve);
/* path: relative to the watched path, with slashes; "" is a single watched file. */
bool sieve_holds(const struct sieve *sieve, const char *path, bool is_folder);
