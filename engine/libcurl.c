/* SPDX-License-Identifier: MIT */
#include "engine/libcurl.h"

#include <stdlib.h>

#include "base/memory.h"

static void *grow(void *old, size_t size)
{
	return memory_grow(old, 1, size);
}

static char *copy(const char *string)
{
	return memory_copy(string);
}

static void *zero(size_t count, size_t size)
{
	return memory_zero(count, size);
}

/* The second and later times libcurl only counts. */
void libcurl_prepare(struct libcurl *lib)
{
	lib->global_init_mem(CURL_GLOBAL_DEFAULT, memory_alloc, free, grow, copy, zero);
}
