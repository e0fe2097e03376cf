/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/image/pull.inside.h"

enum {
	PARALLEL = 3, /* as Docker does */
	FAILURES_MAX = 6,
	WINDOW = 1 << 20, /* bytes that are written at once */
};

static const uint64_t retry_first = 250 * CLOCK_MS, told_every = 100 * CLOCK_MS;

void layers_drop(struct pull *pull)
{
	ARRAY_FOR_EACH (struct part, part, &pull->parts) {
		registry_drop(steal(&part->request));
		ingest_blob_drop(&part->file);
		error_drop(&part->err);
	}
	array_drop(&pull->parts);
}

static bool is_known(const struct pull *pull, const struct manifest_blob *blob)
{
	ARRAY_FOR_EACH (const struct part, part, &pull->parts)
		if (text_same(part->blob->digest, blob->digest))
			return true;
	return false;
}

int layers_begin(struct pull *pull, struct error **err)
{
	ARRAY_FOR_EACH (const struct manifest_blob, blob, &pull->manifest.items) {
		bool there = false;

		/* An image may have a layer twice. */
		if (is_known(pull, blob))
			continue;
		struct part *part = array_add(&pull->parts);

		part->blob = blob;
		snprintf(part->id, sizeof(part->id), "%s", blob->digest + strlen("sha256:"));
		if (ingest_want(pull->ingest, blob->digest, blob->size, &there, err) < 0)
			return (*err)->code;
		part->state = there ? PART_DONE : PART_WAITS;
		pull_tell(pull, part->id, there ? "Already exists" : "Pulling fs layer", 0, 0);
	}
	/* The array does not move any more. */
	ARRAY_FOR_EACH (struct part, part, &pull->parts)
		part->pull = pull;
	return 0;
}

/* --- one layer */

/* The range that came begins where ours ends: "bytes 1000-1999/2000". */
static bool goes_on(struct registry_request *request, int64_t offset)
{
	const char *range = http_header(registry_http(request), "Content-Range");

	return range && text_starts(range, "bytes ") &&
	       strtoll(range + strlen("bytes "), NULL, 10) == offset;
}

static void head(struct registry_request *request, int status, void *payload)
{
	struct part *part = payload;
	int64_t offset = ingest_blob_offset(part->file);

	http_window(registry_http(request), WINDOW);
	/* Who knows no ranges sends it all again. */
	if (offset > 0 && !(status == 206 && goes_on(request, offset)) &&
	    (status != 200 || ingest_blob_restart(part->file, &part->err) < 0) && !part->err)
		error_set(&part->err, ERROR_SYSTEM, "another part came than was asked for");
}

static void ready(struct registry_request *request, void *payload)
{
	struct part *part = payload;
	uint64_t now = clock_monotonic();
	size_t len = 0;
	const char *bytes = http_peek(registry_http(request), &len);

	/* After an error the rest is of no use; the pull ends with the request's own end. */
	if (len && !part->err && ingest_blob_write(part->file, bytes, len, &part->err) == 0)
		part->failures = 0;
	http_take(registry_http(request), len);
	if (part->err) {
		struct error *err = steal(&part->err);

		error_wrap(&err, "layer %s", part->id);
		pull_fail(part->pull, &err);
		return;
	}
	if (now - part->told < told_every && ingest_blob_offset(part->file) < part->blob->size)
		return;
	part->told = now;
	pull_tell(part->pull, part->id, "Downloading", (uint64_t)ingest_blob_offset(part->file),
		  (uint64_t)part->blob->size);
}

static bool may_try_again(const struct part *part, const struct error *err)
{
	return part->failures < FAILURES_MAX &&
	       (err->code == ERROR_UNAVAILABLE || err->code == ERROR_TIMEOUT);
}

static void try_again(struct part *part, const struct error *err)
{
	uint64_t delay = retry_first << part->failures++;

	log_debug("pull: layer %s: %s; tried again", part->id, err->message);
	part->state = PART_WAITS;
	part->not_before = clock_monotonic() + delay;
	pull_tell(part->pull, part->id, "Retrying", (uint64_t)ingest_blob_offset(part->file),
		  (uint64_t)part->blob->size);
}

static int commit(struct part *part, struct error **err)
{
	pull_tell(part->pull, part->id, "Verifying Checksum", 0, 0);
	if (ingest_blob_commit(&part->file, NULL, err) < 0)
		return (*err)->code;
	part->state = PART_DONE;
	pull_tell(part->pull, part->id, "Download complete", 0, 0);
	return 0;
}

static void done(struct registry_request *request, const struct http_reply *reply,
		 const struct error *given, void *payload)
{
	struct part *part = payload;
	CLEANUP(error_drop) struct error *err = error_copy(given);

	(void)request;
	part->request = NULL;
	if (!err && (reply->status < 200 || reply->status > 299))
		registry_refused(reply, &err);
	/* A server that ends early without saying so is one that broke off. */
	if (!err && ingest_blob_offset(part->file) < part->blob->size &&
	    part->failures < FAILURES_MAX)
		error_set(&err, ERROR_UNAVAILABLE, "the registry ended early");
	if (!err) {
		commit(part, &err);
	} else if (may_try_again(part, err)) {
		try_again(part, err);
		error_drop(&err);
	}
	if (err) {
		error_wrap(&err, "layer %s", part->id);
		pull_fail(part->pull, &err);
		return;
	}
	layers_pump(part->pull);
}

static const struct registry_events part_events = {.head = head, .ready = ready, .done = done};

static int start(struct part *part, struct error **err)
{
	struct pull *pull = part->pull;
	CLEANUP(memory_free) char *path = memory_format("blobs/%s", part->blob->digest);

	if (!part->file && ingest_blob_open(pull->ingest, part->blob->digest, part->blob->size,
					    &part->file, err) < 0)
		return (*err)->code;
	const struct registry_call call = {
		.path = path,
		.offset = ingest_blob_offset(part->file),
		.stream = true,
		.reply_max = 1 << 20,
		.events = &part_events,
		.payload = part,
	};

	part->state = PART_RUNS;
	part->request = registry_start(pull->registry, &call);
	return 0;
}

/* --- all of them */

void layers_pump(struct pull *pull)
{
	CLEANUP(error_drop) struct error *err = NULL;
	uint64_t now = clock_monotonic(), next = CLOCK_NEVER;
	size_t running = 0, open = 0;

	ARRAY_FOR_EACH (const struct part, part, &pull->parts)
		running += part->state == PART_RUNS;
	ARRAY_FOR_EACH (struct part, part, &pull->parts) {
		open += part->state != PART_DONE;
		if (part->state != PART_WAITS || running >= PARALLEL)
			continue;
		if (part->not_before > now) {
			next = part->not_before < next ? part->not_before : next;
			continue;
		}
		if (start(part, &err) < 0) {
			pull_fail(pull, &err);
			return;
		}
		running++;
	}
	if (next != CLOCK_NEVER)
		pull_wake(pull, next - now + CLOCK_MS);
	if (open)
		return;
	ARRAY_FOR_EACH (const struct part, part, &pull->parts)
		pull_tell(pull, part->id, "Pull complete", 0, 0);
	pull_finish(pull);
}
