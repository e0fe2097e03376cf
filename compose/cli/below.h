/* SPDX-License-Identifier: MIT */
/* below -- this host's network service (netns/), asked by a child process of ours that has its time
 *
 * The service has been seen to hang for good, and nothing takes a call to it back. So the program
 * calls itself, "doctor --network-service look", and ends that after ten seconds.
 */
#pragma once

#include "compose/cli/cli.h"
#include "netns/netns.h"

/* ERROR_TIMEOUT: the service did not answer. Else as netns_look and netns_remove. */
int below_look(struct cli *cli, struct netns_view *ret, struct error **err);
int below_remove(struct cli *cli, const char *endpoint, struct error **err);
/* The child's part: what is "look" or an endpoint to remove; prints a document. */
int below_serve(struct cli *cli, const char *what, struct error **err);

/* What goes between the two. The error of a document that tells one is that error. */
void below_write(const struct netns_view *view, const struct error *failed, struct text *out);
int below_read(const char *bytes, size_t len, struct netns_view *ret, struct error **err);
