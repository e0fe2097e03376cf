/* SPDX-License-Identifier: MIT */
#include "tests/winengine/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"
#include "tests/proxy/message.h"
#include "tests/winengine/duct.h"
#include "tests/winengine/route.h"
#include "tests/winengine/world.h"

enum { BODY_MAX = 256 << 20 };

struct client {
	struct world *world;
	struct duct *duct;
	struct message message;
	struct text input; /* came while a call was being answered */
	struct call *call;
	bool eof, closing;
};

static void consume(struct client *client);

/* --- the end of a call and of a client */

static void call_drop(struct call *call)
{
	ARRAY_FOR_EACH (char *, part, &call->parts)
		free(*part);
	array_drop(&call->parts);
	map_drop_with(&call->query, free);
	text_drop(&call->body);
	cJSON_Delete(call->json);
	free(call->name);
	free(call);
}

static void client_drop(struct client *client)
{
	message_drop(&client->message);
	text_drop(&client->input);
	free(client);
}

static void finish(struct client *client)
{
	duct_finish(client->duct);
	client_drop(client);
}

/* A raw connection is over with its call; another may follow on any other. */
static void over(struct call *call)
{
	struct client *client = call->client;
	bool raw = call->raw;

	client->call = NULL;
	call_drop(call);
	if (raw || client->eof) {
		finish(client);
		return;
	}
	message_begin(&client->message, false, false);
	consume(client);
}

/* --- replies */

static const char *reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{101, "UPGRADED"},   {200, "OK"},           {201, "Created"},
		{204, "No Content"}, {304, "Not Modified"}, {400, "Bad Request"},
		{403, "Forbidden"},  {404, "Not Found"},    {409, "Conflict"},
	};

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Internal Server Error";
}

static void head(struct call *call, int status, const char *headers)
{
	CLEANUP(text_drop) struct text text = {0};

	/* OSType and API-Version are what a client negotiates by: windows.md 1.1, TLS. */
	text_printf(&text,
		    "HTTP/1.1 %d %s\r\nApi-Version: %s\r\nDocker-Experimental: false\r\n"
		    "Ostype: windows\r\nServer: Docker/%s (windows)\r\n%s\r\n",
		    status, reason(status), HOST_API, HOST_ENGINE, headers);
	duct_write(call->client->duct, text.data, text.len);
	world_note(call->world, "%s %s %d", call->method, call->target, status);
}

void call_bytes(struct call *call, int status, const char *headers, const char *bytes, size_t len)
{
	CLEANUP(memory_free)
	char *all = memory_format("%sContent-Length: %zu\r\n", headers, len);
	bool bodiless = text_same(call->method, "HEAD") || status == 204 || status == 304;

	head(call, status, bodiless ? headers : all);
	if (!bodiless)
		duct_write(call->client->duct, bytes, len);
	over(call);
}

void call_json(struct call *call, int status, cJSON *json)
{
	CLEANUP(memory_free) char *printed = json_print(json);
	CLEANUP(memory_free) char *line = memory_format("%s\n", printed);

	cJSON_Delete(json);
	call_bytes(call, status, "Content-Type: application/json\r\n", line, strlen(line));
}

void call_empty(struct call *call, int status)
{
	call_bytes(call, status, "", "", 0);
}

void call_error(struct call *call, int status, const char *format, ...)
{
	CLEANUP(text_drop) struct text message = {0};
	cJSON *json = cJSON_CreateObject();
	va_list args;

	va_start(args, format);
	text_vprintf(&message, format, args);
	va_end(args);
	cJSON_AddStringToObject(json, "message", text_string(&message));
	call_json(call, status, json);
}

void call_begin(struct call *call, const char *type)
{
	CLEANUP(memory_free)
	char *headers = memory_format("Content-Type: %s\r\nTransfer-Encoding: chunked\r\n", type);

	call->streaming = true;
	head(call, 200, headers);
}

void call_write(struct call *call, const char *bytes, size_t len)
{
	char size[32];

	if (!len)
		return;
	if (call->raw) {
		duct_write(call->client->duct, bytes, len);
		return;
	}
	snprintf(size, sizeof(size), "%zx\r\n", len);
	duct_write(call->client->duct, size, strlen(size));
	duct_write(call->client->duct, bytes, len);
	duct_write(call->client->duct, "\r\n", 2);
}

void call_line(struct call *call, const cJSON *json)
{
	CLEANUP(memory_free) char *printed = json_print(json);
	CLEANUP(memory_free) char *line = memory_format("%s\n", printed);

	call_write(call, line, strlen(line));
}

size_t call_queued(const struct call *call)
{
	return duct_queued(call->client->duct);
}

void call_end(struct call *call)
{
	if (call->streaming)
		duct_write(call->client->duct, "0\r\n\r\n", 5);
	over(call);
}

void call_raw(struct call *call, bool framed)
{
	CLEANUP(memory_free)
	char *headers =
		memory_format("Content-Type: application/vnd.docker.%s-stream\r\n%s",
			      framed ? "multiplexed" : "raw",
			      call->upgrade ? "Connection: Upgrade\r\nUpgrade: tcp\r\n" : "");

	head(call, call->upgrade ? 101 : 200, headers);
	call->raw = true;
}

/* --- requests */

