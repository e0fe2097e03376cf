/* SPDX-License-Identifier: MIT */
/* control -- the socket of a supervisor: JSON lines, one request per connection
 *
 * Request: {"version":1,"verb":"operate","operation":{...},"project":{...}} and the like; answers:
 * {"progress":{...}} ..., then one {"done":true}, with {"reply":{...}} or
 * {"error":{"code","message","detail","exit_code"}} in it. A key that one side does not know is not
 * looked at, so that a reply may gain keys within a version. A line is at most 64 MiB. 0600 and SO_PEERCRED
 * on Linux; on Windows a pipe with the user's own descriptor.
 */
#pragma once

#include <stdbool.h>

#include <uv.h>

#include "base/json.h"
#include "compose/supervise/home.h"
#include "compose/supervise/progress.h"

#define CONTROL_VERSION 1

struct control_server;
struct control_client;
struct control_request; /* at the server: one that is being answered */

/* handle is told each request; it answers by control_progress and once by control_finish, now or
 * later. gone: the client went away (cancelled). */
int control_listen(uv_loop_t *loop, const struct home_project *home,
		   void (*handle)(struct control_request *request, const cJSON *message,
				  void *payload),
		   void (*gone)(struct control_request *request, void *payload), void *payload,
		   struct control_server **ret, struct error **err);
void control_progress(struct control_request *request, const struct progress *progress);
void control_warn(struct control_request *request, const char *sentence);
void control_finish(struct control_request *request, const struct error *err,
		    const cJSON *reply); /* request is gone after it */
/* Ends the connection without an answer: the client finds nobody, observes and does it by itself. */
void control_drop(struct control_request *request);
/* The handler's own value with a request. */
void control_set_payload(struct control_request *request, void *payload);
void *control_payload(const struct control_request *request);
void control_server_close(struct control_server *server, void (*closed)(void *payload),
			  void *payload);

enum control_outcome {
	CONTROL_ANSWERED,      /* err says how it went at the other side; reply may be NULL */
	CONTROL_NOBODY,        /* no supervisor listens */
	CONTROL_OTHER_VERSION, /* it speaks another version of the protocol */
	CONTROL_LOST,          /* it went away in the middle: observe and try again */
	CONTROL_CANCELLED,
};

struct control_client *control_call(uv_loop_t *loop, const struct home_project *home,
				    const cJSON *message, const struct progress_sink *progress,
				    void (*done)(enum control_outcome outcome, const cJSON *reply,
						 const struct error *err, void *payload),
				    void *payload);
/* done comes with CONTROL_CANCELLED, and the other side is told that its client is gone. */
void control_cancel(struct control_client *client);
