/* SPDX-License-Identifier: MIT */
/* scroll -- what a container wrote, and who reads it
 *
 * As the json-file driver keeps it: by lines, with their channel and time, their ends as they were
 * (CRLF: windows.md 1.5). Readers: GET logs, which wants whole lines and ends with the container's
 * run, and attach, which wants bytes as they come.
 */
#pragma once

#include "tests/winengine/call.h"

struct line {
	int64_t time;
	int channel;
	char *bytes;
	size_t len;
};

struct scroll {
	ARRAY(struct line) lines;
	struct text partial[2]; /* of stdout, stderr: lines without their end yet */
	struct list followers;
};

struct scroll_options {
	bool channels[3]; /* 1: stdout, 2: stderr */
	bool framed;      /* 8 bytes before each piece */
	bool timestamps;
	int64_t since, until;
	int64_t tail; /* -1: all */
	bool whole;   /* lines; else bytes as they come */
};

void scroll_init(struct scroll *scroll);
void scroll_drop(struct scroll *scroll); /* nobody follows */
void scroll_add(struct scroll *scroll, int channel, const char *bytes, size_t len);
void scroll_end(struct scroll *scroll); /* the run is over: followers' calls end */

void scroll_show(struct scroll *scroll, struct call *call, const struct scroll_options *options);
/* Until the run's end; the call is the scroll's from here on. */
void scroll_follow(struct scroll *scroll, struct call *call, const struct scroll_options *options);
/* One piece as a client sees it. */
void scroll_piece(struct call *call, bool framed, int channel, const char *bytes, size_t len);
