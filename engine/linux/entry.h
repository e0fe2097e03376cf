/* SPDX-License-Identifier: MIT */
/* entry -- small files of /proc, /sys and the cgroup file systems, by folder descriptor and name
 *
 * Descriptors are close-on-exec. Nothing follows a symbolic link in the last part of a name.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/text.h"

struct error;

/* For CLEANUP: closes what is not negative and leaves -1. */
void entry_close(int *fd);

/* One write of the whole value. A failure says what was to be written where; what names the folder in it. */
int entry_write(int folder, const char *name, const char *value, const char *what,
		struct error **err);

/* The whole file, at most 16 MiB (the mounts of a busy host are some), added to ret. */
int entry_read(int folder, const char *name, const char *what, struct text *ret,
	       struct error **err);

bool entry_exists(int folder, const char *name);
