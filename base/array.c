/* SPDX-License-Identifier: MIT */
#include "base/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* items is the address of a pointer whose type only the caller knows: it is read and written as
 * bytes. */
static void *load(const void *items)
{
	void *memory;

	memcpy(&memory, items, sizeof(memory));
	return memory;
}

static void store(void *items, void *memory)
{
	memcpy(items, &memory, sizeof(memory));
}

void *array_add_(void *items, size_t *len, size_t *cap, size_t size)
{
	char *memory = load(items);

	if (*len == *cap) {
		*cap = *cap ? *cap * 2 : 4;
		memory = memory_grow(memory, *cap, size);
		store(items, memory);
	}
	void *element = memory + *len * size;

	memset(element, 0, size);
	*len += 1;
	return element;
}

void array_drop_(void *items, size_t *len, size_t *cap)
{
	free(load(items));
	store(items, NULL);
	*len = 0;
	*cap = 0;
}

void array_remove_(void *items, size_t *len, size_t size, size_t i)
{
	char *element = (char *)items + i * size;

	assert(i < *len);
	*len -= 1;
	memmove(element, element + size, (*len - i) * size);
}
