/* SPDX-License-Identifier: MIT */
#include "engine/image/registry.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/image/registry.inside.h"

enum { REDIRECTS_MAX = 5, SILENCE_SECONDS = 60 };

/* --- the registry */

int registry_open(uv_loop_t *loop, struct http *http, const struct registry_options *options,
		  struct registry **ret, struct error **err)
{
	CLEANUP(registry_close) struct registry *registry = memory_zero(1, sizeof(*registry));
	bool hub = text_same(options->domain, "docker.io");

	list_init(&registry->requests);
	registry->loop = loop;
	registry->http = http;
	registry->path = memory_copy(options->path);
	registry->push = options->push;
	registry->insecure = options->insecure;
	registry->base_given = options->base != NULL;
	if (options->base) {
		if (url_parse(options->base, &registry->base, err) < 0)
			return (*err)->code;
		registry->domain = memory_copy(registry->base.authority);
	} else {
		registry->domain = memory_copy(options->domain);
		registry->base.authority =
			memory_copy(hub ? "registry-1.docker.io" : options->domain);
		registry->base.path = memory_copy("/");
	}
	if (options->credentials) {
		registry->credentials_known = true;
		registry->credentials.user = memory_copy(options->credentials->user);
		registry->credentials.secret = memory_copy(options->credentials->secret);
		registry->credentials.identity_token =
			memory_copy(options->credentials->identity_token);
	}
	*ret = steal(&registry);
	return 0;
}

void registry_close(struct registry **registry)
{
	struct registry *closed = steal(registry);

	if (!closed)
		return;
	assert(list_empty(&closed->requests));
	login_stop(closed);
	url_drop(&closed->base);
	url_drop(&closed->realm);
	error_drop(&closed->tls_err);
	free(closed->domain);
	free(closed->path);
	free(closed->authorization);
	free((char *)(uintptr_t)closed->credentials.user);
	free((char *)(uintptr_t)closed->credentials.secret);
	free((char *)(uintptr_t)closed->credentials.identity_token);
	free(closed);
}

/* --- requests */

static void request_free(struct registry_request *request)
{
	list_unlink(&request->link);
	reach_drop(&request->reach);
	url_drop(&request->url);
	free(request->method);
	free(request->path);
	free(request->accept);
	free(request);
}

void registry_drop(struct registry_request *request)
{
	if (!request)
		return;
	http_drop(request->exchange);
	request_free(request);
}

struct http_request *registry_http(struct registry_request *request)
{
	return request->exchange;
}

static void finish(struct registry_request *request, const struct http_reply *reply,
		   const struct error *err)
{
	/* Who is told may close the registry. */
	list_unlink(&request->link);
	request->events->done(request, reply, err, request->payload);
	request_free(request);
}

static void send_request(struct registry_request *request);

/* Goes on with a redirect; negative: it must not be followed. */
static int redirect(struct registry_request *request, const char *location, struct error **err)
{
	struct url next = {0};

	if (++request->redirects > REDIRECTS_MAX)
		return error_set(err, ERROR_SYSTEM, "%s redirects without end",
				 request->registry->domain);
	if (url_resolve(&request->url, location, &next, err) < 0)
		return error_wrap(err, "a redirect of %s", request->registry->domain);
	if (reach_allowed(request->registry, &next, err) < 0) {
		url_drop(&next);
		return error_wrap(err, "a redirect of %s", request->registry->domain);
	}
	url_drop(&request->url);
	request->url = next;
	send_request(request);
	return 0;
}

static void wait_for_login(struct registry_request *request, const char *challenge)
{
	struct registry *registry = request->registry;

	request->waiting = true;
	if (registry->state != LOGIN_BUSY)
		login_start(registry, challenge);
}

static void head(struct http_request *exchange, int status, void *payload)
{
	struct registry_request *request = payload;

	(void)exchange;
	if (request->events->head)
		request->events->head(request, status, request->payload);
}

static void ready(struct http_request *exchange, void *payload)
{
	struct registry_request *request = payload;

	(void)exchange;
	if (request->events->ready)
		request->events->ready(request, request->payload);
}

static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void done(struct http_request *exchange, const struct http_reply *reply,
		 const struct error *err, void *payload)
{
	struct registry_request *request = payload;
	CLEANUP(error_drop) struct error *own = NULL;

	if (!err && is_redirect(reply->status) && !text_same(request->method, "POST") &&
	    !text_same(request->method, "PUT")) {
		CLEANUP(memory_free)
		char *location = memory_copy(http_header(exchange, "Location"));

		if (location && redirect(request, location, &own) == 0)
			return;
	} else if (!err && reply->status == 401 && !request->renewed) {
		CLEANUP(memory_free)
		char *challenge = memory_copy(http_header(exchange, "WWW-Authenticate"));

		if (challenge && url_same_origin(&request->url, &request->registry->base)) {
			request->renewed = true;
			request->exchange = NULL;
			wait_for_login(request, challenge);
			return;
		}
	}
	finish(request, own ? NULL : reply, own ? own : err);
}

