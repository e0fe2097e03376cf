/* SPDX-License-Identifier: MIT */
#include "engine/image/pull.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/image/pull.inside.h"

/* --- the end */

static void drop_exchange(struct pull *pull)
{
	registry_drop(steal(&pull->request));
	layers_drop(pull);
	registry_close(&pull->registry);
	manifest_drop(&pull->index);
	manifest_drop(&pull->manifest);
	free(steal(&pull->source));
	free(steal(&pull->digest));
}

static void free_pull(uv_handle_t *handle)
{
	struct pull *pull = handle->data;

	reference_drop(&pull->reference);
	platform_drop(&pull->platform);
	free((char *)(uintptr_t)pull->credentials.user);
	free((char *)(uintptr_t)pull->credentials.secret);
	free((char *)(uintptr_t)pull->credentials.identity_token);
	memory_free_vector(&pull->endpoints);
	error_drop(&pull->err);
	free(pull->canonical);
	free(pull->familiar);
	free(pull);
}

/* name NULL: err says why. */
static void end(struct pull *pull, const struct store_name *name, bool is_new,
		const struct error *err)
{
	CLEANUP(error_drop) struct error *own = error_copy(err);

	ingest_end(&pull->ingest);
	pull->events->done(name, is_new, own, pull->payload);
	drop_exchange(pull);
	uv_close((uv_handle_t *)&pull->timer, free_pull);
}

static void begin(struct pull *pull);

void pull_fail(struct pull *pull, struct error **err)
{
	CLEANUP(error_drop) struct error *own = steal(err);

	if (pull->begun && !pull->cancelled && pull->endpoints && pull->endpoints[pull->endpoint]) {
		log_debug("pull: %s: %s", pull->endpoints[pull->endpoint], own->message);
		drop_exchange(pull);
		pull->endpoint++;
		begin(pull);
		return;
	}
	drop_exchange(pull);
	end(pull, NULL, false, own);
}

void pull_tell(struct pull *pull, const char *id, const char *text, uint64_t current,
	       uint64_t total)
{
	const struct engine_progress progress = {
		.id = id, .text = text, .current = current, .total = total};

	if (pull->events->progress)
		pull->events->progress(&progress, pull->payload);
}

static bool was_there(struct pull *pull, struct error **err)
{
	CLEANUP(store_names_drop) struct store_names names = {0};

	if (store_names(pull->store, &names, err) < 0)
		return false;
	const struct store_name *old = store_names_find(&names, pull->canonical);

	return old && text_same(old->digest, pull->digest);
}

void pull_finish(struct pull *pull)
{
	CLEANUP(memory_free) char *line = NULL, *status = NULL;
	CLEANUP(error_drop) struct error *err = NULL;
	const struct store_name name = {
		.name = pull->canonical,
		.digest = pull->digest,
		.type = pull->manifest.type,
		.size = pull->size,
		.source = pull->source,
	};
	bool was = was_there(pull, &err);

	if (err || store_tag(pull->store, &name, &err) < 0) {
		end(pull, NULL, false, err);
		return;
	}
	line = memory_format("Digest: %s", pull->source);
	status = memory_format(was ? "Status: Image is up to date for %s"
				   : "Status: Downloaded newer image for %s",
			       pull->familiar);
	pull_tell(pull, NULL, line, 0, 0);
	pull_tell(pull, NULL, status, 0, 0);
	end(pull, &name, !was, NULL);
}

/* --- documents */

static const struct registry_events manifest_events, config_events;

static void ask(struct pull *pull, const char *kind, const char *name, size_t max,
		const struct registry_events *events)
{
	CLEANUP(memory_free) char *path = memory_format("%s/%s", kind, name);
	const struct registry_call call = {
		.path = path,
		.accept = text_same(kind, "manifests") ? MANIFEST_ACCEPT : NULL,
		.reply_max = max,
		.events = events,
		.payload = pull,
	};

	pull->request = registry_start(pull->registry, &call);
}

/* Whether the bytes are those that were asked for. *ret: their digest. */
static int check_document(struct pull *pull, const struct http_reply *reply, char **ret,
			  struct error **err)
{
	const char *header = http_header(registry_http(pull->request), "Docker-Content-Digest");
	char hex[DIGEST_HEX];
	CLEANUP(memory_free) char *digest = NULL;

