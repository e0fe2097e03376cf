/* SPDX-License-Identifier: MIT */
/* problem -- what a YAML parser's complaint means to who wrote the file
 *
 * A parser notices a mistake where it cannot go on, which is often lines behind it: a quote that is
 * not closed, a colon that is missing. The finding stands where the mistake is likely to be, and says
 * what to do about it.
 */
#pragma once

#include <stddef.h>

#include <yaml.h>

struct diagnostics;

/* Adds the finding. path: where in the tree the parser is. */
void problem_tell(const yaml_parser_t *parser, const char *file, const char *bytes, size_t len,
		  const char *path, struct diagnostics *diagnostics);
