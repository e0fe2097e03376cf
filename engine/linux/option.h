/* SPDX-License-Identifier: MIT */
/* option -- the options of a mount in a config.json, taken apart
 *
 * "ro,nosuid,rbind,rprivate,mode=755": what concerns the mount, how it is told to others, and what the file system is
 * given. The words are those of the runtime specification; the recursive ones (rro, rnosuid ...) concern all that is
 * mounted below as well.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct error;

struct option_set {
	uint64_t set, clear;         /* MOUNT_ATTR_... of the mount itself */
	uint64_t set_all, clear_all; /* of it and all below */
	bool bind, recursive;
	uint64_t propagation; /* MS_PRIVATE ...; 0: not said */
	bool propagation_all;
	bool idmap;
	struct text data; /* for the file system: "key=value" or "key", each ended by NUL */
};

/* ERROR_UNSUPPORTED: an option that we would have to do ourselves and do not (tmpcopyup). */
int option_parse(char *const *options, struct option_set *ret, struct error **err);
void option_drop(struct option_set *set);
