/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdlib.h>

#include <cjson/cJSON.h>
#include <uv.h>

static void *grow(void *old, size_t size)
{
	return memory_grow(old, 1, size);
}

static void *zero(size_t count, size_t size)
{
	return memory_zero(count, size);
}

void memory_install(void)
{
	cJSON_Hooks hooks = {.malloc_fn = memory_alloc, .free_fn = free};

	uv_replace_allocator(memory_alloc, grow, zero, free);
	cJSON_InitHooks(&hooks);
}
