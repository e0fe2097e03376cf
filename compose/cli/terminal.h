/* SPDX-License-Identifier: MIT */
/* terminal -- the standard handles as this program needs them */
#pragma once

#include <stdbool.h>

/* Before anything is opened or written. Linux: SIGPIPE is ignored, so that a closed pipe is the
 * error of a write and not our end; standard handles that are closed become /dev/null. Windows:
 * consoles take UTF-8 and escape sequences, and no byte is changed on its way; what the console was
 * before it is again when the process ends. */
void terminal_prepare(void);

enum { TERMINAL_INTERRUPTS = 3 };

/* The signals that ask for an end, of which a second one insists; 0: none. */
extern const int terminal_interrupts[TERMINAL_INTERRUPTS];

/* The terminal at a descriptor moves its cursor as it is told and no further (a container's terminal
 * writes its own carriage returns); and as before. */
void terminal_raw(int descriptor);
void terminal_cooked(int descriptor);
/* The size of the terminal at a descriptor; 80 x 24 where it is not known. */
void terminal_size(int descriptor, unsigned *width, unsigned *height);
/* Whether it shows UTF-8. */
bool terminal_utf8(void);
/* Whether it can move its cursor: TERM=dumb cannot. */
bool terminal_moves(void);
