/* SPDX-License-Identifier: MIT */
/* life -- how a container starts, ends, starts again and goes: windows.md 1.5 and 2.5 */
#pragma once

#include "tests/winengine/call.h"

struct container;
struct world;

void life_start(struct call *call);
void life_stop(struct call *call);
void life_restart(struct call *call);
void life_kill(struct call *call);
void life_pause(struct call *call);
void life_unpause(struct call *call);
void life_wait(struct call *call);
void life_remove(struct call *call);

/* Ends all processes, for the end of the engine. */
void life_end_all(struct world *world);
