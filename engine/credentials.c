/* SPDX-License-Identifier: MIT */
#include "engine/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/child.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"

#define CONFIG_MAX (4 << 20)
#define HUB        "docker.io"
/* The name that Docker Hub has had in config.json from the beginning. */
#define HUB_KEY    "https://index.docker.io/v1/"
#define TOKEN_USER "<token>"

/* A helper that is still to be asked: for one server, or for the list of all. */
struct task {
	char *helper;
	char *server; /* NULL: list */
};

struct credentials_lookup {
	uv_loop_t *loop;
	uv_timer_t soon; /* done is never called from inside */
	credentials_done *done;
	void *payload;
	bool is_all;
	bool is_dropped;
	ARRAY(struct task) tasks;
	size_t next;
	struct child *child;
	ARRAY(struct credentials) found; /* their strings are ours */
	struct error *err;
};

/* --- the file */

/* The variable's value in UTF-8 on every platform, yours; NULL: not set, or empty. */
static char *environment(const char *name)
{
	char small[256], *value;
	size_t size = sizeof(small);
	int status = uv_os_getenv(name, small, &size);

	if (!status)
		return *small ? memory_copy(small) : NULL;
	if (status != UV_ENOBUFS)
		return NULL;
	value = memory_alloc(size);
	if (uv_os_getenv(name, value, &size))
		memory_free(&value);
	return value;
}

char *credentials_folder(void)
{
	CLEANUP(memory_free) char *home = NULL;
	char *folder = environment("DOCKER_CONFIG");

	if (folder)
		return folder;
	home = path_home();
	return path_join(home, ".docker");
}

int credentials_config(const char *folder, cJSON **ret, struct error **err)
{
	CLEANUP(memory_free) char *path = path_join(folder, "config.json");
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(json_drop) cJSON *json = NULL;
	int status;

	if (file_kind(path) != FILE_ABSENT) {
		status = file_read(path, CONFIG_MAX, &text, err);
		if (!status)
			status = json_parse(text_string(&text), text.len, path, &json, err);
		if (status)
			return status;
		if (!cJSON_IsObject(json))
			return error_set(err, ERROR_INVALID, "%s: this is not a JSON object", path);
	} else {
		json = cJSON_CreateObject();
	}
	*ret = steal(&json);
	return 0;
}

/* --- what auths hold */

static void credentials_free(struct credentials *item)
{
	free((char *)(uintptr_t)item->user);
	free((char *)(uintptr_t)item->secret);
	free((char *)(uintptr_t)item->identity_token);
	free((char *)(uintptr_t)item->server);
}

/* Takes the decoded pair apart; false: there is nothing in it. */
static bool from_pair(struct credentials *item, const char *pair)
{
	const char *colon = strchr(pair, ':');

	if (!colon || colon == pair)
		return false;
	item->user = memory_copy_n(pair, (size_t)(colon - pair));
	item->secret = memory_copy(colon + 1);
	return true;
}

/* One entry of auths. False: it is empty, as an entry is whose secret a store has. */
static bool from_entry(struct credentials *item, const char *server, const cJSON *entry)
{
	const char *auth = json_string(entry, "auth"), *user = json_string(entry, "username");
	const char *token = json_string(entry, "identitytoken");
	size_t len;
	CLEANUP(memory_free) char *pair = auth && *auth ? digest_unbase64(auth, &len) : NULL;

	*item = (struct credentials){0};
	if (!(pair && from_pair(item, pair)) && user && *user) {
		item->user = memory_copy(user);
		item->secret = memory_copy(json_string(entry, "password"));
	}
	if (token && *token)
		item->identity_token = memory_copy(token);
	if (!item->user && !item->identity_token)
		return false;
	item->server = memory_copy(server);
	return true;
}

/* The host of a key, which may be an address: https://ghcr.io/v2/ names ghcr.io. */
static char *host_of(const char *key)
{
	if (text_starts(key, "https://"))
		key += strlen("https://");
	else if (text_starts(key, "http://"))
		key += strlen("http://");
	return memory_copy_n(key, strcspn(key, "/"));
}

static const char *key_of(const char *domain)
{
	return text_same(domain, HUB) ? HUB_KEY : domain;
}

/* The entry under the key itself, else the one whose host is the key's. */
static bool find_in_auths(const cJSON *auths, const char *domain, struct credentials *item)
{
	const char *key = key_of(domain);
	CLEANUP(memory_free) char *host = host_of(key);
	const cJSON *entry = json_get(auths, key);

	if (entry && from_entry(item, key, entry))
		return true;
	cJSON_ArrayForEach (entry, auths) {
		CLEANUP(memory_free) char *other = host_of(entry->string);

		if (!text_same(other, host) && !text_same(other, domain))
			continue;
		if (from_entry(item, key, entry))
			return true;
	}
	return false;
}

/* --- a lookup */

static void add_task(struct credentials_lookup *lookup, const char *helper, const char *server)
{
	*array_add(&lookup->tasks) =
		(struct task){.helper = memory_copy(helper), .server = memory_copy(server)};
}

