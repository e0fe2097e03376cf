/* SPDX-License-Identifier: MIT */
/* scene -- what a golden case observes, read from its observed.json
 *
 * Short forms keep a case to its one idea: a container needs no more than its service, and is then
 * as up made it; "hash" is current, old, foreign (docker compose's) or another version's.
 */
#pragma once

#include "compose/plan/plan.h"

struct scene {
	struct observed observed;
	struct engine_host host;
	bool has_host;
	struct plan_options options;
	char **services, **held;
	bool skeleton; /* without the file: from labels */
	char *signal, *remove_images, *one_off;
};

/* Fails the test where the document is wrong. */
void scene_read(struct scene *scene, const char *json, const struct project *project);
void scene_drop(struct scene *scene);
