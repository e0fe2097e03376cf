/* SPDX-License-Identifier: MIT */
/* validate -- what is well formed and still makes no sense
 *
 * All findings of a run are told.
 */
#pragma once

#include "base/map.h"
#include "compose/project/diagnostic.h"
#include "compose/project/subject.h"

/* Rules within one service or resource; of the services that are enabled. partial: other findings
 * may be why something is missing, so that is not told. no_consistency:
 * what is well formed by itself will do. */
void validate_tree(const struct node *root, bool partial, bool no_consistency,
		   struct diagnostics *diagnostics);

/* The part of validate_tree that looks at numbers, devices, hooks, watches, platforms and deploy of
 * one service. consistent: attributes are held against each other, too. */
void validate_parts(const struct subject *service, bool consistent);

/* References between services and to networks, volumes, secrets, configs and models. disabled: the names of
 * services that no profile enables. */
void validate_references(const struct node *root, const struct map *disabled,
			 struct diagnostics *diagnostics);
