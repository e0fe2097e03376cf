/* SPDX-License-Identifier: MIT */
/* image -- the verb image: the images in this program's own store (engine/image), which needs no
 * engine
 *
 * Its commands are the rows of one table; what brings images in and out stands in image.pull.c and
 * image.archive.c.
 */
#pragma once

#include "compose/cli/cli.h"
#include "engine/image/store.h"

struct error;

struct image_values {
	bool all, force, quiet, no_trunc, insecure;
	const char *format, *platform, *input, *output, *name;
	struct flag_strings mirrors;
};

/* The store of this user. make: for who writes (store_open). */
int image_store(struct cli *cli, bool make, struct store **ret, struct error **err);

/* The commands of other files. arguments: references, NULL-ended, at least one. */
int image_pull(struct cli *cli, const struct image_values *values, char **arguments,
	       struct error **err);
int image_load(struct cli *cli, const struct image_values *values, char **arguments,
	       struct error **err);
int image_save(struct cli *cli, const struct image_values *values, char **arguments,
	       struct error **err);
