/* SPDX-License-Identifier: MIT */
/* cgroup.inside -- what the parts of cgroup share; for nobody else */
#pragma once

#include "engine/linux/cgroup.h"

struct cgroup_part {       /* the group in one hierarchy */
	char *controllers; /* "" is version 2 */
	char *folder_path;
	int folder; /* O_PATH would not serve clone3: opened to read */
};

struct cgroup {
	char *path;
	ARRAY(struct cgroup_part) parts;
	ARRAY(int) joins;
};

/* Whether a comma-separated list names it. */
bool cgroup_has_(const char *controllers, const char *controller);
/* The part that has a controller: version 2's if it is switched on there, else version 1's, else NULL. */
const struct cgroup_part *cgroup_part_(const struct cgroup *group, const char *controller);
/* Switches on in folder, of version 2, for the groups below it, those of the controllers that it has. */
void cgroup_enable_(int folder);
