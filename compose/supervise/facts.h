/* SPDX-License-Identifier: MIT */
/* facts -- what the preflight wants to know of this host */
#pragma once

#include <stdbool.h>

bool facts_exists(const char *path, void *payload);
bool facts_is_file(const char *path, void *payload);
/* Whether somebody listens on (or has bound) a port of this host; ip NULL: any address. Tries to
 * bind it. payload: the struct observed of the project, whose own ports are not taken; or NULL. */
bool facts_port_taken(const char *ip, unsigned port, const char *protocol, void *payload);
