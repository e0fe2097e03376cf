/* SPDX-License-Identifier: MIT */
/* amend -- a service as run's flags change it for one container
 *
 * The bound structure is changed, not the canonical tree. Everything new lives in the project's
 * arena.
 */
#pragma once

#include "compose/project/project.h"

struct error;

/* NULL is what was not given; vectors are NULL-ended and borrowed as long as the project. */
struct amend_options {
	const char *const *command;
	const char *entrypoint; /* a command line; without a command the image's goes too */
	const char *const *env_files;
	const char *const *env; /* K=V, or K for the environment's */
	const char *const *labels;
	const char *const *publish; /* ports in their short form, in place of the service's */
	const char *const *volumes; /* mounts in their short form */
	const char *const *cap_add, *const *cap_drop;
	const char *user, *folder;
};

/* ERROR_INVALID names the flag. */
int amend_service(struct project *project, struct service *service,
		  const struct amend_options *options, struct error **err);
