/* SPDX-License-Identifier: MIT */
/* sense -- values that a project file may have and that no engine takes
 *
 * Part of preflight. `config` shows them, as docker compose's does, and warns of them; what acts tells
 * them all at once, each at its line, where docker compose fails in the middle.
 */
#pragma once

#include "compose/project/project.h"

/* severity: of what is found. Not for a project whose variables were left open. */
void sense_check(const struct project *project, enum severity severity,
		 struct diagnostics *diagnostics);
