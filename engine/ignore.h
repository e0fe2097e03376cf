/* SPDX-License-Identifier: MIT */
/* ignore -- the .dockerignore file: which paths of a build context are left out
 *
 * The rules are those of github.com/moby/patternmatcher, which docker build uses: patterns are
 * matched against the whole path from the context's root; the last one that matches the path or a
 * folder above it decides; "!" takes back in; "**" is any number of folders, "*" and "?" stop at a
 * slash; "#" begins a comment in the first column only; spaces around, a leading and a trailing
 * slash mean nothing. Paths are given with slashes, relative, without "." parts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct error;
struct ignore;

/* Reads patterns. name is for messages: NAME:LINE: ... (ERROR_INVALID: not a pattern). is_windows:
 * a backslash separates folders, as for Docker on Windows; else it takes the next character
 * literally. At most 10,000 patterns. */
int ignore_parse(const char *bytes, size_t len, const char *name, bool is_windows,
		 struct ignore **ret, struct error **err);
/* Adds a last pattern, which no file needs to have: "!Dockerfile". */
int ignore_add(struct ignore *ignore, const char *pattern, struct error **err);
void ignore_drop(struct ignore **ignore);

bool ignore_matches(const struct ignore *ignore, const char *path); /* true: left out */

/* The same for a walk, which knows what matched the folder that the path is in: parent and own are
 * ignore_size() flags, parent is NULL at the top. own is what the walk gives for the entries of the
 * folder path. */
size_t ignore_size(const struct ignore *ignore);
bool ignore_step(const struct ignore *ignore, const char *path, const bool *parent, bool *own);

/* Whether the folder path, which is left out itself, may hold something that a "!" pattern takes
 * back in. As docker build has it, only where the pattern begins with the folder's path. */
bool ignore_descends(const struct ignore *ignore, const char *path);
