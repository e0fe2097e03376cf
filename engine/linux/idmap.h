/* SPDX-License-Identifier: MIT */
/* idmap -- the user ids of a container on the host */
#pragma once

#include <sys/types.h>

#include "engine/linux/oci.h"

struct error;

/* Writes the object's maps for a process that was made with a new user namespace. */
int idmap_write(pid_t pid, const struct oci *oci, struct error **err);