static bool has_server(const struct credentials_lookup *lookup, const char *server)
{
	ARRAY_FOR_EACH (struct credentials, item, &lookup->found)
		if (text_same(item->server, server))
			return true;
	return false;
}

static void free_lookup(uv_handle_t *handle)
{
	struct credentials_lookup *lookup = handle->data;

	ARRAY_FOR_EACH (struct task, task, &lookup->tasks) {
		free(task->helper);
		free(task->server);
	}
	array_drop(&lookup->tasks);
	ARRAY_FOR_EACH (struct credentials, item, &lookup->found)
		credentials_free(item);
	array_drop(&lookup->found);
	error_drop(&lookup->err);
	free(lookup);
}

static void finish(struct credentials_lookup *lookup)
{
	size_t count = lookup->err ? 0 : lookup->found.len;

	if (!lookup->is_dropped)
		lookup->done(count ? lookup->found.items : NULL, count, lookup->err,
			     lookup->payload);
	uv_close((uv_handle_t *)&lookup->soon, free_lookup);
}

static void advance(struct credentials_lookup *lookup);

/* {"ServerURL": ..., "Username": ..., "Secret": ...}, or of a list {"server": "user", ...}. */
static int take_reply(struct credentials_lookup *lookup, const struct task *task,
		      const char *helper, const struct child_result *result, struct error **err)
{
	CLEANUP(json_drop) cJSON *json = NULL;
	const char *user, *secret, *server = task->server;
	const cJSON *entry;
	struct credentials item = {0};
	int status = json_parse(result->output, result->output_len, helper, &json, err);

	if (status)
		return status;
	if (!server) {
		CLEANUP(memory_free) char *name = memory_copy(task->helper);

		cJSON_ArrayForEach (entry, json)
			add_task(lookup, name, entry->string);
		return 0;
	}
	user = json_string(json, "Username");
	secret = json_string(json, "Secret");
	if (!user || !secret)
		return error_set(err, ERROR_SYSTEM, "%s: no Username and Secret in its reply",
				 helper);
	if (text_same(user, TOKEN_USER)) {
		item.identity_token = memory_copy(secret);
	} else {
		item.user = memory_copy(user);
		item.secret = memory_copy(secret);
	}
	item.server = memory_copy(server);
	array_push(&lookup->found, item);
	return 0;
}

/* What the helper says itself, without its line end. Helpers write their errors to stdout. */
static int refused(const char *helper, const struct child_result *result, struct error **err)
{
	const char *said = result->output_len ? result->output : result->errors;
	int len = (int)strcspn(said, "\r\n");

	if (strstr(result->output, "credentials not found"))
		return 0;
	return error_set(err, ERROR_SYSTEM, "%s: %.*s (exit code %d)", helper,
			 len > 300 ? 300 : len, said, result->exit_code);
}

static void helper_ended(const struct child_result *result, const struct error *err, void *payload)
{
	struct credentials_lookup *lookup = payload;
	const struct task *task = &lookup->tasks.items[lookup->next++];
	CLEANUP(memory_free) char *helper = memory_format("docker-credential-%s", task->helper);
	struct error *own = NULL;

	lookup->child = NULL;
	if (lookup->is_dropped) {
		finish(lookup);
		return;
	}
	if (err)
		own = error_copy(err);
	else if (result->exit_code)
		refused(helper, result, &own);
	else
		take_reply(lookup, task, helper, result, &own);
	if (own && !lookup->is_all) {
		error_wrap(&own, "credentials for the registry");
		lookup->err = own;
		finish(lookup);
		return;
	}
	if (own)
		log_debug("credentials: %s", own->message);
	error_drop(&own);
	advance(lookup);
}

static void advance(struct credentials_lookup *lookup)
{
	const struct task *task = NULL;
	CLEANUP(memory_free) char *program = NULL;

	for (; lookup->next < lookup->tasks.len; lookup->next++) {
		task = &lookup->tasks.items[lookup->next];
		if (!task->server || !has_server(lookup, task->server))
			break;
	}
	if (!task || lookup->next == lookup->tasks.len) {
		finish(lookup);
		return;
	}
	program = memory_format("docker-credential-%s", task->helper);
	const char *const arguments[] = {program, task->server ? "get" : "list", NULL};
	const struct child_options options = {
		.arguments = arguments,
		.input = task->server,
		.input_len = task->server ? strlen(task->server) : 0,
	};
	lookup->child = child_start(lookup->loop, &options, helper_ended, lookup);
}

static void begin(uv_timer_t *timer)
{
	struct credentials_lookup *lookup = timer->data;

	if (lookup->err)
		finish(lookup);
	else
		advance(lookup);
}

/* A name with a separator would not be looked up in PATH. */
static int check_helper(const char *helper, struct error **err)
{
	if (*helper && !strpbrk(helper, "/\\:"))
		return 0;
	return error_set(err, ERROR_INVALID,
			 "config.json: \"%s\" is not a credential helper's name", helper);
}

