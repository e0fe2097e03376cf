/* SPDX-License-Identifier: MIT */
/* facts -- what the preflight wants to know of this host */
#pragma once

#include <stdbool.h>

struct observed;

bool facts_exists(const char *path, void *payload);
bool facts_is_file(const char *path, void *payload);
/* Whose ports are not taken by another: those that plan_owns of the observed. */
struct facts_own {
	const char *project;
	const struct observed *observed;
};

/* Whether somebody listens on (or has bound) a port of this host; ip NULL: any address. Tries to
 * bind it. payload: a struct facts_own, or NULL. */
bool facts_port_taken(const char *ip, unsigned port, const char *protocol, void *payload);
