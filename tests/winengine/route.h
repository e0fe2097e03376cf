/* SPDX-License-Identifier: MIT */
/* route -- which request is answered by whom, and what it may say */
#pragma once

struct call;

/* Answers a call that is whole. What no client may send (an unknown path, query key or field, or an
 * ill-typed one) is told the journal and answered with 400. */
void route_answer(struct call *call);
