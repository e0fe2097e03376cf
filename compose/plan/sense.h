/* SPDX-License-Identifier: MIT */
/* sense -- values that a project file may have and that no engine takes
 *
 * Part of preflight. `config` shows them, as docker compose's does, and warns of them; what acts tells
 * them all at once, each at its line, where docker compose fails in the middle.
 */
#pragma once

#include "compose/project/project.h"

/* Not for a project whose variables were left open. What diagnostics has errors about is not told again:
 * it may be that the loader has found some. */
void sense_refuse(const struct project *project, struct diagnostics *diagnostics); /* errors */
void sense_doubt(const struct project *project, struct diagnostics *diagnostics);  /* warnings */
