/* SPDX-License-Identifier: MIT */
/* gate -- the waits of a plan: of a start for what it depends on, and of up --wait for everything
 *
 * Part of drafting. One container has at most one wait of each kind, which all that need it share.
 */
#pragma once

#include "compose/plan/slot.h"

/* "service_started", as a file says it. */
const char *gate_word(enum dependency_condition condition);
/* The step that ends when the slot's container is in this condition; NO_STEP where it is already,
 * or will not come. optional: its failure is a warning. */
size_t gate_wait(struct slots *s, struct slot *slot, enum dependency_condition condition,
		 bool optional, const char *cause);
/* The conditions of a container that this plan does not start (plan_options.one_off). */
void gate_one_off(struct slots *s);
/* up --wait */
void gate_final(struct slots *s);
