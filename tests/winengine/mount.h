/* SPDX-License-Identifier: MIT */
/* mount -- a container's mounts, and the volumes: windows.md 1.3, Mounts */
#pragma once

#include "tests/winengine/call.h"
#include "tests/winengine/world.h"

struct container;

struct volume {
	struct list link;
	char *name;
	cJSON *labels;
	int64_t created;
};

/* From Binds and Mounts of its HostConfig and Volumes of its Config. ERROR_INVALID in the daemon's
 * words. */
int mount_parse(struct container *container, struct error **err);
void mount_volumes(struct container *container); /* makes those that are not there */
void mount_drop(struct container *container);

/* --- what the API asks */
void mount_volume_list(struct call *call);
void mount_volume_inspect(struct call *call);
void mount_volume_create(struct call *call);
void mount_volume_remove(struct call *call);
