/* SPDX-License-Identifier: MIT */
/* shape -- one document, interpolated, becomes its canonical form: types are checked, short forms
 * written out
 *
 * The result is a new tree (scalars and x- parts are shared with the old one). Nulls and !reset
 * marks stay until the documents are merged; what may not be missing is asked for after that.
 */
#pragma once

#include <stdbool.h>

#include "base/own.h"
#include "compose/project/diagnostic.h"
#include "compose/project/schema.h"

struct shaper {
	struct arena *arena;
	struct diagnostics *diagnostics;
	bool no_interpolate; /* a value with a $ in it may stand for any type */
	bool written;        /* values are checked, and stay as they are written */
	size_t ports;        /* how many were expanded from ranges */
};

/* NULL: a finding says what is wrong with the whole of it. */
struct node *shape_object(struct shaper *shaper, const struct schema *schema, struct node *in,
			  const struct trail *trail);

/* For the functions that expand short forms. */
struct diagnostic *shape_complain(struct shaper *shaper, struct position at,
				  const struct trail *trail, const char *format, ...)
	PRINTF_LIKE(4, 5);
struct diagnostic *shape_warn(struct shaper *shaper, struct position at, const struct trail *trail,
			      const char *format, ...) PRINTF_LIKE(4, 5);
/* "must be <wanted>, not a list", with a hint where quotes would do. Gives NULL. */
struct node *shape_refuse(struct shaper *shaper, const struct node *in, const struct trail *trail,
			  const char *wanted);
/* A value that still has a variable in it, as nothing was interpolated, or as it is lost. */
bool shape_is_open(const struct shaper *shaper, const struct node *in);
/* Such a value with a colon in one of its variables: it cannot be taken apart at its colons. */
bool shape_is_whole(const struct shaper *shaper, const struct node *in);
