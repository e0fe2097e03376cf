/* SPDX-License-Identifier: MIT */
/* part -- what config prints where it is not asked for the whole: names, hashes, variables, a line
 * each */
#pragma once

#include <stdbool.h>

#include "base/text.h"
#include "compose/project/project.h"

struct error;

/* How a project is to be loaded for a part, and printed. */
struct part {
	bool every_profile; /* disabled services count too */
	bool with_services; /* only those named on the command line, and what they need */
	bool with_env;      /* env_files are read: what is wrong with them is an error */
	bool raw;           /* no variable is put in */
	/* argument: the flag's value, or NULL. Adds lines, each ended. */
	int (*print)(const struct project *project, const char *argument, struct text *out,
		     struct error **err);
};

extern const struct part part_services; /* what is depended upon first */
extern const struct part part_volumes;
extern const struct part part_networks;
extern const struct part part_models;
extern const struct part part_hash; /* argument: names with commas between, or "*" */
extern const struct part part_profiles;
extern const struct part part_images;
extern const struct part part_variables; /* argument: NULL, table, json, yaml */
extern const struct part part_environment;
