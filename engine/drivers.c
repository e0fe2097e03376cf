/* SPDX-License-Identifier: MIT */
#include "engine/ops.h"

#include "engine/docker/docker.h"
#include "engine/fake/fake.h"

const struct engine_ops *const engine_drivers[] = {
	&docker_ops,
	&fake_ops,
	NULL,
};
