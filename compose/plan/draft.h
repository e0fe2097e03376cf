/* SPDX-License-Identifier: MIT */
/* draft -- a plan in the making: steps in any order, sorted at the end
 *
 * While drafting, a step may wait for one that was added after it. draft_sort gives the steps the
 * order that plan.h promises, as near to the order of adding as their prerequisites allow.
 */
#pragma once

#include "compose/plan/plan.h"

#define NO_STEP ((size_t)-1)

struct plan *draft_new(void);

/* Adds a step and gives its index; the strings are copied. */
size_t draft_add(struct plan *plan, enum step_kind kind, const char *subject, const char *target,
		 const char *cause);
struct step *draft_step(struct plan *plan, size_t step); /* valid until the next draft_add */
void draft_after(struct plan *plan, size_t step,
		 size_t first); /* nothing where either is NO_STEP */
void draft_warn(struct plan *plan, const char *format, ...) PRINTF_LIKE(2, 3);

/* ERROR_SYSTEM where steps wait for each other. */
int draft_sort(struct plan *plan, struct error **err);
