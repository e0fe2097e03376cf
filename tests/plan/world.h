/* SPDX-License-Identifier: MIT */
/* world -- an engine's state in memory that does the steps of a plan and refuses what a real one
 * does
 *
 * A name that is taken, a network that is missing, in use or another than the one remembered, a
 * port that is bound, a container that shares with one that is gone: each fails the step with a
 * sentence.
 */
#pragma once

#include "compose/plan/plan.h"

struct world;

struct world *world_new(void);
void world_drop(struct world **world);
struct world *world_copy(const struct world *world);

/* Does one step; half: only as far as the first of its engine calls. 0, or -1 with why in the
 * world's sentence. */
int world_step(struct world *world, const struct step *step, bool half);
const char *world_sentence(const struct world *world);

/* What list would say; drop with observed_drop. */
void world_observe(const struct world *world, struct observed *observed);

/* Changes from outside. */
void world_kill(struct world *world, const char *name, int exit_code);
void world_delete(struct world *world, const char *name);
void world_strip(struct world *world, const char *label); /* from everything */
void world_tag(struct world *world, const char *reference, const char *id);

/* NULL where the world is exactly what the project asks for; else what is not, in the world's
 * sentence. */
const char *world_compare(struct world *world, const struct project *project);
size_t world_containers(const struct world *world);
size_t world_networks(const struct world *world);