static int hex(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

static char *decode(const char *string, size_t len, bool plus)
{
	CLEANUP(text_drop) struct text out = {0};

	for (size_t i = 0; i < len; i++) {
		if (string[i] == '%' && i + 2 < len && hex(string[i + 1]) >= 0 &&
		    hex(string[i + 2]) >= 0) {
			text_add_char(&out, (char)(hex(string[i + 1]) * 16 + hex(string[i + 2])));
			i += 2;
		} else {
			text_add_char(&out, plus && string[i] == '+' ? ' ' : string[i]);
		}
	}
	return text_steal(&out);
}

static void split_path(struct call *call, const char *path, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t part = 0;

		while (at + part < len && path[at + part] != '/')
			part++;
		if (part)
			array_push(&call->parts, decode(path + at, part, false));
		at += part + 1;
	}
}

static void split_query(struct call *call, const char *query)
{
	while (*query) {
		size_t len = strcspn(query, "&");
		size_t key_len = strcspn(query, "=&");
		CLEANUP(memory_free) char *key = decode(query, key_len, true);

		free(map_set(&call->query, key,
			     key_len < len ? decode(query + key_len + 1, len - key_len - 1, true)
					   : memory_copy("")));
		query += len + (query[len] == '&');
	}
}

const char *call_query(const struct call *call, const char *key)
{
	return map_get(&call->query, key);
}

bool call_flag(const struct call *call, const char *key)
{
	const char *value = call_query(call, key);

	return value && *value && !text_same(value, "0") && !text_same_nocase(value, "false") &&
	       !text_same_nocase(value, "no") && !text_same_nocase(value, "none");
}

int64_t call_number(const struct call *call, const char *key, int64_t fallback)
{
	const char *value = call_query(call, key);

	return value && *value ? strtoll(value, NULL, 10) : fallback;
}

/* The value of a header up to its line's end, or "". */
static char *header(const struct message *message, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = strstr(message->head.data, "\r\n"); line && line[2] != '\r';
	     line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, len) || line[2 + len] != ':')
			continue;
		const char *value = line + 3 + len + strspn(line + 3 + len, " \t");

		return memory_copy_n(value, strcspn(value, "\r"));
	}
	return memory_copy("");
}

static void on_head(struct client *client)
{
	struct call *call = memory_zero(1, sizeof(*call));
	const struct message *message = &client->message;
	CLEANUP(memory_free) char *expect = header(message, "Expect");
	size_t path = strcspn(message->path, "?");

	client->call = call;
	call->client = client;
	call->world = client->world;
	call->method = message->method;
	call->target = message->path;
	call->upgrade = message->upgrade;
	split_path(call, message->path, path);
	split_query(call, message->path + path + (message->path[path] == '?'));
	if (text_starts(expect, "100"))
		duct_write(client->duct, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

static void on_request(struct client *client)
{
	struct call *call = client->call;
	CLEANUP(memory_free) char *type = header(&client->message, "Content-Type");
	CLEANUP(error_drop) struct error *err = NULL;

	if (text_starts(type, "application/json") && call->body.len &&
	    json_parse(call->body.data, call->body.len, "body", &call->json, &err) < 0)
		call_error(call, 400, "%s", err->message);
	else
		route_answer(call);
}

/* Whether the client is still there to read on. */
static void consume(struct client *client)
{
	while (client->input.len && !(client->call && client->message.state == MESSAGE_DONE)) {
		enum piece piece = PIECE_MORE;
		size_t used = message_feed(&client->message, client->input.data, client->input.len,
					   &piece);

		if (piece == PIECE_BROKEN) {
			world_broken(client->world, "a request that is not HTTP");
			client->closing = true;
			finish(client);
			return;
		}
		if (piece == PIECE_HEAD)
			on_head(client);
		if (piece == PIECE_DATA)
			text_add_n(&client->call->body, client->input.data, used);
		text_remove(&client->input, 0, used);
		if (client->call && client->call->body.len > BODY_MAX) {
			finish(client);
			return;
		}
		if (client->call && client->message.state == MESSAGE_DONE) {
			/* May end the call, and with it the client: it goes on there. */
			on_request(client);
			return;
		}
	}
}

static void received(const char *bytes, size_t len, void *payload)
{
	struct client *client = payload;
	struct call *call = client->call;

	if (call && call->raw) {
		if (call->input)
			call->input(call, bytes, len);
		return;
	}
	text_add_n(&client->input, bytes, len);
	if (!call || client->message.state != MESSAGE_DONE)
		consume(client);
}

/* On a raw connection the end is half-close; on any other, nobody waits for the reply. */
static void ended(void *payload)
{
	struct client *client = payload;
	struct call *call = client->call;

	client->eof = true;
	if (call && call->raw) {
		if (call->input)
			call->input(call, NULL, 0);
		return;
	}
	if (call) {
		client->call = NULL;
		if (call->gone)
			call->gone(call);
		call_drop(call);
	}
	duct_close(client->duct);
	client_drop(client);
}

static void drained(void *payload)
{
	struct client *client = payload;

	if (client->call && client->call->drained)
		client->call->drained(client->call);
}

void call_accept(struct duct *duct, void *world)
{
	static const struct duct_events events = {
		.received = received, .ended = ended, .drained = drained};
	struct client *client = memory_zero(1, sizeof(*client));

	client->world = world;
	client->duct = duct;
	message_begin(&client->message, false, false);
	duct_start(duct, &events, client);
}
