/* SPDX-License-Identifier: MIT */
/* comment -- a comment that may have been meant as a value
 *
 *	PASSWORD: #secret
 * YAML has it that nothing is said there. One word that follows the # without a blank is kept for those who
 * know whether a value was to be expected.
 */
#pragma once

#include <stddef.h>

struct arena;
struct node;

/* A text that is gone through from its beginning to its end. */
struct comments {
	const char *at, *end;
	unsigned line, column; /* of at, from 1; columns are characters */
};

/* Gives a node of no text its comment, and its lead. Nodes come in the order of their places. */
void comment_keep(struct comments *comments, struct arena *arena, struct node *node);
/* The comment in quotes, as a value is written. */
const char *comment_quoted(struct arena *arena, const struct node *node);
