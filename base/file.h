/* SPDX-License-Identifier: MIT */
/* file -- files, folders and their paths
 *
 * Paths are UTF-8 on every platform. All calls block; none is meant for what may take over 5 ms.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct error;

enum file_kind { FILE_ABSENT, FILE_REGULAR, FILE_FOLDER, FILE_OTHER };

enum file_kind file_kind(const char *path); /* follows links; absent on any error */

/* Adds the whole file to out. Larger than max bytes: ERROR_INVALID that says so, known before
 * memory is taken. "-" is stdin. Not there: ERROR_NOT_FOUND. */
int file_read(const char *path, size_t max, struct text *out, struct error **err);

/* Writes by temporary file in the same folder, fsync, rename; mode 0600 if private. Disk full
 * leaves the old file. */
int file_write(const char *path, const char *bytes, size_t len, bool is_private,
	       struct error **err);

int file_remove(const char *path, struct error **err); /* absent is well */
int file_make_folder(const char *path,
		     struct error **err); /* with its parents, 0700; there is well */

/* An exclusive lock on a file that is made if absent, never deleted, close-on-exec. ERROR_CONFLICT:
 * another process has it. The holder's process number is written into it for messages;
 * file_lock_holder reads it (0: unknown, or nobody holds it). A second take in the same process
 * conflicts too. */
struct file_lock;
int file_lock_take(const char *path, struct file_lock **ret, struct error **err);
void file_lock_drop(struct file_lock **lock);
long file_lock_holder(const char *path);

/* Calls each(name, payload) for the entries of a folder in the order of their bytes, without . and
 * .. */
int file_list(const char *path, void (*each)(const char *name, void *payload), void *payload,
	      struct error **err);

/* --- paths (path.c): text only, nothing is looked up. Both kinds are known on both hosts, as a
 * project file may be for the other; a relative path is the host's kind. */
bool path_host_is_windows(void);
bool path_is_absolute(const char *path);             /* /x, \\x, C:\x, C:/x */
bool path_is_windows(const char *path);              /* C:\x, C:/x, \\x */
char *path_join(const char *base, const char *path); /* path itself where it is absolute; yours */
char *path_clean(const char *path);  /* . and .. and doubled separators resolved as text, Windows'
					with backslashes; yours */
char *path_folder(const char *path); /* "." where there is none; yours */
const char *path_name(const char *path); /* the last part, borrowed; "" where a separator ends it */
char *path_current(void);                /* the working folder; yours */
char *path_home(void);                   /* the user's home folder; yours, never NULL */
/* ~ and ~/x; ~x is x in the own home as well, as docker compose has it. Yours. */
char *path_expand_home(const char *path);

/* Within file: asks the disk to keep the names in a folder. */
void file_sync_folder_(const char *path);
