/* SPDX-License-Identifier: MIT */
/* graph -- the order that dependencies give
 *
 * Services are numbered by their index in the project. Dependencies that are not in the project
 * (disabled, not required) have no edge.
 */
#pragma once

#include <stddef.h>

#include "base/array.h"

struct diagnostics;
struct project;

struct graph_node {
	ARRAY(size_t) needs; /* indices of the services it depends on */
	ARRAY(size_t) needed_by;
	unsigned level; /* 0: depends on nothing */
};

struct graph {
	struct graph_node *nodes; /* one per service */
	size_t len;
	size_t *order; /* dependencies first; equal ones by name */
};

/* A cycle is one finding that names every edge of it with its line: "web -> api -> web". Then the
 * result is ERROR_INVALID's code. */
int graph_build(const struct project *project, struct graph *graph,
		struct diagnostics *diagnostics);
void graph_drop(struct graph *graph);
