/* SPDX-License-Identifier: MIT */
/* age -- what an engine's API is too old for
 *
 * Part of preflight. An engine ignores a field that it does not know, so each use of one is told
 * here with its line: an error where the containers would be other than what was asked for, else a
 * warning.
 */
#pragma once

#include "compose/plan/preflight.h"

void age_check(const struct project *project, const struct engine_host *host,
	       struct diagnostics *diagnostics);
