/* SPDX-License-Identifier: MIT */
/* discover -- which files a project is made of, and in which folder it lives
 *
 * -f, else COMPOSE_FILE, else compose.yaml, compose.yml, docker-compose.yml, docker-compose.yaml
 * (the first of them, with its override beside it) in the starting folder or the nearest one above
 * it. The folder is --project-directory, else the first file's, else the starting one. .env is read
 * from the starting folder and from the project's, as docker compose does.
 */
#pragma once

#include "base/map.h"
#include "compose/project/project.h"
#include "compose/project/variables.h"

struct error;

struct discovery {
	struct strings files; /* as they are to be named to the user, "-" is stdin; in the arena */
	const char *start;    /* absolute */
	const char *folder;   /* absolute */
	struct strings env_files; /* those that were named, absolute */
};

/* Fills variables too; where a .env is wrong, of which findings tell, they are partial. texts gets what
 * was read. ERROR_NOT_FOUND: there is no file; ERROR_INVALID: see the findings. */
int discover(const struct project_options *options, struct variables *variables,
	     struct diagnostics *diagnostics, struct map *texts, struct discovery *ret,
	     struct error **err);
