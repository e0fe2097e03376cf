/* SPDX-License-Identifier: MIT */
/* exec -- commands in a running container: windows.md 1.5, exec */
#pragma once

#include "tests/winengine/call.h"

struct container;

void exec_create(struct call *call);
void exec_start(struct call *call);
void exec_resize(struct call *call);
void exec_inspect(struct call *call);

void exec_end_all(struct container *container); /* the container has ended */
void exec_forget(struct container *container);  /* it goes */
