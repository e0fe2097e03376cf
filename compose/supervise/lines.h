/* SPDX-License-Identifier: MIT */
/* lines -- JSON documents over a pipe, one a line, both ways
 *
 * What both ends of the control socket share. A line is at most 64 MiB.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

#include "base/json.h"
#include "base/text.h"

#define LINES_MAX (64u << 20)

struct lines {
	uv_pipe_t pipe;
	struct text pending; /* what came after the last newline */
	bool reading;
	bool closing;
	/* Each document as it comes; it may call lines_close. */
	void (*document)(struct lines *lines, const cJSON *json);
	/* Once: the other side ended, broke the form, or the connection broke. Not after
	 * lines_close. */
	void (*ended)(struct lines *lines);
	void (*closed)(struct lines *lines);
};

/* The three functions and the pipe are the caller's to set up; starts reading. */
void lines_start(struct lines *lines);
/* Queues one document. What cannot be queued (over 4 MiB wait already) is dropped where it may be.
 */
void lines_write(struct lines *lines, const cJSON *json, bool may_drop);
/* Closes after what is queued was written; then closed is called. */
void lines_close(struct lines *lines);
