/* SPDX-License-Identifier: MIT */
/* values -- what may be written for an attribute, as pieces of YAML that may stand in a flow
 * collection
 *
 * Those of the table are right for their attribute; where it has none, those of the shape are.
 */
#pragma once

#include "compose/project/schema.h"

/* A NULL-ended list. path: services.ports, without the names of maps. NULL: there is none. For a list
 * these are its items. */
const char *const *values_of(const char *path);
/* The same by shape; the items' of lists. Never NULL. */
const char *const *values_of_shape(enum shape shape);
/* Attributes that are left out: the other program does not know them, or shows them in another way
 * that is known. */
bool values_leave_out(const char *path);
/* Scalars of every kind, also where they are wrong. */
extern const char *const values_any[];
