/* SPDX-License-Identifier: MIT */
/* finding -- what preflight says, at the line that it is about */
#pragma once

#include "base/text.h"
#include "compose/project/diagnostic.h"
#include "compose/project/project.h"

/* Where an attribute of the service (a key, or a dotted path) was written, else the service. */
struct position finding_at(const struct service *service, const char *path);
/* services.<name>.<attribute>; a position without a line is the service's. */
struct diagnostic *finding_service(struct diagnostics *diagnostics, enum severity severity,
				   struct position at, const struct service *service,
				   const char *attribute, const char *format, ...)
	PRINTF_LIKE(6, 7);
/* networks.<key>[.<attribute>] */
struct diagnostic *finding_network(struct diagnostics *diagnostics, enum severity severity,
				   const struct network *network, const char *attribute,
				   const char *format, ...) PRINTF_LIKE(5, 6);
/* volumes.<key>[.<attribute>] */
struct diagnostic *finding_volume(struct diagnostics *diagnostics, enum severity severity,
				  const struct volume *volume, const char *attribute,
				  const char *format, ...) PRINTF_LIKE(5, 6);
