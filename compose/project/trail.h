/* SPDX-License-Identifier: MIT */
/* trail -- where in the tree a walk is, for messages: services.web.ports[0]
 *
 * A link on the stack of each level of a walk; the text is made only when something is to be said.
 */
#pragma once

#include <stddef.h>

struct text;

struct trail {
	const struct trail *up; /* NULL: the root */
	const char *key;        /* NULL: an item of a sequence */
	size_t index;
};

/* Adds the path to out; nothing for NULL. */
void trail_add(const struct trail *trail, struct text *out);
char *trail_string(const struct trail *trail); /* yours */
