/* SPDX-License-Identifier: MIT */
/* own -- scope-bound ownership
 *
 * A local that owns something is declared
 *	CLEANUP(text_drop) struct text text = {0};	an embedded value: text_drop(&text) at the end of scope
 *	CLEANUP(error_drop) struct error *err = NULL;	a pointer: its drop takes the address of the pointer
 * and given away on the last line with steal(&pointer), which leaves NULL behind.
 */
#pragma once

#include <stddef.h>

#define CLEANUP(drop) __attribute__((cleanup(drop)))

/* Gives the pointer at p away and leaves NULL. */
#define steal(p)                                                                                   \
	({                                                                                         \
		__auto_type stolen_ = *(p);                                                        \
		*(p) = NULL;                                                                       \
		stolen_;                                                                           \
	})

/* The structure that embeds the member which pointer points to. */
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

/* The number of elements of an array object (not of a pointer). */
#define ARRAY_LEN(array) (sizeof(array) / sizeof(*(array)))
