/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/image/registry.inside.h"

enum { LOGIN_SECONDS = 30, TOKEN_MAX = 1 << 20 };

/* --- where exchanges go */

void reach_drop(struct reach *reach)
{
	free(reach->url);
	free(reach->ca_file);
	free(reach->cert_file);
	free(reach->key_file);
	*reach = (struct reach){0};
}

/* Colons are no part of a name on Windows; Docker leaves them out there. */
static char *folder_name(const char *authority)
{
	char *name = memory_copy(authority), *to = name;

	for (const char *from = name; *from; from++)
		if (*from != ':' || !path_host_is_windows())
			*to++ = *from;
	*to = '\0';
	return name;
}

static char *existing(const char *folder, const char *authority, const char *file)
{
	CLEANUP(memory_free) char *name = folder_name(authority);
	CLEANUP(memory_free)
	char *path = memory_format("%s/certs.d/%s/%s", folder, name, file);

	return file_kind(path) == FILE_REGULAR ? steal(&path) : NULL;
}

static char *certificate(const char *authority, const char *file)
{
	CLEANUP(memory_free) char *own = credentials_folder();
	char *path = existing(own, authority, file);

	return path || path_host_is_windows() ? path : existing("/etc/docker", authority, file);
}

void reach_make(const struct registry *registry, const struct url *url, struct reach *ret)
{
	*ret = (struct reach){.url = url_base(url)};
	if (url->secure) {
		ret->ca_file = certificate(url->authority, "ca.crt");
		ret->cert_file = certificate(url->authority, "client.cert");
		ret->key_file = certificate(url->authority, "client.key");
	}
	ret->host = (struct http_host){
		.url = ret->url,
		.ca_file = ret->ca_file,
		.cert_file = ret->cert_file,
		.key_file = ret->key_file,
		.skip_verify = registry->insecure,
		.local = url_is_loopback(url->authority),
	};
}

int reach_allowed(const struct registry *registry, const struct url *url, struct error **err)
{
	if (url->secure || registry->insecure ||
	    (!registry->base.secure && url_is_loopback(url->authority)))
		return 0;
	return error_set(err, ERROR_INVALID, "http://%.100s is not gone to: it is without TLS",
			 url->authority);
}

/* --- steps */

static void fail(struct registry *registry, const struct error *err)
{
	CLEANUP(error_drop) struct error *own = error_copy(err);

	error_wrap(&own, "registry %s", registry->domain);
	registry->state = LOGIN_NONE;
	login_done(registry, own);
}

static void ready(struct registry *registry)
{
	error_drop(&registry->tls_err);
	registry->state = LOGIN_READY;
	login_done(registry, NULL);
}

static void exchange(struct registry *registry, const struct url *url, const char *const *headers,
		     const char *body, const struct http_events *events)
{
	reach_drop(&registry->reach);
	reach_make(registry, url, &registry->reach);
	const struct http_call call = {
		.kind = HTTP_SHORT,
		.host = &registry->reach.host,
		.method = body ? "POST" : "GET",
		.path = url->path,
		.headers = headers,
		.body = body,
		.body_len = body ? strlen(body) : 0,
		.reply_max = TOKEN_MAX,
		.timeout = LOGIN_SECONDS * CLOCK_SECOND,
		.events = events,
		.payload = registry,
	};

	registry->exchange = http_start(registry->http, &call);
}

static char *basic(const struct credentials *credentials)
{
	CLEANUP(memory_free)
	char *pair = memory_format("%s:%s", credentials->user,
				   credentials->secret ? credentials->secret : "");
	CLEANUP(memory_free) char *encoded = digest_base64(pair, strlen(pair), false);

	return memory_format("Authorization: Basic %s", encoded);
}

/* --- the token */

static int take_token(struct registry *registry, const struct http_reply *reply, struct error **err)
{
	CLEANUP(json_drop) cJSON *json = NULL;
	const char *token;

	if (reply->status < 200 || reply->status > 299)
		return registry_refused(reply, err);
	if (json_parse(reply->body, reply->len, "the token's reply", &json, err) < 0)
		return (*err)->code;
	token = json_string(json, "token");
	token = token ? token : json_string(json, "access_token");
	if (!token || !*token || token[strcspn(token, " \t\r\n")])
		return error_set(err, ERROR_SYSTEM, "there is no token in the reply");
	free(registry->authorization);
	registry->authorization = memory_format("Authorization: Bearer %s", token);
	return 0;
}