	if (reply->status < 200 || reply->status > 299)
		return registry_refused(reply, err);
	digest_hex(reply->body, reply->len, hex);
	digest = memory_format("sha256:%s", hex);
	if (pull->wanted && !text_same(pull->wanted, digest))
		return error_set(err, ERROR_INVALID,
				 "%s: what came has another digest, %s: the registry or somebody "
				 "on the way is not to be trusted",
				 pull->wanted, digest);
	if (!pull->wanted && header && text_starts(header, "sha256:") && !text_same(header, digest))
		return error_set(err, ERROR_INVALID,
				 "the registry says that the digest is %.80s, and it is %s", header,
				 digest);
	*ret = steal(&digest);
	return 0;
}

static int choose(struct pull *pull, struct error **err)
{
	const struct manifest_blob *chosen = NULL;

	pull->index = pull->manifest;
	pull->manifest = (struct manifest){0};
	if (manifest_choose(&pull->index, &pull->platform, &chosen, err) < 0)
		return (*err)->code;
	free(steal(&pull->digest));
	pull->wanted = chosen->digest;
	ask(pull, "manifests", chosen->digest, MANIFEST_MAX, &manifest_events);
	return 0;
}

static int take_manifest(struct pull *pull, const struct http_reply *reply, struct error **err)
{
	const char *header = http_header(registry_http(pull->request), "Content-Type");
	CLEANUP(memory_free)
	char *type = header ? memory_copy_n(header, strcspn(header, "; \t")) : NULL;
	bool there = false;

	if (check_document(pull, reply, &pull->digest, err) < 0 ||
	    manifest_parse(reply->body, reply->len, type, &pull->manifest, err) < 0)
		return (*err)->code;
	if (!pull->source)
		pull->source = memory_copy(pull->digest);
	if (pull->manifest.kind == MANIFEST_INDEX && pull->index.type)
		return error_set(err, ERROR_UNSUPPORTED, "an index inside of an index");
	if (pull->manifest.kind == MANIFEST_INDEX)
		return choose(pull, err);
	const struct manifest_blob *config = &pull->manifest.config;

	pull->size = (int64_t)reply->len;
	if (ingest_put(pull->ingest, reply->body, reply->len, NULL, err) < 0 ||
	    ingest_want(pull->ingest, config->digest, config->size, &there, err) < 0)
		return (*err)->code;
	pull->wanted = config->digest;
	ask(pull, "blobs", config->digest, MANIFEST_CONFIG_MAX, &config_events);
	return 0;
}

/* A mirror or a name without a list of platforms may have an image for another one. */
static int check_platform(struct pull *pull, const struct manifest_config *config,
			  struct error **err)
{
	const struct platform said = {config->image.os, config->image.architecture, config->variant,
				      config->image.os_version};
	CLEANUP(platform_drop) struct platform offered = {0};
	CLEANUP(memory_free) char *is = NULL, *wanted = NULL;

	platform_normal(&said, &offered);
	if (platform_rank(&pull->platform, &offered))
		return 0;
	is = platform_name(&offered);
	wanted = platform_name(&pull->platform);
	return error_set(err, ERROR_NOT_FOUND, "the image is for %s, not for %s", is, wanted);
}

static int take_config(struct pull *pull, const struct http_reply *reply, struct error **err)
{
	CLEANUP(manifest_config_drop) struct manifest_config config = {0};
	CLEANUP(memory_free) char *digest = NULL;

	if (check_document(pull, reply, &digest, err) < 0 ||
	    manifest_config_parse(reply->body, reply->len, pull->manifest.items.len, &config, err) <
		    0 ||
	    check_platform(pull, &config, err) < 0 ||
	    ingest_put(pull->ingest, reply->body, reply->len, NULL, err) < 0)
		return (*err)->code;
	return layers_begin(pull, err);
}

static void document(struct pull *pull, const struct http_reply *reply, const struct error *err,
		     int (*take)(struct pull *pull, const struct http_reply *reply,
				 struct error **err))
{
	CLEANUP(error_drop) struct error *own = error_copy(err);
	struct registry_request *request = pull->request;

	if (!own)
		take(pull, reply, &own);
	/* A taker may have asked for the next. This one is gone when we return. */
	if (pull->request == request)
		pull->request = NULL;
	if (own)
		pull_fail(pull, &own);
	else if (!pull->request)
		layers_pump(pull);
}

