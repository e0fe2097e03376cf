/* SPDX-License-Identifier: MIT */
/* census -- what was observed, sorted by what the project calls it
 *
 * Only what the project owns (plan_owns) is counted as its containers. Borrows the project and the
 * observed state.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "base/map.h"
#include "compose/project/project.h"
#include "engine/model.h"

#define NO_SERVICE ((size_t)-1)

struct found {
	const struct container *container;
	const char *service; /* by its label */
	size_t index;        /* of the service in the project, or NO_SERVICE */
	unsigned number;
	bool one_off;
};

/* The containers of one service: found[first .. first + len) by number, then its one-off ones. */
struct crew {
	size_t first, len, one_off_len;
};

struct census {
	const struct project *project;
	const struct observed *observed;
	ARRAY(struct found) found; /* by service, one-offs last; those of no service at the end */
	struct crew *crews;        /* one per service */
	struct map names;          /* every observed container by name -> struct container */
	struct map networks;       /* by name -> struct engine_network */
	struct map volumes;        /* by name -> struct engine_volume */
	struct map images;         /* by reference -> struct image */
};

void census_take(struct census *census, const struct project *project,
		 const struct observed *observed);
void census_drop(struct census *census);

/* Of no service of the project (disabled ones count as its own), or a finished one-off. */
bool census_is_orphan(const struct census *census, const struct found *found);
const struct image *census_image(const struct census *census, const char *reference);
/* Running, paused or between two runs: what a stop is for. */
bool census_is_up(const struct container *container);
const struct container_network *census_attached(const struct container *container,
						const char *network);
bool census_owns(const char *project, const struct labels *labels);
