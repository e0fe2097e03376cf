/* SPDX-License-Identifier: MIT */
/* own -- scope-bound ownership
 *
 * A local that owns something is declared
 *	CLEANUP(text_drop) struct text text = {0};	an embedded value
 *	CLEANUP(error_drop) struct error *err = NULL;	a pointer: its drop takes its address
 * and given away on the last line with steal(&pointer), which leaves NULL behind.
 */
#pragma once

#include <stddef.h>

/* Unused as clang sees it: a local may be there only for what its end does. */
#define CLEANUP(drop) __attribute__((cleanup(drop), unused))

/* Gives the pointer at p away and leaves NULL. */
#define steal(p)                                                                                   \
	({                                                                                         \
		__auto_type stolen_ = *(p);                                                        \
		*(p) = NULL;                                                                       \
		stolen_;                                                                           \
	})

/* The structure that embeds the member which pointer points to. */
#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

/* The number of elements of an array object (not of a pointer). */
#define ARRAY_LEN(array) (sizeof(array) / sizeof(*(array)))

/* The parameter number format is a printf format, its arguments begin at parameter number args (0:
 * a va_list). MinGW's own printf family is ours there too (__USE_MINGW_ANSI_STDIO), so that %zu and
 * %lld mean what they mean elsewhere. */
#if defined(__MINGW32__) && !defined(__clang__)
#define PRINTF_LIKE(format_, args_) __attribute__((format(gnu_printf, format_, args_)))
#else
#define PRINTF_LIKE(format_, args_) __attribute__((format(printf, format_, args_)))
#endif
