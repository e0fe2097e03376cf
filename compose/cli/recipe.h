/* SPDX-License-Identifier: MIT */
/* recipe -- a service's build: section as the engine is asked for it
 *
 * Nothing here talks to an engine; recipe_bases reads a Dockerfile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "compose/project/project.h"
#include "engine/engine.h"

/* What the command line says over the file. */
struct recipe_options {
	const char *const *args; /* K=V, or K for the environment's; NULL: none */
	const char *builder;     /* needs BuildKit, as ssh does */
	const char *const *ssh;  /* besides those of the file: default, or id=path; NULL: none */
	int64_t memory;          /* bytes; 0: no limit */
	bool pull, no_cache;
	bool platforms; /* all that the file lists; else one that can run here */
};

/* The service's build, with docker compose's labels, in the arena. options may be NULL. The service
 * has a build section. */
const struct build_options *recipe_make(struct arena *arena, const struct project *project,
					const struct service *service,
					const struct recipe_options *options);

/* The images that the Dockerfile of a local context begins from or copies from, in their full form,
 * NULL-ended, in the arena. What cannot be read has none: the engine says what is wrong with it. */
const char *const *recipe_bases(struct arena *arena, const struct build_options *build);

/* The same of a Dockerfile's text. args: over what its own ARG lines say. */
const char *const *recipe_bases_of(struct arena *arena, const char *dockerfile,
				   const struct labels *args);

/* An image's name in its full form, in the arena; as it is where it is no reference. */
const char *recipe_full_name(struct arena *arena, const char *image);
