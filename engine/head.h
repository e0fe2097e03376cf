/* SPDX-License-Identifier: MIT */
/* head -- the status line and the headers of an HTTP/1 reply, taken from a connection as it comes
 *
 * The zero value is a head of which nothing has come.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct head {
	struct text text; /* whole: each line ended by a NUL instead of CR LF */
	int status;       /* 0: not whole yet */
	bool old;         /* HTTP/1.0: the connection ends with the reply */
};

enum head_step { HEAD_MORE, HEAD_WHOLE, HEAD_BAD }; /* bad: no HTTP, or longer than 64 KiB */

void head_drop(struct head *head);
/* Takes the head's part off the bytes; what is left of them when it is whole is the body's. */
enum head_step head_take(struct head *head, const char **bytes, size_t *len);
/* The value of a header, borrowed; NULL: absent. Names are compared without case. */
const char *head_get(const struct head *head, const char *name);
