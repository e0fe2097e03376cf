/* SPDX-License-Identifier: MIT */
#include "compose/cli/escape.h"

enum { CTRL_P = 0x10, CTRL_Q = 0x11 };

size_t escape_filter(struct escape *escape, const char *bytes, size_t len, char *out, bool *left)
{
	size_t count = 0;

	*left = false;
	for (size_t i = 0; i < len; i++) {
		if (escape->held && bytes[i] == CTRL_Q) {
			*left = true;
			return count;
		}
		if (escape->held)
			out[count++] = CTRL_P;
		escape->held = bytes[i] == CTRL_P;
		if (!escape->held)
			out[count++] = bytes[i];
	}
	return count;
}
