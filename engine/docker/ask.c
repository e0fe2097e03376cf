/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

struct ask {
	struct list link;    /* in its owner's list */
	struct list waiting; /* in docker->waiting, until the version is known */
	struct docker *docker;
	struct http_request *http;
	docker_answered *answered;
	void *payload;
	char *method, *path; /* path NULL: only the negotiation is wanted */
	char *body, *header, *what;
	size_t body_len;
	bool raw, unbounded, fresh;
};

enum { ENGINE_TIMEOUT = 30, SLOW_AFTER = 2 };

static void ask_free(struct ask *ask)
{
	list_unlink(&ask->link);
	list_unlink(&ask->waiting);
	http_drop(ask->http);
	free(ask->method);
	free(ask->path);
	free(ask->body);
	free(ask->header);
	free(ask->what);
	free(ask);
}

void docker_drop_asks(struct list *owner)
{
	LIST_FOR_EACH (struct ask, ask, owner, link)
		ask_free(ask);
}

/* --- errors */

static const struct {
	int status;
	enum error_code code;
} meanings[] = {
	{400, ERROR_INVALID},     {401, ERROR_INVALID},     {403, ERROR_CONFLICT},
	{404, ERROR_NOT_FOUND},   {405, ERROR_UNSUPPORTED}, {409, ERROR_CONFLICT},
	{413, ERROR_INVALID},     {415, ERROR_INVALID},     {422, ERROR_INVALID},
	{501, ERROR_UNSUPPORTED}, {502, ERROR_UNAVAILABLE}, {503, ERROR_UNAVAILABLE},
	{504, ERROR_UNAVAILABLE},
};

int docker_refused(int status, const char *body, size_t len, const char *what, struct error **err)
{
	CLEANUP(json_drop) cJSON *json = NULL;
	CLEANUP(error_drop) struct error *unread = NULL;
	CLEANUP(memory_free) char *plain = NULL;
	enum error_code code = ERROR_SYSTEM;
	const char *sentence = NULL;

	for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
		if (meanings[i].status == status)
			code = meanings[i].code;
	if (len && body[0] == '{' && json_parse(body, len, "answer", &json, &unread) == 0)
		sentence = json_string(json, "message");
	if (!sentence && len) {
		/* A proxy before the daemon, or a daemon older than JSON errors. */
		plain = memory_copy_n(body, len < 512 ? len : 512);
		sentence = plain;
	}
	if (sentence) {
		size_t end = strlen(sentence);

		/* "network x is ambiguous (2 matches found on name)": somebody else made another. */
		if (strstr(sentence, " is ambiguous"))
			code = ERROR_CONFLICT;
		while (end && strchr(" .\r\n", sentence[end - 1]))
			end--;
		error_set(err, code, "%.*s", (int)end, sentence);
	} else {
		error_set(err, code, "the engine answered with HTTP status %d", status);
	}
	return what ? error_wrap(err, "%s", what) : (int)code;
}

/* --- one ask */

static void answer(struct ask *ask, const struct answer *told)
{
	docker_answered *answered = ask->answered;
	void *payload = ask->payload;

	ask->http = NULL;
	ask_free(ask);
	answered(told, payload);
}

static void ask_done(struct http_request *http, const struct http_reply *reply,
		     const struct error *failed, void *payload)
{
	struct ask *ask = payload;
	CLEANUP(json_drop) cJSON *json = NULL;
	CLEANUP(error_drop) struct error *err = NULL;
	struct answer told = {.body = ""};

	(void)http;
	if (failed) {
		err = error_copy(failed);
		/* The engine that comes back may be another version. */
		if (failed->code == ERROR_UNAVAILABLE)
			ask->docker->api = 0;
		if (ask->what)
			error_wrap(&err, "%s", ask->what);
	} else {
		ask->docker->slow_told = false;
		told.status = reply->status;
		told.body = reply->body;
		told.len = reply->len;
		if (reply->status >= 300 && reply->status != 304)
			docker_refused(reply->status, reply->body, reply->len, ask->what, &err);
		else if (reply->len && strchr("{[", reply->body[0]))
			json_parse(reply->body, reply->len, "the engine's answer", &json, &err);
	}
	told.json = json;
	told.err = err;
	answer(ask, &told);
}

