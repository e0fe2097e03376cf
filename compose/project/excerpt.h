/* SPDX-License-Identifier: MIT */
/* excerpt -- the part of a source line that is shown below a finding, and where its caret stands
 *
 * What the user's files hold goes to a terminal here: control characters (C0, C1, those that turn
 * the direction of writing) and bytes that are not UTF-8 are shown as blanks or question marks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct text;

/* Adds bytes with all that is no printable character made harmless. */
void excerpt_add_safe(struct text *out, const char *bytes, size_t len);

/* A text in UTF-16, which its first two bytes tell, as UTF-8. False: it is none, and nothing is added. */
bool excerpt_decode(struct text *out, const char *bytes, size_t len);

/* At most 160 bytes of a line around a column (in characters, from 1), whole characters, with "..."
 * where it was cut. Gives the columns on a terminal before the caret: wide characters take two. */
size_t excerpt_add(struct text *out, const char *line, size_t len, unsigned column);

/* The column behind the last character of what begins at column: a quoted text, a word, a variable.
 */
unsigned excerpt_end(const char *line, size_t len, unsigned column);
