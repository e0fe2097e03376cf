/* SPDX-License-Identifier: MIT */
/* endpoint -- how a container joins its networks: names, addresses, links
 *
 * Part of spec.
 */
#pragma once

#include "compose/plan/spec.h"

/* How the service joins one network: the endpoint of that name on the engine, or NULL. */
const struct spec_endpoint *endpoint_of(struct arena *arena, const struct project *project,
					const struct service *service, unsigned number,
					const char *network);
/* All of them; spec has its name. */
void endpoint_fill(struct arena *arena, const struct project *project,
		   const struct service *service, const struct spec_options *options,
		   struct container_spec *spec);
