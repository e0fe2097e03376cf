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
	char *folder; /* what is in it */
	int64_t created;
};

/* From Binds and Mounts of its HostConfig and Volumes of its Config. ERROR_INVALID in the daemon's
 * words. */
int mount_parse(struct container *container, struct error **err);
void mount_volumes(struct container *container); /* makes those that are not there */
void mount_drop(struct container *container);
/* The real path of one in the container ("/data/x"), where a mount or its drive is: yours. */
char *mount_path(const struct container *container, const char *inside);
/* What its processes are told of that: ACTOR_WORLD of actor.h. Yours. */
char *mount_world(const struct container *container);

/* --- what the API asks */
void mount_volume_list(struct call *call);
void mount_volume_inspect(struct call *call);
void mount_volume_create(struct call *call);
void mount_volume_remove(struct call *call);
