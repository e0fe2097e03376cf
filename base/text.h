/* SPDX-License-Identifier: MIT */
/* text -- a growing string of bytes, always ended by a NUL that is not counted
 *
 * The zero value is an empty text. data is NULL while nothing was added; text_string gives "" then.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/own.h"

struct text {
	char *data;
	size_t len;
	size_t cap;
};

void text_drop(struct text *text);  /* frees, leaves the zero value */
void text_clear(struct text *text); /* len 0, keeps the memory */
void text_add(struct text *text, const char *string);
void text_add_n(struct text *text, const char *bytes, size_t len);
void text_add_char(struct text *text, char c);
void text_add_repeat(struct text *text, char c, size_t count);
void text_printf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_vprintf(struct text *text, const char *format, va_list args) PRINTF_LIKE(2, 0);
char *
text_reserve(struct text *text,
	     size_t more); /* room for more bytes and a NUL behind len; the caller adds to len */
void text_remove(struct text *text, size_t start, size_t len);
const char *text_string(const struct text *text); /* borrowed; valid until the next change */
char *text_steal(struct text *text); /* yours to free; never NULL; leaves the zero value */

/* Pieces of strings that several modules need. */
bool text_starts(const char *string, const char *prefix);
bool text_ends(const char *string, const char *suffix);
bool text_same(const char *a, const char *b);        /* NULL equals only NULL */
bool text_same_nocase(const char *a, const char *b); /* ASCII case only */

/* The candidate nearest to word by edit distance (at most a third of its length), or NULL. For "did
 * you mean". */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);
