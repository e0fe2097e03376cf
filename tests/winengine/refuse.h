/* SPDX-License-Identifier: MIT */
/* refuse -- what the daemon does not take on Windows, in its own sentences: windows.md 1.3 */
#pragma once

#include <cjson/cJSON.h>

struct container;
struct error;

/* At create. ERROR_INVALID. What is taken with a warning is added to warnings. */
int refuse_create(struct container *container, cJSON *warnings, struct error **err);
/* What the daemon looks at only when the container is started. */
int refuse_start(const struct container *container, struct error **err);
