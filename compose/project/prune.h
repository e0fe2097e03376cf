/* SPDX-License-Identifier: MIT */
/* prune -- what is not wanted leaves the tree
 */
#pragma once

#include <stdbool.h>

#include "base/map.h"
#include "compose/project/node.h"

/* Takes services that no active profile enables out of root; disabled gets their names (value: the
 * service's node). active may hold "*". named, NULL-ended or NULL: services whose profiles count as
 * active. */
void prune_profiles(struct node *root, struct map *active, const char *const *named,
		    struct map *disabled);

/* Takes networks, volumes, secrets and configs out that no service uses. */
void prune_resources(struct node *root);

/* Keeps the services whose names are in kept, and takes dependencies on others away. */
void prune_services(struct node *root, const struct map *kept);
