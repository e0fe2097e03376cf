/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { BLOCK_SIZE = 64 * 1024, ALIGNMENT = 8 };

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	_Alignas(ALIGNMENT) char bytes[];
};

static struct arena_block *block_new(size_t size)
{
	/* An impossible size is handed on, so that running out of memory has one place. */
	if (__builtin_add_overflow(size, sizeof(struct arena_block), &size))
		size = SIZE_MAX;
	struct arena_block *block = memory_zero(1, size);

	block->size = size - sizeof(*block);
	return block;
}

static void *take(struct arena *arena, size_t size, size_t alignment)
{
	struct arena_block *block = arena->blocks;

	if (block) {
		size_t start = (block->used + alignment - 1) & ~(alignment - 1);

		if (start <= block->size && size <= block->size - start) {
			block->used = start + size;
			arena->used += size;
			return block->bytes + start;
		}
	}
	/* What is large gets a block of its own, behind the one that is being filled. */
	if (block && size > BLOCK_SIZE / 4) {
		struct arena_block *own = block_new(size);

		own->next = block->next;
		block->next = own;
		block = own;
	} else {
		block = block_new(size > BLOCK_SIZE - sizeof(*block) ? size
								     : BLOCK_SIZE - sizeof(*block));
		block->next = arena->blocks;
		arena->blocks = block;
	}
	block->used = size;
	arena->used += size;
	return block->bytes;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return take(arena, size, ALIGNMENT);
}

char *arena_copy(struct arena *arena, const char *string)
{
	return string ? arena_copy_n(arena, string, strlen(string)) : NULL;
}

char *arena_copy_n(struct arena *arena, const char *bytes, size_t len)
{
	char *copy = take(arena, len == SIZE_MAX ? len : len + 1, 1);

	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list args;
	char small[256];

	va_start(args, format);
	int len = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	if (len < (int)sizeof(small))
		return arena_copy_n(arena, small, len < 0 ? 0 : len);
	char *string = take(arena, (size_t)len + 1, 1);

	va_start(args, format);
	vsnprintf(string, (size_t)len + 1, format, args);
	va_end(args);
	return string;
}

void arena_drop(struct arena *arena)
{
	struct arena_block *block = arena->blocks;

	while (block) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
	*arena = (struct arena){0};
}
