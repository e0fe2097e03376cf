/* SPDX-License-Identifier: MIT */
/* storage -- the mounts of a service's container, and the files that are put into it
 *
 * Part of spec: fills mounts, mount_count, files and file_count of a container_spec.
 */
#pragma once

#include "compose/plan/spec.h"

void storage_fill(struct arena *arena, const struct project *project, const struct service *service,
		  const struct engine_host *host, const struct spec_options *options,
		  struct container_spec *spec);
