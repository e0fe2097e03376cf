/* SPDX-License-Identifier: MIT */
/* hash -- what tells whether a container, a network or a volume is still what the file asks for
 *
 * Algorithm w1: SHA-256 in hex over the canonical mapping without build, pull_policy, scale,
 * deploy.replicas, depends_on, profiles, attach and all that begins with x-; a mapping is fed as {
 * key value ... } with the keys in the order of their bytes, a list as [ ... ], a scalar as the
 * letter of its kind, its length and its text. HASH_ALGORITHM goes before the hex in labels:
 * w1:<hex>.
 */
#pragma once

#include "compose/project/node.h"

#define HASH_ALGORITHM "w1"

/* Of a service, a network or a volume: the last two have none of the attributes that are left out.
 */
void hash_node(const struct node *node, char hex[static 65]);
