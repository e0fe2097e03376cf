/* SPDX-License-Identifier: MIT */
/* progress -- what an operation tells while it runs
 *
 * The executor, pulls and builds tell; the command line shows (lines on a terminal, plain lines,
 * JSON), and the control socket carries it from a supervisor to the verb that asked. Strings are
 * borrowed for the call.
 */
#pragma once

#include <stdint.h>

enum progress_status { PROGRESS_WORKING, PROGRESS_DONE, PROGRESS_WARNING, PROGRESS_ERROR };

struct progress {
	const char *id; /* "Container shop-web-1", "Network shop_back", "Image web": one line of the
			   display */
	const char *parent; /* of a layer: the image's id; else NULL */
	enum progress_status status;
	const char *text;    /* Creating, Created, Starting, Started, Waiting, Healthy, Exited,
				Pulling, ... */
	const char *details; /* the cause, a sentence, a build's line; or NULL */
	uint64_t current;    /* bytes */
	uint64_t total;      /* 0: not known */
	int64_t percent;     /* -1: not known */
};

struct progress_sink {
	void (*tell)(const struct progress *progress, void *payload);
	void (*warn)(const char *sentence, void *payload); /* a warning of the whole operation */
	void *payload;
};
