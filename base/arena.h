/* SPDX-License-Identifier: MIT */
/* arena -- memory that lives and dies together
 *
 * Blocks of 64 KiB (larger for larger objects). Zeroed, aligned for pointers and 64 bits. The zero value is an
 * empty arena.
 */
#pragma once

#include <stddef.h>

#include "base/own.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used; /* bytes handed out, for budgets and tests */
};

void *arena_alloc(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const char *string); /* NULL gives NULL */
char *arena_copy_n(struct arena *arena, const char *bytes, size_t len);
char *arena_format(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
void arena_drop(struct arena *arena);
