/* SPDX-License-Identifier: MIT */
#include "engine/ops.h"

#include "engine/docker/docker.h"

const struct engine_ops *const engine_drivers[] = {
	&docker_ops,
	NULL,
};
