/* SPDX-License-Identifier: MIT */
/* filter.store -- compiled filters in a folder; for filter.c
 *
 * A file holds the profile's whole text, libseccomp's version and the program: only what is the same to the byte is
 * used. A file or folder that is not this user's, or that others may write to, is not believed.
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"

bool filter_store_read(const char *folder, const char *key, struct text *code);
/* Whether it could be kept matters to nobody: it is compiled again then. */
void filter_store_write(const char *folder, const char *key, const struct text *code);
