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

/* The value of label wincompose.config-hash is this, a colon and the hash in hex. Another value
 * stands for another way to compute it, so that hashes of other versions are foreign and not
 * different. */
#define SPEC_HASH_ALGORITHM "canonical-1"

#define LABEL_PROJECT          "com.docker.compose.project"
#define LABEL_SERVICE          "com.docker.compose.service"
#define LABEL_NUMBER           "com.docker.compose.container-number"
#define LABEL_ONE_OFF          "com.docker.compose.oneoff"
#define LABEL_IMAGE            "com.docker.compose.image"
#define LABEL_REPLACES         "com.docker.compose.replace"
#define LABEL_DEPENDS_ON       "com.docker.compose.depends_on"
#define LABEL_NETWORK          "com.docker.compose.network"
#define LABEL_VOLUME           "com.docker.compose.volume"
#define LABEL_FOREIGN_HASH     "com.docker.compose.config-hash"
#define LABEL_WORKING_DIR      "com.docker.compose.project.working_dir"
#define LABEL_CONFIG_FILES     "com.docker.compose.project.config_files"
#define LABEL_ENV_FILES        "com.docker.compose.project.environment_file"
#define LABEL_VERSION          "com.docker.compose.version"
#define LABEL_HOOK             "com.docker.compose.hook"
#define LABEL_SLUG             "com.docker.compose.slug"
#define LABEL_HASH             "wincompose.config-hash"
#define LABEL_SUPERVISE        "wincompose.supervise" /* the word of on_unhealthy: restart, stop, ... */
#define LABEL_ISOLATION        "wincompose.isolation"
#define LABEL_ISOLATION_REASON "wincompose.isolation-reason"

struct spec_options {
	unsigned number;      /* of the container, from 1 */
	const char *name;     /* NULL: <project>-<service>-<number>, or container_name */
	const char *replaces; /* id of the container that it replaces: label
				 com.docker.compose.replace */
	const char *image_id; /* label com.docker.compose.image */
	const struct image
		*image;        /* as observed, or NULL: says which anonymous volumes it declares */
	const char *isolation; /* what plan/isolation decided, or NULL */
	const char *isolation_reason;    /* and why */
	const struct container *inherit; /* whose anonymous volumes are taken over, or NULL */
	bool supervised;
	bool one_off;       /* run: no ports, no restart, oneoff label, name with -run-<slug> */
	bool service_ports; /* run --service-ports */
	bool use_aliases;   /* run --use-aliases */
	const char *slug;
};

/* The spec lives in the arena and borrows from the project. Contents of secrets and configs: files
 * are named by path; from environment they are taken from project->environment. A file is a
 * read-only bind mount as with docker compose where the engine is here and can (ENGINE_LOCAL and
 * ENGINE_FILE_BIND), else it is copied in. */
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
/* The restart policy: deploy.restart_policy goes before restart. NULL: not written. */
const char *spec_restart(const struct service *service, int *max_retries);
/* NULL-ended, in the arena; NULL where there are none. */
const char *const *spec_vector(struct arena *arena, const struct strings *strings);
/* Pairs as labels, in the arena; a value that is NULL is empty. */
struct labels spec_labels(struct arena *arena, const struct pairs *pairs);
/* Where a secret or config lies in a container of this engine: on Windows the defaults are Docker's,
 * C:\ProgramData\Docker\secrets\NAME and C:\NAME. */
const char *spec_file_target(struct arena *arena, const char *target,
			     const struct engine_host *host);
/* Whether a secret or config of the service is copied into the container, not mounted. */
bool spec_copies(const struct file_source *source, const struct engine_host *host);