static const struct http_events events = {.head = head, .ready = ready, .done = done};

static void send_request(struct registry_request *request)
{
	const struct registry *registry = request->registry;
	CLEANUP(memory_free)
	char *accept = request->accept ? memory_format("Accept: %s", request->accept) : NULL;
	CLEANUP(memory_free)
	char *range = request->offset > 0
			      ? memory_format("Range: bytes=%lld-", (long long)request->offset)
			      : NULL;
	const char *headers[5] = {"User-Agent: wincompose/" WINCOMPOSE_VERSION};
	size_t count = 1;

	if (accept)
		headers[count++] = accept;
	if (range)
		headers[count++] = range;
	if (registry->authorization && url_same_origin(&request->url, &registry->base))
		headers[count++] = registry->authorization;
	reach_drop(&request->reach);
	reach_make(registry, &request->url, &request->reach);
	const struct http_call call = {
		.kind = request->stream ? HTTP_STREAM : HTTP_SHORT,
		.host = &request->reach.host,
		.method = request->method,
		.path = request->url.path,
		.headers = headers,
		.reply_max = request->reply_max,
		.timeout = SILENCE_SECONDS * CLOCK_SECOND,
		.events = &events,
		.payload = request,
	};

	request->exchange = http_start(registry->http, &call);
}

static void begin(struct registry_request *request)
{
	const struct registry *registry = request->registry;

	url_drop(&request->url);
	request->url.secure = registry->base.secure;
	request->url.authority = memory_copy(registry->base.authority);
	request->url.path = memory_format("/v2/%s/%s", registry->path, request->path);
	request->redirects = 0;
	send_request(request);
}

void login_done(struct registry *registry, const struct error *err)
{
	struct list now;

	/* Who is told of the end may begin others. */
	list_init(&now);
	LIST_FOR_EACH (struct registry_request, request, &registry->requests, link) {
		if (!request->waiting)
			continue;
		list_unlink(&request->link);
		list_append(&now, &request->link);
	}
	while (!list_empty(&now)) {
		struct registry_request *request = list_first(&now, struct registry_request, link);

		list_unlink(&request->link);
		list_append(&registry->requests, &request->link);
		request->waiting = false;
		if (err)
			finish(request, NULL, err);
		else
			begin(request);
	}
}

struct registry_request *registry_start(struct registry *registry, const struct registry_call *call)
{
	struct registry_request *request = memory_zero(1, sizeof(*request));

	request->registry = registry;
	list_append(&registry->requests, &request->link);
	request->events = call->events;
	request->payload = call->payload;
	request->method = memory_copy(call->method ? call->method : "GET");
	request->path = memory_copy(call->path);
	request->accept = memory_copy(call->accept);
	request->offset = call->offset;
	request->stream = call->stream;
	request->reply_max = call->reply_max;
	if (registry->state == LOGIN_READY)
		begin(request);
	else
		wait_for_login(request, NULL);
	return request;
}

/* --- what a refusal means */

static enum error_code code_of(int status)
{
	if (status == 404)
		return ERROR_NOT_FOUND;
	if (status == 401 || status == 403)
		return ERROR_INVALID;
	return status == 429 || status >= 500 ? ERROR_UNAVAILABLE : ERROR_SYSTEM;
}

int registry_refused(const struct http_reply *reply, struct error **err)
{
	CLEANUP(json_drop) cJSON *json = NULL;
	CLEANUP(error_drop) struct error *unused = NULL;
	const cJSON *first = NULL;
	const char *said = NULL;

	if (json_parse(reply->body, reply->len, "the reply", &json, &unused) == 0) {
		first = cJSON_GetArrayItem(json_get(json, "errors"), 0);
		said = json_string(first, "message");
		said = said ? said : json_string(json, "details");
	}
	if (reply->status == 401 || reply->status == 403)
		return error_set(err, ERROR_INVALID,
				 "access denied%s%.200s (does it exist, and does docker login "
				 "know you there?)",
				 said ? ": " : "", said ? said : "");
	return error_set(err, code_of(reply->status), "the registry answered %d%s%.200s",
			 reply->status, said ? ": " : "", said ? said : "");
}
