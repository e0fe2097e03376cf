/* SPDX-License-Identifier: MIT */
/* escape -- the keys that leave a terminal without ending what runs in it: Ctrl-P Ctrl-Q
 *
 * Pure. The zero value is its beginning.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct escape {
	bool held; /* the first key was typed, and is sent when another one than the second comes */
};

/* Copies what is to be sent to out, which has room for len + 1 bytes, and gives its length. *left:
 * the keys were typed; what follows them is not sent. */
size_t escape_filter(struct escape *escape, const char *bytes, size_t len, char *out, bool *left);
