/* SPDX-License-Identifier: MIT */
#include "compose/supervise/control.h"

#include <assert.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/supervise/lines.h"
#include "compose/supervise/peer.h"

struct control_server {
	struct peer_server *peers;
	struct list requests;
	void (*handle)(struct control_request *request, const cJSON *message, void *payload);
	void (*gone)(struct control_request *request, void *payload);
	void *payload;
	bool closing;
	bool peers_closed;
	void (*closed)(void *payload);
	void *closed_payload;
};

struct control_request {
	struct list link;
	struct control_server *server;
	struct lines lines;
	bool handled; /* its message was given to handle */
	bool finished;
	bool gone;
	void *payload;
};

/* --- the server */

static void server_maybe_closed(struct control_server *server)
{
	if (!server->peers_closed || !list_empty(&server->requests))
		return;
	void (*closed)(void *payload) = server->closed;
	void *payload = server->closed_payload;
	free(server);
	closed(payload);
}

static void request_closed(struct lines *lines)
{
	struct control_request *request = container_of(lines, struct control_request, lines);
	struct control_server *server = request->server;

	list_unlink(&request->link);
	free(request);
	if (server->closing)
		server_maybe_closed(server);
}

static void request_ended(struct lines *lines)
{
	struct control_request *request = container_of(lines, struct control_request, lines);

	request->gone = true;
	if (!request->handled || request->finished)
		lines_close(lines);
	else
		request->server->gone(request, request->server->payload);
}

static void refuse_version(struct control_request *request)
{
	CLEANUP(json_drop) cJSON *answer = cJSON_CreateObject();

	json_set_int(answer, "other_version", CONTROL_VERSION);
	lines_write(&request->lines, answer, false);
	request->finished = true;
	lines_close(&request->lines);
}

static void request_document(struct lines *lines, const cJSON *json)
{
	struct control_request *request = container_of(lines, struct control_request, lines);
	const char *verb = json_string(json, "verb");

	if (request->handled)
		return;
	request->handled = true;
	/* Giving up the lock is understood by every version. */
	if (json_int(json, "version", 0) != CONTROL_VERSION && !text_same(verb, "give-up"))
		refuse_version(request);
	else
		request->server->handle(request, json, request->server->payload);
}

static void accepted(struct peer_server *peers, void *payload)
{
	struct control_server *server = payload;
	struct control_request *request = memory_zero(1, sizeof(*request));
	request->server = server;
	request->lines.document = request_document;
	request->lines.ended = request_ended;
	request->lines.closed = request_closed;
	list_append(&server->requests, &request->link);
	bool trusted = peer_accept(peers, &request->lines.pipe);

	request->lines.pipe.data = &request->lines;
	if (trusted) {
		lines_start(&request->lines);
		return;
	}
	log_info("control: a connection of another user was refused");
	lines_close(&request->lines);
}

static void peers_closed(void *payload)
{
	struct control_server *server = payload;

	server->peers_closed = true;
	server_maybe_closed(server);
}

int control_listen(uv_loop_t *loop, const struct home_project *home,
		   void (*handle)(struct control_request *request, const cJSON *message,
				  void *payload),
		   void (*gone)(struct control_request *request, void *payload), void *payload,
		   struct control_server **ret, struct error **err)
{
	struct control_server *server = memory_zero(1, sizeof(*server));

	list_init(&server->requests);
	server->handle = handle;
	server->gone = gone;
	server->payload = payload;
	if (peer_listen(loop, home->socket, accepted, server, &server->peers, err) < 0) {
		free(server);
		return (*err)->code;
	}
	*ret = server;
	return 0;
}

static cJSON *progress_json(const struct progress *progress)
{
	cJSON *json = cJSON_CreateObject();

	json_set_string(json, "id", progress->id);
	json_set_string(json, "parent", progress->parent);
	json_set_int(json, "status", progress->status);
	json_set_string(json, "text", progress->text);
	json_set_string(json, "details", progress->details);
	json_set_int(json, "current", (int64_t)progress->current);
	json_set_int(json, "total", (int64_t)progress->total);
	json_set_int(json, "percent", progress->percent);
	return json;
}

void control_progress(struct control_request *request, const struct progress *progress)
{
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();

	if (request->gone)
		return;
	cJSON_AddItemToObject(json, "progress", progress_json(progress));
	lines_write(&request->lines, json, progress->status == PROGRESS_WORKING);
}

void control_warn(struct control_request *request, const char *sentence)
{
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();

	if (request->gone)
		return;
	json_set_string(json, "warning", sentence);
	lines_write(&request->lines, json, false);
}

static cJSON *error_json(const struct error *err)
{
	cJSON *json = cJSON_CreateObject();

	json_set_string(json, "code", error_code_name(err->code));
	json_set_string(json, "message", err->message);
	json_set_string(json, "detail", err->detail);
	json_set_int(json, "exit_code", err->exit_code);
	return json;
}

void control_finish(struct control_request *request, const struct error *err, const cJSON *reply)
{
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();

	assert(!request->finished);
	request->finished = true;
	json_set_bool(json, "done", true);
	if (err)
		cJSON_AddItemToObject(json, "error", error_json(err));
	if (reply)
		cJSON_AddItemToObject(json, "reply", cJSON_Duplicate(reply, true));
	if (!request->gone)
		lines_write(&request->lines, json, false);
	lines_close(&request->lines);
}

