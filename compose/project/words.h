/* SPDX-License-Identifier: MIT */
/* words -- a command line in one string becomes its words
 *
 * As docker compose splits command and entrypoint: blanks part, '...' is literal, a backslash
 * elsewhere takes the next character as it is, blanks between `...` and in $(...) do not part.
 * Nothing is expanded. There is no shell: the line ends at the first of ; & | < > that stands
 * outside of all quotes, and a parenthesis there is an error.
 */
#pragma once

#include <stdbool.h>

#include "base/array.h"

struct words {
	ARRAY(char *) list;
	const char *end; /* where an operator of a shell ended the line; NULL: it is whole */
};

/* False: a quote or a backslash at the end is open, or there is a parenthesis. What was split so
 * far is in words in either case; end points into line. */
bool words_split(const char *line, struct words *words);
void words_drop(struct words *words);
