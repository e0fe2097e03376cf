/* SPDX-License-Identifier: MIT */
/* normal -- what the file leaves unsaid is put in: defaults, names on the engine, the default
 * network, implied dependencies, values from the environment
 */
#pragma once

#include "compose/project/diagnostic.h"
#include "compose/project/variables.h"

struct normal {
	struct arena *arena;
	struct diagnostics *diagnostics;
	const struct variables *variables; /* NULL: variables without a value stay so */
	const char *name;                  /* the project's */
	bool written;                      /* values stand as they are written */
};

/* Names, defaults and the deprecated external: {name}: root is the merged tree and is changed. */
void normal_resources(const struct normal *normal, struct node *root);
/* What must be said of services before they become part of another project: bare variables that are
 * known get their values, and a build without a context has its folder's. */
void normal_scope(const struct normal *normal, struct node *root);
void normal_services(const struct normal *normal, struct node *root);
/* The default network, where a service of root uses it and it is not described. */
void normal_default_network(const struct normal *normal, struct node *root);
