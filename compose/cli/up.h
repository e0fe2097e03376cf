/* SPDX-License-Identifier: MIT */
/* up -- the verb up, for the verb that begins with it */
#pragma once

#include "compose/cli/change.h"

/* up -d --build of what change names: returns when it runs and is supervised. */
int up_detached(struct cli *cli, struct change *change, struct error **err);
