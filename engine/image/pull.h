/* SPDX-License-Identifier: MIT */
/* pull -- an image from a registry into the store
 *
 * The manifest (of an index the one that suits), the config, then the layers that are not there yet,
 * three at once, each compared with its digest as it comes and gone on with where the connection
 * broke. The name leads to the image when all of it is on the disk, so that a pull that fails or is
 * killed changes nothing. What was brought so far is lost with the process, not with a connection.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

#include "engine/engine.h"
#include "engine/image/platform.h"
#include "engine/image/store.h"

struct error;
struct http;
struct pull;

/* All borrowed for the call. */
struct pull_order {
	const char *reference;                 /* in any form */
	const struct platform *platform;       /* NULL: this host's */
	const struct credentials *credentials; /* NULL: those of the user's config.json */
	const char *const *mirrors; /* addresses that are asked before docker.io; NULL-ended or
				       NULL */
	bool insecure;              /* registry.h */
};

struct pull_events {
	/* In Docker's words, borrowed; id NULL: of the whole. */
	void (*progress)(const struct engine_progress *progress, void *payload);
	/* Once, last: what the name leads to now, and whether it is new. The pull is gone when it
	 * returns. ERROR_NOT_FOUND: no such image, or not for that platform. */
	void (*done)(const struct store_name *name, bool is_new, const struct error *err,
		     void *payload);
};

/* http and store (opened with make) outlive it; events are borrowed until the end. Nothing is called
 * from inside. */
struct pull *pull_start(uv_loop_t *loop, struct http *http, struct store *store,
			const struct pull_order *order, const struct pull_events *events,
			void *payload);
void pull_cancel(struct pull *pull); /* done comes with ERROR_CANCELLED, in a later turn */
