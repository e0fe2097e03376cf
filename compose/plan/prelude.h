/* SPDX-License-Identifier: MIT */
/* prelude -- pre_start: what runs in containers of its own before a service starts
 *
 * Part of drafting. One container for each hook, one after the other, once for the service and only
 * where none of its containers runs: it has the volumes of the service's first container, its
 * networks and its environment, is waited for, and is removed when it ended with 0. Else it is left
 * for the user to look at, nothing of the service is started, and the next up (or down) removes it.
 */
#pragma once

#include "compose/plan/slot.h"

/* After the starts of the service's slots were drafted, and before what they wait for is: sets
 * lane.prelude, which waits for the same. */
void prelude_draft(struct slots *s, const struct service *service);
