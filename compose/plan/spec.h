/* SPDX-License-Identifier: MIT */
/* spec -- one service's container, network or volume as the engine is asked for it
 *
 * Names, labels and defaults are docker compose's (reference: docs/compatibility.md), so that its
 * tools see our projects and we adopt theirs.
 */
#pragma once

#include "base/arena.h"
#include "compose/project/project.h"
#include "engine/model.h"

struct spec_options {
	unsigned number;                 /* of the container, from 1 */
	const char *name;                /* NULL: <project>-<service>-<number>, or container_name */
	const char *replaces;            /* id of the container that it replaces: label
					    com.docker.compose.replace */
	const char *image_id;            /* label com.docker.compose.image */
	const char *isolation;           /* what plan/isolation decided, or NULL */
	const struct container *inherit; /* whose anonymous volumes are taken over, or NULL */
	bool supervised;
	bool one_off; /* run: no ports unless service_ports, no restart, oneoff label, name with
			 -run-<slug> */
	const char *slug;
};

/* The spec lives in the arena and borrows from the project. Contents of secrets and configs: files
 * are named by path; from environment they are taken from project->environment. */
const struct container_spec *spec_container(struct arena *arena, const struct project *project,
					    const struct service *service,
					    const struct engine_host *host,
					    const struct spec_options *options);
const struct network_spec *spec_network(struct arena *arena, const struct project *project,
					const struct network *network);
const struct volume_spec *spec_volume(struct arena *arena, const struct project *project,
				      const struct volume *volume);
const char *spec_container_name(struct arena *arena, const struct project *project,
				const struct service *service, unsigned number);
