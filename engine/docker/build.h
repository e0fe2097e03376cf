/* SPDX-License-Identifier: MIT */
/* build -- images built from a Dockerfile: by `docker buildx build` where that command is, else by
 * the engine's own builder
 *
 * Windows engines always take their own: BuildKit does not build for them there.
 */
#pragma once

#include "engine/credentials.h"
#include "engine/docker/docker.h"
#include "engine/docker/progress.h"
#include "engine/docker/upload.h"

struct buildx;

struct build {
	struct progress progress; /* first */
	struct upload *upload;    /* NULL: the engine fetches the context itself */
	char *path;               /* of the classic request */
	char *needs;              /* what of it needs BuildKit, or NULL */
	struct credentials_lookup *lookup;
	struct buildx *buildx; /* NULL: there is no docker command */
};

bool build_is_remote(const char *context); /* a URL or a git address */
/* Sends it to the engine's builder; why: why it is not BuildKit's, for what needs that. */
void build_classic(struct build *build, const char *why);

/* The command line; folder: of the context, NULL: the context is a URL. NULL-ended, yours. */
char **buildx_command(const struct build_options *options, const char *folder);
/* Makes the command line while the options can be borrowed. NULL: there is no docker command. */
struct buildx *buildx_new(struct build *build, const struct build_options *options);
/* Asks whether the command has buildx, and builds by it or by build_classic. */
void buildx_try(struct buildx *buildx);
void buildx_wanted(struct buildx *buildx); /* the reader permits a call */
/* NULL is well. A command that runs is killed and takes the loop some turns to end. */
void buildx_drop(struct buildx **buildx);
