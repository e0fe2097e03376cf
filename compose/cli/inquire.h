/* SPDX-License-Identifier: MIT */
/* inquire -- what a project's supervisor says of itself */
#pragma once

#include "base/json.h"
#include "compose/cli/cli.h"

/* Its answer to status, yours: {"project", "pid", "holds": [], "health": {CONTAINER: WORD}}, the
 * last of containers that have a probe of ours (absent where the supervisor is an older one). NULL:
 * nobody answers, one of another version, or not within a second. */
cJSON *inquire(struct cli *cli, const struct home_project *home);

/* Puts the words of "health" into the observed containers, as the engine's own health is written.
 * What the engine finds unhealthy stays so: either is enough. */
void inquire_health(const cJSON *answer, struct observed *observed);
