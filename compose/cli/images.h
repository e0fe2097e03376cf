/* SPDX-License-Identifier: MIT */
/* images -- what happens to images before anything is created: pulled and built in the caller, with
 * progress
 *
 * By pull_policy and flags, once for each distinct image; a failed pull is forgiven where the image
 * can be built.
 */
#pragma once

#include <stdbool.h>

#include "compose/cli/cli.h"

struct images_options {
	const char *const *services; /* NULL: all; what they depend on is prepared too */
	bool no_deps;
	bool build; /* up --build: build even what is there */
	bool no_build;
	const char
		*pull; /* --pull: always, missing, never, build; NULL: each service's own policy */
	bool quiet_pull, quiet_build;
};

int images_prepare(struct cli *cli, const struct project *project,
		   const struct images_options *options, struct error **err);
