/* SPDX-License-Identifier: MIT */
/* ground -- the networks and volumes that containers stand on
 *
 * Part of up: creates what is missing, re-creates a network whose definition changed, refuses where
 * something external is not there, warns where something is another's.
 */
#pragma once

#include "compose/plan/slot.h"

/* Before the containers: their creates wait for these steps. */
int ground_draft(struct slots *slots, struct error **err);
/* After them: what hangs on a network that changes lets go of it first. */
void ground_release(struct slots *slots);
/* The step that connects a kept container to what it lacks; its start waits for it. NO_STEP: none.
 */
void ground_connect(struct slots *slots, struct slot *slot);
