/* SPDX-License-Identifier: MIT */
/* field -- a line of words "key=value", read by a table
 *
 * This is how a network process is asked, and what it keeps on disk. Values have no blanks and no
 * control characters. A key that the table does not have is an error, so that a client of another
 * version is refused and not half understood.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct text;

enum { FIELD_LINE = 65536 }; /* bytes of a line at most */

struct field_row {
	const char *key;
	/* Takes the value into the target. False: it is none of the kind. */
	bool (*read)(void *target, const char *value);
};

/* ERROR_INVALID names the word. What was read before it stays in the target. */
int field_read(const char *line, const struct field_row *rows, size_t count, void *target,
	       struct error **err);
/* Adds "key=value" and a blank before it where the line has begun. */
void field_write(struct text *line, const char *key, const char *value);
void field_write_number(struct text *line, const char *key, uint64_t value);

/* Values of fields. */
bool field_number(const char *value, uint64_t max, uint64_t *ret);
/* 1 to 64 letters, digits, points, hyphens and underscores, not beginning with a point: what may be
 * the name of a file. */
bool field_name(const char *value);
