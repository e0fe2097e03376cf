/* SPDX-License-Identifier: MIT */
/* isolation -- process or Hyper-V isolation for one image on one host, and why
 *
 * Pure. Source of the rules: Microsoft's version compatibility table and what containerd's matcher
 * and HCS do (docs/windows.md). An empty os_version is treated as matching.
 */
#pragma once

#include <stdbool.h>

struct error;

struct isolation_question {
	const char *asked;        /* NULL, "default", "process", "hyperv" */
	bool strict;              /* x-wincompose: {isolation: strict} */
	const char *host_version; /* 10.0.20348.2582; revision may be missing */
	bool host_is_server;
	const char *host_default;     /* the engine's default, or NULL: by SKU */
	bool can_process, can_hyperv; /* the engine's capabilities */
	const char *image;            /* its name, for sentences */
	const char *image_version;    /* os.version, may be NULL */
};

struct isolation_answer {
	const char *isolation; /* "process", "hyperv": static strings */
	char reason[200];      /* one sentence */
	bool differs; /* not what the engine would have taken by default: to be said aloud */
};

int isolation_decide(const struct isolation_question *question, struct isolation_answer *answer,
		     struct error **err);