static void token_done(struct http_request *request, const struct http_reply *reply,
		       const struct error *err, void *payload)
{
	struct registry *registry = payload;
	CLEANUP(error_drop) struct error *own = error_copy(err);

	(void)request;
	registry->exchange = NULL;
	if (!own && take_token(registry, reply, &own) == 0) {
		ready(registry);
		return;
	}
	error_wrap(&own, "a token of %s", registry->realm.authority);
	fail(registry, own);
}

static const struct http_events token_events = {.done = token_done};

static void add_query(struct text *text, const char *name, const char *value)
{
	if (!value)
		return;
	text_printf(text, "%s%s=", text->len && !strchr("?&", text->data[text->len - 1]) ? "&" : "",
		    name);
	url_escape(text, value);
}

static void ask_token(struct registry *registry, const char *service)
{
	const struct credentials *known = &registry->credentials;
	CLEANUP(memory_free)
	char *scope = memory_format("repository:%s:pull%s", registry->path,
				    registry->push ? ",push" : "");
	CLEANUP(memory_free) char *authorization = known->user ? basic(known) : NULL;
	CLEANUP(text_drop) struct text query = {0};
	const char *headers[3] = {"User-Agent: wincompose/" WINCOMPOSE_VERSION};

	if (known->identity_token) {
		add_query(&query, "grant_type", "refresh_token");
		add_query(&query, "client_id", "wincompose");
		add_query(&query, "service", service);
		add_query(&query, "scope", scope);
		add_query(&query, "refresh_token", known->identity_token);
		headers[1] = "Content-Type: application/x-www-form-urlencoded";
		exchange(registry, &registry->realm, headers, text_string(&query), &token_events);
		return;
	}
	text_printf(&query, "%s%s", registry->realm.path,
		    strchr(registry->realm.path, '?') ? "&" : "?");
	add_query(&query, "service", service);
	add_query(&query, "scope", scope);
	add_query(&query, "account", known->user);
	headers[1] = authorization;
	free(registry->realm.path);
	registry->realm.path = text_steal(&query);
	exchange(registry, &registry->realm, headers, NULL, &token_events);
}

/* --- the challenge: Scheme name="value", name=value (RFC 9110 11.6.1) */

/* The value of a parameter, yours; NULL: absent. */
static char *parameter(const char *challenge, const char *name)
{
	const char *at = challenge + strcspn(challenge, " ");
	CLEANUP(text_drop) struct text value = {0};

	while (*at) {
		at += strspn(at, " ,\t");
		size_t len = strcspn(at, "= ,");
		bool wanted = len == strlen(name) && strncmp(at, name, len) == 0;

		at += len;
		if (*at != '=')
			continue;
		at++;
		bool quoted = *at == '"';

		text_clear(&value);
		for (at += quoted; *at && !(quoted ? *at == '"' : strchr(" ,", *at) != NULL);
		     at++) {
			if (quoted && *at == '\\' && at[1])
				at++;
			text_add_char(&value, *at);
		}
		at += *at == '"';
		if (wanted)
			return text_steal(&value);
	}
	return NULL;
}

static int answer_bearer(struct registry *registry, const char *challenge, struct error **err)
{
	CLEANUP(memory_free) char *realm = parameter(challenge, "realm");
	CLEANUP(memory_free) char *service = parameter(challenge, "service");

	if (!realm)
		return error_set(err, ERROR_SYSTEM, "it names nobody who gives tokens");
	url_drop(&registry->realm);
	if (url_parse(realm, &registry->realm, err) < 0 ||
	    reach_allowed(registry, &registry->realm, err) < 0)
		return error_wrap(err, "who gives tokens");
	ask_token(registry, service);
	return 0;
}

