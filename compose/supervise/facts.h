/* SPDX-License-Identifier: MIT */
/* facts -- what the preflight wants to know of this host */
#pragma once

#include <stdbool.h>

#include "base/ports.h"

struct observed;
struct preflight_obstacle;

bool facts_exists(const char *path, void *payload);
bool facts_is_file(const char *path, void *payload);
/* Whose ports are not taken by another: those that plan_owns of the observed. */
struct facts_own {
	const char *project;
	const struct observed *observed;
	struct ports_ranges tcp, udp; /* that the system keeps back */
};

/* Whether somebody listens on (or has bound) a port of this host, and who, or the system keeps it
 * back; ip NULL: any address. Tries to bind it. payload: a struct facts_own, or NULL. */
bool facts_port_taken(const char *ip, unsigned port, const char *protocol,
		      struct preflight_obstacle *obstacle, void *payload);
