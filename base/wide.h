/* SPDX-License-Identifier: MIT */
/* wide -- UTF-8 to Windows' UTF-16 and back; only in the sources for Windows
 *
 * What is not valid becomes U+FFFD. All results are yours to free.
 */
#pragma once

#include <wchar.h>

wchar_t *wide_from(const char *string);
char *wide_to(const wchar_t *string);
