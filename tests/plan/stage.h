/* SPDX-License-Identifier: MIT */
/* stage -- projects made by hand for the tests of plan, spec and preflight
 *
 * A stage is a project whose arrays are its own. Strings are borrowed (literals) or in its arena.
 */
#pragma once

#include "compose/project/project.h"

struct stage {
	struct project project;
	bool sorted;
};

struct stage *stage_new(const char *name);
void stage_drop(struct stage **stage);
/* Valid until the next stage_service. Image is tiny:1, one replica, hash as given. */
struct service *stage_service(struct stage *stage, const char *name, const char *hash);
void stage_depend(struct service *service, const char *on, enum dependency_condition condition,
		  bool restart);
void stage_join(struct stage *stage, struct service *service, const char *network);
void stage_mount(struct stage *stage, struct service *service, const char *volume,
		 const char *target);
void stage_port(struct service *service, const char *published, unsigned target);
void stage_config(struct stage *stage, struct service *service, const char *name);
struct network *stage_network(struct stage *stage, const char *key, const char *hash);
/* The project, sorted as project_load sorts; nothing is added afterwards. */
const struct project *stage_project(struct stage *stage);