static void manifest_done(struct registry_request *request, const struct http_reply *reply,
			  const struct error *err, void *payload)
{
	(void)request;
	document(payload, reply, err, take_manifest);
}

static void config_done(struct registry_request *request, const struct http_reply *reply,
			const struct error *err, void *payload)
{
	(void)request;
	document(payload, reply, err, take_config);
}

static const struct registry_events manifest_events = {.done = manifest_done};
static const struct registry_events config_events = {.done = config_done};

/* --- the beginning */

static int open_registry(struct pull *pull, struct error **err)
{
	const struct registry_options options = {
		.domain = pull->reference.domain,
		.path = pull->reference.path,
		.base = pull->endpoints ? pull->endpoints[pull->endpoint] : NULL,
		.insecure = pull->insecure,
		.credentials = pull->has_credentials ? &pull->credentials : NULL,
	};

	return registry_open(pull->loop, pull->http, &options, &pull->registry, err);
}

static void begin(struct pull *pull)
{
	CLEANUP(error_drop) struct error *err = steal(&pull->err);
	const char *tag = reference_tag(&pull->reference);
	CLEANUP(memory_free) char *repository = NULL, *line = NULL;

	if (!err && !pull->ingest)
		ingest_begin(pull->store, &pull->ingest, &err);
	if (!err)
		open_registry(pull, &err);
	if (err) {
		pull_fail(pull, &err);
		return;
	}
	pull->begun = true;
	pull->wanted = pull->reference.digest;
	repository = reference_name(&pull->reference, true);
	line = memory_format("Pulling from %s", repository);
	pull_tell(pull, tag ? tag : pull->reference.digest, line, 0, 0);
	ask(pull, "manifests", pull->wanted ? pull->wanted : tag, MANIFEST_MAX, &manifest_events);
}

static void turn(uv_timer_t *timer)
{
	struct pull *pull = timer->data;
	CLEANUP(error_drop) struct error *err = NULL;

	if (pull->cancelled) {
		error_set(&err, ERROR_CANCELLED, "the pull was broken off");
		pull_fail(pull, &err);
	} else if (!pull->begun) {
		begin(pull);
	} else {
		layers_pump(pull);
	}
}

void pull_wake(struct pull *pull, uint64_t delay)
{
	uint64_t ms = delay / CLOCK_MS;

	if (!uv_is_active((uv_handle_t *)&pull->timer) || uv_timer_get_due_in(&pull->timer) > ms)
		uv_timer_start(&pull->timer, turn, ms, 0);
}

void pull_cancel(struct pull *pull)
{
	pull->cancelled = true;
	uv_timer_start(&pull->timer, turn, 0, 0);
}

static void take_endpoints(struct pull *pull, const struct pull_order *order)
{
	/* The NULL that ends them stands for the registry itself. */
	if (order->mirrors && text_same(pull->reference.domain, "docker.io"))
		pull->endpoints = memory_copy_vector(order->mirrors);
}

struct pull *pull_start(uv_loop_t *loop, struct http *http, struct store *store,
			const struct pull_order *order, const struct pull_events *events,
			void *payload)
{
	struct pull *pull = memory_zero(1, sizeof(*pull));

	pull->loop = loop;
	pull->http = http;
	pull->store = store;
	pull->events = events;
	pull->payload = payload;
	pull->insecure = order->insecure;
	if (order->platform)
		platform_normal(order->platform, &pull->platform);
	else
		platform_host(&pull->platform);
	if (order->credentials) {
		pull->has_credentials = true;
		pull->credentials.user = memory_copy(order->credentials->user);
		pull->credentials.secret = memory_copy(order->credentials->secret);
		pull->credentials.identity_token = memory_copy(order->credentials->identity_token);
	}
	if (reference_parse(order->reference, &pull->reference, &pull->err) == 0) {
		pull->canonical = reference_canonical(&pull->reference);
		pull->familiar = reference_familiar(&pull->reference);
		take_endpoints(pull, order);
	}
	uv_timer_init(loop, &pull->timer);
	pull->timer.data = pull;
	uv_timer_start(&pull->timer, turn, 0, 0);
	return pull;
}