static void ask_slow(struct http_request *http, void *payload)
{
	struct ask *ask = payload;
	struct docker *docker = ask->docker;
	const struct engine_options *options = &docker->engine.options;

	(void)http;
	if (docker->slow_told || !options->slow)
		return;
	docker->slow_told = true;
	options->slow(ask->what ? ask->what : ask->path, options->slow_payload);
}

static const struct http_events ask_events = {
	.slow = ask_slow,
	.done = ask_done,
};

static void ask_send(struct ask *ask, bool bare)
{
	struct docker *docker = ask->docker;
	CLEANUP(memory_free)
	char *path =
		bare ? memory_copy(ask->path) : memory_format("/v1.%u%s", docker->api, ask->path);
	const char *headers[3] = {0};
	size_t count = 0;

	if (ask->header)
		headers[count++] = ask->header;
	if (ask->raw)
		headers[count++] = "Content-Type: application/x-tar";
	ask->http =
		http_start(docker->http,
			   &(struct http_call){
				   .kind = HTTP_SHORT,
				   .host = &docker->host,
				   .method = ask->method,
				   .path = path,
				   .headers = headers,
				   .body = ask->body,
				   .body_len = ask->body_len,
				   .fresh = ask->fresh,
				   .reply_max = DOCKER_JSON_MAX,
				   .timeout = ask->unbounded ? 0 : docker->engine.options.timeout,
				   .slow_after = ask->unbounded ? 0 : SLOW_AFTER * CLOCK_SECOND,
				   .events = &ask_events,
				   .payload = ask,
			   });
}

static struct ask *ask_new(struct docker *docker, struct list *owner,
			   const struct ask_options *options, docker_answered *answered,
			   void *payload)
{
	struct ask *ask = memory_zero(1, sizeof(*ask));

	list_append(owner, &ask->link);
	list_init(&ask->waiting);
	ask->docker = docker;
	ask->answered = answered;
	ask->payload = payload;
	ask->method = memory_copy(options->method);
	ask->path = memory_copy(options->path);
	ask->header = memory_copy(options->header);
	ask->what = memory_copy(options->what);
	ask->unbounded = options->unbounded;
	ask->fresh = options->fresh;
	if (options->json) {
		ask->body = json_print(options->json);
		ask->body_len = strlen(ask->body);
	} else if (options->bytes) {
		ask->body = memory_copy_n(options->bytes, options->len);
		ask->body_len = options->len;
		ask->raw = true;
	}
	return ask;
}

/* --- the version */

/* Reads "1.41" as 41. 0: no version of this API. */
static unsigned version_of(const char *text)
{
	char *end = NULL;

	if (!text || !text_starts(text, "1."))
		return 0;
	unsigned long minor = strtoul(text + 2, &end, 10);

	return *end || minor > 10000 ? 0 : (unsigned)minor;
}

static int agree(struct docker *docker, const char *theirs, struct error **err)
{
	unsigned version = version_of(theirs);

	if (!version)
		return error_set(err, ERROR_UNSUPPORTED,
				 "%s does not tell a Docker API version: it is no Docker Engine",
				 docker->engine.address);
	if (version < DOCKER_API_MIN)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"the engine at %s speaks API 1.%u; 1.%d (Docker 19.03) or later is needed",
			docker->engine.address, version, DOCKER_API_MIN);
	docker->api = version < DOCKER_API_MAX ? version : DOCKER_API_MAX;
	return 0;
}

/* All that wait go on, or are told why not. An answer may drop any of the others. */
static void negotiated(struct docker *docker, const struct error *err)
{
	struct list now;
	struct ask *ask;

	list_init(&now);
	while ((ask = list_first(&docker->waiting, struct ask, waiting))) {
		list_unlink(&ask->waiting);
		list_append(&now, &ask->waiting);
	}
	while ((ask = list_first(&now, struct ask, waiting))) {
		list_unlink(&ask->waiting);
		if (!err && ask->path) {
			ask_send(ask, false);
			continue;
		}
		CLEANUP(error_drop) struct error *told = error_copy(err);

		if (told && ask->what)
			error_wrap(&told, "%s", ask->what);
		answer(ask, &(struct answer){.body = "", .err = told});
	}
}

