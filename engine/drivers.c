/* SPDX-License-Identifier: MIT */
#include "engine/ops.h"

const struct engine_ops *const engine_drivers[] = {
	NULL,
};
