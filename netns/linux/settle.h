/* SPDX-License-Identifier: MIT */
/* settle -- a network's folder, and what was chosen for it once
 *
 * Each network has a folder, named by its id, in one folder of all: "network" is what was asked for
 * (network.h), "settled" the same with what was chosen, "lock" held by its process, "space" the pin
 * of its namespace, "journal" its endpoints, "control" the socket where it is asked, "log" what its process had to say.
 */
#pragma once

#include "netns/network.h"

struct error;

/* What was settled before, or settles it now: no route of this host and no other network of the
 * root is overlapped. One of all processes at a time does this. */
int settle(const char *folder, struct network *ret, struct error **err);
/* ERROR_NOT_FOUND: it is not settled. */
int settle_read(const char *folder, struct network *ret, struct error **err);
/* Removes the folder with its files. Absent: well. */
int settle_remove(const char *folder, struct error **err);

/* Within settle: a file of the folder. */
int settle_read_file_(const char *folder, const char *name, struct network *ret,
		      struct error **err);
