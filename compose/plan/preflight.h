/* SPDX-License-Identifier: MIT */
/* preflight -- everything that this engine or this host would refuse, told at once with its lines,
 * before the first container
 *
 * Pure: what has to be looked at on the host (bind sources, ports in use) is given in facts by
 * whoever may look. What the engine would ignore is a warning. What cannot be known (an image that
 * was not observed) is not judged.
 */
#pragma once

#include "compose/project/project.h"
#include "engine/model.h"

struct diagnostics;

/* What stands in the way of a port. The zero value: nothing is known of it. */
struct preflight_obstacle {
	char holder[128];     /* "nginx (process 1234)" */
	unsigned first, last; /* the range that Windows keeps back, or 0 */
};

struct preflight_facts {
	const struct engine_host *host;
	const struct observed *observed;
	/* Whether a path is there; NULL: not a local engine, so not checked. */
	bool (*exists)(const char *path, void *payload);
	/* Whether a path is a file and no folder; NULL: not checked. */
	bool (*is_file)(const char *path, void *payload);
	/* Whether a host port (ip may be NULL) is taken by somebody else than this project's
	 * containers, or kept back by the system, and what is known of that; NULL: not checked. */
	bool (*port_taken)(const char *ip, unsigned port, const char *protocol,
			   struct preflight_obstacle *obstacle, void *payload);
	void *payload;
};

void preflight_check(const struct project *project, const struct preflight_facts *facts,
		     struct diagnostics *diagnostics);
