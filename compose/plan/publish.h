/* SPDX-License-Identifier: MIT */
/* publish -- whether the ports that a project publishes can be had
 *
 * Part of preflight.
 */
#pragma once

#include "compose/plan/preflight.h"

void publish_check(const struct project *project, const struct preflight_facts *facts,
		   struct diagnostics *diagnostics);
