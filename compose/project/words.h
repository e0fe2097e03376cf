/* SPDX-License-Identifier: MIT */
/* words -- a command line in one string becomes its words
 *
 * As docker compose splits command and entrypoint: blanks part, '...' is literal, "..." knows \"
 * \\ \$ \`, a backslash outside takes the next character as it is. Nothing is expanded.
 */
#pragma once

#include <stdbool.h>

#include "base/array.h"

struct words {
	ARRAY(char *) list;
};

/* False: a quote or a backslash at the end is open. What was split so far is in words in either
 * case. */
bool words_split(const char *line, struct words *words);
void words_drop(struct words *words);