static int answer(struct registry *registry, const char *challenge, struct error **err)
{
	static const char known[] = "Bearer ";
	CLEANUP(memory_free)
	char *scheme = memory_copy_n(challenge, strcspn(challenge, " "));

	if (text_same_nocase(scheme, "Bearer") && strlen(challenge) > strlen(known))
		return answer_bearer(registry, challenge, err);
	if (!text_same_nocase(scheme, "Basic"))
		return error_set(err, ERROR_UNSUPPORTED,
				 "it asks for \"%.40s\", which is not known", scheme);
	if (!registry->credentials.user)
		return error_set(err, ERROR_INVALID,
				 "access denied: it wants a name and a password: docker login %s",
				 registry->domain);
	/* Where these were sent already, they are wrong. */
	CLEANUP(memory_free) char *line = basic(&registry->credentials);

	if (text_same(registry->authorization, line))
		return error_set(err, ERROR_INVALID,
				 "access denied: it knows no such name and password");
	free(registry->authorization);
	registry->authorization = steal(&line);
	ready(registry);
	return 0;
}

/* --- the first question: which scheme, and whether anything is asked for */

static void ask_first(struct registry *registry);

static int take_first(struct registry *registry, const struct http_reply *reply,
		      const char *challenge, struct error **err)
{
	if (reply->status == 200) {
		ready(registry);
		return 0;
	}
	if (reply->status == 401 && challenge)
		return answer(registry, challenge, err);
	if (registry_refused(reply, err) == ERROR_NOT_FOUND)
		return error_wrap(err, "this is no registry");
	return (*err)->code;
}

/* The other way, with TLS or without it, where there is one. */
static bool other_way(const struct registry *registry)
{
	return !registry->base_given && !registry->second &&
	       (registry->insecure || url_is_loopback(registry->base.authority));
}

static void first_done(struct http_request *request, const struct http_reply *reply,
		       const struct error *err, void *payload)
{
	struct registry *registry = payload;
	CLEANUP(error_drop) struct error *own = error_copy(err);
	bool secure = registry->base.secure;
	/* 400 is what speaks TLS says to who does not. */
	bool failed = err || (!secure && reply->status == 400);
	CLEANUP(memory_free)
	char *challenge = reply ? memory_copy(http_header(request, "WWW-Authenticate")) : NULL;

	registry->exchange = NULL;
	if (failed && other_way(registry)) {
		registry->second = true;
		registry->base.secure = !secure;
		if (secure)
			registry->tls_err = steal(&own);
		ask_first(registry);
		return;
	}
	/* What fails both ways is told as it was with TLS. */
	if (failed && registry->tls_err) {
		error_drop(&own);
		own = steal(&registry->tls_err);
	}
	if (own || take_first(registry, reply, challenge, &own) < 0)
		fail(registry, own);
}

static const struct http_events first_events = {.done = first_done};

static void ask_first(struct registry *registry)
{
	static const char *const headers[] = {"User-Agent: wincompose/" WINCOMPOSE_VERSION, NULL};
	const struct url url = {
		.secure = registry->base.secure,
		.authority = registry->base.authority,
		.path = (char *)(uintptr_t) "/v2/",
	};

	exchange(registry, &url, headers, NULL, &first_events);
}

/* --- who we are */

static void begin(struct registry *registry)
{
	error_drop(&registry->tls_err);
	registry->second = false;
	/* Nothing but the question goes without TLS first, and that to this host only: what speaks
	 * none would let a greeting of TLS wait. */
	if (!registry->base_given)
		registry->base.secure = !url_is_loopback(registry->base.authority);
	ask_first(registry);
}

static void found(const struct credentials *items, size_t count, const struct error *err,
		  void *payload)
{
	struct registry *registry = payload;

	registry->lookup = NULL;
	if (err) {
		fail(registry, err);
		return;
	}
	registry->credentials_known = true;
	if (count)
		registry->credentials = (struct credentials){
			.user = memory_copy(items[0].user),
			.secret = memory_copy(items[0].secret),
			.identity_token = memory_copy(items[0].identity_token),
		};
	begin(registry);
}

void login_start(struct registry *registry, const char *challenge)
{
	CLEANUP(error_drop) struct error *err = NULL;

	registry->state = LOGIN_BUSY;
	if (challenge) {
		if (answer(registry, challenge, &err) < 0)
			fail(registry, err);
		return;
	}
	if (registry->credentials_known)
		begin(registry);
	else
		registry->lookup =
			credentials_find(registry->loop, registry->domain, found, registry);
}

void login_stop(struct registry *registry)
{
	credentials_drop(&registry->lookup);
	http_drop(steal(&registry->exchange));
	reach_drop(&registry->reach);
	registry->state = LOGIN_NONE;
}