void control_drop(struct control_request *request)
{
	assert(!request->finished);
	request->finished = true;
	lines_close(&request->lines);
}

void control_set_payload(struct control_request *request, void *payload)
{
	request->payload = payload;
}

void *control_payload(const struct control_request *request)
{
	return request->payload;
}

void control_server_close(struct control_server *server, void (*closed)(void *payload),
			  void *payload)
{
	assert(!server->closing);
	server->closing = true;
	server->closed = closed;
	server->closed_payload = payload;
	/* What is being handled is finished or dropped by who handles it; closed waits for that. */
	LIST_FOR_EACH (struct control_request, request, &server->requests, link) {
		if (!request->handled)
			lines_close(&request->lines);
	}
	peer_server_close(steal(&server->peers), peers_closed, server);
}

/* --- the client */

struct control_client {
	struct lines lines;
	struct peer_dial dial;
	cJSON *message; /* until it is connected */
	const struct progress_sink *progress;
	enum control_outcome outcome;
	cJSON *reply;
	struct error *error;
	void (*done)(enum control_outcome outcome, const cJSON *reply, const struct error *err,
		     void *payload);
	void *payload;
};

static void client_closed(struct lines *lines)
{
	struct control_client *client = container_of(lines, struct control_client, lines);
	CLEANUP(error_drop) struct error *err = steal(&client->error);
	CLEANUP(json_drop) cJSON *reply = steal(&client->reply);
	enum control_outcome outcome = client->outcome;
	void *payload = client->payload;
	__auto_type done = client->done;

	cJSON_Delete(client->message);
	free(client);
	done(outcome, reply, err, payload);
}

static void client_end(struct control_client *client, enum control_outcome outcome)
{
	client->outcome = outcome;
	peer_dial_drop(&client->dial);
	lines_close(&client->lines);
}

static void client_ended(struct lines *lines)
{
	client_end(container_of(lines, struct control_client, lines), CONTROL_LOST);
}

static void take_progress(struct control_client *client, const cJSON *json)
{
	struct progress progress = {
		.id = json_string(json, "id"),
		.parent = json_string(json, "parent"),
		.status = (enum progress_status)json_int(json, "status", PROGRESS_WORKING),
		.text = json_string(json, "text"),
		.details = json_string(json, "details"),
		.current = (uint64_t)json_int(json, "current", 0),
		.total = (uint64_t)json_int(json, "total", 0),
		.percent = json_int(json, "percent", -1),
	};

	client->progress->tell(&progress, client->progress->payload);
}

static void take_error(struct control_client *client, const cJSON *json)
{
	const char *message = json_string(json, "message");
	const char *code = json_string(json, "code");
	const char *detail = json_string(json, "detail");
	int number = code ? error_code_named(code) : 0;

	error_set(&client->error, number ? (enum error_code)number : ERROR_SYSTEM, "%s",
		  message ? message : "the supervisor gave no reason");
	if (detail)
		error_detail(&client->error, "%s", detail);
	client->error->exit_code = (int)json_int(json, "exit_code", 0);
}

static void client_document(struct lines *lines, const cJSON *json)
{
	struct control_client *client = container_of(lines, struct control_client, lines);
	const cJSON *progress = json_get(json, "progress");
	const cJSON *error = json_get(json, "error");
	const cJSON *reply = json_get(json, "reply");
	const char *warning = json_string(json, "warning");

	if (progress && client->progress)
		take_progress(client, progress);
	if (warning && client->progress && client->progress->warn)
		client->progress->warn(warning, client->progress->payload);
	if (json_get(json, "other_version"))
		client_end(client, CONTROL_OTHER_VERSION);
	if (!json_bool(json, "done"))
		return;
	if (error)
		take_error(client, error);
	if (reply)
		client->reply = cJSON_Duplicate(reply, true);
	client_end(client, CONTROL_ANSWERED);
}

static void connected(struct peer_dial *dial, bool is_connected)
{
	struct control_client *client = container_of(dial, struct control_client, dial);

	if (!is_connected) {
		client_end(client, CONTROL_NOBODY);
		return;
	}
	lines_start(&client->lines);
	lines_write(&client->lines, client->message, false);
}

struct control_client *control_call(uv_loop_t *loop, const struct home_project *home,
				    const cJSON *message, const struct progress_sink *progress,
				    void (*done)(enum control_outcome outcome, const cJSON *reply,
						 const struct error *err, void *payload),
				    void *payload)
{
	struct control_client *client = memory_zero(1, sizeof(*client));

	client->message = cJSON_Duplicate(message, true);
	client->progress = progress;
	client->done = done;
	client->payload = payload;
	client->lines.document = client_document;
	client->lines.ended = client_ended;
	client->lines.closed = client_closed;
	client->dial.pipe = &client->lines.pipe;
	client->dial.done = connected;
	peer_connect(&client->dial, loop, home->socket);
	client->lines.pipe.data = &client->lines;
	return client;
}

void control_cancel(struct control_client *client)
{
	client_end(client, CONTROL_CANCELLED);
}