/* The helper that has the secrets of a registry, or NULL. Borrowed from config. */
static const char *helper_of(const cJSON *config, const char *domain)
{
	const cJSON *helpers = json_get(config, "credHelpers");
	const char *helper = json_string(helpers, key_of(domain)), *store;

	if (!helper)
		helper = json_string(helpers, domain);
	store = json_string(config, "credsStore");
	return helper ? helper : store && *store ? store : NULL;
}

static int plan_one(struct credentials_lookup *lookup, const cJSON *config, const char *domain,
		    struct error **err)
{
	const char *helper = helper_of(config, domain);
	struct credentials item;
	int status;

	if (!helper) {
		if (find_in_auths(json_get(config, "auths"), domain, &item))
			array_push(&lookup->found, item);
		return 0;
	}
	status = check_helper(helper, err);
	if (!status)
		add_task(lookup, helper, key_of(domain));
	return status;
}

static void add_auths(struct credentials_lookup *lookup, const cJSON *config)
{
	const cJSON *entry;

	cJSON_ArrayForEach (entry, json_get(config, "auths")) {
		struct credentials item;

		if (!has_server(lookup, entry->string) && from_entry(&item, entry->string, entry))
			array_push(&lookup->found, item);
	}
}

static int plan_all(struct credentials_lookup *lookup, const cJSON *config, struct error **err)
{
	const char *store = json_string(config, "credsStore");
	const cJSON *helper;
	int status = 0;

	cJSON_ArrayForEach (helper, json_get(config, "credHelpers")) {
		if (!cJSON_IsString(helper))
			continue;
		status = check_helper(helper->valuestring, err);
		if (status)
			return status;
		add_task(lookup, helper->valuestring, helper->string);
	}
	if (!store || !*store) {
		add_auths(lookup, config);
		return 0;
	}
	status = check_helper(store, err);
	if (!status)
		add_task(lookup, store, NULL);
	return status;
}

/* domain NULL: all. */
static int plan(struct credentials_lookup *lookup, const char *domain, struct error **err)
{
	CLEANUP(memory_free) char *folder = credentials_folder();
	CLEANUP(memory_free) char *given = environment("DOCKER_AUTH_CONFIG");
	CLEANUP(json_drop) cJSON *config = NULL, *before = NULL;
	struct credentials item;
	int status = 0;

	if (given)
		status = json_parse(given, strlen(given), "DOCKER_AUTH_CONFIG", &before, err);
	if (!status)
		status = credentials_config(folder, &config, err);
	if (status)
		return status;
	if (!domain) {
		add_auths(lookup, before);
		return plan_all(lookup, config, err);
	}
	if (find_in_auths(json_get(before, "auths"), domain, &item)) {
		array_push(&lookup->found, item);
		return 0;
	}
	return plan_one(lookup, config, domain, err);
}

static struct credentials_lookup *start(uv_loop_t *loop, const char *domain, credentials_done *done,
					void *payload)
{
	struct credentials_lookup *lookup = memory_zero(1, sizeof(*lookup));

	lookup->loop = loop;
	lookup->done = done;
	lookup->payload = payload;
	lookup->is_all = !domain;
	plan(lookup, domain, &lookup->err);
	uv_timer_init(loop, &lookup->soon);
	lookup->soon.data = lookup;
	uv_timer_start(&lookup->soon, begin, 0, 0);
	return lookup;
}

struct credentials_lookup *credentials_find(uv_loop_t *loop, const char *domain,
					    credentials_done *done, void *payload)
{
	return start(loop, domain, done, payload);
}

struct credentials_lookup *credentials_all(uv_loop_t *loop, credentials_done *done, void *payload)
{
	return start(loop, NULL, done, payload);
}

void credentials_drop(struct credentials_lookup **lookup)
{
	struct credentials_lookup *dropped = steal(lookup);

	if (!dropped)
		return;
	dropped->is_dropped = true;
	if (dropped->child)
		child_cancel(dropped->child);
	else
		finish(dropped);
}

/* --- headers */

static cJSON *to_json(const struct credentials *item)
{
	cJSON *json = cJSON_CreateObject();

	json_set_string(json, "username", item->user);
	json_set_string(json, "password", item->secret);
	json_set_string(json, "identitytoken", item->identity_token);
	json_set_string(json, "serveraddress", item->server);
	return json;
}

static char *encode(const cJSON *json)
{
	CLEANUP(memory_free) char *printed = json_print(json);

	return digest_base64(printed, strlen(printed), true);
}

char *credentials_header(const struct credentials *credentials)
{
	CLEANUP(json_drop) cJSON *json = to_json(credentials);

	return encode(json);
}

char *credentials_headers(const struct credentials *items, size_t count)
{
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();

	for (size_t i = 0; i < count; i++)
		cJSON_AddItemToObject(json, items[i].server, to_json(&items[i]));
	return encode(json);
}
