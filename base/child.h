/* SPDX-License-Identifier: MIT */
/* child -- a program run on the loop, its output collected or passed on
 *
 * For credential helpers, docker buildx and the like. The program is looked up in PATH only, never
 * in the working folder (on Windows too); an absolute path is taken as it is. No descriptor but the
 * three standard ones is given to it. It is over when it has ended and its outputs are closed, or,
 * where a process that it left behind holds them, silent for a second. The program ignores SIGPIPE
 * (main sees to it): a child may end before it has read its input.
 */
#pragma once

#include <stddef.h>

#include <uv.h>

struct error;
struct child;

struct child_options {
	const char *const *arguments;   /* arguments[0] is the program; NULL-ended */
	const char *folder;             /* its working folder; NULL: ours */
	const char *const *environment; /* K=V added over ours; NULL: none */
	const char *input;              /* written to its stdin, then closed; NULL: empty */
	size_t input_len;
	size_t output_max; /* of each of the two outputs that are collected; 0: 1 MiB. Over it:
			      ERROR_INVALID */
	/* Called for each piece of output as it comes, channel 1 or 2; then nothing is collected.
	 * NULL: collect. */
	void (*output)(int channel, const char *bytes, size_t len, void *payload);
};

struct child_result {
	int exit_code;      /* 128 + signal where a signal ended it */
	const char *output; /* NUL-ended, what it wrote to stdout */
	size_t output_len;
	const char *errors; /* and to stderr */
};

/* Starts it. done is called exactly once, never from inside: result is borrowed until it returns,
 * NULL where err is set (not found: ERROR_NOT_FOUND; cancelled: ERROR_CANCELLED). */
struct child *child_start(uv_loop_t *loop, const struct child_options *options,
			  void (*done)(const struct child_result *result, const struct error *err,
				       void *payload),
			  void *payload);
/* Kills it; done comes with ERROR_CANCELLED. May be called until done was. */
void child_cancel(struct child *child);

/* The full path of a program in PATH (PATHEXT on Windows), yours; NULL: not found. */
char *child_find(const char *program);

/* Within child: no descriptor that we were started with goes to a child. */
void child_seal_(void);
