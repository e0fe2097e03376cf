/* SPDX-License-Identifier: MIT */
/* line -- a container's log as lines, each shown once
 *
 * The log comes with timestamps before each line ("2026-11-23T21:36:19.238416094Z text"), in pieces
 * of any size. A stream that is opened again at the time of the last line seen brings the lines of
 * that very time again: the mark knows how many of them were shown.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* What is longer is split: four of Docker's messages of 16 KiB, each with a time of 31 bytes. */
#define LINE_MAX_BYTES (4 * (31 + (16 << 10)))

/* A line that is not complete yet. The zero value is an empty one. */
struct line {
	struct text text;
	bool continues; /* its beginning was shown already */
	bool skips;     /* its beginning was skipped */
};

/* Where a log was read to; of both channels together. */
struct line_mark {
	int64_t last;   /* wall ns of the last line; 0: none */
	unsigned count; /* lines of that time */
	unsigned skip;  /* of these still to come a second time */
};

struct line_view {
	const char *time; /* as the engine wrote it */
	size_t time_len;  /* 0: none */
	const char *bytes;
	size_t len;
	bool is_cut;    /* its end is another line */
	bool continues; /* it is the further part of one */
};

typedef void line_show(const struct line_view *view, void *payload);

void line_feed(struct line *line, struct line_mark *mark, const char *bytes, size_t len,
	       line_show *show, void *payload);
/* The stream has ended. is_whole: what stands there is a line without its newline; else it comes
 * again when the stream is taken up. */
void line_end(struct line *line, struct line_mark *mark, bool is_whole, line_show *show,
	      void *payload);
/* The stream is about to be opened again from mark->last on. */
void line_resume(struct line_mark *mark);
void line_drop(struct line *line);
