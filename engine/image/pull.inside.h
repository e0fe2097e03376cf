/* SPDX-License-Identifier: MIT */
/* pull.inside -- the inside of pull.h: the documents (pull.c) and the layers (pull.layers.c) */
#pragma once

#include "engine/image/ingest.h"
#include "engine/image/manifest.h"
#include "engine/image/pull.h"
#include "engine/image/registry.h"
#include "engine/reference.h"

enum part_state { PART_WAITS, PART_RUNS, PART_DONE };

/* A layer that comes. */
struct part {
	struct pull *pull;
	const struct manifest_blob *blob;
	char id[13]; /* the first digits of its digest, as docker shows it */
	enum part_state state;
	struct ingest_blob *file;
	struct registry_request *request;
	unsigned failures;   /* since bytes came last */
	uint64_t not_before; /* monotonic ns */
	uint64_t told;       /* when progress was told last */
	struct error *err;   /* why writing failed */
};

struct pull {
	uv_loop_t *loop;
	uv_timer_t timer; /* the beginning, the next try, the cancellation */
	struct http *http;
	struct store *store;
	const struct pull_events *events;
	void *payload;

	struct reference reference;
	char *canonical, *familiar;
	struct platform platform;
	struct credentials credentials;
	bool has_credentials, insecure, cancelled, begun;
	char **endpoints;  /* mirrors, then NULL for the registry itself */
	size_t endpoint;   /* the one that is asked */
	struct error *err; /* from before the first turn */

	struct ingest *ingest;
	struct registry *registry;
	struct registry_request *request; /* of a document */
	const char *wanted;               /* its digest: borrowed, NULL: by tag */
	struct manifest index;            /* where there is one */
	struct manifest manifest;
	char *source; /* the digest that the registry has for the name */
	char *digest; /* of the manifest */
	int64_t size; /* ... and its bytes */
	ARRAY(struct part) parts;
};

/* Ends the pull, or goes on with the next endpoint. Takes *err. */
void pull_fail(struct pull *pull, struct error **err);
void pull_finish(struct pull *pull); /* every layer is there */
void pull_tell(struct pull *pull, const char *id, const char *text, uint64_t current,
	       uint64_t total);
void pull_wake(struct pull *pull, uint64_t delay); /* ns */

/* Begins the layers that are not there. */
int layers_begin(struct pull *pull, struct error **err);
/* Starts what may run; ends the pull when all is done. */
void layers_pump(struct pull *pull);
void layers_drop(struct pull *pull);
