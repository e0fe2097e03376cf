/* SPDX-License-Identifier: MIT */
/* spot -- an address and a port as sockets want them */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "netns/cidr.h"

void spot_of(const struct cidr *address, unsigned port, struct sockaddr_storage *ret);
/* All of an address's bits are its prefix. False: of another family. */
bool spot_read(const struct sockaddr *spot, struct cidr *address, unsigned *port);
