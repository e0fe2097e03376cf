/* SPDX-License-Identifier: MIT */
/* lifecycle -- bind's part for what is done around a container: hooks, a provider, models
 *
 * As bind: from checked nodes into the arena; what does not fit is left out.
 */
#pragma once

#include "compose/project/project.h"

void lifecycle_bind(struct arena *arena, struct service *service, const struct node *node);
void lifecycle_bind_models(struct project *project, const struct node *node);
