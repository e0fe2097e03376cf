/* SPDX-License-Identifier: MIT */
/* rule -- attributes that an engine refuses or ignores
 *
 * Part of preflight: one table, each row an attribute, what it needs, and a sentence.
 */
#pragma once

#include "compose/plan/preflight.h"

void rule_check(const struct project *project, const struct preflight_facts *facts,
		struct diagnostics *diagnostics);
