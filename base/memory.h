/* SPDX-License-Identifier: MIT */
/* memory -- allocation that does not fail
 *
 * Exhaustion ends the process here, with one line on stderr and _exit(1), and nowhere else. What is
 * sized by input has its maximum checked before it comes here. memory_install gives libuv and cJSON
 * the same allocator (libcurl gets it when it is loaded, libyaml has no hook). All results are
 * freed with free().
 */
#pragma once

#include <stddef.h>

#include "base/own.h"

void *memory_alloc(size_t size); /* not zeroed; size 0 gives a pointer that may be freed */
void *memory_zero(size_t count, size_t size); /* zeroed; the product is checked for overflow */
void *memory_grow(void *old, size_t count,
		  size_t size);        /* realloc; the product is checked for overflow */
char *memory_copy(const char *string); /* NULL gives NULL */
char *memory_copy_n(const char *bytes, size_t len); /* adds the NUL */
char *memory_format(const char *format, ...) PRINTF_LIKE(1, 2);
void memory_free(void *address_of_pointer); /* for CLEANUP(memory_free) char *p; frees *p */

/* A NULL-ended vector of strings, or NULL. */
char **memory_copy_vector(const char *const *strings);
void memory_free_vector(char ***vector); /* frees each and the vector, leaves NULL */

/* Called once by main, before any library is used. */
void memory_install(void);
