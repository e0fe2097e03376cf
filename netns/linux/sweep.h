/* SPDX-License-Identifier: MIT */
/* sweep -- what a kill or a power cut left of networks
 *
 * Whatever a network has in the kernel has its owner and its id in its name. All of an owner's that
 * is not among the ids to keep is removed: folders, pinned namespaces, links, tables of rules, rules
 * in another's chain. A process that still has such a network is asked to end it.
 */
#pragma once

#include <stddef.h>

struct error;
struct text;

/* Adds a line for each thing removed to told. It goes on after a failure and gives the first. */
int sweep(const char *root, const char *owner, const char *const *keep, size_t count,
	  struct text *told, struct error **err);