static void pinged(struct http_request *http, const struct http_reply *reply,
		   const struct error *failed, void *payload)
{
	struct ask *ask = payload;
	struct docker *docker = ask->docker;
	CLEANUP(error_drop) struct error *err = error_copy(failed);

	if (reply && reply->status >= 300) {
		docker_refused(reply->status, reply->body, reply->len, NULL, &err);
	} else if (reply && agree(docker, http_header(http, "Api-Version"), &err) == 0) {
		free(docker->os_type);
		docker->os_type = memory_copy(http_header(http, "Ostype"));
		free(docker->server);
		docker->server = memory_copy(http_header(http, "Server"));
	}
	if (reply)
		docker->slow_told = false;
	ask->http = NULL;
	ask_free(ask);
	negotiated(docker, err);
}

static const struct http_events ping_events = {
	.slow = ask_slow,
	.done = pinged,
};

static void await(struct docker *docker, struct ask *ask)
{
	list_append(&docker->waiting, &ask->waiting);
	if (!list_empty(&docker->ping))
		return;
	struct ask *ping =
		ask_new(docker, &docker->ping, &(struct ask_options){.path = "/_ping"}, NULL, NULL);

	ping->http = http_start(docker->http, &(struct http_call){
						      .host = &docker->host,
						      .path = "/_ping",
						      .reply_max = HTTP_WINDOW,
						      .timeout = docker->engine.options.timeout,
						      .slow_after = SLOW_AFTER * CLOCK_SECOND,
						      .events = &ping_events,
						      .payload = ping,
					      });
}

void docker_ask(struct docker *docker, struct list *owner, const struct ask_options *options,
		docker_answered *answered, void *payload)
{
	/* Whoever asks a closing engine is ended by the closing. */
	if (docker->closing)
		return;
	struct ask *ask = ask_new(docker, owner, options, answered, payload);

	if (docker->api)
		ask_send(ask, false);
	else
		await(docker, ask);
}

/* What is known already is told in a later turn all the same. */
void docker_negotiate(struct docker *docker, struct list *owner, docker_answered *answered,
		      void *payload)
{
	if (docker->closing)
		return;
	await(docker, ask_new(docker, owner, &(struct ask_options){0}, answered, payload));
}

/* --- paths */

static void escape(struct text *path, const char *string)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	for (; *string; string++) {
		if (strchr(plain, *string))
			text_add_char(path, *string);
		else
			text_printf(path, "%%%02X", (unsigned char)*string);
	}
}

void docker_path(struct text *path, const char *before, const char *name, const char *after)
{
	text_add(path, before);
	escape(path, name);
	text_add(path, after);
}

void docker_query(struct text *path, const char *key, const char *value)
{
	if (!value)
		return;
	text_add_char(path, strchr(text_string(path), '?') ? '&' : '?');
	escape(path, key);
	text_add_char(path, '=');
	escape(path, value);
}

void docker_query_int(struct text *path, const char *key, int64_t value)
{
	CLEANUP(memory_free) char *text = memory_format("%lld", (long long)value);

	docker_query(path, key, text);
}

void docker_query_filters(struct text *path, const char *const *pairs)
{
	CLEANUP(json_drop) cJSON *filters = cJSON_CreateObject();
	CLEANUP(memory_free) char *text = NULL;

	for (; *pairs; pairs += 2) {
		cJSON *values = cJSON_GetObjectItemCaseSensitive(filters, pairs[0]);

		if (!values)
			values = cJSON_AddArrayToObject(filters, pairs[0]);
		cJSON_AddItemToArray(values, cJSON_CreateString(pairs[1]));
	}
	text = json_print(filters);
	docker_query(path, "filters", text);
}
