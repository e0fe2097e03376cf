/* SPDX-License-Identifier: MIT */
/* tail -- the merged logs of several containers on stdout
 *
 * One stream per container, back-pressure through stdout; prefixes are the container's name without
 * the project's, padded to the longest, in colours that stay with the service (cyan, yellow, green,
 * magenta, blue, then the intense five). A line is written whole; one over 64 KiB is split and
 * marked. After a break (the engine restarts, the container is started again) a stream is taken up
 * by the timestamp of its last line, so that each line is shown exactly once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "compose/cli/cli.h"

struct tail;

struct tail_options {
	bool follow, timestamps, no_prefix, no_colour;
	int64_t since, until; /* wall ns or 0 */
	int64_t count;        /* lines of the past; -1: all */
};

/* drained: every stream has ended and everything is written, or nothing can be written any more
 * (tail_error). May come again when a stream was taken up again. */
struct tail *tail_open(struct cli *cli, const struct tail_options *options,
		       void (*drained)(void *payload), void *payload);
/* Whether drained was, or would be, told now. */
bool tail_is_drained(const struct tail *tail);
/* A known container is left alone unless its stream has ended and it runs. since: wall ns; 0: the
 * options'. */
void tail_add(struct tail *tail, const struct container *container, int64_t since);
/* "exited with code 0", in the container's colour and behind its last line. */
void tail_note(struct tail *tail, const char *container, const char *sentence);
/* Why nothing more is shown: stdout is closed, or without follow the engine went away. NULL:
 * nothing is wrong. */
const struct error *tail_error(const struct tail *tail);
void tail_close(struct tail *tail, void (*closed)(void *payload), void *payload);
