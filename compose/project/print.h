/* SPDX-License-Identifier: MIT */
/* print -- a project in JSON as docker compose prints it
 *
 * Its JSON has what its YAML leaves out: a service's command and entrypoint are null where nothing
 * is written, a network's ipam and the resources and the placement of deploy and the exec of a watch
 * are empty mappings. And it leaves out: x- attributes but those at the top (and ours, which mean
 * something), options of ipam, the zeros of ulimits and of counts of devices, create_host_path where
 * it is false, the empty content of a config. The devices of blkio_config have capital letters in
 * it. What is to be read again is YAML.
 */
#pragma once

#include <stdbool.h>

#include <cjson/cJSON.h>

struct arena;
struct node;
struct project;

/* raw: nothing was interpolated; the tree is printed as it is written.
 *
 * The tree that is printed; it shares with the canonical one what is the same. */
struct node *print_tree(struct arena *arena, const struct project *project, bool raw);
cJSON *print_json(const struct project *project, bool raw);
