/* SPDX-License-Identifier: MIT */
/* board -- what an operation is doing, as lines for people
 *
 * Pure: time and the terminal's size are given. A board remembers the last word of each thing that
 * was told of and gives the whole as lines (board_render), or one thing's news as one line
 * (board_line). What engines and builds wrote is cleaned of control characters.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "compose/supervise/progress.h"

struct board;

struct board_view {
	unsigned width, height; /* of the terminal, in characters */
	uint64_t now;           /* monotonic ns */
	bool colour;
	bool utf8;
	bool last; /* the operation is over: nothing is folded, nothing turns */
};

struct board *board_new(const char *title, uint64_t now);
void board_drop(struct board **board);

/* Whether its words changed: the news is worth a line where lines stay. Bytes alone are not, nor is
 * a layer of an image. */
bool board_tell(struct board *board, const struct progress *progress, uint64_t now);
/* Something is under way: the lines change with time alone. */
bool board_busy(const struct board *board);

/* At most height - 1 lines of at most width - 1 characters; gives their number. Where there are
 * more things than lines, what failed and what is under way is shown, the rest is counted. */
size_t board_render(const struct board *board, const struct board_view *view, struct text *out);

/* " Container shop-web-1  Created  (no container yet)\n" */
void board_line(const struct progress *progress, bool colour, struct text *out);
/* A size as people read it: "12.3MB". */
void board_bytes(struct text *out, uint64_t bytes);
