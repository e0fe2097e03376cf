/* SPDX-License-Identifier: MIT */
/* inlet -- the standard input, read piece by piece as it is asked for
 *
 * The descriptor is shared with other processes, so it does not become non-blocking; a terminal is
 * put back into its own mode when the inlet is closed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

struct inlet;

/* data is called at most once for each inlet_read, never from inside it, with at most 16 KiB that
 * are borrowed until it returns. len 0: the end, nothing more will come; what cannot be read has
 * ended. */
struct inlet *inlet_open(uv_loop_t *loop, int descriptor,
			 void (*data)(const char *bytes, size_t len, void *payload), void *payload);
/* A terminal gives each key as it is pressed, Ctrl-C too. False: it is no terminal. */
bool inlet_raw(struct inlet *inlet);
void inlet_read(struct inlet *inlet);
void inlet_close(struct inlet *inlet, void (*closed)(void *payload), void *payload);

/* Within inlet: makes a poll of a pipe or socket that does not become non-blocking. */
int inlet_poll_(uv_loop_t *loop, uv_poll_t *poll, int descriptor);
