/* SPDX-License-Identifier: MIT */
/* rule -- which request meets which fault
 *
 * A file of rules has one a line; # begins a comment. Words are parted by blanks:
 *
 *	[now] METHOD PATH [nth=N] [from=N] [change=N] [times=N] ACTION [ARGUMENT ...]
 *
 * METHOD is GET, POST, ..., * for any, or CHANGE for any of POST, PUT, DELETE and PATCH. PATH is a
 * glob (* also matches /) on the path without its /v1.41 and without its query.
 *
 *	nth=N      only the N-th request that METHOD and PATH match
 *	from=N     the N-th such request and all after it
 *	change=N   only where the request is the N-th CHANGE of all
 *	times=N    at most N times
 *	now        not for requests to come: once, to those that are open when the file is read
 *
 * Counting begins anew whenever the file is read, that is when it was changed or replaced. The
 * first rule that applies wins.
 *
 *	kill-before [PID]        SIGKILL to the client (by its socket's credentials, or PID);
 *	                         not forwarded
 *	kill-after [PID]         the same when the engine's reply was read to its end; nothing is
 *	                         passed on
 *	drop, drop-after         closes the client's connection instead
 *	reset                    closes it with a TCP reset (as drop on a unix socket)
 *	hang, hang-after         answers nothing, and keeps the connection
 *	delay MS                 forwards after MS milliseconds
 *	delay-reply MS           passes the reply on after MS milliseconds
 *	reply STATUS BODY        answers so (BODY: the rest of the line, JSON) instead of forwarding
 *	reply-after STATUS BODY  forwards, and answers so instead of the engine
 *	truncate K               passes K bytes of the reply's body on and closes the connection
 *	slice N                  passes the reply on in writes of N bytes
 *	duplicate N              of a chunked reply, passes line N twice (0: every line)
 *	swallow MS               of a chunked reply, loses what comes in the next MS milliseconds
 *	stall MS                 of a reply, reads nothing from the engine for MS milliseconds
 *	                         after its head
 *	pass                     nothing: an exception from the rules below
 *
 * With now: kill-before, drop, reset, hang, truncate, slice, duplicate, swallow and stall.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct error;

enum action {
	ACTION_PASS,
	ACTION_KILL_BEFORE,
	ACTION_KILL_AFTER,
	ACTION_DROP,
	ACTION_DROP_AFTER,
	ACTION_RESET,
	ACTION_HANG,
	ACTION_HANG_AFTER,
	ACTION_DELAY,
	ACTION_DELAY_REPLY,
	ACTION_REPLY,
	ACTION_REPLY_AFTER,
	ACTION_TRUNCATE,
	ACTION_SLICE,
	ACTION_DUPLICATE,
	ACTION_SWALLOW,
	ACTION_STALL,
};

struct fault {
	enum action action;
	uint64_t number;  /* milliseconds, bytes, a line, a status, a pid (0: the client's own) */
	const char *body; /* of a reply; borrowed from the rules, "" where none is meant */
};

struct rules;

/* Rules of the file at path, none until rules_refresh; NULL or an absent file: none. */
struct rules *rules_new(const char *path);
void rules_drop(struct rules **rules);

/* Looks whether the file changed, and reads it. 1: read anew, 0: as it was. ERROR_INVALID names the
 * line. Bodies of faults given before stay valid until the next call that gives 1. */
int rules_refresh(struct rules *rules, struct error **err);

/* Counts one request in, and says what it meets. */
struct fault rules_meet(struct rules *rules, const char *method, const char *path);

/* What a request that is open meets by the lines with "now". */
struct fault rules_meet_now(const struct rules *rules, const char *method, const char *path);

bool rule_is_change(const char *method);
const char *action_name(enum action action);
