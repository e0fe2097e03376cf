/* SPDX-License-Identifier: MIT */
/* outlet -- a standard handle written to without ever holding up the loop
 *
 * A terminal that is stopped or a pager that is not read from must not keep a supervisor from its
 * work: what cannot be written yet waits here, and who writes is told when to go on. Files are
 * written at once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

struct error;
struct outlet;

/* drained: what had to wait is written. Also called once when writing has failed or the reader has
 * left (where a file cannot be written, outlet_error says so at once); what is written afterwards is
 * dropped. */
struct outlet *outlet_open(uv_loop_t *loop, int descriptor, void (*drained)(void *payload),
			   void *payload);
void outlet_write(struct outlet *outlet, const char *bytes, size_t len); /* copies */
bool outlet_full(const struct outlet *outlet);                           /* write no more now */
bool outlet_empty(const struct outlet *outlet);
const struct error *outlet_error(const struct outlet *outlet); /* NULL: none */
/* What can be written without waiting is written, the rest is dropped. */
void outlet_close(struct outlet *outlet, void (*closed)(void *payload), void *payload);
