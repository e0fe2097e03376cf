/* SPDX-License-Identifier: MIT */
/* attach -- a client at a container's own process: what it writes, and what it is given to read */
#pragma once

struct call;

void attach_open(struct call *call);
void attach_resize(struct call *call);
