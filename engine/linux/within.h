/* SPDX-License-Identifier: MIT */
/* within -- paths of a container, resolved inside its root and nowhere else
 *
 * An image's folders may be symbolic links to anywhere, and a process may exchange them while we look: the kernel
 * resolves (openat2, RESOLVE_IN_ROOT, no magic links), and what was found is used by its descriptor, never by its
 * path a second time.
 */
#pragma once

#include <stdbool.h>

struct error;

enum within_kind { WITHIN_ANY, WITHIN_FOLDER, WITHIN_FILE };

/* An O_PATH descriptor of what stands at path inside root. WITHIN_FOLDER: a folder. Returns a negative errno where it
 * cannot be had (-ENOENT, -ELOOP, ...). The last part may be a link, unless plain is set. */
int within_open(int root, const char *path, enum within_kind kind, bool plain);

/* The same, and makes what is missing: folders 0755, the last a folder or an empty file. Links on the way are
 * followed inside the root. */
int within_make(int root, const char *path, enum within_kind kind, bool plain, struct error **err);
