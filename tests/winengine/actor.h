/* SPDX-License-Identifier: MIT */
/* actor -- a program for containers of tests: it does what its arguments say, one after the other
 *
 *	actor say TEXT | warn TEXT | env NAME | touch FILE | remove FILE | has FILE | lines N |
 *	      copy | sleep MS | wait | ignore | exit CODE | crash | arguments... [, ...]
 *
 * "," separates. What it writes ends lines with CRLF. "wait" is until the container is shut down, and
 * then goes on; "ignore" has it outlive a shutdown from there on. "has" ends it with 1 where there is
 * no such file; "copy" copies its input to its output.
 */
#pragma once

#include <stdbool.h>

/* --- by platform: SIGTERM, or the event of the engine that stands for CTRL_SHUTDOWN_EVENT */
void actor_begin(void);        /* who does not say otherwise dies of a shutdown */
void actor_set_ignore(void);   /* not any more */
void actor_wait(void);         /* until it is shut down */
void actor_sleep(unsigned ms); /* a shutdown ends it as at any other time */
void actor_crash(void);
