/* SPDX-License-Identifier: MIT */
/* isolation -- process or Hyper-V isolation for one image on one host, and why
 *
 * Pure; the rules are release.h's. What a container of this service has already (kept) stays until
 * its image changes, as long as it can run here.
 */
#pragma once

#include <stdbool.h>

struct engine_host;
struct error;
struct image;
struct service;

struct isolation_question {
	const char *asked;        /* NULL, "default", "process", "hyperv" */
	bool strict;              /* x-wincompose: {isolation: strict} */
	const char *host_version; /* 10.0.20348.2582; revision may be missing */
	bool host_is_server;
	const char *host_default;      /* the engine's default, or NULL: by SKU */
	bool can_process, can_hyperv;  /* the engine's capabilities */
	const char *image;             /* its name, for sentences */
	const char *image_version;     /* os.version, may be NULL */
	const char *kept;              /* what was decided for this image before, or NULL */
	const char *kept_reason;       /* why, or NULL */
	const struct service *service; /* whose published ports a refusal names; or NULL */
};

struct isolation_answer {
	const char *isolation; /* "process", "hyperv": static strings */
	char reason[400];      /* one sentence */
	bool differs; /* not what the engine would have taken by default: to be said aloud */
};

/* ERROR_INVALID: a word that is not known; ERROR_UNSUPPORTED: it cannot run so, with both builds
 * and what would work. */
int isolation_decide(const struct isolation_question *question, struct isolation_answer *answer,
		     struct error **err);
/* The question that a service asks of a Windows host; image may be NULL. Borrows of all three. */
struct isolation_question isolation_ask(const struct service *service,
					const struct engine_host *host, const struct image *image);
