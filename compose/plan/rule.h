/* SPDX-License-Identifier: MIT */
/* rule -- attributes that an engine refuses or ignores
 *
 * Part of preflight: one table, each row an attribute, what it needs, and a sentence.
 */
#pragma once

#include "compose/plan/preflight.h"

void rule_check(const struct project *project, const struct preflight_facts *facts,
		struct diagnostics *diagnostics);

/* What an engine of a platform says to a service's attribute ("deploy.resources.limits.pids"), for
 * the documentation; NULL: it takes it. *severity: whether it refuses or ignores it. */
const char *rule_sentence(const char *attribute, bool windows, enum severity *severity);
