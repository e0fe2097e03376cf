/* SPDX-License-Identifier: MIT */
/* session -- what is typed here goes to a process there, and what it says comes back: exec and run
 *
 *	struct session *session = session_new(cli, &options);
 *	session_begin(session, engine_exec(engine, id, &exec, session_reader, session));
 *	session_open(session, err);	until the engine has accepted
 *	session_run(session, err);	until the process has said all
 *	session_close(&session);
 *
 * The end of our input is passed on as a half-close. With a terminal on both sides every key goes
 * to the process, Ctrl-C too, and it is told of the terminal's size. Nothing is buffered without a
 * bound: who does not read is waited for.
 */
#pragma once

#include <stdbool.h>

#include "compose/cli/cli.h"

struct session;

struct session_options {
	bool tty;   /* the process has a terminal */
	bool input; /* our standard input is passed on */
	/* Whose terminal's size is set: a container; NULL: the exec that the stream is of. */
	const char *container;
	/* Ctrl-C here, where it is not just another key. NULL: the session is broken off. */
	void (*interrupted)(struct cli *cli, void *payload);
	void *payload;
};

extern const struct engine_reader *const session_reader;

/* Whether standard input and output are a terminal. */
bool session_has_terminal(void);
/* options is borrowed until session_close. */
struct session *session_new(struct cli *cli, const struct session_options *options);
void session_begin(struct session *session, struct engine_stream *stream);
int session_open(struct session *session, struct error **err);
int session_run(struct session *session, struct error **err);
/* Ctrl-P Ctrl-Q was typed: the process runs on without us. */
bool session_left(const struct session *session);
/* The exec's id, or NULL; for its exit code. Borrowed. */
const char *session_exec(const struct session *session);
/* Breaks off what has not ended. May be called with NULL inside. */
void session_close(struct session **session);
