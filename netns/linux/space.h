/* SPDX-License-Identifier: MIT */
/* space -- network namespaces: made, found again, and worked in for a moment
 *
 * A namespace is held by a descriptor, and by a path where it is pinned, so that it outlives the
 * process. The only thread goes into one, makes a socket or writes a setting, and comes back at
 * once: a socket belongs to the namespace that it was made in for as long as it lives. -1 as a
 * namespace is the process's own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct error;

/* ERROR_NOT_FOUND: nothing is there; ERROR_INVALID: it is no network namespace. */
int space_open(const char *path, int *ret, struct error **err);
/* A new one, pinned at the path, where a file is made. */
int space_make(const char *path, int *ret, struct error **err);
/* Takes the pin away, and the file. What is not there is well. */
int space_unpin(const char *path, struct error **err);
void space_close(int *space); /* for CLEANUP */
/* The number that tells two of them apart while both live. */
uint64_t space_inode(int space);

/* Goes in; *back is what space_leave wants. */
int space_enter(int space, int *back, struct error **err);
void space_leave(int back);
/* socket(2), not blocking and close-on-exec, in the namespace. A descriptor, or -errno. */
int space_socket(int space, int domain, int type);
/* Writes a file of /proc/sys/net as the namespace has it. */
int space_set(int space, const char *file, const char *value, struct error **err);
