/* SPDX-License-Identifier: MIT */
/* diagnosis -- what facts about a host, its engine and a project mean: what is well, what is
 * doubtful, what is wrong, and what to do about it
 *
 * Pure: doctor gathers the facts. Each finding is one line, and one of advice where there is
 * something to do.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/host.h"
#include "base/ports.h"
#include "compose/cli/findings.h"
#include "engine/model.h"
#include "netns/netns.h"

struct error;

/* What stands at the end of an address that is a path of this host. */
enum diagnosis_socket { SOCKET_UNKNOWN, SOCKET_ABSENT, SOCKET_DENIED, SOCKET_THERE };

/* An engine's address that was tried. */
struct diagnosis_try {
	char *address, *source; /* who named it */
	struct error *err;      /* NULL: it answered */
	enum diagnosis_socket socket;
};

/* A port of this host that the project publishes. */
struct diagnosis_claim {
	char *service;
	char *where; /* compose.yaml:7:9 */
	char *ip;    /* NULL: all */
	unsigned port;
	enum ports_protocol protocol;
	bool is_taken; /* by another than this project */
	char *holder;  /* who, or NULL */
};

struct diagnosis {
	const struct host *host;
	ARRAY(struct diagnosis_try) tries;
	const struct engine_host *engine; /* that answered, or NULL */
	const struct error *engine_err;   /* of docker's settings, or of what was asked of it */
	const struct observed *observed; /* every container, every network of the engine; or NULL */
	bool looks_for_buildx;
	const char *buildx; /* its version; NULL: it is not there */

	bool looks_below; /* at the host's network service: on Windows */
	const struct netns_view *below;
	const struct error *below_err; /* why there is no below */
	const struct ports_ranges *ranges;
	const struct error *ranges_err;

	const char *project;             /* its name; NULL: there is none */
	const struct error *project_err; /* a file that is there and wrong */
	ARRAY(struct diagnosis_claim) claims;
};

void diagnose(const struct diagnosis *facts, struct findings *ret);
/* An endpoint that was left over: it is on a network of a compose project (of this one, where there
 * is one), nothing is attached to it, no running container has its address, and none is about to
 * start there. */
bool diagnosis_is_stale(const struct diagnosis *facts, const struct netns_endpoint *endpoint);

/* Within diagnosis. */
void diagnose_networks_(const struct diagnosis *facts, struct findings *findings);
void diagnose_ports_(const struct diagnosis *facts, struct findings *findings);
